# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_info on both directors of a converged lab, beside what `ip` and the unit say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.hosts import VIP
from lab.stack import DIRECTORS, Stack


def ask(stack: Stack, folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """What the module returns on each director."""
    found = stack.module("keepalived_info", "lvs_directors", folder, *arguments)
    assert set(found) == set(DIRECTORS)
    return found


def temporary_files(stack: Stack, host: str) -> str:
    """What is in the /tmp of the daemon, which may be its own."""
    return stack.run(host, "ls /proc/$(cat /run/keepalived.pid)/root/tmp")


def checks(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Address of a real server -> whether it is alive, and its checks by type."""
    return {
        server["address"]: {"alive": server["alive"], **{check["type"]: check["up"] for check in server["checks"]}}
        for server in found["virtual_servers"][0]["real_servers"]
    }


def test_what_the_daemon_says_is_what_other_tools_see(stack: Stack, tmp_path: Path) -> None:
    holder = stack.settled()
    backup = stack.backup()
    before = {host: temporary_files(stack, host) for host in DIRECTORS}
    found = ask(stack, tmp_path, "--check", "--diff")
    pids = stack.run_all(dict.fromkeys(DIRECTORS, "pidof keepalived"))
    states = {}
    for host, told in found.items():
        assert (told["changed"], told["installed"], told["running"], told["errors"]) == (False, True, True, [])
        assert told["version"] in stack.run(host, "keepalived --version 2>&1")
        assert set(map(str, told["pids"])) == set(pids[host].split())
        assert {"LVS", "VRRP"} <= set(told["options"])
        (instance,) = told["instances"]
        states[host] = instance["state"]
        assert instance["addresses"] == [VIP + "/24"]
        assert instance["addresses_set"] == (host == holder)
        assert instance["last_transition"] > 1_700_000_000
        assert instance["counters"]["adverts_sent" if host == holder else "adverts_received"] > 0
        (server,) = told["virtual_servers"]
        assert (server["address"], server["port"], server["protocol"], server["alive"]) == (VIP, 80, "tcp", True)
        assert all(all(one.values()) and "HTTP_GET" in one for one in checks(told).values())
    assert states == {holder: "MASTER", backup: "BACKUP"}
    assert {host: temporary_files(stack, host) for host in DIRECTORS} == before


def test_a_check_that_fails_is_told(stack: Stack, tmp_path: Path) -> None:
    stack.run("web1", "systemctl stop nginx")
    try:
        stack.wait("the check", lambda: all(stack.weights(host)["web1"] == 0 for host in DIRECTORS))
        found = ask(stack, tmp_path)
    finally:
        stack.run("web1", "systemctl start nginx")
    for told in found.values():
        dead = checks(told)["198.51.100.102"]
        assert (dead["alive"], dead["HTTP_GET"]) == (False, False)
        assert checks(told)["198.51.100.103"]["alive"]
    stack.settled()
