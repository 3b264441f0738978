# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host's firewall is to be opened, and whether it is: from the model and from what was found on the host."""

from __future__ import annotations

import hashlib
from typing import Any, Mapping, NamedTuple

from ...module_utils._host.firewall import POLICIES
from .._model.shape import Family, Firewall, Opening
from . import lines

_WAYS = {"input": "in", "forward": "through"}
_FAMILIES: tuple[Family, ...] = ("inet", "inet6")
_OF_TABLE: Mapping[str, tuple[Family, ...]] = {"ip": ("inet",), "ip6": ("inet6",), "inet": _FAMILIES}


class Plan(NamedTuple):
    """What is to be there. ``stamp`` tells these openings from others."""

    stamp: str
    nftables: list[dict[str, str]]
    """``{family, table, chain, way}`` of each chain that drops."""
    iptables: list[dict[str, str]]
    """``{program, chain, family, way}``, likewise."""
    rules: dict[str, list[str]]
    """By `WRITER FAMILY WAY`, for firewalld by `WRITER WAY`. None for a writer that is not asked for."""
    policies: list[str]
    """Of firewalld, by their names."""
    closed: list[str]
    """The chains that have not what they should, for a message."""
    is_needed: bool
    """Whether there is anything to open."""


def plan(firewall: Firewall, found: Mapping[str, Any]) -> Plan:
    """``found``: what `_host.firewall.look` says; empty where the host was not asked, and then nothing is planned."""
    rules = _rules(firewall)
    stamp = hashlib.sha256(repr(sorted(rules.items())).encode()).hexdigest()[:12]
    nftables, iptables, closed, is_needed = [], [], [], False
    for one in found.get("closed", ()):
        program, *words = one["place"].split()
        way = _WAYS[one["hook"]]
        if program == "nft":
            nftables.append({"family": words[0], "table": words[1], "chain": words[2], "way": way})
            keys = ["nftables %s %s" % (family, way) for family in _OF_TABLE[words[0]]]
        else:
            family = "inet6" if program.startswith("ip6") else "inet"
            iptables.append({"program": program, "chain": words[0], "family": family, "way": way})
            keys = ["iptables %s %s" % (family, way)]
        is_wanted = any(rules[key] for key in keys)
        is_needed |= is_wanted
        if one["opened"] != (stamp if is_wanted else None):
            closed.append(one["place"])
    policies = [POLICIES[way] for way in _WAYS.values() if found.get("firewalld") and rules["firewalld " + way]]
    closed += ["firewalld policy " + one for one in policies if one not in (found.get("policies") or ())]
    return Plan(stamp, nftables, iptables, rules, policies, closed, is_needed or bool(policies))


def _rules(firewall: Firewall) -> dict[str, list[str]]:
    found = {}
    for way in _WAYS.values():
        for family in _FAMILIES:
            found["nftables %s %s" % (family, way)] = lines.nftables(_for("nftables", firewall), family, way)
            found["iptables %s %s" % (family, way)] = lines.iptables(_for("iptables", firewall), family, way)
        found["firewalld " + way] = lines.firewalld(_for("firewalld", firewall), way)
    return found


def _for(writer: str, firewall: Firewall) -> list[Opening]:
    return firewall["openings"] if firewall["kind"] in ("auto", writer) else []
