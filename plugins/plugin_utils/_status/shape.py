# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of the status. Times are epochs in seconds; what was not seen is None or empty."""

from __future__ import annotations

from typing import TypedDict


class DirectorStatus(TypedDict):
    """One instance on one director; a state in small letters is not Keepalived's word."""

    state: str | None
    priority: int | None


class VipStatus(TypedDict):
    """One address of a VIP. ``since`` by the holder's clock, ``seconds`` since then."""

    vip: str
    instance: str
    address: str
    holders: list[str]
    since: float | None
    seconds: float | None
    why: str | None
    directors: dict[str, DirectorStatus]


class DestinationStatus(TypedDict):
    """A real server of a service. ``weight`` None where it is not in the table."""

    host: str
    address: str
    port: int
    wanted_weight: int
    weight: int | None
    active: int | None
    inactive: int | None
    state: str
    why: str | None


class ServiceStatus(TypedDict):
    """A service by the table of one director, ``table_of``."""

    name: str
    service: str
    protocol: str
    address: str
    port: int
    scheduler: str
    forward: str
    title: str
    table_of: str | None
    in_table: bool
    up: int
    sorry_server: bool
    destinations: list[DestinationStatus]


class LoggedTransition(TypedDict):
    """A VRRP transition with the director that logged it."""

    epoch: float
    host: str
    instance: str
    state: str


class SideStatus(TypedDict):
    """Requests of one side, over all nodes that were seen. ``errors``: a status from 500 on."""

    requests: int
    errors: int


class CanaryStatus(TypedDict):
    """A canary of a site, or of a ``route`` of it. ``percent``: of clients, by the inventory; ``share``: percent of the
    requests, None without one; ``since``: the oldest request that was counted; ``log``: the file that tells, None where
    none does; ``nodes``: whose logs these are."""

    site: str
    route: str | None
    upstream: str
    percent: float
    share: float | None
    since: str | None
    log: str | None
    nodes: list[str]
    sides: dict[str, SideStatus]


class NodeStatus(TypedDict):
    """The Nginx of a host, since it was started; None where it did not answer. ``idle``: of the ``connections`` those
    without a request; ``dropped``: connections for which there was no room."""

    host: str
    connections: int | None
    idle: int | None
    requests: int | None
    dropped: int | None


class TrafficStatus(TypedDict):
    """A site over all nodes that were seen, by the ends of their logs: how many requests had which version of TLS,
    which cache status, and which limit."""

    site: str
    requests: int
    since: str | None
    nodes: list[str]
    tls: dict[str, int]
    cache: dict[str, int]
    limits: dict[str, int]


class StreamStatus(TypedDict):
    """A stream over all nodes that were seen, by the ends of their logs: how many connections ended with which status,
    and had which version of TLS."""

    stream: str
    connections: int
    since: str | None
    nodes: list[str]
    statuses: dict[str, int]
    tls: dict[str, int]


class CertificateStatus(TypedDict):
    """What a site or a stream shows on ``nodes``, by its ``kind``. ``days``: until it ``expires``; ``stand_in``: no
    certificate has come yet."""

    kind: str
    name: str
    expires: int
    days: float
    stand_in: bool
    nodes: list[str]


class ClusterStatus(TypedDict):
    """``transitions``: the newest first."""

    vips: list[VipStatus]
    services: list[ServiceStatus]
    nodes: list[NodeStatus]
    canaries: list[CanaryStatus]
    traffic: list[TrafficStatus]
    streams: list[StreamStatus]
    certificates: list[CertificateStatus]
    transitions: list[LoggedTransition]


class Status(TypedDict):
    """``hosts``: seen, unreachable, failed or unseen; ``messages``: why; ``deviations``: codes of verify."""

    clusters: dict[str, ClusterStatus]
    hosts: dict[str, str]
    messages: dict[str, str]
    deviations: list[str]
