# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_info on both directors of a converged lab, beside what `ip` and the unit say."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from live_lab import DIRECTORS, ROOT, SOCKET, VIP, backup, holder, run, run_all, settled, until


def ask(folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """What the module returns on each director."""
    subprocess.run(
        [str(ROOT / ".venv/bin/ansible"), "lvs_directors", "-i", "inventories/lab", "-m",
         "vipstack.lvs.keepalived_info", "--tree", str(folder), *arguments],
        cwd=ROOT, env={**os.environ, "DOCKER_HOST": SOCKET}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        timeout=120, check=True,
    )  # fmt: skip
    return {host: json.loads((folder / host).read_text(encoding="utf-8")) for host in DIRECTORS}


def temporary_files(host: str) -> str:
    """What is in the /tmp of the daemon, which may be its own."""
    return run(host, "ls /proc/$(cat /run/keepalived.pid)/root/tmp")


def checks(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Address of a real server -> whether it is alive, and its checks by type."""
    return {
        server["address"]: {"alive": server["alive"], **{check["type"]: check["up"] for check in server["checks"]}}
        for server in found["virtual_servers"][0]["real_servers"]
    }


def test_what_the_daemon_says_is_what_other_tools_see(tmp_path: Path) -> None:
    until("a settled cluster", settled, 60)
    before = {host: temporary_files(host) for host in DIRECTORS}
    found = ask(tmp_path, "--check", "--diff")
    pids = run_all(dict.fromkeys(DIRECTORS, "pidof keepalived"))
    states = {}
    for host, told in found.items():
        assert (told["changed"], told["installed"], told["running"], told["errors"]) == (False, True, True, [])
        assert told["version"] in run(host, "keepalived --version 2>&1")
        assert set(map(str, told["pids"])) == set(pids[host].split())
        assert {"LVS", "VRRP"} <= set(told["options"])
        (instance,) = told["instances"]
        states[host] = instance["state"]
        assert instance["addresses"] == [VIP + "/24"]
        assert instance["addresses_set"] == (host == holder())
        assert instance["last_transition"] > 1_700_000_000
        assert instance["counters"]["adverts_sent" if host == holder() else "adverts_received"] > 0
        (server,) = told["virtual_servers"]
        assert (server["address"], server["port"], server["protocol"], server["alive"]) == (VIP, 80, "tcp", True)
        assert all(all(one.values()) and "HTTP_GET" in one for one in checks(told).values())
    assert states == {holder(): "MASTER", backup(): "BACKUP"}
    assert {host: temporary_files(host) for host in DIRECTORS} == before


def test_a_check_that_fails_is_told(tmp_path: Path) -> None:
    run("web1", "systemctl stop nginx")
    try:
        until(
            "the check",
            lambda: all(" -w 0" in text for text in run_all(dict.fromkeys(DIRECTORS, "ipvsadm -Sn")).values()),
        )
        found = ask(tmp_path)
    finally:
        run("web1", "systemctl start nginx")
    for told in found.values():
        dead = checks(told)["198.51.100.102"]
        assert (dead["alive"], dead["HTTP_GET"]) == (False, False)
        assert checks(told)["198.51.100.103"]["alive"]
    until("a settled cluster after the repair", settled, 60)
