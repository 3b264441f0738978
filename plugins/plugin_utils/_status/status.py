# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is now: who holds each VIP, since when and why; each service's pool; the last transitions. Pure.

It is made for the moment when something is broken: whatever was not seen is None or empty, and nothing is left out for
it. The result is plain data, `Status` of `shape`.
"""

from __future__ import annotations

import contextlib
from typing import Mapping, Sequence

from ...module_utils._errors import LvsError
from ...module_utils._ipvs.table import DestinationConfig
from .._live.director_table import DirectorTable, Entry, entries, table_of, title
from .._live.inspect_request import KEEPALIVED
from .._live.observed import SEEN, UNSEEN, Cluster, ObservedHost, Vip, observed_hosts
from .._live.shape import Connections, Observations, Transition
from .._live.uncollected import uncollected
from .._model.shape import Model, Service
from .._verify.judge import findings_of
from .._verify.kinds import NOTE
from .canaries import canaries
from .certificates import certificates
from .nodes import nodes
from .shape import (
    ClusterStatus,
    DestinationStatus,
    DirectorStatus,
    LoggedTransition,
    ServiceStatus,
    Status,
    VipStatus,
)
from .streams import streams
from .traffic import traffic

LAST_TRANSITIONS = 8
# What another director did so many seconds around a takeover is its reason.
REASON_SECONDS = 5.0
_REASONS = {
    "STOP": "%s stopped its Keepalived",
    "FAULT": "%s went into FAULT",
    "BACKUP": "%s gave it up",
}


@uncollected
def status(model: Model, observations: Observations) -> Status:
    seen = observed_hosts(model, observations)
    found = [one for one in findings_of(model, seen) if one.severity != NOTE]
    return {
        "clusters": {name: _cluster(Cluster(name, model, seen)) for name in model["clusters"]},
        "hosts": {host: seen[host].status if host in seen else UNSEEN for host in model["hosts"]},
        "messages": {host: one.observation["message"] for host, one in seen.items() if one.observation.get("message")},
        "deviations": list(dict.fromkeys(one.code for one in found)),
    }


def _cluster(cluster: Cluster) -> ClusterStatus:
    vips = [_vip(cluster, vip) for vip in cluster.vips()]
    holders = {vip["address"]: vip["holders"] for vip in vips}
    return {
        "vips": vips,
        "services": _services(cluster, holders),
        "nodes": nodes(cluster),
        "canaries": canaries(cluster),
        "traffic": traffic(cluster),
        "streams": streams(cluster),
        "certificates": certificates(cluster),
        "transitions": _transitions(cluster),
    }


# --- VIPs -------------------------------------------------------------------------------------------------------


def _vip(cluster: Cluster, vip: Vip) -> VipStatus:
    holders = cluster.holders(vip.address)
    since = _since(holders[0], vip) if len(holders) == 1 else None
    return {
        "vip": vip.name,
        "instance": vip.instance,
        "address": vip.address,
        "holders": [host.name for host in holders],
        "since": since,
        "seconds": None if since is None else round(_now(holders[0], since) - since),
        "why": None if since is None else _why(cluster, holders[0], vip, since),
        "directors": {name: _director(cluster.everybody.get(name), vip) for name in cluster.slice["directors"]},
    }


def _director(host: ObservedHost | None, vip: Vip) -> DirectorStatus:
    if host is None:
        return {"state": UNSEEN, "priority": None}
    live = host.instance(vip.instance)
    if live is not None:
        return {"state": live["state"], "priority": live["priority"]}
    stopped = host.runs(KEEPALIVED) is False
    return {"state": "stopped" if stopped else host.status if host.status != SEEN else "unknown", "priority": None}


def _now(host: ObservedHost, fallback: float) -> float:
    clock = host.clock
    return float(clock["epoch"]) if clock else fallback


def _since(holder: ObservedHost, vip: Vip) -> float | None:
    """When the holder became master, by the clock of the holder: what Keepalived says, else what the log says."""
    live = holder.instance(vip.instance)
    if live is not None and live["state"] == "MASTER" and live["last_transition"] is not None:
        return float(live["last_transition"])
    masters = [one for one in _of_instance(holder, vip) if one["state"] == "MASTER"]
    return float(masters[-1]["epoch"]) if masters else None


def _of_instance(host: ObservedHost, vip: Vip) -> list[Transition]:
    return [one for one in host.transitions or [] if one["instance"] == vip.instance]


def _why(cluster: Cluster, holder: ObservedHost, vip: Vip, since: float) -> str | None:
    """What the other directors did when the holder took over; None where nothing was seen that explains it."""
    for name in cluster.slice["directors"]:
        other = cluster.everybody.get(name)
        if other is None or other is holder:
            continue
        if other.status != SEEN:
            return "%s does not answer" % name
        told = _told(other, vip, since) or _silent(other, vip, since)
        if told:
            return told
    unit = holder.unit(KEEPALIVED)
    if unit and unit["since"] and 0 <= since - unit["since"] <= 3 * REASON_SECONDS:
        return "Keepalived of %s started" % holder.name
    return None


def _told(other: ObservedHost, vip: Vip, since: float) -> str | None:
    """By the other's own transition at that time; one that was no master before gave nothing up."""
    unit = other.unit(KEEPALIVED)
    started = unit["since"] if unit else None
    before = ""
    told = None
    for one in _of_instance(other, vip):
        at_start = started is not None and abs(one["epoch"] - started) <= REASON_SECONDS
        gave_up = one["state"] != "BACKUP" or (before == "MASTER" and not at_start)
        if abs(one["epoch"] - since) <= REASON_SECONDS and one["state"] in _REASONS and gave_up:
            told = _REASONS[one["state"]] % other.name
        before = one["state"]
    return told


def _silent(other: ObservedHost, vip: Vip, since: float) -> str | None:
    """By what the other did not do: its Keepalived ran no more, or was not there yet."""
    unit = other.unit(KEEPALIVED)
    if unit is None:
        return None
    if not other.runs(KEEPALIVED):
        return "Keepalived of %s does not run" % other.name
    if unit["since"] and unit["since"] > since:
        before = [one for one in _of_instance(other, vip) if one["epoch"] < since]
        if before and before[-1]["state"] == "MASTER":
            return "%s was gone (stopped, crashed or rebooted)" % other.name
    return None


# --- services ---------------------------------------------------------------------------------------------------


def _tables(cluster: Cluster) -> dict[str, DirectorTable]:
    """The directors' tables, as far as they were seen."""
    found = {}
    for host in cluster.directors:
        if host.ipvs is not None:
            with contextlib.suppress(LvsError):  # verify says why
                found[host.name] = table_of(host)
    return found


def _services(cluster: Cluster, holders: Mapping[str, Sequence[str]]) -> list[ServiceStatus]:
    """Each service by the table of the director that holds its VIP, or of any that was seen."""
    tables = _tables(cluster)
    director = next((one["director"] for one in cluster.hosts_of_model.values() if one.get("director")), None)
    found = []
    for service in director["services"] if director else ():
        order = [*holders.get(service["address"], ()), *cluster.slice["directors"]]
        name = next((one for one in order if one in tables), None)
        found.append(_service(service, name, tables[name] if name else None))
    return found


def _service(service: Service, name: str | None, table: DirectorTable | None) -> ServiceStatus:
    pool = _pool(service, table)
    return {
        "name": service["name"],
        "service": service["service"],
        "protocol": service["protocol"],
        "address": service["address"],
        "port": service["port"],
        "scheduler": service["scheduler"],
        "forward": service["forward"],
        "title": title(service),
        "table_of": name,
        "in_table": bool(table and table.live(service)),
        "up": sum(one["state"] == "up" for one in pool),
        "sorry_server": bool(table and table.on_sorry_server(service)),
        "destinations": pool,
    }


def _pool(service: Service, table: DirectorTable | None) -> list[DestinationStatus]:
    if table is None:
        return [_destination(entry, None, None, "unknown", None) for entry in entries(service)]
    live = table.live(service)
    found = []
    for entry, standing in zip(table.entries(service), table.standings(service)):
        config = live.destinations.get(entry.key) if live else None
        counts = table.connections(entry) if config else None
        found.append(_destination(entry, config, counts, *_state(table, entry, config, standing)))
    return found


def _destination(
    entry: Entry, config: DestinationConfig | None, counts: Connections | None, state: str, why: str | None
) -> DestinationStatus:
    return {
        "host": entry.server["host"],
        "address": entry.server["address"],
        "port": entry.server["port"],
        "wanted_weight": entry.wanted_weight,
        "weight": config.weight if config else None,
        "active": counts["active"] if counts else None,
        "inactive": counts["inactive"] if counts else None,
        "state": state,
        "why": why,
    }


def _state(
    table: DirectorTable, entry: Entry, config: DestinationConfig | None, standing: str | None
) -> tuple[str, str | None]:
    """(up | failing | drained | degraded | drift | missing, why)."""
    if standing == "drained":
        return "drained", entry.drained_by
    if standing == "out":
        return "degraded", table.reason(entry)
    if standing == "in":
        return ("failing", table.reason(entry)) if table.answers(entry) is False else ("up", None)
    if config is None:
        return "missing", "not in the table"
    return "drift", "weight %d instead of %d" % (config.weight, entry.wanted_weight)


def _transitions(cluster: Cluster) -> list[LoggedTransition]:
    """The last ones of all directors, the newest first."""
    found: list[LoggedTransition] = [
        {"epoch": one["epoch"], "host": host.name, "instance": one["instance"], "state": one["state"]}
        for host in cluster.directors
        for one in host.transitions or []
    ]
    # Within a second the log has them in their order: sorting keeps it, so the list is turned round afterwards.
    return sorted(found, key=lambda one: one["epoch"])[: -LAST_TRANSITIONS - 1 : -1]
