# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about the IPVS table: the plan that the module ipvs would carry out, read as deviations. Pure.

Where Keepalived owns the table, a real server whose check fails has weight 0, or is not in the table where the
model does not keep it: that is *degraded*. One that the operator took out is *drained*. Everything else is drift.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from ...module_utils._errors import LvsError
from ...module_utils._ipvs.plan import DESTINATION, SERVICE, Step
from ...module_utils._ipvs.table import DestinationConfig, DestinationKey
from ...module_utils._ipvs.text import differences, service_name
from .._live.director_table import DirectorTable, Entry, place_of, table_of, title
from .._live.observed import Cluster
from .._model.shape import Service
from .catalogue import Finding


def of_cluster(cluster: Cluster) -> Iterator[Finding]:
    tables: list[DirectorTable] = []
    for host in cluster.directors:
        if not host.services:
            continue
        reason = host.error("ipvs")
        if reason is not None:
            yield Finding("ipvs_unreadable", (host.name,), reason, "the table can be read")
        if host.ipvs is None:
            continue
        try:
            tables.append(table_of(host))
        except LvsError as error:  # somebody's service for one of our VIPs that no option can say
            yield Finding("ipvs_unreadable", (host.name,), error.message, "a table like those that the model makes")
    for table in tables:
        yield from _drift(table)
        for service in table.services.values():
            yield from _pool(table, service)
    yield from _differing(tables)


def _path(service: Service) -> str:
    return "lvs_virtual_services.%s" % service["service"]


# --- drift ------------------------------------------------------------------------------------------------------


def _drift(table: DirectorTable) -> Iterator[Finding]:
    """What the plan from this table to the model's would do."""
    for step in table.steps():
        if step.kind == SERVICE:
            yield from _service_step(table, step)
        # The destinations of a service that is missing are no findings of their own.
        elif step.kind == DESTINATION and step.key[0] in table.current:
            yield from _destination_step(table, step)


def _service_step(table: DirectorTable, step: Step) -> Iterator[Finding]:
    name, host = service_name(step.key), table.host.name
    if step.old is None:
        yield Finding(
            "service_missing", (host,), "%s is not in the table" % name, name, _path(table.services[step.key])
        )
    elif step.new is not None:
        is_ = ", ".join("%s %s" % (field, old) for field, old, _new in differences(step))
        should = ", ".join("%s %s" % (field, new) for field, _old, new in differences(step))
        yield Finding("service_differs", (host,), "%s: %s" % (name, is_), should, _path(table.services[step.key]))
    else:
        yield Finding("service_extra", (host,), "%s is in the table" % name, "the model has no such service")


def _destination_step(table: DirectorTable, step: Step) -> Iterator[Finding]:
    service_key, key = step.key
    service = table.services[service_key]
    entry = next((one for one in table.entries(service) if one.key == key), None)
    if entry is None:
        yield _unknown_destination(table, service, key, step.old)
    elif table.standing(entry) == "out":
        words = "%s: %s, %s" % (entry, "is not in the table" if step.old is None else "weight 0", table.reason(entry))
        yield Finding("destination_degraded", (table.host.name,), words, _weight(entry), _path(service))
    elif step.old is None:
        yield Finding(
            "destination_missing", (table.host.name,), "%s is not in the table" % entry, _weight(entry), _path(service)
        )
    elif step.old.weight != step.new.weight:
        words = "%s has weight %d" % (entry, step.old.weight)
        yield Finding("weight_differs", (table.host.name,), words, _weight(entry), _path(service))
    if entry and step.old and step.old._replace(weight=step.new.weight) != step.new:
        is_, should = ("%s %s" % (entry, _configuration(one)) for one in (step.old, step.new))
        yield Finding("destination_differs", (table.host.name,), is_, should, _path(service))


def _unknown_destination(
    table: DirectorTable, service: Service, key: DestinationKey, config: DestinationConfig
) -> Finding:
    sorry = service.get("sorry_server")
    if sorry and table.checked and key == DestinationKey(sorry["address"], sorry["port"]):
        words = "%s: %s answers instead of the real servers" % (title(service), place_of(*key))
        return Finding("service_on_sorry_server", (table.host.name,), words, "real servers answer", _path(service))
    words = "%s -> %s with weight %d is in the table" % (title(service), place_of(*key), config.weight)
    return Finding("destination_extra", (table.host.name,), words, "not in the pool", _path(service))


def _weight(entry: Entry) -> str:
    return "weight %d" % entry.wanted_weight


def _configuration(config: DestinationConfig) -> str:
    return "%s, thresholds %d/%d" % (config.forward, config.lower_threshold, config.upper_threshold)


# --- pools ------------------------------------------------------------------------------------------------------


def _pool(table: DirectorTable, service: Service) -> Iterator[Finding]:
    """What is as wanted but worth saying, and what is bad though each part of it is explained."""
    live = table.live(service)
    if live is None:
        return
    for entry, standing in zip(table.entries(service), table.standings(service)):
        config = live.destinations.get(entry.key)
        if standing == "drained":
            words = "%s: %s" % (entry, _left(table, entry))
            yield Finding("destination_drained", (table.host.name,), words, "drained, as asked", entry.drained_by)
        elif config is not None and config.weight and table.answers(entry) is False:
            words = "%s has weight %d; %s" % (entry, config.weight, table.reason(entry))
            yield Finding("destination_dead", (table.host.name,), words, "it answers, or is out", _path(service))
    if service["real_servers"] and not any(one.weight for one in live.destinations.values()):
        words = "%s has no destination with a weight" % title(service)
        should = "at least one of %s" % ", ".join(server["host"] for server in service["real_servers"])
        yield Finding("service_down", (table.host.name,), words, should, _path(service))


def _left(table: DirectorTable, entry: Entry) -> str:
    counts = table.connections(entry)
    if counts is None:
        return "no connections are known"
    return "%d connection%s left" % (counts["active"], "" if counts["active"] == 1 else "s")


def _differing(tables: Sequence[DirectorTable]) -> Iterator[Finding]:
    """Where directors differ although each is, by itself, as the model and its own checks allow."""
    if len(tables) < 2:
        return
    names = tuple(table.host.name for table in tables)
    for service in tables[0].services.values():
        standings = [table.standings(service) for table in tables]
        if all(one == standings[0] for one in standings):
            continue
        for entry, *standing in zip(tables[0].entries(service), *standings):
            if set(standing) in ({"in", "out"}, {"in", "drained"}):
                words = ", ".join("%s on %s" % pair for pair in zip(standing, names))
                yield Finding("tables_differ", names, "%s: %s" % (entry, words), "the same everywhere", _path(service))
