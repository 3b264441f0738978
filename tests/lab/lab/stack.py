"""The stack as it stands in the lab: converge it, and see what it does; past Ansible, by the hosts' own tools."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.hosts import HOSTS, VIP
from lab.lab import Lab
from lab.processes import wait_until
from lab.state import LabError

ROOT = Path(__file__).resolve().parents[3]
DIRECTORS = tuple(host.name for host in HOSTS if host.role == "director")
REAL_SERVERS = tuple(host.name for host in HOSTS if host.role == "real_server")
ADDRESSES = {host.name: host.address for host in HOSTS}
_NAMES = {address: name for name, address in ADDRESSES.items()}
# What a director is, in one command: a command on a host costs more than what it does there.
_LOOK = """
ip -4 -o address show dev eth0
journalctl -u keepalived.service -o cat --no-pager | grep Entering | tail -n 1
ipvsadm -Sn
"""
_ENTERING = re.compile(r"Entering (MASTER|BACKUP|FAULT|STOP) STATE")
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Play:
    """One run of a playbook: its exit status, its output, its recap by host, and how long it took in seconds."""

    status: int
    output: str
    seconds: float

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        return {
            host: {key: int(value) for key, value in (word.split("=") for word in words.split())}
            for host, words in _RECAP.findall(self.output)
        }

    def total(self, key: str) -> int:
        """ok, changed, failed … over all hosts."""
        return sum(counts[key] for counts in self.recap.values())

    @property
    def tasks_per_host(self) -> int:
        """The most tasks that a host had, those that were left out among them."""
        return max(counts["ok"] + counts["failed"] + counts["skipped"] for counts in self.recap.values())

    @property
    def error(self) -> str:
        """What the run said of its failure, short."""
        lines = self.output.splitlines()
        begin = next((number for number, line in enumerate(lines) if "[ERROR]" in line or "fatal:" in line), 0)
        return "\n".join(lines[begin : begin + 12])


@dataclass(frozen=True)
class Director:
    """A director at one moment."""

    holds: bool  # the VIP
    state: str  # MASTER, BACKUP or FAULT: what its Keepalived last said that it enters; empty before that
    weights: dict[str, int]  # of each real server in the table, over all services the lowest


def director(seen: str) -> Director:
    """From the output of `_LOOK`."""
    states = _ENTERING.findall(seen)
    weights: dict[str, int] = {}
    for words in (line.split() for line in seen.splitlines() if line.startswith("-a ")):
        address = words[words.index("-r") + 1].rpartition(":")[0]
        name, weight = _NAMES.get(address, address), int(words[words.index("-w") + 1])
        weights[name] = min(weight, weights.get(name, weight))
    return Director(f" {VIP}/" in seen, states[-1] if states else "", weights)


class Stack:
    """The converged hosts of a lab that is up."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.docker = lab.docker

    def play(self, name: str, *arguments: str, inventory: str = "inventories/lab", check: bool = True) -> Play:
        """Run a playbook of ours. Raises LabError where it fails, unless `check` is false."""
        begin = time.monotonic()
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", inventory, f"vipstack.lvs.{name}", *arguments],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "DOCKER_HOST": self.docker.host, "ANSIBLE_NOCOLOR": "1",
                 "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections")},
            timeout=900, check=False,
        )  # fmt: skip
        play = Play(done.returncode, done.stdout, time.monotonic() - begin)
        if check and play.status:
            raise LabError(f"{name}.yml failed ({play.status}):\n{play.error}")
        return play

    def run(self, host: str, script: str, check: bool = True) -> str:
        """The output of a shell script on a host."""
        return self.docker.shell(host, script, check)

    # -- what the directors are

    def look(self, host: str) -> Director:
        return director(self.run(host, _LOOK))

    def looks(self, among: Iterable[str] = DIRECTORS) -> dict[str, Director]:
        """Directors at the same moment, as far as that can be."""
        hosts = tuple(among)
        with ThreadPoolExecutor(len(DIRECTORS)) as pool:
            return dict(zip(hosts, pool.map(self.look, hosts)))

    def holders(self, among: Iterable[str] = DIRECTORS) -> list[str]:
        """The directors that have the VIP now."""
        return [name for name, seen in self.looks(among).items() if seen.holds]

    def holder(self, seconds: float = 120) -> str:
        """The one director that has the VIP; it gets so long to settle. Raises LabError."""
        found: list[str] = []

        def one() -> bool:
            found[:] = self.holders()
            return len(found) == 1

        if not wait_until(one, seconds, 0.2):
            raise LabError(f"{VIP} is on {', '.join(found) or 'no director'}")
        return found[0]

    def answers_arp(self) -> set[str]:
        """The hosts that answer the client's ARP requests for the VIP."""
        heard = self.run("client", f"arping -c 2 -w 2 -I eth0 {VIP} || true")
        macs = {word.strip("[]()").lower() for word in heard.split() if word.count(":") == 5}
        return {host.name for host in HOSTS if host.mac in macs} | (macs - {host.mac for host in HOSTS})

    def table(self, host: str) -> str:
        return self.run(host, "ipvsadm -Ln").rstrip()

    def weights(self, host: str) -> dict[str, int]:
        """Real server -> weight on a director, over all services the lowest."""
        return self.look(host).weights

    def forget(self, established: int = 900, ended: int = 120) -> None:
        """After how many seconds of silence a director forgets a connection, the kernel's own times by default."""
        for host in DIRECTORS:
            self.run(host, f"ipvsadm --set {established} {ended} 0")

    def wait(self, what: str, true: object, seconds: float = 120) -> float:
        """Wait until a function says so; seconds that it took. Raises LabError."""
        begin = time.monotonic()
        assert callable(true)
        if not wait_until(true, seconds, 0.1):
            raise LabError(f"{what} did not come within {seconds:g} s")
        return time.monotonic() - begin

    def settled(self, seconds: float = 120) -> str:
        """The master, once all is at rest; it gets so long. Raises LabError."""
        seen: dict[str, Director] = {}
        if not wait_until(lambda: self.is_settled(seen), seconds, 0.1):
            raise LabError(f"the directors do not settle within {seconds:g} s: {seen}")
        return next(name for name, one in seen.items() if one.holds)

    def is_settled(self, seen: dict[str, Director] | None = None) -> bool:
        """Whether both tables are whole, one is a backup, and the other a master that alone has the VIP."""
        now = self.looks()
        if seen is not None:
            seen.update(now)
        whole = dict.fromkeys(REAL_SERVERS, 1)
        rest = [(False, "BACKUP", whole), (True, "MASTER", whole)]
        return sorted(((one.holds, one.state, one.weights) for one in now.values()), key=lambda one: one[0]) == rest


def spread(counts: dict[str, int], names: Sequence[str]) -> bool:
    """Whether each of these has its even share, give or take five standard deviations of what hashing gives.

    By chance alone that is missed once in two million looks.
    """
    total, part = sum(counts.values()), 1 / len(names)
    tolerance = 5 * math.sqrt(total * part * (1 - part))
    return set(counts) == set(names) and all(abs(count - total * part) <= tolerance for count in counts.values())
