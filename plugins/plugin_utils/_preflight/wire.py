# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a director before Keepalived runs there: who answers for a VIP, and who uses its VRID. Pure.

Hosts of the cluster are known by their MACs and addresses; everybody else is a stranger.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from .._fit.request import OUR_KEEPALIVED
from .._fit.shape import HostFacts, Problem
from .._live.inspect_request import ARP_SECONDS
from .._model.shape import HostSlice, Instance
from .._model.view import bare

LISTEN_SECONDS = 2.0


def questions(mine: HostSlice, facts: HostFacts) -> dict[str, Any]:
    """The options of inspect, none where there is nothing to ask. ``mine`` is settled by the facts."""
    director = mine["director"]
    if not director or not director["instances"]:
        return {}
    there = {link["name"] for link in facts.get("links", []) if link["up"]}
    kept = director["handover"]["interface"] if director["handover"] else None
    held = _addresses(facts, kept)
    asked: dict[str, list[str]] = {}
    for vip, interface in _vips(director["instances"]):
        if interface in there and vip not in held:
            asked.setdefault(interface, []).append(vip)
    found: dict[str, Any] = {}
    if asked:
        found["arp_probes"] = [
            {"interface": name, "addresses": sorted(vips), "seconds": ARP_SECONDS} for name, vips in asked.items()
        ]
    if mine["interface"] in there and not ours_runs(facts):
        found["vrrp_listen"] = {"interface": mine["interface"], "seconds": LISTEN_SECONDS}
    return found


def ours_runs(facts: HostFacts) -> bool:
    unit = facts.get("units", {}).get("keepalived.service", {})
    return bool(unit.get("active")) and OUR_KEEPALIVED in facts.get("paths", {})


def _vips(instances: list[Instance]) -> Iterator[tuple[str, str]]:
    for instance in instances:
        yield from ((bare(vip["address"]), vip["interface"]) for vip in instance["addresses"])


def _addresses(facts: HostFacts, but: str | None = None) -> set[str]:
    links = [link for link in facts.get("links", []) if link["name"] != but]
    return {one["address"] for link in links for one in link["addresses"]}


class Known:
    """The hosts of a cluster as they told of themselves; ``all_seen``: a MAC or address of none is a stranger's."""

    def __init__(self, hosts: Mapping[str, HostFacts], unseen: list[str]) -> None:
        self.macs = {link["mac"] for facts in hosts.values() for link in facts.get("links", [])}
        self.addresses = {address for facts in hosts.values() for address in _addresses(facts)}
        self.unseen = unseen


def problems(mine: HostSlice, report: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    """What strangers do. Where a host of the cluster was not seen it may be that one, so nothing is concluded."""
    director = mine["director"]
    if not director or known.unseen:
        return
    yield from _answers(director["instances"], report, known)
    yield from _adverts(director["instances"], report, known)


def _answers(instances: list[Instance], report: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    names = {bare(vip["address"]): (one["vip"], vip["interface"]) for one in instances for vip in one["addresses"]}
    for answer in _part(report, "arp"):
        strangers = sorted(set(answer["macs"]) - known.macs)
        if strangers and answer["address"] in names:
            vip, interface = names[answer["address"]]
            words = "%s, for which %s answers on %s" % (answer["address"], ", ".join(strangers), interface)
            yield Problem("lvs_vips.%s.addresses" % vip, words, "an address that nobody else has")


def _adverts(instances: list[Instance], report: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    for instance in instances:
        for advert in _part(report, "adverts"):
            family = "inet6" if ":" in advert["source"] else "inet"
            same = (advert["vrid"], family) == (instance["vrid"], instance["family"])
            if same and not advert["outgoing"] and advert["source"] not in known.addresses:
                words = "%d, which %s uses on %s (VRRP %d, priority %d)" % (
                    instance["vrid"], advert["source"], instance["interface"], advert["version"], advert["priority"],
                )  # fmt: skip
                yield Problem("lvs_vips.%s.vrid" % instance["vip"], words, "a number that nobody else uses there")


def _part(report: Mapping[str, Any], name: str) -> list[Any]:
    found = report.get(name)
    return found if isinstance(found, list) else []
