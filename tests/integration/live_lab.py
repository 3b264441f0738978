# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a converged lab, for tests that break something and mend it; by `docker exec`, past Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
LAB = os.environ.get("LAB_NAME", "lab")
SOCKET = os.environ.get("DOCKER_HOST") or "unix:///var/tmp/vipstack-lab/%s/docker.sock" % LAB
DIRECTORS = ("d1", "d2")
REAL_SERVERS = ("web1", "web2")
VIP = "198.51.100.200"
# A filter before everything else that the host does with its packets; it needs no nf_tables.
_DROP = "tc qdisc add dev eth0 ingress && tc filter add dev eth0 parent ffff: protocol ip u32 match ip %s action drop"
NO_DROP = "tc qdisc del dev eth0 ingress"


def drop(what: str) -> str:
    """The command that drops arriving packets, ``what`` as u32 has it: ``protocol 112 0xff``."""
    return _DROP % what


def run(host: str, command: str, check: bool = True) -> str:
    """The output of a shell command on a host of the lab."""
    done = subprocess.run(
        ["docker", "-H", SOCKET, "exec", host, "sh", "-c", command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, "%s: %s: status %d: %s" % (host, command, done.returncode, done.stdout)
    return done.stdout


def run_all(commands: Mapping[str, str]) -> dict[str, str]:
    """A shell command on each host, all at the same time."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(commands, pool.map(run, commands, commands.values())))


@dataclass
class Answer:
    """One run of a playbook of ours: its status, its output, what it wrote, and how long it took (seconds)."""

    status: int
    output: str
    result: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def codes(self, *severities: str) -> set[str]:
        wanted = severities or ("error",)
        return {one["code"] for one in self.result["findings"] if one["severity"] in wanted}

    def found(self, code: str) -> list[dict[str, Any]]:
        """The findings of one code."""
        return [one for one in self.result["findings"] if one["code"] == code]

    def errors(self) -> set[tuple[str, str]]:
        """(host, code) of every error."""
        return {(one["host"], one["code"]) for one in self.result["findings"] if one["severity"] == "error"}


def playbook(name: str, path: Path, *arguments: str) -> Answer:
    """Run verify or status; ``path`` is where it writes its answer."""
    path.unlink(missing_ok=True)
    started = time.monotonic()
    command = [
        str(ROOT / ".venv/bin/ansible-playbook"), "-i", "inventories/lab", "playbooks/%s.yml" % name,
        "-e", "%s_result=%s" % (name, path), *arguments,
    ]  # fmt: skip
    environment = {**os.environ, "PATH": "%s:%s" % (ROOT / ".venv/bin", os.environ["PATH"]), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - started
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Answer(done.returncode, done.stdout, result, seconds)


def until(what: str, true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that a host needs time for."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "%s did not come within %g s" % (what, seconds)
        time.sleep(0.3)


def holders() -> list[str]:
    shown = run_all(dict.fromkeys(DIRECTORS, "ip -4 -o address show dev eth0"))
    return [host for host, addresses in shown.items() if VIP + "/" in addresses]


def holder() -> str:
    found = holders()
    assert len(found) == 1, "the VIP is on %s" % (found or "no director")
    return found[0]


def backup() -> str:
    return next(host for host in DIRECTORS if host != holder())


def settled() -> bool:
    """One holder, and both real servers with a weight in the table of both directors."""
    shown = run_all(dict.fromkeys(DIRECTORS, "ip -4 -o address show dev eth0; ipvsadm -Sn"))
    one_holder = sum(VIP + "/" in text for text in shown.values()) == 1
    return one_holder and all(text.count(" -w 1") == len(REAL_SERVERS) for text in shown.values())
