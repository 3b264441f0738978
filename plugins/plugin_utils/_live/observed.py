# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen of a host and of a cluster, as findings, status and preview read it. Pure.

A part of the report that could not be read is None here; that it could not is a finding of its own.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, cast

from .._fit.fit import settle
from .._fit.shape import FactLink
from .._model.shape import Director, Handover, HostSlice, Instance, Model, RealServerRole, Service
from .._model.view import bare
from .shape import (
    Advert,
    ArpAnswer,
    Clock,
    DrainedByHand,
    FileFacts,
    Foreign,
    HostReport,
    IpvsReport,
    KeepalivedReport,
    Link,
    LiveInstance,
    Observation,
    Observations,
    Place,
    ProbeAnswer,
    SideCount,
    StreamCount,
    TrafficCount,
    Transition,
    Unit,
    WayFound,
)

SEEN, UNREACHABLE, FAILED, UNSEEN = "seen", "unreachable", "failed", "unseen"


class ObservedHost:
    """One host: its slice of the model, and what it reported."""

    def __init__(self, name: str, mine: HostSlice, observation: Observation) -> None:
        self.name = name
        self.slice = mine
        self.observation = observation
        self.report: HostReport = observation.get("report") or {}
        probes: list[ProbeAnswer] = self.part("probes") or []
        self.probes = {one["name"]: one for one in probes if "name" in one}
        # What others compute of this host once.
        self.kept: dict[str, Any] = {}

    @property
    def status(self) -> str:
        return str(self.observation["status"])

    @property
    def director(self) -> Director | None:
        return self.slice["director"]

    @property
    def real_server(self) -> RealServerRole | None:
        return self.slice["real_server"]

    @property
    def instances(self) -> list[Instance]:
        """The instances that the model gives it; none where it is no director."""
        return self.director["instances"] if self.director else []

    @property
    def services(self) -> list[Service]:
        """The services that the model gives it; none where it is no director."""
        return self.director["services"] if self.director else []

    @property
    def handover(self) -> Handover | None:
        return self.director["handover"] if self.director else None

    def part(self, name: str) -> Any:
        """A part of the report; None where it is not there or could not be read."""
        found = self.report.get(name)
        return None if self.error(name) is not None else found

    def error(self, name: str) -> str | None:
        """Why a part could not be read; None where it could, or was not asked for."""
        found = self.report.get(name)
        if isinstance(found, Mapping) and set(found) == {"error"}:
            return str(found["error"])
        return None

    # --- the parts of the report; None: not asked for, or not read

    @property
    def links(self) -> list[Link] | None:
        return cast("list[Link] | None", self.part("links"))

    @property
    def vips(self) -> dict[str, list[Place]] | None:
        return cast("dict[str, list[Place]] | None", self.part("vips"))

    @property
    def ways(self) -> list[WayFound] | None:
        return cast("list[WayFound] | None", self.part("ways"))

    @property
    def sysctls(self) -> dict[str, str | None] | None:
        return cast("dict[str, str | None] | None", self.part("sysctls"))

    @property
    def units(self) -> dict[str, Unit] | None:
        return cast("dict[str, Unit] | None", self.part("units"))

    @property
    def files(self) -> dict[str, FileFacts] | None:
        return cast("dict[str, FileFacts] | None", self.part("files"))

    @property
    def ipvs(self) -> IpvsReport | None:
        return cast("IpvsReport | None", self.part("ipvs"))

    @property
    def keepalived(self) -> KeepalivedReport | None:
        return cast("KeepalivedReport | None", self.part("keepalived"))

    @property
    def transitions(self) -> list[Transition] | None:
        return cast("list[Transition] | None", self.part("transitions"))

    @property
    def drained(self) -> list[DrainedByHand] | None:
        return cast("list[DrainedByHand] | None", self.part("drained"))

    @property
    def marks(self) -> list[int] | None:
        return cast("list[int] | None", self.part("marks"))

    @property
    def firewall(self) -> dict[str, Any] | None:
        return cast("dict[str, Any] | None", self.part("firewall"))

    @property
    def clock(self) -> Clock | None:
        return cast("Clock | None", self.part("clock"))

    @property
    def arp(self) -> list[ArpAnswer] | None:
        return cast("list[ArpAnswer] | None", self.part("arp"))

    @property
    def adverts(self) -> list[Advert] | None:
        return cast("list[Advert] | None", self.part("adverts"))

    @property
    def foreign(self) -> Foreign | None:
        return cast("Foreign | None", self.part("foreign"))

    @property
    def sides(self) -> list[SideCount] | None:
        return cast("list[SideCount] | None", self.part("sides"))

    @property
    def traffic(self) -> list[TrafficCount] | None:
        return cast("list[TrafficCount] | None", self.part("traffic"))

    @property
    def streams(self) -> list[StreamCount] | None:
        return cast("list[StreamCount] | None", self.part("streams"))

    # --- what they say

    def broken_parts(self) -> Iterator[tuple[str, str]]:
        for name in self.report:
            error = self.error(name)
            if error is not None:
                yield name, error

    def placed(self, vip: str) -> list[Place]:
        """Where this host has a VIP as its holder does: not where it keeps it silent."""
        silent = {one["interface"] for one in (self.real_server, self.handover) if one}
        places = (self.vips or {}).get(bare(vip), [])
        return [place for place in places if place["interface"] not in silent]

    def knows_vips(self) -> bool:
        return self.vips is not None

    def instance(self, name: str) -> LiveInstance | None:
        """What the host's Keepalived reports of an instance; None where it does not run it or reports nothing."""
        instances = (self.keepalived or {}).get("instances") or []
        return next((one for one in instances if one["name"] == name), None)

    def keepalived_speaks(self) -> bool:
        """Whether the daemon told its instances."""
        keepalived = self.keepalived or {}
        return bool(keepalived.get("running")) and keepalived.get("source") is not None

    def unit(self, name: str) -> Unit | None:
        """The state of a unit; None where it is not known."""
        return (self.units or {}).get(name)

    def runs(self, name: str) -> bool | None:
        """Whether a unit is active; None where that is not known."""
        found = self.unit(name)
        return None if found is None else found["active"] in ("active", "reloading")

    def macs(self) -> set[str]:
        return {link["mac"] for link in self.links or [] if link["mac"].strip("0:")}


def observed_hosts(model: Model, observations: Observations) -> dict[str, ObservedHost]:
    """The hosts of the model that were part of the run, by name; others of the play are left out."""
    return {
        host: ObservedHost(host, _settled(model["hosts"][host], one), one)
        for host, one in observations.items()
        if host in model["hosts"]
    }


def _settled(mine: HostSlice, observation: Observation) -> HostSlice:
    """The host's part of the model, with the interface of its address where the host told that."""
    links = observation.get("report", {}).get("links")
    return settle(mine, {"links": cast(list[FactLink], links)}) if isinstance(links, list) else mine


class Vip(NamedTuple):
    """One address of a VIP, with the instance that carries it."""

    name: str  # key of lvs_vips
    instance: str
    address: str  # without prefix


class Cluster:
    """The hosts of one cluster that were part of the run: ``everybody``, and in ``hosts`` those that were seen."""

    def __init__(self, name: str, model: Model, hosts: Mapping[str, ObservedHost]) -> None:
        self.name = name
        self.slice = model["clusters"][name]
        self.hosts_of_model: Mapping[str, HostSlice] = {
            host: mine for host, mine in model["hosts"].items() if mine["cluster"] == name
        }
        self.everybody = {host: one for host, one in hosts.items() if host in self.hosts_of_model}
        self.hosts = {host: one for host, one in self.everybody.items() if one.status == SEEN}
        self.directors = [self.hosts[host] for host in self.slice["directors"] if host in self.hosts]
        self.real_servers = [one for one in self.hosts.values() if one.real_server]

    def all_directors_seen(self) -> bool:
        return len(self.directors) == len(self.slice["directors"])

    def all_links_known(self) -> bool:
        """Whether a MAC that no host has must be a stranger's."""
        known = [host for host in self.hosts.values() if host.links is not None]
        return len(known) == len(self.hosts_of_model)

    def vips(self) -> list[Vip]:
        """Every VIP address, as the first director's instances carry them: they are the same on all."""
        director = next((mine["director"] for mine in self.hosts_of_model.values() if mine.get("director")), None)
        instances = director["instances"] if director else []
        return [
            Vip(instance["vip"], instance["name"], bare(one["address"]))
            for instance in instances
            for one in instance["addresses"]
        ]

    def holders(self, vip: str) -> list[ObservedHost]:
        """The directors that have the VIP now."""
        return [director for director in self.directors if director.placed(vip)]
