"""The stack as it stands in the lab: converge it, and see what it does; past Ansible, by the hosts' own tools."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
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

    # -- who holds the VIP

    def holders(self, among: Iterable[str] = DIRECTORS) -> list[str]:
        """The directors that have the VIP now."""
        return [name for name in among if f" {VIP}/" in self.run(name, "ip -4 -o address show dev eth0")]

    def holder(self, seconds: float = 15) -> str:
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

    def state(self, host: str) -> str:
        """MASTER, BACKUP or FAULT: what the director's Keepalived last said that it enters; empty before that."""
        said = self.run(host, "journalctl -u keepalived.service -o cat --no-pager | grep Entering | tail -n 1")
        found = _ENTERING.findall(said)
        return found[-1] if found else ""

    # -- the table

    def table(self, host: str) -> str:
        return self.run(host, "ipvsadm -Ln").rstrip()

    def weights(self, host: str) -> dict[str, int]:
        """Real server -> weight on a director, over all services, the lowest of each."""
        names = {address: name for name, address in ADDRESSES.items()}
        found: dict[str, int] = {}
        for line in self.run(host, "ipvsadm -Sn").splitlines():
            words = line.split()
            if words[0] == "-a":
                address = words[words.index("-r") + 1].rpartition(":")[0]
                name = names.get(address, address)
                found[name] = min(int(words[words.index("-w") + 1]), found.get(name, 1 << 31))
        return found

    def wait(self, what: str, true: object, seconds: float = 30) -> float:
        """Wait until a function says so; seconds that it took. Raises LabError."""
        begin = time.monotonic()
        assert callable(true)
        if not wait_until(true, seconds, 0.1):
            raise LabError(f"{what} did not come within {seconds:g} s")
        return time.monotonic() - begin

    def settled(self) -> str:
        """Both directors are fit, one holds the VIP, both tables are whole; who holds it."""
        whole = dict.fromkeys(REAL_SERVERS, 1)

        def good() -> bool:
            return all(self.weights(name) == whole for name in DIRECTORS)

        self.wait("whole tables on both directors", good)
        self.wait("a master and a backup", lambda: sorted(map(self.state, DIRECTORS)) == ["BACKUP", "MASTER"])
        return self.holder()


def spread(counts: dict[str, int], names: Sequence[str]) -> bool:
    """Whether each of these has its even share, give or take five standard deviations of what hashing gives.

    By chance alone that is missed once in two million looks.
    """
    total, part = sum(counts.values()), 1 / len(names)
    tolerance = 5 * math.sqrt(total * part * (1 - part))
    return set(counts) == set(names) and all(abs(count - total * part) <= tolerance for count in counts.values())
