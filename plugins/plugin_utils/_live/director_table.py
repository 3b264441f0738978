# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One director's IPVS table beside the model's: which real servers are in, out by their check, drained. Pure.

Findings and status both read this; neither is known here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Callable, Dict, Literal, Mapping, Sequence, Tuple, cast

from ...module_utils._ipvs.options import from_options
from ...module_utils._ipvs.plan import Step, plan
from ...module_utils._ipvs.table import (
    Desired,
    DestinationConfig,
    DestinationKey,
    Service,
    ServiceKey,
    Table,
    Timeouts,
    family_of,
)
from ...module_utils._ipvs.text import endpoint, service_name
from .._model import shape
from .._model.checks import kind_of, port_of
from .drain_policy import Drain
from .inspect_request import probe_name
from .observed import ObservedHost
from .shape import Connections, IpvsReport, ProbeAnswer

Services = Dict[ServiceKey, Service]
# (service, host) -> since when an operator drains it.
ByHand = Mapping[Tuple[str, str], str]
_NOBODY: ByHand = MappingProxyType({})


@dataclass(slots=True)  # frozen would take three times as long to make
class Entry:
    """A real server in a pool of the model."""

    service: shape.Service
    server: shape.RealServer
    key: DestinationKey
    drain: Drain
    wanted_weight: int

    @property
    def place(self) -> str:
        return place_of(*self.key)

    @property
    def drained_by(self) -> str:
        return self.drain.reason(self.server["host"])

    def __str__(self) -> str:
        """``tcp 198.51.100.200:80 -> web1 (198.51.100.102:80)``"""
        return "%s -> %s (%s)" % (title(self.service), self.server["host"], self.place)


def service_key(service: Mapping[str, Any]) -> ServiceKey:
    """What a service of the model, or one as ipvs_info returns it, is in the kernel's table."""
    if service.get("fwmark"):
        return marked(service["family"], service["fwmark"])
    return ServiceKey(family_of(service["address"]), service["protocol"], service["address"], service["port"], 0)


def marked(family: str, mark: int) -> ServiceKey:
    """What a service is that the packets' firewall mark tells."""
    return ServiceKey(family, "", "", 0, mark)


def title(service: shape.Service) -> str:
    """``tcp 198.51.100.200:80``, and ``tcp 198.51.100.200:80,443`` where ports are together"""
    if service["fwmark"]:
        first = endpoint(service["address"], service["port"])
        return " ".join([service["protocol"], ",".join([first, *map(str, service["ports"][1:])])])
    return service_name(service_key(service))


def place_of(address: str, port: int) -> str:
    """``198.51.100.102:80``, and the address alone without a port: then it is that which the client asked for."""
    return endpoint(address, port) if port else address


def entries(service: shape.Service, by_hand: ByHand = _NOBODY) -> list[Entry]:
    """The pool of a service, with what an operator drained on one director."""
    name = service["service"]
    return [_entry(service, server, by_hand.get((name, server["host"]))) for server in service["real_servers"]]


def _entry(service: shape.Service, server: shape.RealServer, since: str | None) -> Entry:
    drain = _drain(bool(server["drained"]), since)
    key = DestinationKey(server["address"], server["port"])
    return Entry(service, server, key, drain, drain.weight(int(server["weight"])))


# A pool has few kinds of drains and many real servers.
_drain = functools.lru_cache(maxsize=1024)(Drain)


# --- values -----------------------------------------------------------------------------------------------------


def desired_services(director: shape.Director, by_hand: ByHand = _NOBODY) -> Services:
    """The model's services as the kernel has them while every check passes, in the model's order."""
    return _desired([entries(one, by_hand) for one in director["services"]], director["services"])


def _desired(pools: Sequence[Sequence[Entry]], services: Sequence[shape.Service]) -> Services:
    wanted = from_options({"services": list(map(_as_option, services, pools))}).services or {}
    return {key: service for key, service in wanted.items() if service is not None}


def as_option(service: shape.Service, by_hand: ByHand = _NOBODY) -> dict[str, Any]:
    """A service of the model as the module ipvs takes it."""
    return _as_option(service, entries(service, by_hand))


def _as_option(service: shape.Service, pool: Sequence[Entry]) -> dict[str, Any]:
    names = ["scheduler", "scheduler_flags", "persistence", "one_packet", "forward"]
    same: list[Literal["address", "port", "lower_threshold", "upper_threshold"]]
    same = ["address", "port", "lower_threshold", "upper_threshold"]
    destinations = [{**{name: entry.server[name] for name in same}, "weight": entry.wanted_weight} for entry in pool]
    known_by: dict[str, Any] = {name: service[name] for name in ("protocol", "address", "port")}
    if service["fwmark"]:
        known_by = {"fwmark": service["fwmark"], "family": service["family"]}
    return {**known_by, **{name: service.get(name) for name in names}, "destinations": destinations}


def current_services(reported: IpvsReport, desired: Services) -> Services:
    """The reported table as values, as far as it is about the model's addresses.

    The kernel reports ``local`` for a destination that is the director itself, and ``bypass`` for none that we make:
    there the model's method is right.
    """
    is_ours = _ours(desired)
    methods = {
        key: next(iter(service.destinations.values())).forward
        for key, service in desired.items()
        if service.destinations
    }
    found = []
    for service in reported.get("services", []):
        if not is_ours(service):
            continue
        method = methods.get(service_key(service), "dr")
        destinations = [
            {**one, "forward": method} if one["forward"] in ("local", "bypass") else one
            for one in service["destinations"]
        ]
        found.append({**service, "destinations": destinations})
    services = from_options({"services": found}).services or {}
    return {key: service for key, service in services.items() if service is not None}


def other_services(reported: IpvsReport, desired: Services) -> list[ServiceKey]:
    """Services of the reported table that are no business of the model's: by other marks, or at other addresses."""
    is_ours = _ours(desired)
    return [service_key(service) for service in reported.get("services", []) if not is_ours(service)]


def _ours(desired: Services) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a reported service is at an address of the model's, or has a mark of its."""
    addresses = {key.address for key in desired if key.address}
    return lambda one: service_key(one) in desired if one.get("fwmark") else one.get("address") in addresses


# --- one director -----------------------------------------------------------------------------------------------


class DirectorTable:
    """What a director has, what it should have, and what its checks say. Raises LvsError for a table that the options
    of the module ipvs cannot say."""

    def __init__(self, host: ObservedHost) -> None:
        self.host = host
        report = host.ipvs or {}
        self.director = cast(shape.Director, host.director)
        self._by_hand = {(one["service"], one["host"]): one["since"] for one in host.drained or []}
        self.checked = self.director["table_owner"] == "keepalived"
        services = self.director["services"]
        self._entries = {one["name"]: entries(one, self._by_hand) for one in services}
        self.desired = _desired([self._entries[one["name"]] for one in services], services)
        self.current = current_services(report, self.desired)
        self.others = other_services(report, self.desired)
        self.services: dict[ServiceKey, shape.Service] = dict(zip(self.desired, services))
        self._live = {service["name"]: self.current.get(key) for key, service in self.services.items()}
        self._checks = _checks(host)
        # A few are asked of many: most names need not be made.
        self._asked = {(one["address"], one["port"]) for one in host.probes.values()}
        self._standings: dict[str, list[str | None]] = {}

    def steps(self) -> list[Step]:
        """What the plan from this table to the model's would do, but for the order of destinations.

        Keepalived puts them in as its configuration grows, and nobody else may move what it owns.
        """
        current = self.current
        desired = {
            key: _in_the_order_of(current[key], service) if key in current else service
            for key, service in self.desired.items()
        }
        return plan(Table(current, Timeouts(), {}), Desired(services=dict(desired)), purge=True)

    def entries(self, service: shape.Service) -> list[Entry]:
        """The pool of a service with what an operator drained on this director."""
        return self._entries[service["name"]]

    def live(self, service: shape.Service) -> Service | None:
        """A service of the model as it is in the table; None where it is not."""
        return self._live[service["name"]]

    def config(self, entry: Entry) -> DestinationConfig | None:
        """A real server as it is in the table; None where it is not."""
        service = self.live(entry.service)
        return service.destinations.get(entry.key) if service else None

    def on_sorry_server(self, service: shape.Service) -> bool:
        live, sorry = self.live(service), service.get("sorry_server")
        return bool(live and sorry and DestinationKey(sorry["address"], sorry["port"]) in live.destinations)

    def standings(self, service: shape.Service) -> list[str | None]:
        """The `standing` of each of the `entries` of a service."""
        name = service["name"]
        if name not in self._standings:
            self._standings[name] = [self.standing(entry) for entry in self.entries(service)]
        return self._standings[name]

    def standing(self, entry: Entry) -> str | None:
        """``in`` the pool as the model wants, ``drained`` as it or a person here wants, ``out`` by its check; None:
        anything else. ``entry``: one of the `entries` of this table."""
        config = self.config(entry)
        if config is not None and config.weight == entry.wanted_weight:
            return "drained" if entry.drain else "in"
        gone = config.weight == 0 if config is not None else not entry.service["inhibit_on_failure"]
        in_table = self.live(entry.service) is not None
        if not (in_table and gone and self.checked):
            return None
        return "out" if not self.alive(entry) or self.below_quorum(entry.service) else None

    def below_quorum(self, service: shape.Service) -> bool:
        """Whether the sorry server answers although real servers could: those have not the weight that is needed."""
        return service["quorum"] > 1 and self.on_sorry_server(service)

    def alive(self, entry: Entry) -> bool:
        """Whether Keepalived's checks of the real server pass; where it does not say, our own request decides."""
        alive = self._checks.get((service_key(entry.service)[2:], *entry.key))
        return self.answers(entry) is True if alive is None else alive

    def answers(self, entry: Entry) -> bool | None:
        """Whether our own request got what the check wants; None where nothing was asked."""
        answer = self._answer(entry)
        return None if answer is None else not self._fault(entry, answer)

    def _fault(self, entry: Entry, answer: ProbeAnswer) -> str:
        """What is wrong with an answer; empty: nothing."""
        check = entry.service["check"]
        return answer["error"] or kind_of(check).fault(check, answer)

    def _answer(self, entry: Entry) -> ProbeAnswer | None:
        if self._checked_at(entry) not in self._asked:
            return None
        name = probe_name(entry.service, entry.server)
        return self.host.probes.get(name) if name else None

    @staticmethod
    def _checked_at(entry: Entry) -> DestinationKey:
        return DestinationKey(entry.key.address, port_of(entry.service["check"], entry.server))

    def reason(self, entry: Entry) -> str:
        """Why a real server is out: its check fails, as our own request for the same thing met it, or its quorum."""
        if self.below_quorum(entry.service) and self.alive(entry):
            return "the healthy ones are below quorum %d" % entry.service["quorum"]
        answer = self._answer(entry)
        if answer is None:
            return "its check fails"
        scheme = kind_of(entry.service["check"]).scheme
        place = endpoint(*self._checked_at(entry))
        place = "%s://%s%s" % (scheme, place, answer["path"]) if answer["path"] else place
        fault = self._fault(entry, answer)
        return "%s: %s" % (place, fault) if fault else "its check fails, though it answers now"

    def connections(self, entry: Entry) -> Connections | None:
        """``{active, inactive, persistent}``; None where nothing is known."""
        return self._connections.get((service_key(entry.service), entry.key))

    @functools.cached_property
    def _connections(self) -> dict[tuple[Any, ...], Connections]:
        """(key of the service, key of the real server) -> counts; a tuple is the same key as one with names."""
        return {
            (tuple(map(one["service"].__getitem__, ServiceKey._fields)), (place["address"], place["port"])): one
            for one in (self.host.ipvs or {}).get("connections") or []
            for place in [one["destination"]]
        }


def table_of(host: ObservedHost) -> DirectorTable:
    """The table of a director that was seen. It is made once, for verify and status. Raises LvsError."""
    found: DirectorTable | None = host.kept.get("table")
    if found is None:
        found = host.kept["table"] = DirectorTable(host)
    return found


def _in_the_order_of(current: Service, wanted: Service) -> Service:
    """A service with what it keeps in the order that it has, behind what is new: the kernel puts that in front."""
    kept = {key: wanted.destinations[key] for key in current.destinations if key in wanted.destinations}
    new = {key: config for key, config in wanted.destinations.items() if key not in kept}
    return wanted._replace(destinations={**new, **kept})


def _checks(host: ObservedHost) -> dict[tuple[Any, ...], bool]:
    """(address, port, mark of the service), address, port of the real server -> whether its checks pass."""
    return {
        (_known_by(virtual), server["address"], server["port"]): server["alive"]
        for virtual in (host.keepalived or {}).get("virtual_servers") or []
        for server in virtual["real_servers"]
        if server["alive"] is not None
    }


def _known_by(virtual: Mapping[str, Any]) -> tuple[str, int, int]:
    """The address, the port and the mark of a virtual server as Keepalived reports it."""
    return ("", 0, virtual["fwmark"]) if virtual.get("fwmark") else (virtual["address"], virtual["port"], 0)
