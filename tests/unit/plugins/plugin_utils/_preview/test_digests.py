# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role's files have to be, as digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansible_collections.vipstack.lvs.plugins.module_utils._host.silent_vips import (
    IP_PROGRAM,
    arp_sysctls,
    render_unit,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._host.system import file_facts
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink.route import Address
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.files import digests


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_files_by_their_paths(tmp_path: Path) -> None:
    files = [
        {"path": "main.conf", "content": "a\n"},
        {"path": "sub/secret.conf", "content": "ä\n", "mode": "640"},
        {"path": "old.conf", "state": "absent"},
    ]
    assert digests({"sets": [{"path": "/etc/daemon/", "files": files}, {"path": "/srv", "files": files[:1]}]}) == {
        "/etc/daemon/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
        "/etc/daemon/sub/secret.conf": {"sha256": digest("ä\n"), "mode": "0640"},
        "/etc/daemon/old.conf": None,
        "/srv/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
    }


def test_what_changes_with_time_is_told(tmp_path: Path) -> None:
    files = [{"path": "a", "content": "a"}, {"path": "b", "content": "b"}, {"path": "c", "state": "absent"}]
    found = digests({"sets": [{"path": "/etc", "files": files}], "aged": ["/etc/b", "/etc/c", "/etc/d"]})
    assert {path for path, told in found.items() if told and "aged" in told} == {"/etc/b"}


def test_files_of_the_module_kernel(tmp_path: Path) -> None:
    kernel = {"name": "lvs", "modules": ["ip_vs"], "sysctls": {"net.ipv4.vs.expire_nodest_conn": 1}}
    found = digests({"kernel": kernel})
    assert set(found) == {"/etc/modules-load.d/lvs.conf", "/etc/sysctl.d/90-lvs.conf"}
    assert {one and one["mode"] for one in found.values()} == {"0644"}


VIPS = {"name": "vips", "interface": "lo", "vips": [{"address": "198.51.100.200", "prefix": 32}]}
PATHS = {"/etc/systemd/system/vips.service", "/etc/sysctl.d/90-vips.conf"}


def test_the_unit_of_the_vips_is_as_on_a_host_that_was_silent_before(tmp_path: Path) -> None:
    """The unit records what the sysctls were; that line is no part of what is compared."""
    expected = digests({"vips": VIPS})
    assert set(expected) == PATHS
    expected_unit = expected["/etc/systemd/system/vips.service"]
    assert expected_unit
    vips = [Address("lo", "inet", "198.51.100.200", 32, "lo")]
    unit = tmp_path / "unit"
    for before in ("0", "1"):
        unit.write_text(render_unit(vips, "lo", dict.fromkeys(arp_sysctls("lo"), before), IP_PROGRAM))
        assert file_facts(str(unit))["sha256"] == expected_unit["sha256"]
    unit.write_text(render_unit([], "lo", {}, IP_PROGRAM))
    assert file_facts(str(unit))["sha256"] != expected_unit["sha256"]


def test_a_real_server_without_vips_has_none_of_their_files(tmp_path: Path) -> None:
    assert digests({"vips": {**VIPS, "vips": []}}) == dict.fromkeys(PATHS)


def test_files_of_the_weights_are_not_compared(tmp_path: Path) -> None:
    share = {"service": "web", "host": "web1", "weight": 1, "drained": False}
    assert digests({"weights": {"destinations": [share], "scheme": "weights"}}) == {}
