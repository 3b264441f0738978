"""The stack in the lab: converge it, and observe it with the hosts' own tools, without Ansible."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab.hosts import HOSTS, VIP
from lab.lab import Lab
from lab.play import INVENTORY, ROOT, Play, ansible, written
from lab.processes import wait_until
from lab.state import LabError

__all__ = ["ADDRESSES", "DIRECTORS", "MANAGED", "NO_DROP", "REAL_SERVERS", "ROOT", "Director", "Play", "Stack",
           "director", "drop", "spread"]  # fmt: skip
DIRECTORS = tuple(host.name for host in HOSTS if host.role == "director")
REAL_SERVERS = tuple(host.name for host in HOSTS if host.role == "real_server")
MANAGED = (*DIRECTORS, *REAL_SERVERS)
ADDRESSES = {host.name: host.address for host in HOSTS}
_NAMES = {address: name for name, address in ADDRESSES.items()}
# What a director is, in one command: a command on a host costs more than what it does there.
_LOOK = """
ip -4 -o address show dev eth0
journalctl -u keepalived.service -o cat --no-pager | grep Entering | tail -n 1
ipvsadm -Sn
"""
_ENTERING = re.compile(r"Entering (MASTER|BACKUP|FAULT|STOP) STATE")
# A host as far as a run could touch it, one line a thing; without what daemons and the kernel go on writing themselves.
_STATE = r"""
find /etc /usr/libexec /usr/local /var/lib /var/log/vipstack-lvs /lib/systemd/system /run/systemd/system \
    \( -path /var/lib/systemd -o -path /var/lib/docker -o -name transitions.log \) -prune -o \
    -printf 'file %p %y %m %u %g %l\n' -type f -exec sha256sum {} + 2>/dev/null | sort
ip -o address | sed 's/ valid_lft .*//'
sysctl -a 2>/dev/null | grep -E '^net\.(ipv4|ipv6)\.(vs|conf\.(all|default|lo|eth0))\.|^net\.ipv4\.ip_' | sort
ipvsadm -Sn 2>/dev/null | sort
lsmod 2>/dev/null | grep -o '^ip_vs[^ ]*' | sort
systemctl list-units --no-legend --no-pager --plain --type=service --state=active | awk '{print $1, $2, $3}' | sort
systemctl show -p MainPID -p NRestarts -p InvocationID keepalived nginx
getent passwd; getent group
"""
# A filter before everything else that the host does with its packets; it needs no nf_tables.
_DROP = "tc qdisc add dev eth0 ingress && tc filter add dev eth0 parent ffff: protocol ip u32 match ip %s action drop"
NO_DROP = "tc qdisc del dev eth0 ingress"
# Seconds to wait for an event. It is a generous limit, not a bound: a busy machine may take long.
PATIENCE = 120.0


@dataclass(frozen=True)
class Director:
    """A director at one moment."""

    holds: bool  # the VIP
    state: str  # MASTER, BACKUP or FAULT: the state that its Keepalived last reported; empty before that
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

    # -- Ansible

    def play(
        self,
        name: str | Path,
        *arguments: str,
        inventory: str | Path = INVENTORY,
        check: bool = True,
        writes: Path | None = None,
        installed: str | None = None,
        log: Path | None = None,
    ) -> Play:
        """Run a playbook of ours, or one by its path. Raises LabError where it fails, unless ``check`` is false.

        ``writes`` is where verify or status puts its answer, the result of the Play. ``installed`` is a search path of
        collections to take in place of the working tree. ``log`` has the output so far while it runs.
        """
        book: str | Path = name if isinstance(name, Path) else f"vipstack.lvs.{name}"
        if writes is not None:
            writes.unlink(missing_ok=True)
            arguments = ("-e", f"{name}_result={writes}", *arguments)
        words: tuple[str | Path, ...] = ("-i", inventory, book, *arguments)
        play = ansible(self.docker.host, "ansible-playbook", *words, installed=installed, log=log)
        if check and play.status:
            raise LabError(f"{name} failed ({play.status}):\n{play.error}")
        return play if writes is None else replace(play, result=written(writes))

    def module(self, name: str, hosts: str, folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
        """Host -> what a module of ours returns there; ``folder`` takes the answers. Raises LabError."""
        words: tuple[str | Path, ...] = (
            hosts,
            "-i",
            INVENTORY,
            "-m",
            f"vipstack.lvs.{name}",
            "--tree",
            folder,
            *arguments,
        )
        done = ansible(self.docker.host, "ansible", *words)
        if done.status:
            raise LabError(f"{name} failed ({done.status}):\n{done.output}")
        return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()}

    # -- a host

    def run(self, host: str, script: str, check: bool = True) -> str:
        """The output of a shell script on a host."""
        return self.docker.shell(host, script, check, timeout=5 * PATIENCE)

    def run_all(self, scripts: Mapping[str, str]) -> dict[str, str]:
        """A shell script on each host, all at the same time."""
        with ThreadPoolExecutor() as pool:
            return dict(zip(scripts, pool.map(self.run, scripts, scripts.values())))

    def states(self) -> dict[str, list[str]]:
        """Each host's state, line by line, so that a difference names itself."""
        return {host: said.splitlines() for host, said in self.run_all(dict.fromkeys(MANAGED, _STATE)).items()}

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

    def holder(self, seconds: float = PATIENCE) -> str:
        """The one director that has the VIP; it gets so long to settle. Raises LabError."""
        found: list[str] = []

        def one() -> bool:
            found[:] = self.holders()
            return len(found) == 1

        if not wait_until(one, seconds, 0.2):
            raise LabError(f"{VIP} is on {', '.join(found) or 'no director'}")
        return found[0]

    def backup(self) -> str:
        """The director without the VIP. Raises LabError unless exactly one has it."""
        holder = self.holder()
        return next(host for host in DIRECTORS if host != holder)

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

    def idle(self) -> None:
        """Wait until no director counts an open connection. One whose end a moved VIP hid from it lasts 15 minutes."""
        count = "ipvsadm -Ln | awk '$1 == \"->\" {open += $5} END {print open + 0}'"
        self.wait(
            "directors without open connections",
            lambda: not any(int(text) for text in self.run_all(dict.fromkeys(DIRECTORS, count)).values()),
            1000,
        )

    def wait(self, what: str, true: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Wait until a function returns true; returns the seconds that it took. Raises LabError."""
        begin = time.monotonic()
        if not wait_until(true, seconds, 0.1):
            raise LabError(f"{what} did not come within {seconds:g} s")
        return time.monotonic() - begin

    def settled(self, seconds: float = PATIENCE) -> str:
        """The master, once the stack has settled. Raises LabError after that many seconds."""
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


def drop(what: str) -> str:
    """The command that drops a host's arriving packets, ``what`` as u32 has it: ``protocol 112 0xff``."""
    return _DROP % what


def spread(counts: dict[str, int], names: Sequence[str]) -> bool:
    """Whether each of these has its even share, give or take five standard deviations of what hashing gives.

    By chance alone that is missed once in two million looks.
    """
    total, part = sum(counts.values()), 1 / len(names)
    tolerance = 5 * math.sqrt(total * part * (1 - part))
    return set(counts) == set(names) and all(abs(count - total * part) <= tolerance for count in counts.values())
