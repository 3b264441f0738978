# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of site.yml would do to live hosts: the model beside what they report. Pure.

``+`` is what comes, ``-`` what goes, ``~`` what changes in place. Of files only the names are told. ``!`` is a thing of
somebody else that a run takes over, ``?`` one that a person has to look at.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Iterator, Literal, Mapping, TypedDict

from .._live.foreign import lines as foreign_lines
from .._live.inspect_request import (
    KEEPALIVED,
    NGINX,
    VIPS_UNIT,
    normalised,
    wanted_sysctls,
)
from .._live.observed import SEEN, Cluster, ObservedHost, observed_hosts
from .._live.shape import LiveInstance, Observations
from .._model.shape import Instance, Model
from .._model.view import OPEN, bare
from .table import table_changes

# Where a daemon's files lie, and where those lie that take effect at its next start.
_FILES = {
    KEEPALIVED: ("/etc/keepalived/", "/etc/systemd/system/keepalived.service.d/"),
    NGINX: ("/etc/nginx/", "/etc/systemd/system/nginx.service.d/"),
}
_MODULE_OPTIONS = "/etc/modprobe.d/"
_NAMES = {KEEPALIVED: "Keepalived", NGINX: "Nginx", VIPS_UNIT: "the VIPs' unit"}
# Parts of a report that changes are told from. Without the table it is taken as empty; that is told there.
_COMPARED = frozenset({"files", "sysctls", "vips", "links", "units", "foreign"})
# What two directors have to agree on to hear each other; version 3 takes over the master's advert_interval.
_Compared = Literal["vrid", "version", "interface", "auth", "advert_interval"]
_IDENTITY: list[_Compared] = ["vrid", "version", "interface", "auth"]


class HostChanges(TypedDict):
    """What a run would do to a host, a line each; ``message``: why it could not be looked at."""

    seen: bool
    message: str
    changes: list[str]
    daemons: list[str]
    foreign: list[str]


class Changes(TypedDict):
    """``hosts`` by name; ``transitions`` of VRRP by cluster, a line each."""

    hosts: dict[str, HostChanges]
    transitions: dict[str, list[str]]


def changes(model: Model, observations: Observations) -> Changes:
    """What a run would do to the hosts as they were seen."""
    seen = observed_hosts(model, dict(sorted(observations.items())))
    return {
        "hosts": {name: _host(host) for name, host in seen.items()},
        "transitions": {name: list(_transitions(Cluster(name, model, seen))) for name in sorted(model["clusters"])},
    }


def text(found: Changes) -> str:
    """The same for people."""
    return "".join(line + "\n" for line in _lines(found))


def _lines(found: Changes) -> Iterator[str]:
    for name, host in found["hosts"].items():
        if not host["seen"]:
            yield "%s: not compared, it cannot be looked at: %s" % (name, host["message"])
            continue
        told = [*host["foreign"], *host["changes"], *host["daemons"]]
        yield name if told else "%s: nothing changes" % name
        yield from ("  " + line for line in told)
    for cluster, transitions in found["transitions"].items():
        yield "cluster %s: %s" % (cluster, "VRRP transitions" if transitions else "no VRRP transition")
        yield from ("  " + line for line in transitions)


# --- one host ---------------------------------------------------------------------------------------------------


def _host(host: ObservedHost) -> HostChanges:
    if host.status != SEEN:
        return {"seen": False, "message": str(host.observation["message"]), "changes": [], "daemons": [], "foreign": []}
    files = _files(host)
    unread = [part for part in host.broken_parts() if part[0] in _COMPARED]
    changed = ["? %s: cannot be read (%s), so not compared" % part for part in unread]
    changed += ["%s %s" % (sign, path) for path, sign in files.items()]
    changed += [*_sysctls(host), *_vips(host)]
    if host.director and host.director["services"]:
        changed += table_changes(host, _has(files, _FILES[KEEPALIVED][0]))
    return {
        "seen": True,
        "message": "",
        "changes": changed,
        "daemons": list(_daemons(host, files)),
        "foreign": foreign_lines(host.foreign["findings"]) if host.foreign else [],
    }


def _files(host: ObservedHost) -> dict[str, str]:
    """Path -> sign, for the files that a run would write or remove."""
    found: dict[str, str] = {}
    seen = host.files or {}
    for path, expected in sorted((host.observation.get("expected") or {}).items()):
        facts = seen.get(path)
        if facts is None:
            continue
        if expected is None:
            if facts["exists"]:
                found[path] = "-"
        elif not facts["exists"]:
            found[path] = "+"
        elif (facts.get("sha256"), facts.get("mode")) != (expected["sha256"], expected["mode"]):
            found[path] = "~"
    return found


def _sysctls(host: ObservedHost) -> Iterator[str]:
    seen = host.sysctls or {}
    for name, wanted in sorted(wanted_sysctls(host.slice).items()):
        if name not in seen:
            continue
        value = seen[name]
        if value is None:
            yield "+ %s = %s" % (name, wanted)
        elif normalised(value) != wanted:
            yield "~ %s = %s => %s" % (name, normalised(value), wanted)


def _vips(host: ObservedHost) -> Iterator[str]:
    """The VIPs that a real server has on its silent interface. Those that Keepalived keeps there are none of its."""
    if not host.real_server:
        return
    interface = host.real_server["interface"]
    wanted = {(vip["address"], vip["prefix"]) for vip in host.real_server["vips"]}
    kept: set[tuple[str, int]] = set()
    if host.handover and host.handover["interface"] == interface:
        kept = {(vip["address"], vip["prefix"]) for vip in host.handover["vips"]}
    places = host.vips or {}
    for address, prefix in sorted(wanted):
        if address not in places:
            continue
        if (interface, prefix) not in [(one["interface"], one["prefix"]) for one in places[address]]:
            yield "+ %s/%d dev %s" % (address, prefix, interface)
    links = host.links or []
    there = {
        (one["address"], one["prefix"])
        for link in links
        if link["name"] == interface
        for one in link["addresses"]
        if not ip_address(one["address"]).is_loopback
    }
    # Somebody's own address may be among them; a run removes those that an earlier run made.
    yield from ("- %s/%d dev %s, if a run made it" % (*vip, interface) for vip in sorted(there - wanted - kept))


def _daemons(host: ObservedHost, files: Mapping[str, str]) -> Iterator[str]:
    """What happens to a daemon: a run reloads or starts, and never restarts."""
    states = host.units or {}
    for unit, state in states.items():
        name = _NAMES.get(unit, _NAMES[VIPS_UNIT])
        own, of_unit = _FILES.get(unit, ("\0", "\0"))
        if state["load"] == "not-found":
            yield "%s is set up and started" % name
        elif not host.runs(unit):
            yield "%s is started" % name
        elif _has(files, own):
            yield "%s is reloaded" % name
        if host.runs(unit) and _has(files, of_unit):
            yield "%s needs a restart before all of its unit counts; a run does none" % name
    if host.ipvs and _has(files, _MODULE_OPTIONS):
        yield "new module options take effect when ip_vs is loaded next (a reboot)"


def _has(files: Mapping[str, str], folder: str) -> bool:
    return any(path.startswith(folder) for path in files)


# --- a cluster --------------------------------------------------------------------------------------------------


def _transitions(cluster: Cluster) -> Iterator[str]:
    """What happens to the VIPs; a reload by itself moves none."""
    for director in cluster.directors:
        wanted = {one["name"]: one for one in director.instances}
        for live in (director.keepalived or {}).get("instances") or []:
            if live["name"] not in wanted:
                yield "%s: instance %s goes with %s" % (director.name, live["name"], ", ".join(live["addresses"]))
            else:
                yield from _differing(director, wanted[live["name"]], live)
    for name in sorted({instance for vip in cluster.slice["vips"].values() for instance in vip["instances"]}):
        yield from _moves(cluster, name)


def _differing(director: ObservedHost, wanted: Instance, live: LiveInstance) -> Iterator[str]:
    names: list[_Compared] = [*_IDENTITY, "advert_interval"] if wanted["version"] == 2 else _IDENTITY
    differing = [
        "%s %s => %s" % (name, live[name], wanted[name]) for name in names if _differs(live[name], wanted[name])
    ]
    if differing:
        yield "%s: instance %s: %s; until all directors have it, each may hold the VIP" % (
            director.name, wanted["name"], ", ".join(differing),
        )  # fmt: skip
    there = {bare(address) for address in live["addresses"]}
    ours = {bare(vip["address"]) for vip in wanted["addresses"]}
    yield from ("%s: + VIP %s" % (director.name, address) for address in sorted(ours - there))
    yield from ("%s: - VIP %s" % (director.name, address) for address in sorted(there - ours))


def _differs(live: Any, wanted: Any) -> bool:
    return live is not None and wanted != OPEN and live != wanted


def _moves(cluster: Cluster, name: str) -> Iterator[str]:
    """Who holds an instance now and who will; a director that was not looked at is not spoken of."""
    lives = {one.name: one.instance(name) for one in cluster.directors}
    priorities = {one.name: _priority(one, name) for one in cluster.directors}
    if not priorities:
        return
    holders = [host for host, live in lives.items() if live and live["state"] == "MASTER"]
    best = max(priorities, key=lambda host: priorities[host])
    if not holders:
        if cluster.all_directors_seen() and all(_tells_instances(one) for one in cluster.directors):
            yield "instance %s: nobody holds it now, %s will" % (name, best)
    elif (
        len(holders) == 1
        and best not in holders
        and priorities[best] > priorities[holders[0]]
        and _preempts(cluster, best, name)
    ):
        yield "instance %s: moves from %s to %s (priority %d over %d, with preemption)" % (
            name, holders[0], best, priorities[best], priorities[holders[0]],
        )  # fmt: skip


def _tells_instances(director: ObservedHost) -> bool:
    """Whether it is known what the director's Keepalived holds; one that does not run holds nothing."""
    keepalived = director.keepalived
    return keepalived is not None and (not keepalived["running"] or director.keepalived_speaks())


def _wanted(director: ObservedHost, name: str) -> Instance:
    instances = director.instances
    return next(one for one in instances if one["name"] == name)


def _preempts(cluster: Cluster, host: str, name: str) -> bool:
    return bool(_wanted(cluster.hosts[host], name)["preempt"])


def _priority(director: ObservedHost, name: str) -> int:
    """What its priority will be, as long as its check says what it says now."""
    live = director.instance(name)
    by_check = 0
    if live:
        by_check = -255 if live["state"] == "FAULT" else (live["priority"] or 0) - (live["base_priority"] or 0)
    return int(_wanted(director, name)["priority"]) + by_check
