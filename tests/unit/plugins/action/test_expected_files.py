# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action expected_files: what a role's files have to be, as digests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import controller
import pytest
from ansible.errors import AnsibleActionFail
from inventory import good

from ansible_collections.vipstack.lvs.plugins.action.expected_files import ActionModule
from ansible_collections.vipstack.lvs.plugins.module_utils._host.silent_vips import (
    IP_PROGRAM,
    arp_sysctls,
    render_unit,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._host.system import file_facts
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink.route import Address


def run(tmp_path: Path, **files: Any) -> dict[str, Any]:
    return controller.run(ActionModule, good(), {"files": files}, tmp_path)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_files_by_their_paths(tmp_path: Path) -> None:
    files = [
        {"path": "main.conf", "content": "a\n"},
        {"path": "sub/secret.conf", "content": "ä\n", "mode": "640"},
        {"path": "old.conf", "state": "absent"},
    ]
    assert run(tmp_path, sets=[{"path": "/etc/daemon/", "files": files}, {"path": "/srv", "files": files[:1]}]) == {
        "changed": False,
        "files": {
            "/etc/daemon/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
            "/etc/daemon/sub/secret.conf": {"sha256": digest("ä\n"), "mode": "0640"},
            "/etc/daemon/old.conf": None,
            "/srv/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
        },
    }


def test_files_of_the_module_kernel(tmp_path: Path) -> None:
    kernel = {"name": "lvs", "modules": ["ip_vs"], "sysctls": {"net.ipv4.vs.expire_nodest_conn": 1}}
    found = run(tmp_path, kernel=kernel)["files"]
    assert set(found) == {"/etc/modules-load.d/lvs.conf", "/etc/sysctl.d/90-lvs.conf"}
    assert {one["mode"] for one in found.values()} == {"0644"}


VIPS = {"name": "vips", "interface": "lo", "vips": [{"address": "198.51.100.200", "prefix": 32}]}
PATHS = {"/etc/systemd/system/vips.service", "/etc/sysctl.d/90-vips.conf"}


def test_the_unit_of_the_vips_is_as_on_a_host_that_was_silent_before(tmp_path: Path) -> None:
    """The unit records what the sysctls were; that line is no part of what is compared."""
    expected = run(tmp_path, vips=VIPS)["files"]
    assert set(expected) == PATHS
    vips = [Address("lo", "inet", "198.51.100.200", 32, "lo")]
    unit = tmp_path / "unit"
    for before in ("0", "1"):
        unit.write_text(render_unit(vips, "lo", dict.fromkeys(arp_sysctls("lo"), before), IP_PROGRAM))
        assert file_facts(str(unit))["sha256"] == expected["/etc/systemd/system/vips.service"]["sha256"]
    unit.write_text(render_unit([], "lo", {}, IP_PROGRAM))
    assert file_facts(str(unit))["sha256"] != expected["/etc/systemd/system/vips.service"]["sha256"]


def test_a_real_server_without_vips_has_none_of_their_files(tmp_path: Path) -> None:
    assert run(tmp_path, vips={**VIPS, "vips": []})["files"] == dict.fromkeys(PATHS)


def test_files_of_the_weights_are_not_compared(tmp_path: Path) -> None:
    share = {"service": "web", "host": "web1", "weight": 1, "drained": False}
    assert run(tmp_path, weights={"destinations": [share], "scheme": "weights"})["files"] == {}


def test_files_are_needed(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match="missing required arguments: files"):
        controller.run(ActionModule, good(), {}, tmp_path)


def test_a_list_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match="trees"):
        run(tmp_path, trees=[])
