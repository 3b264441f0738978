# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is given back without a trace under a real systemd: units, files, folders, the log, the account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from systemd_box import Box, booted, lacking

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())
_UNITS = "/etc/systemd/system"
_FIRST = r"""
find /etc /usr/libexec /var/log /var/lib/vipstack-lvs -printf '%p %y %m %u %g\n' 2> /dev/null |
    grep -Ev 'passwd|shadow|group|sub.id|[.]pwd|/journal' | sort
"""
_SETS: list[dict[str, Any]] = [
    {
        "path": _UNITS,
        "name": "firewall-unit",
        "daemon_reload": True,
        "files": [
            {
                "path": "vipstack-lvs-firewall.service",
                "content": "[Service]\nType=oneshot\nRemainAfterExit=true\nExecStart=/bin/touch /run/opened\n"
                "ExecStop=/bin/rm /run/opened\n",
            }
        ],
        "reload": ["systemctl", "start", "vipstack-lvs-firewall.service"],
    },
    {
        "path": _UNITS,
        "name": "director-table-unit",
        "daemon_reload": True,
        "files": [
            {
                "path": "vipstack-lvs-table.service",
                "content": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
            }
        ],
        "reload": ["systemctl", "start", "vipstack-lvs-table.service"],
    },
    {"path": "/etc/vipstack-lvs", "name": "director-services", "files": [{"path": "services", "content": "TCP\n"}]},
]


@pytest.fixture
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with booted(tmp_path_factory.mktemp("box")) as found:
        found.run("userdel", "keepalived_script", check=False)
        yield found


def test_nothing_of_ours_is_left(box: Box) -> None:
    first = box.run("sh", "-c", _FIRST)
    question = {"vips": [], "director": True, "nginx": False}
    box.module("takeover", state="noted", foreign=question)
    box.run("useradd", "--system", "keepalived_script")
    box.run("install", "-d", "-o", "keepalived_script", "/var/log/vipstack-lvs")
    answer = box.module("config_tree", sets=_SETS)
    assert answer["changed"], answer
    box.run("test", "-e", "/run/opened")

    look = box.module("restore", traces="removed", check_mode=True)
    assert "- user keepalived_script" in look["restored"], look
    box.run("id", "keepalived_script")

    done = box.module("restore", traces="removed")
    assert done["restored"] == look["restored"]
    assert box.run("id", "keepalived_script", check=False).endswith("no such user\n")
    box.run("test", "!", "-e", "/run/opened")
    assert box.run("systemctl", "list-units", "--all", "--no-legend", "vipstack-lvs*") == ""
    assert box.run("sh", "-c", _FIRST) == first
    assert box.module("restore", traces="removed")["changed"] is False
