# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is now: who holds each VIP, since when and why; each service's pool; the last transitions. Pure.

It is made for the moment when something is broken: whatever was not seen is None or empty, and nothing is left out for
it. The result is plain data::

    {clusters: {NAME: {vips: [...], services: [...], transitions: [...]}},
     hosts: {HOST: seen | unreachable | failed | unseen}, messages: {HOST: why}, deviations: [code, …]}
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Sequence

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs_table import DestinationConfig, DestinationKey
from ansible_collections.vipstack.lvs.plugins.plugin_utils._finding import NOTE
from ansible_collections.vipstack.lvs.plugins.plugin_utils._findings import Model, Observations, findings
from ansible_collections.vipstack.lvs.plugins.plugin_utils._findings_table import Comparison, Entry
from ansible_collections.vipstack.lvs.plugins.plugin_utils._questions import KEEPALIVED
from ansible_collections.vipstack.lvs.plugins.plugin_utils._seen import Cluster, Seen, Vip, endpoint

Tree = Dict[str, Any]

UNSEEN = "unseen"
LAST_TRANSITIONS = 8
# What another director did so many seconds around a takeover is its reason.
REASON_SECONDS = 5.0
_REASONS = {
    "STOP": "%s stopped its Keepalived",
    "FAULT": "%s went into FAULT",
    "BACKUP": "%s gave it up",
}


def status(model: Model, observations: Observations) -> Tree:
    seen = {host: Seen(host, model["hosts"][host], one) for host, one in observations.items() if host in model["hosts"]}
    clusters = {}
    for name in model["clusters"]:
        mine = {host: one for host, one in seen.items() if one.slice["cluster"] == name}
        clusters[name] = _cluster(Cluster(name, model, mine), mine)
    found = [one for one in findings(model, observations) if one.severity != NOTE]
    return {
        "clusters": clusters,
        "hosts": {host: seen[host].status if host in seen else UNSEEN for host in model["hosts"]},
        "messages": {host: one.observation["message"] for host, one in seen.items() if one.observation.get("message")},
        "deviations": list(dict.fromkeys(one.code for one in found)),
    }


def _cluster(cluster: Cluster, everybody: Mapping[str, Seen]) -> Tree:
    vips = [_vip(cluster, vip, everybody) for vip in cluster.vips()]
    holders = {vip["address"]: vip["holders"] for vip in vips}
    return {
        "vips": vips,
        "services": [_service(cluster, *one, holders) for one in _services(cluster)],
        "transitions": _transitions(cluster),
    }


# --- VIPs -------------------------------------------------------------------------------------------------------


def _vip(cluster: Cluster, vip: Vip, everybody: Mapping[str, Seen]) -> Tree:
    holders = cluster.holders(vip.address)
    since = _since(holders[0], vip) if len(holders) == 1 else None
    return {
        "vip": vip.name,
        "instance": vip.instance,
        "address": vip.address,
        "holders": [host.name for host in holders],
        "since": since,
        "seconds": None if since is None else round(_now(holders[0], since) - since),
        "why": None if since is None else _why(cluster, holders[0], vip, since, everybody),
        "directors": {name: _director(everybody.get(name), vip) for name in cluster.slice["directors"]},
    }


def _director(host: Seen | None, vip: Vip) -> Tree:
    """State and priority of one instance on one director; a state in small letters is not Keepalived's word."""
    if host is None:
        return {"state": UNSEEN, "priority": None}
    live = host.instance(vip.instance)
    if live is not None:
        return {"state": live["state"], "priority": live["priority"]}
    stopped = host.runs(KEEPALIVED) is False
    return {"state": "stopped" if stopped else host.status if host.status != "seen" else "unknown", "priority": None}


def _now(host: Seen, fallback: float) -> float:
    clock = host.part("clock")
    return float(clock["epoch"]) if clock else fallback


def _since(holder: Seen, vip: Vip) -> float | None:
    """When the holder became master, by the clock of the holder: what Keepalived says, else what the log says."""
    live = holder.instance(vip.instance)
    if live is not None and live["state"] == "MASTER" and live["last_transition"] is not None:
        return float(live["last_transition"])
    masters = [one for one in _of_instance(holder, vip) if one["state"] == "MASTER"]
    return float(masters[-1]["epoch"]) if masters else None


def _of_instance(host: Seen, vip: Vip) -> list[Tree]:
    return [one for one in host.part("transitions") or [] if one["instance"] == vip.instance]


def _why(cluster: Cluster, holder: Seen, vip: Vip, since: float, everybody: Mapping[str, Seen]) -> str | None:
    """What the other directors did when the holder took over; None where nothing was seen that explains it."""
    for name in cluster.slice["directors"]:
        other = everybody.get(name)
        if other is None or other is holder:
            continue
        if other.status != "seen":
            return "%s does not answer" % name
        told = _told(other, vip, since) or _silent(other, vip, since)
        if told:
            return told
    unit = (holder.part("units") or {}).get(KEEPALIVED)
    if unit and unit["since"] and 0 <= since - unit["since"] <= 3 * REASON_SECONDS:
        return "Keepalived of %s started" % holder.name
    return None


def _told(other: Seen, vip: Vip, since: float) -> str | None:
    """By the other's own transition at that time; one that was no master before gave nothing up."""
    unit = (other.part("units") or {}).get(KEEPALIVED) or {}
    started = unit.get("since")
    before = ""
    told = None
    for one in _of_instance(other, vip):
        at_start = started is not None and abs(one["epoch"] - started) <= REASON_SECONDS
        gave_up = one["state"] != "BACKUP" or (before == "MASTER" and not at_start)
        if abs(one["epoch"] - since) <= REASON_SECONDS and one["state"] in _REASONS and gave_up:
            told = _REASONS[one["state"]] % other.name
        before = one["state"]
    return told


def _silent(other: Seen, vip: Vip, since: float) -> str | None:
    """By what the other did not do: its Keepalived ran no more, or was not there yet."""
    unit = (other.part("units") or {}).get(KEEPALIVED)
    if unit is None:
        return None
    if unit["active"] not in ("active", "reloading"):
        return "Keepalived of %s does not run" % other.name
    if unit["since"] and unit["since"] > since:
        before = [one for one in _of_instance(other, vip) if one["epoch"] < since]
        if before and before[-1]["state"] == "MASTER":
            return "%s was gone (stopped, crashed or rebooted)" % other.name
    return None


# --- services ---------------------------------------------------------------------------------------------------


def _services(cluster: Cluster) -> Iterator[tuple[Tree, Mapping[str, Comparison]]]:
    """Each service of the cluster with the directors' tables, as far as they were seen."""
    tables: dict[str, Comparison] = {}
    for host in cluster.directors:
        if host.part("ipvs") is not None:
            try:
                tables[host.name] = Comparison(host)
            except LvsError:  # verify says why
                continue
    director = next((one["director"] for one in cluster.hosts_of_model.values() if one.get("director")), None)
    for service in director["services"] if director else ():
        yield service, tables


def _service(
    cluster: Cluster, service: Tree, tables: Mapping[str, Comparison], holders: Mapping[str, Sequence[str]]
) -> Tree:
    order = [*holders.get(service["address"], ()), *cluster.slice["directors"]]
    name = next((one for one in order if one in tables), None)
    pool = [_destination(tables[name] if name else None, Entry(service, server)) for server in service["real_servers"]]
    return {
        "name": service["name"],
        "service": service["service"],
        "protocol": service["protocol"],
        "address": service["address"],
        "port": service["port"],
        "scheduler": service["scheduler"],
        "forward": service["forward"],
        "table_of": name,
        "in_table": bool(name and tables[name].live(service)),
        "up": sum(one["state"] == "up" for one in pool),
        "destinations": pool,
        "sorry_server": bool(name and tables[name].on_sorry_server(service)),
    }


def _destination(table: Comparison | None, entry: Entry) -> Tree:
    server = entry.server
    found: Tree = {
        "host": server["host"], "address": server["address"], "port": server["port"],
        "wanted_weight": 0 if server["drained"] else server["weight"],
        "weight": None, "active": None, "inactive": None, "state": "unknown", "why": None,
    }  # fmt: skip
    if table is None:
        return found
    live = table.live(entry.service)
    config = live.destinations.get(DestinationKey(server["address"], server["port"])) if live else None
    found["state"], found["why"] = _standing(table, entry, config)
    if config is not None:
        found["weight"] = config.weight
        counts = table.connection_counts(entry)
        if counts is not None:
            found.update(active=counts["active"], inactive=counts["inactive"])
    return found


def _standing(table: Comparison, entry: Entry, config: DestinationConfig | None) -> tuple[str, str | None]:
    """(up | failing | drained | degraded | drift | missing, why)."""
    standing = table.standing(entry)
    if entry.server["drained"] and config is not None and config.weight == 0:
        return "drained", "lvs_state of %s" % entry.server["host"]
    if standing == "out":
        return "degraded", table.reason(entry)
    if standing == "in":
        return ("up", None) if table.answers(entry) else ("failing", table.reason(entry))
    if config is None:
        return "missing", "not in the table"
    wanted = 0 if entry.server["drained"] else entry.server["weight"]
    return "drift", "weight %d instead of %d" % (config.weight, wanted)


def _transitions(cluster: Cluster) -> list[Tree]:
    """The last ones of all directors, the newest first."""
    found = [
        {"epoch": one["epoch"], "host": host.name, "instance": one["instance"], "state": one["state"]}
        for host in cluster.directors
        for one in host.part("transitions") or []
    ]
    # Within a second the log has them in their order: sorting keeps it, so the list is turned round afterwards.
    return sorted(found, key=lambda one: one["epoch"])[: -LAST_TRANSITIONS - 1 : -1]


def title(service: Mapping[str, Any]) -> str:
    """``tcp 198.51.100.200:80``"""
    return "%s %s" % (service["protocol"], endpoint(service["address"], service["port"]))
