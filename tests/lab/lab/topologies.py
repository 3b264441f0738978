# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Example inventories on the lab's hosts, and the second network that some of them need."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from lab.hosts import GATEWAY, GATEWAY6, HOSTS
from lab.play import INVENTORY, ROOT, Play
from lab.stack import DIRECTORS, REAL_SERVERS, Stack

EXAMPLES = ROOT / "inventories" / "examples"
# How the lab's hosts are reached, for an inventory that does not say it.
_REACHED = "@%s" % (INVENTORY / "group_vars" / "all.yml")
STAND_IN = Path(__file__).with_name("files") / "nft-by-tc"
INSIDE = "203.0.113."
_INSIDERS = {host.name: host for host in HOSTS if host.role != "client"}
# A network of its own on the same wire: a switch with two VLANs.
_JOIN = """
ip link show eth1 > /dev/null 2>&1 || ip link add link eth0 name eth1 type vlan id 7
ip address replace %s%s/24 dev eth1
ip link set eth1 up
"""
_LEAVE = "ip link delete eth1 2> /dev/null || true"


class Topologies:
    """One example after another on the hosts of a lab."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def play(self, name: str, example: str, *arguments: str, writes: Path | None = None, check: bool = True) -> Play:
        """A playbook of ours with an example's inventory. Raises LabError where it fails and may not."""
        inventory = EXAMPLES / (example + ".yml")
        return self.stack.play(name, "-e", _REACHED, *arguments, inventory=inventory, writes=writes, check=check)

    def inside(self) -> None:
        """The second network, and real servers that are in no other."""
        last = {name: host.address.rpartition(".")[2] for name, host in _INSIDERS.items()}
        scripts = {name: _JOIN % (INSIDE, number) for name, number in last.items()}
        for name in REAL_SERVERS:
            # An address of the link stays: without one no neighbour is found.
            scripts[name] += "ip address flush dev eth0 scope global\n"
        self.stack.run_all(scripts)

    def outside(self) -> None:
        """One network, as the lab has it."""
        scripts = dict.fromkeys(_INSIDERS, _LEAVE)
        for name in REAL_SERVERS:
            host = _INSIDERS[name]
            scripts[name] += f"""
ip address replace {host.address}/24 dev eth0
ip address replace {host.address6}/64 dev eth0 nodad
ip route replace default via {GATEWAY}
ip route replace default via {GATEWAY6}
"""
        self.stack.run_all(scripts)

    def marks(self) -> None:
        """A program nft on directors that can mark packets, where the kernel's own cannot."""
        able = "command -v nft > /dev/null && nft -c add table inet able 2> /dev/null"
        text = shlex.quote("#!/usr/bin/python3\n" + STAND_IN.read_text(encoding="utf-8"))
        script = f"{able} || {{ printf %s {text} > /usr/sbin/nft && chmod 0755 /usr/sbin/nft; }}"
        self.stack.run_all(dict.fromkeys(DIRECTORS, script))

    # -- what is observed

    def holders(self, vip: str, among: Iterable[str] = DIRECTORS) -> list[str]:
        """The directors that have an address where others reach it."""
        seen = self.stack.run_all(dict.fromkeys(among, f"ip -o address show to {vip} | grep -v ' lo ' || true"))
        return [name for name, text in seen.items() if text.strip()]

    def weights(self, host: str) -> list[int]:
        """Of all destinations in a director's table."""
        rows = [line.split() for line in self.stack.run(host, "ipvsadm -Sn").splitlines() if line.startswith("-a ")]
        return [int(words[words.index("-w") + 1]) for words in rows]
