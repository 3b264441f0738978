# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about VRRP and the VIPs, over all hosts of a cluster together. Pure.

A split brain has a cause: another VRID, other authentication, another interface, or adverts that do not arrive. The
cause is looked for first; only where there is none of the others, the way between the directors is to blame.
"""

from __future__ import annotations

from typing import Any, Iterator, Literal, Mapping, NamedTuple

from .._live.inspect_request import KEEPALIVED
from .._live.observed import Cluster, ObservedHost, Vip
from .._live.shape import Advert, ArpAnswer, LiveInstance
from .._model import shape
from .._model.view import OPEN, bare
from .catalogue import Finding

# So many changes within so many seconds are flapping; a failover and its return are two on each director.
FLAPPING_CHANGES, FLAPPING_SECONDS = 6, 600
_AUTH_COUNTERS = ("auth_failures", "auth_mismatches", "auth_type_errors")


class Pair(NamedTuple):
    """An instance of the model on one director, beside what that director's Keepalived says of it."""

    host: ObservedHost
    wanted: shape.Instance
    live: LiveInstance | None

    @property
    def path(self) -> str:
        return "lvs_vips.%s" % self.wanted["vip"]


def of_cluster(cluster: Cluster) -> Iterator[Finding]:
    pairs = [
        Pair(host, wanted, host.instance(wanted["name"])) for host in cluster.directors for wanted in host.instances
    ]
    for pair in pairs:
        yield from _settings(pair)
    yield from _authentication(pairs)
    yield from _filtered(pairs)
    yield from _collisions(cluster)
    for pair in pairs:
        yield from _placement(pair)
        yield from _flapping(pair)
    for vip in cluster.vips():
        yield from _holders(cluster, vip)
        yield from _answers(cluster, vip)


# --- the daemon and the model -----------------------------------------------------------------------------------


def _settings(pair: Pair) -> Iterator[Finding]:
    host, wanted, live = pair.host, pair.wanted, pair.live
    if live is None:
        if host.keepalived_speaks():
            words = "Keepalived runs no instance %s" % wanted["name"]
            yield Finding("vrrp_instance_missing", (host.name,), words, "an instance %s" % wanted["name"], pair.path)
        return
    for code, name, key, value in (
        ("vrid_differs", "VRID", "vrid", wanted["vrid"]),
        ("wrong_interface", "interface", "interface", wanted["interface"]),
        ("auth_differs", "authentication", "auth", wanted["auth"]),
        ("vrrp_settings_differ", "VRRP version", "version", wanted["version"]),
        ("vrrp_settings_differ", "priority", "base_priority", wanted["priority"]),
        ("vrrp_settings_differ", "preemption", "preempt", wanted["preempt"]),
        ("vrrp_settings_differ", "advert interval", "advert_interval", wanted["advert_interval"]),
    ):
        found = live.get(key)
        if found is not None and value != OPEN and not _same(found, value):
            is_, should = ("%s: %s %s" % (wanted["name"], name, _word(one)) for one in (found, value))
            yield Finding(code, (host.name,), is_, should, pair.path)
    yield from _addresses(pair, live)
    if live["state"] == "FAULT":
        yield Finding(
            "director_in_fault", (host.name,), "%s is in FAULT" % wanted["name"], "BACKUP or MASTER", pair.path
        )


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) or isinstance(wanted, float):
        return abs(float(found) - float(wanted)) < 0.005
    return bool(found == wanted)


def _word(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _addresses(pair: Pair, live: LiveInstance) -> Iterator[Finding]:
    found = {bare(address) for address in live.get("addresses") or ()}
    wanted = {bare(one["address"]) for one in pair.wanted["addresses"]}
    if found and found != wanted:
        is_, should = ("%s: VIPs %s" % (pair.wanted["name"], ", ".join(sorted(one))) for one in (found, wanted))
        yield Finding("vrrp_settings_differ", (pair.host.name,), is_, should, pair.path)


# --- why a director does not hear another -----------------------------------------------------------------------


def _masters(pairs: list[Pair]) -> dict[str, list[Pair]]:
    """The instances that more than one director is master of."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.live and pair.live["state"] == "MASTER":
            found.setdefault(pair.wanted["name"], []).append(pair)
    return {name: masters for name, masters in found.items() if len(masters) > 1}


def _auth_errors(pair: Pair) -> int:
    counters = pair.live["counters"] if pair.live else None
    if not counters:
        return 0
    return sum(counters.get(name, 0) for name in _AUTH_COUNTERS)


def _refuses(pair: Pair, peer: Pair) -> bool:
    """Whether the director drops the peer's adverts for their authentication.

    The counters go back to the daemon's start, so they only count where the adverts do arrive now and where there is
    something to refuse: a password here, or another type there.
    """
    live: Mapping[str, Any] = pair.live or {}
    heard = _heard(pair.host, peer.host)
    other_type = {one["auth"] for one in heard or ()} - {live.get("auth")}
    return _auth_errors(pair) > 0 and heard != [] and (live.get("auth") != "none" or bool(other_type))


def _authentication(pairs: list[Pair]) -> Iterator[Finding]:
    for masters in _masters(pairs).values():
        for pair in masters:
            refused = [peer for peer in masters if peer is not pair and _refuses(pair, peer)]
            if refused:
                peers = ", ".join(peer.host.name for peer in refused)
                words = "%s: %d adverts of %s refused" % (pair.wanted["name"], _auth_errors(pair), peers)
                yield Finding(
                    "auth_differs", (pair.host.name,), words, "the same auth_pass on all directors", pair.path
                )


def _filtered(pairs: list[Pair]) -> Iterator[Finding]:
    for name, masters in _masters(pairs).items():
        if any(_speaks_otherwise(pair) for pair in pairs if pair.wanted["name"] == name):
            continue
        together = [(pair, peer) for pair in masters for peer in masters if peer is not pair]
        if not any(_refuses(pair, peer) for pair, peer in together):
            yield from (_not_heard(pair, peer) for pair, peer in together)


def _speaks_otherwise(pair: Pair) -> bool:
    """Whether the director is no match for its peers for a reason that has a name."""
    live: Mapping[str, Any] = pair.live or {}
    keys: tuple[Literal["vrid", "interface", "auth", "version"], ...] = ("vrid", "interface", "auth", "version")
    return any(live.get(key) is not None and live[key] != pair.wanted[key] for key in keys)


def _not_heard(pair: Pair, peer: Pair) -> Finding:
    interface = pair.wanted["interface"]
    should = "adverts of %s arrive on %s" % (peer.host.name, interface)
    heard = _heard(pair.host, peer.host)
    if heard is None:
        words = "both are master of %s" % pair.wanted["name"]
    elif heard:
        words = "adverts of %s reach %s, but Keepalived gets none: the host's own firewall" % (
            peer.host.name,
            interface,
        )
    else:
        words = "no advert of %s reaches %s" % (peer.host.name, interface)
    return Finding("vrrp_filtered", (pair.host.name,), words, should, pair.path)


def _heard(host: ObservedHost, peer: ObservedHost) -> list[Advert] | None:
    """The peer's adverts as they came to the interface, before any filter of the host; None where nobody listened."""
    adverts = host.adverts
    if adverts is None:
        return None
    return [one for one in adverts if one["source"] in _sources(peer.slice) and not one["outgoing"]]


def _sources(mine: shape.HostSlice) -> set[str]:
    """The addresses that a director sends adverts from."""
    instances = mine["director"]["instances"] if mine["director"] else []
    return {bare(mine["address"]), *(one["unicast_source"] for one in instances if one["unicast_source"])}


def _collisions(cluster: Cluster) -> Iterator[Finding]:
    ours: set[str] = set()
    for mine in cluster.hosts_of_model.values():
        if mine.get("director"):
            ours |= _sources(mine)
    for host in cluster.directors:
        # A director may send from further addresses of its own.
        own = {found["address"] for link in host.links or [] for found in link["addresses"]}
        vrids = {one["vrid"]: one["vip"] for one in host.instances}
        for advert in host.adverts or []:
            stranger = not advert["outgoing"] and advert["source"] not in ours | own
            if stranger and advert["vrid"] in vrids and not advert["source"].startswith("fe80:"):
                words = "%s sends adverts with VRID %d" % (advert["source"], advert["vrid"])
                path = "lvs_vips.%s.vrid" % vrids[advert["vrid"]]
                yield Finding("vrid_collision", (host.name,), words, "only the cluster's directors do", path)


# --- where the VIPs are -----------------------------------------------------------------------------------------


def _placement(pair: Pair) -> Iterator[Finding]:
    """A director's addresses against what its own Keepalived says."""
    host, name = pair.host, pair.wanted["name"]
    if not host.knows_vips():
        return
    state = pair.live["state"] if pair.live else None
    if state is None and host.runs(KEEPALIVED) is False:
        state = "not running"
    for one in pair.wanted["addresses"]:
        vip, interface = bare(one["address"]), one["interface"]
        places = [place["interface"] for place in host.placed(vip)]
        if places and state not in (None, "MASTER"):
            words = "%s is on %s, Keepalived is %s" % (vip, ", ".join(places), state)
            yield Finding("vip_stale", (host.name,), words, "only the master has %s" % vip, pair.path)
        elif state == "MASTER" and not places:
            words = "%s is master of %s, but %s is nowhere" % (host.name, name, vip)
            yield Finding("vip_lost", (host.name,), words, "%s on %s" % (vip, interface), pair.path)
        wrong = [place for place in places if interface not in (place, OPEN)]
        if wrong:
            words = "%s is on %s" % (vip, ", ".join(wrong))
            yield Finding("vip_misplaced", (host.name,), words, "%s on %s" % (vip, interface), pair.path)


def _holders(cluster: Cluster, vip: Vip) -> Iterator[Finding]:
    path = "lvs_vips.%s" % vip.name
    directors = tuple(cluster.slice["directors"])
    holders = cluster.holders(vip.address)
    if len(holders) > 1:
        names = tuple(host.name for host in holders)
        words = "%s is on %s" % (vip.address, ", ".join(names))
        yield Finding("vip_on_both", names, words, "on one director", path)
    blind = [host for host in cluster.directors if not host.knows_vips()]
    if not holders and not blind and cluster.all_directors_seen():
        words = "%s is on no director" % vip.address
        yield Finding("vip_on_none", directors, words, "on one of %s" % ", ".join(directors), path)


def _answers(cluster: Cluster, vip: Vip) -> Iterator[Finding]:
    """Who answers ARP (or neighbour discovery) for the VIP, as the hosts heard it."""
    path = "lvs_vips.%s" % vip.name
    heard = {mac: asker.name for asker, answer in _asked(cluster, vip) for mac in answer["macs"]}
    owners = {mac: host for host in cluster.hosts.values() for mac in host.macs()}
    for mac, asker in heard.items():
        owner = owners.get(mac)
        if owner is None and cluster.all_links_known():
            words = "%s answers for %s (heard by %s)" % (mac, vip.address, asker)
            yield Finding("vip_answered_by_stranger", (asker,), words, "only the director that holds it", path)
        elif owner is not None and not owner.director:
            words = "answers for %s (heard by %s)" % (vip.address, asker)
            yield Finding("real_server_answers_arp", (owner.name,), words, "silent for %s" % vip.address, path)
    holders = cluster.holders(vip.address)
    askers = [asker.name for asker, answer in _asked(cluster, vip) if not answer["own"]]
    if len(holders) == 1 and askers and not heard:
        words = "%s has %s, but %s got no answer for it" % (holders[0].name, vip.address, ", ".join(askers))
        yield Finding("vip_not_answered", (holders[0].name,), words, "it answers for %s" % vip.address, path)


def _asked(cluster: Cluster, vip: Vip) -> Iterator[tuple[ObservedHost, ArpAnswer]]:
    for host in cluster.hosts.values():
        for answer in host.arp or []:
            if answer["address"] == vip.address:
                yield host, answer


def _flapping(pair: Pair) -> Iterator[Finding]:
    clock = pair.host.clock
    if not clock:
        return
    since = clock["epoch"] - FLAPPING_SECONDS
    changes = [
        one for one in pair.host.transitions or [] if one["instance"] == pair.wanted["name"] and one["epoch"] >= since
    ]
    if len(changes) >= FLAPPING_CHANGES:
        words = "%s changed its state %d times in %d minutes, last to %s" % (
            pair.wanted["name"],
            len(changes),
            FLAPPING_SECONDS // 60,
            changes[-1]["state"],
        )
        yield Finding("flapping", (pair.host.name,), words, "changes are rare", pair.path)
