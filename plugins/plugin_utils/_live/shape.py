# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of what is seen: an observation of a host, and the parts of its report as the module inspect returns them.

Times are epochs in seconds. A part that could not be read is ``{"error": WHY}`` in the report and None for a reader.
"""

from __future__ import annotations

from typing import Any, Mapping, TypedDict


class Expected(TypedDict):
    """What a file has to be."""

    sha256: str
    mode: str


class FileFacts(TypedDict, total=False):
    exists: bool
    mode: str | None
    owner: str | None
    group: str | None
    size: int | None
    sha256: str | None
    target: str | None
    error: str


class LinkAddress(TypedDict):
    address: str
    family: str
    prefix: int
    label: str
    scope: str
    tentative: bool
    dad_failed: bool


class Link(TypedDict):
    name: str
    index: int
    kind: str
    mac: str
    mtu: int
    operstate: str
    up: bool
    loopback: bool
    addresses: list[LinkAddress]


class Place(TypedDict):
    """Where a host has a VIP."""

    interface: str
    prefix: int
    label: str


class WayFound(TypedDict):
    """What answers of a service go through; None: no gateway."""

    address: str
    protocol: str
    port: int
    gateway: str | None


class Unit(TypedDict):
    """``load`` is not-found for a unit that is not there; ``log``: what a unit that failed wrote last; ``outdated``:
    programs and libraries that were replaced since it started."""

    load: str
    active: str
    sub: str
    enabled: str
    restarts: int
    since: float | None
    pid: int | None
    result: str
    log: str | None
    outdated: list[str]


class ProbeAnswer(TypedDict):
    """``error`` None for an answer of whatever ``status``; ``path`` None where only a connection was asked for."""

    name: str
    address: str
    port: int
    path: str | None
    connected: bool
    status: int | None
    served_by: str | None
    body: str
    seconds: float
    error: str | None
    expires: int | None
    issuer: str | None


class Connections(TypedDict):
    """``service`` and ``destination``: the fields of ServiceKey and DestinationKey."""

    service: dict[str, Any]
    destination: dict[str, Any]
    active: int
    inactive: int
    persistent: int


class IpvsReport(TypedDict, total=False):
    """``services`` as the module ipvs takes them."""

    services: list[dict[str, Any]]
    timeouts: dict[str, int]
    daemons: list[dict[str, Any]]
    version: str
    connection_table_size: int
    connections: list[Connections]


class LiveInstance(TypedDict):
    """A VRRP instance by Keepalived's own account; None for what this build does not report."""

    name: str
    state: str | None
    wanted_state: str | None
    version: int | None
    vrid: int | None
    interface: str | None
    base_priority: int | None
    priority: int | None
    master_priority: int | None
    advert_interval: float | None
    preempt: bool | None
    auth: str
    addresses: list[str]
    addresses_set: bool | None
    last_transition: float | None
    counters: dict[str, int] | None


class LiveRealServer(TypedDict):
    address: str
    port: int
    weight: int | None
    effective_weight: int | None
    alive: bool | None
    failed_checks: int | None
    set: bool | None


class LiveVirtualServer(TypedDict):
    """``address`` and ``port`` None for a firewall mark or a group."""

    address: str | None
    port: int | None
    fwmark: int | None
    group: str | None
    protocol: str
    scheduler: str | None
    alive: bool | None
    quorum_up: bool | None
    real_servers: list[LiveRealServer]


class KeepalivedReport(TypedDict, total=False):
    """``source``: which answer of the daemon this is from, None where it gave none."""

    running: bool
    version: str | None
    source: str | None
    errors: list[str]
    instances: list[LiveInstance] | None
    virtual_servers: list[LiveVirtualServer] | None


class Transition(TypedDict):
    epoch: float
    instance: str
    state: str


class DrainedByHand(TypedDict):
    service: str
    host: str
    since: str


class Clock(TypedDict):
    epoch: float
    synchronised: bool | None


class ArpAnswer(TypedDict):
    """``own``: this host has the address on the very interface that it asked on, so it cannot hear itself."""

    address: str
    macs: list[str]
    own: bool


class Advert(TypedDict):
    """VRRP adverts of one kind; ``interval`` in seconds, ``outgoing``: this host sent them."""

    source: str
    destination: str
    version: int
    vrid: int
    priority: int
    auth: str
    interval: float
    addresses: list[str]
    outgoing: bool
    count: int


class ConfigTest(TypedDict):
    """What a daemon answers about its files."""

    ok: bool
    status: int
    output: str


class ForeignFinding(TypedDict):
    """One thing that other people have set up. ``kind``: replaced | unread | disabled | told."""

    kind: str
    path: str
    words: str


class Foreign(TypedDict):
    noted: bool
    findings: list[ForeignFinding]


class SideCount(TypedDict):
    """Requests of a route on one side of its canary, by the end of the log. ``errors``: a status from 500 on;
    ``since``: the first of them as Nginx writes a time, None where the log has none."""

    site: str
    route: str
    side: str
    requests: int
    errors: int
    since: str | None


class TrafficCount(TypedDict):
    """Requests of a site by the end of a log, and how many of them had which TLS, cache status, and limit."""

    site: str
    requests: int
    since: str | None
    tls: dict[str, int]
    cache: dict[str, int]
    limits: dict[str, int]


class StreamCount(TypedDict):
    """Connections of a stream by the end of the log, and how many of them had which status and which TLS."""

    stream: str
    connections: int
    since: str | None
    statuses: dict[str, int]
    tls: dict[str, int]


class HostReport(TypedDict, total=False):
    """What the module inspect returns: the parts that were asked for."""

    links: list[Link]
    vips: dict[str, list[Place]]
    sysctls: dict[str, str | None]
    units: dict[str, Unit]
    files: dict[str, FileFacts]
    probes: list[ProbeAnswer]
    ipvs: IpvsReport
    keepalived: KeepalivedReport
    transitions: list[Transition]
    drained: list[DrainedByHand]
    clock: Clock
    arp: list[ArpAnswer]
    adverts: list[Advert]
    foreign: Foreign
    keepalived_test: ConfigTest
    nginx_test: ConfigTest
    sides: list[SideCount]
    traffic: list[TrafficCount]
    streams: list[StreamCount]


class Observation(TypedDict, total=False):
    """What the action observe returns for a host. ``asked``, ``answered``: the controller's time before and after;
    ``expected``: by path, None for a file that has to be absent; ``facts``: of host_facts, where that was asked."""

    status: str
    message: str
    report: HostReport
    expected: dict[str, Expected | None]
    asked: float
    answered: float
    facts: dict[str, Any]


Observations = Mapping[str, Observation]
