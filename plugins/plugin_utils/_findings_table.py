# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about the IPVS table: the plan that the module ipvs would carry out, read as deviations. Pure.

Where Keepalived owns the table, a real server whose check fails has weight 0, or is away where the model does not keep
it: that is *degraded*. One that the operator took out is *drained*. Everything else is drift.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs_options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs_plan import DESTINATION, SERVICE, Step, plan
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs_table import (
    DestinationConfig,
    DestinationKey,
    Service,
    ServiceKey,
    Table,
    Timeouts,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs_text import lines, service_name
from ansible_collections.vipstack.lvs.plugins.plugin_utils._finding import Finding
from ansible_collections.vipstack.lvs.plugins.plugin_utils._seen import Cluster, Seen, endpoint

Services = Dict[ServiceKey, Service]
Options = Mapping[str, Any]


class Entry(NamedTuple):
    """A destination of the model, with its service."""

    service: Options
    server: Options

    @property
    def name(self) -> str:
        """``tcp 198.51.100.200:80 -> web1 (198.51.100.102:80)``"""
        place = endpoint(self.server["address"], self.server["port"])
        return "%s -> %s (%s)" % (_title(self.service), self.server["host"], place)

    @property
    def path(self) -> str:
        return _path(self.service)

    @property
    def probe(self) -> str:
        """The name of our own request for it, see `_questions`."""
        return "%s|%s" % (self.server["host"], self.service["name"])


def _title(service: Options) -> str:
    if service.get("fwmark"):
        return "fwmark %d" % service["fwmark"]
    return "%s %s" % (service["protocol"], endpoint(service["address"], service["port"]))


def _path(service: Options) -> str:
    return "lvs_virtual_services.%s" % service["service"]


def of_cluster(cluster: Cluster) -> Iterator[Finding]:
    tables: list[Comparison] = []
    for host in cluster.directors:
        if not (host.director or {}).get("services"):
            continue
        reason = host.error("ipvs")
        if reason is not None:
            yield Finding("ipvs_unreadable", host.name, reason, "the table can be read")
        if host.part("ipvs") is None:
            continue
        try:
            comparison = Comparison(host)
        except LvsError as error:  # somebody's service for one of our VIPs that no option can say
            yield Finding("ipvs_unreadable", host.name, error.message, "a table like those that the model makes")
            continue
        tables.append(comparison)
        yield from comparison.findings()
    yield from _differing(tables)


# --- values -----------------------------------------------------------------------------------------------------


def desired_services(director: Options) -> Services:
    """The model's services as the kernel would have them while every check passes."""
    wanted = from_options({"services": [_as_option(service) for service in director["services"]]}).services or {}
    return {key: service for key, service in wanted.items() if service is not None}


def _as_option(service: Options) -> dict[str, Any]:
    names = ["scheduler", "scheduler_flags", "persistence", "one_packet", "forward"]
    names += ["fwmark", "family"] if service.get("fwmark") else ["protocol", "address", "port"]
    option = {name: service.get(name) for name in names}
    option["destinations"] = [
        {
            "address": server["address"],
            "port": server["port"],
            "weight": 0 if server["drained"] else server["weight"],
            "lower_threshold": server["lower_threshold"],
            "upper_threshold": server["upper_threshold"],
        }
        for server in service["real_servers"]
    ]
    return option


def _key(service: Options) -> ServiceKey:
    return next(iter(desired_services({"services": [service]})))


def current_services(reported: Options, desired: Services) -> Services:
    """The reported table as values, as far as it is about marks or the model's addresses.

    The kernel says ``local`` of a destination that is the director itself, and ``bypass`` of none that we make;
    whatever the model wants there is right.
    """
    ours = {key.address for key in desired}
    found = []
    for service in reported["services"]:
        if (service.get("address") or "") not in ours and not service.get("fwmark"):
            continue
        entry = {**service, "destinations": [dict(one) for one in service["destinations"]]}
        for destination in entry["destinations"]:
            if destination["forward"] in ("local", "bypass"):
                destination["forward"] = _method(service, desired)
        found.append(entry)
    services = from_options({"services": found}).services or {}
    return {key: service for key, service in services.items() if service is not None}


def _method(reported: Options, desired: Services) -> str:
    """The forwarding method that the model has for a service."""
    for key, service in desired.items():
        same = (key.fwmark, key.address, key.port) == (
            reported.get("fwmark") or 0,
            reported.get("address") or "",
            reported.get("port") or 0,
        )
        if same and service.destinations:
            return next(iter(service.destinations.values())).forward
    return "dr"


# --- one director -----------------------------------------------------------------------------------------------


class Comparison:
    """One director's table beside the model's."""

    def __init__(self, host: Seen) -> None:
        self.host = host
        self.director: Options = host.director or {}
        self.checked = self.director["table_owner"] == "keepalived"
        self.desired = desired_services(self.director)
        self.current = current_services(host.part("ipvs"), self.desired)
        self.services = dict(zip(self.desired, self.director["services"]))

    def findings(self) -> Iterator[Finding]:
        table = Table(self.current, Timeouts(), {})
        wanted: dict[ServiceKey, Service | None] = dict(self.desired)
        steps = plan(table, from_options({})._replace(services=wanted), purge=True)
        for step in steps:
            yield from self._of_step(step)
        for key, service in self.services.items():
            yield from self._of_service(key, service)

    def _of_step(self, step: Step) -> Iterator[Finding]:
        if step.kind == SERVICE:
            yield from self._service_step(step)
        # The destinations of a service that is missing, and their order, are no findings of their own.
        elif step.kind == DESTINATION and step.key[0] in self.current and not step.note:
            yield from self._destination_step(step)

    def _service_step(self, step: Step) -> Iterator[Finding]:
        name, director = service_name(step.key), self.host.name
        if step.old is None:
            path = _path(self.services[step.key])
            yield Finding("service_missing", director, "%s is not in the table" % name, name, path)
        elif step.new is None:
            if not step.key.fwmark:  # a mark may be anybody's
                yield Finding("service_extra", director, "%s is in the table" % name, "the model has no such service")
        else:
            words = lines([step])[0].lstrip("~ ")
            is_, _, should = words.partition(" => ")
            yield Finding("service_differs", director, is_, should or "as the model", _path(self.services[step.key]))

    def _destination_step(self, step: Step) -> Iterator[Finding]:
        service_key, key = step.key
        entry = self._entry(service_key, key)
        if entry is None:
            yield from self._unknown_destination(service_key, key, step.old)
        elif step.old is None:
            yield self._missing(entry, step)
        else:
            yield from self._changed(entry, step.old, step.new)

    def _entry(self, service: ServiceKey, key: DestinationKey) -> Entry | None:
        found = self.services[service]
        for server in found["real_servers"]:
            if (server["address"], server["port"]) == tuple(key):
                return Entry(found, server)
        return None

    def _unknown_destination(
        self, service_key: ServiceKey, key: DestinationKey, config: DestinationConfig
    ) -> Iterator[Finding]:
        service = self.services[service_key]
        name = "%s -> %s" % (_title(service), endpoint(*key))
        sorry = service.get("sorry_server")
        if sorry and self.checked and (sorry["address"], sorry["port"]) == tuple(key):
            words = "%s answers instead of the real servers" % endpoint(*key)
            yield Finding("service_on_sorry_server", self.host.name, words, "real servers answer", _path(service))
        else:
            words = "%s with weight %d is in the table" % (name, config.weight)
            yield Finding("destination_extra", self.host.name, words, "not in the pool", _path(service))

    def _missing(self, entry: Entry, step: Step) -> Finding:
        if self.checked and not entry.service["inhibit_on_failure"] and not self.alive(entry):
            return self._degraded(entry, "is out")
        words = "%s is not in the table" % entry.name
        return Finding("destination_missing", self.host.name, words, "weight %d" % step.new.weight, entry.path)

    def _changed(self, entry: Entry, old: DestinationConfig, new: DestinationConfig) -> Iterator[Finding]:
        if old.weight != new.weight:
            if old.weight == 0 and self.checked and not self.alive(entry):
                yield self._degraded(entry, "weight 0")
            else:
                words = "%s has weight %d" % (entry.name, old.weight)
                yield Finding("weight_differs", self.host.name, words, "weight %d" % new.weight, entry.path)
        if old._replace(weight=new.weight) != new:
            is_, should = ("%s %s" % (entry.name, _configuration(one)) for one in (old, new))
            yield Finding("destination_differs", self.host.name, is_, should, entry.path)

    def _degraded(self, entry: Entry, how: str) -> Finding:
        words = "%s: %s, %s" % (entry.name, how, self.reason(entry))
        return Finding("destination_degraded", self.host.name, words, "weight %d" % entry.server["weight"], entry.path)

    def alive(self, entry: Entry) -> bool:
        """Whether Keepalived's checks of the real server pass; where it does not say, our own request decides."""
        checked = self._check(entry)
        if checked is not None and checked["alive"] is not None:
            return bool(checked["alive"])
        return self.host.probe(entry.probe) is not None and self.answers(entry)

    def answers(self, entry: Entry) -> bool:
        """Whether our own request got what the check wants; True where nothing was asked."""
        answer = self.host.probe(entry.probe)
        if answer is None:
            return True
        return not answer["error"] and (not answer["path"] or answer["status"] == entry.service["check"]["status"])

    def _check(self, entry: Entry) -> Mapping[str, Any] | None:
        for virtual in (self.host.part("keepalived") or {}).get("virtual_servers") or []:
            if (virtual["address"], virtual["port"]) == (entry.service["address"], entry.service["port"]):
                for server in virtual["real_servers"]:
                    if (server["address"], server["port"]) == (entry.server["address"], entry.server["port"]):
                        return server  # type: ignore[no-any-return]
        return None

    def reason(self, entry: Entry) -> str:
        """Why a check fails, as our own request for the same thing met it."""
        answer = self.host.probe(entry.probe)
        if answer is None:
            return "its check fails"
        place = "http://%s%s" % (endpoint(answer["address"], answer["port"]), answer["path"] or "")
        if answer["error"]:
            return "%s: %s" % (
                place if answer["path"] else endpoint(answer["address"], answer["port"]),
                answer["error"],
            )
        if answer["path"] and answer["status"] != entry.service["check"]["status"]:
            return "%s: status %s" % (place, answer["status"])
        return "its check fails, though it answers now"

    def _of_service(self, key: ServiceKey, service: Options) -> Iterator[Finding]:
        """What is wanted but worth saying, and what is bad though each part is explained."""
        live = self.current.get(key)
        if live is None:
            return
        for server in service["real_servers"]:
            entry = Entry(service, server)
            config = live.destinations.get(DestinationKey(server["address"], server["port"]))
            if server["drained"] and config is not None and config.weight == 0:
                words = "%s: %s" % (entry.name, self.connections(entry))
                path = "lvs_state of %s" % server["host"]
                yield Finding("destination_drained", self.host.name, words, "drained, as asked", path)
            elif config is not None and config.weight and not self.answers(entry):
                words = "%s has weight %d; %s" % (entry.name, config.weight, self.reason(entry))
                yield Finding("destination_dead", self.host.name, words, "it answers, or is out", entry.path)
        if service["real_servers"] and not any(one.weight for one in live.destinations.values()):
            yield Finding(
                "service_down",
                self.host.name,
                "%s has no destination with a weight" % _title(service),
                "at least one of %s" % ", ".join(server["host"] for server in service["real_servers"]),
                _path(service),
            )

    def standing(self, entry: Entry) -> str | None:
        """Whether the real server is ``in`` the pool or was taken ``out`` by its check; None for everything else,
        which has a finding of its own."""
        service = self.live(entry.service)
        if service is None or entry.server["drained"]:
            return None
        config = service.destinations.get(DestinationKey(entry.server["address"], entry.server["port"]))
        if config is not None and config.weight == entry.server["weight"]:
            return "in"
        gone = config.weight == 0 if config is not None else not entry.service["inhibit_on_failure"]
        return "out" if gone and self.checked and not self.alive(entry) else None

    def live(self, service: Options) -> Service | None:
        """A service of the model as it is in the table; None where it is not."""
        return self.current.get(_key(service))

    def on_sorry_server(self, service: Options) -> bool:
        live, sorry = self.live(service), service.get("sorry_server")
        return bool(live and sorry and DestinationKey(sorry["address"], sorry["port"]) in live.destinations)

    def connection_counts(self, entry: Entry) -> Mapping[str, int] | None:
        place = (_title(entry.service), endpoint(entry.server["address"], entry.server["port"]))
        for one in self.host.part("ipvs").get("connections") or []:
            if (one["service"], one["destination"]) == place:
                return one  # type: ignore[no-any-return]
        return None

    def connections(self, entry: Entry) -> str:
        """``3 connections left``"""
        counts = self.connection_counts(entry)
        if counts is None:
            return "no connections are known"
        return "%d connection%s left" % (counts["active"], "" if counts["active"] == 1 else "s")


def _configuration(config: DestinationConfig) -> str:
    return "%s, thresholds %d/%d" % (config.forward, config.lower_threshold, config.upper_threshold)


# --- between directors ------------------------------------------------------------------------------------------


def _differing(tables: Sequence[Comparison]) -> Iterator[Finding]:
    """Where directors differ although each is, by itself, as the model and its own checks allow."""
    if len(tables) < 2:
        return
    names = ", ".join(table.host.name for table in tables)
    for service in tables[0].director["services"]:
        for server in service["real_servers"]:
            entry = Entry(service, server)
            standing = {table.host.name: table.standing(entry) for table in tables}
            if None not in standing.values() and len(set(standing.values())) > 1:
                words = ", ".join("%s on %s" % (where, name) for name, where in standing.items())
                is_ = "%s: %s" % (entry.name, words)
                yield Finding("tables_differ", names, is_, "the same on all directors", entry.path)
