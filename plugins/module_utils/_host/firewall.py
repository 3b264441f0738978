# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which firewalls of a host drop what nobody lets in, and whether our openings are in them.

A chain counts where it ends with all being dropped: by its policy, or by a rule without a condition. A chain that drops
by conditions only, as one of fail2ban, bans somebody; nothing is opened there.
"""

from __future__ import annotations

import os
import re
from typing import Any, Container, Iterator, NamedTuple

from .._errors import LvsError
from .command import run

# Our chains, by the hook that they belong to, and what the rule that leads to one says.
CHAINS = {"input": "vipstack_lvs_in", "forward": "vipstack_lvs_through"}
IPTABLES_CHAINS = {"INPUT": "VIPSTACK-LVS-IN", "FORWARD": "VIPSTACK-LVS-THROUGH"}
# Our policies of firewalld.
POLICIES = {"in": "vipstack-lvs", "through": "vipstack-lvs-through"}
_STAMP = re.compile(r"vipstack\.lvs ([0-9a-f]+)")
_UNCONDITIONAL = ("drop", "reject", "counter", "log", "jump", "goto", "limit")
_HOOK = re.compile(r"type filter hook (input|forward) priority [^;]+;(?: policy (\w+);)?")
_BINARIES = ("/usr/sbin/", "/sbin/", "/usr/bin/")


class Closed(NamedTuple):
    """A chain that drops what nobody lets in. ``place``: `nft FAMILY TABLE CHAIN` or `PROGRAM CHAIN`; ``hook``: input
    or forward; ``opened``: the stamp of our openings in it, None where there are none."""

    place: str
    hook: str
    opened: str | None


# --- pure -------------------------------------------------------------------------------------------------------


def of_nftables(text: str, of_iptables: Container[str]) -> list[Closed]:
    """The chains in the output of `nft list ruleset`.

    Those of firewalld are its own. ``of_iptables``: the families, ip and ip6, whose table filter iptables can read.
    """
    found = []
    for family, table, chain, lines in _chains(text):
        theirs = table == "firewalld" or (family in of_iptables and table == "filter" and chain in IPTABLES_CHAINS)
        hook = next((one for one in map(_HOOK.match, lines) if one), None)
        if family in ("inet", "ip", "ip6") and hook and not theirs:
            rules = [line for line in lines if not _HOOK.match(line)]
            mine = [line for line in rules if CHAINS[hook[1]] in line]
            others = [line for line in rules if line not in mine]
            if hook[2] == "drop" or any(line.split()[0] in _UNCONDITIONAL and _ends(line) for line in others):
                stamp = _STAMP.search(mine[0]) if mine else None
                found.append(Closed("nft %s %s %s" % (family, table, chain), hook[1], stamp[1] if stamp else None))
    return found


def _ends(line: str) -> bool:
    """Whether a rule that has no condition drops, or leads to where that may be."""
    return any(word in ("drop", "reject", "jump", "goto") for word in line.split())


def _chains(text: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """``(family, table, chain, lines)`` of each chain."""
    family = table = chain = ""
    lines: list[str] = []
    depth = 0
    for line in map(str.strip, text.splitlines()):
        words = line.split()
        if depth == 0 and len(words) >= 4 and words[0] == "table":
            family, table = words[1:3]
        elif depth == 1 and len(words) == 3 and words[0] == "chain":
            chain, lines = words[1], []
        elif depth == 2 and chain and line and line != "}" and not line.startswith("#"):
            lines.append(line)
        depth += line.endswith("{") - (line == "}")
        if depth == 1 and chain and line == "}":
            yield family, table, chain, lines
            chain = ""


def of_iptables(program: str, text: str) -> list[Closed]:
    """The chains in the output of `iptables -S`, or of `ip6tables -S`."""
    found = []
    for chain, ours in IPTABLES_CHAINS.items():
        rules = [line for line in text.splitlines() if line.startswith("-A %s " % chain)]
        mine = [line for line in rules if line.endswith("-j " + ours)]
        others = [line[len("-A %s " % chain) :] for line in rules if line not in mine]
        drops = "-P %s DROP" % chain in text.splitlines()
        if drops or any(re.match(r"-[jg] (?!ACCEPT|RETURN|LOG|NFLOG)", rule) for rule in others):
            stamp = _STAMP.search(mine[0]) if mine else None
            found.append(Closed("%s %s" % (program, chain), chain.lower(), stamp[1] if stamp else None))
    return found


# --- the host ---------------------------------------------------------------------------------------------------


def look() -> dict[str, Any]:
    """``{firewalld, policies, closed: [{place, hook, opened}]}``; what cannot be asked is not there.

    ``policies`` is None where firewalld has none at all: before 0.9.
    """
    closed: list[Closed] = []
    read = set()
    for program, family in (("iptables", "ip"), ("ip6tables", "ip6")):
        variant = _variant(program)
        # By nftables it also fails: where its table has what it does not know, which nft alone made.
        rules = _said(program, "-S") if variant == "nf_tables" or (variant and _legacy_is_loaded(program)) else ""
        closed += of_iptables(program, rules)
        if rules and variant == "nf_tables":
            read.add(family)
        if variant == "nf_tables" and _legacy_is_loaded(program) and _is_there(program + "-legacy"):
            closed += of_iptables(program + "-legacy", _said(program + "-legacy", "-S"))
    if _is_there("nft"):
        # Without the elements of sets, which can be very many, where nft knows how.
        closed += of_nftables(_said("nft", "-t", "list", "ruleset") or _said("nft", "list", "ruleset"), read)
    firewalld = _is_there("firewall-cmd") and _said("firewall-cmd", "--state").strip() == "running"
    policies = _answer("firewall-cmd", "--get-policies") if firewalld else ""
    return {
        "firewalld": firewalld,
        "policies": None if policies is None else [one for one in policies.split() if one in POLICIES.values()],
        "closed": [one._asdict() for one in closed],
    }


def _is_there(program: str) -> bool:
    return any(os.access(place + program, os.X_OK) for place in _BINARIES)


def _variant(program: str) -> str:
    """nf_tables, legacy, or nothing where the program is not there."""
    if not _is_there(program):
        return ""
    return "nf_tables" if "nf_tables" in _said(program, "-V") else "legacy"


def _legacy_is_loaded(program: str) -> bool:
    """To ask loads the kernel's module, so it is asked only where there is one."""
    path = "/proc/net/ip6_tables_names" if program.startswith("ip6") else "/proc/net/ip_tables_names"
    try:
        with open(path, encoding="ascii") as stream:
            return "filter" in stream.read().split()
    except OSError:
        return False


def _said(*command: str) -> str:
    return _answer(*command) or ""


def _answer(*command: str) -> str | None:
    """None where the program is not there, or says that it failed."""
    try:
        ended = run(command)
    except LvsError:
        return None
    return ended.output if ended.status == 0 else None
