# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's shape: what the roles read and what live hosts are compared with.

What stands beside a type is the comment that docs/architecture.md shows. A class whose name ends in ``Settings`` holds
what an operator writes and the model says as it is: the input (`normal`) has it as well.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from .shape_nginx import Nginx

Family = Literal["inet", "inet6"]
TableOwner = Literal["keepalived", "static"]

# --- VRRP -------------------------------------------------------------------------------------------------------


class VipSettings(TypedDict):
    """What is the same in the input and in each instance of a VIP."""

    version: Annotated[int, "VRRP version"]
    preempt: bool
    preempt_delay: Annotated[int, "seconds"]


class VipAddress(TypedDict):
    """An address of an instance, as its holder has it."""

    address: str
    interface: str
    label: str | None
    gateway: Annotated[bool, "of real servers; no service has it"]


class Instance(VipSettings):
    """A VRRP instance: one for each VIP and family."""

    name: str
    vip: Annotated[str, "key of lvs_vips"]
    family: Family
    interface: Annotated[str, "where VRRP runs: that of the service network"]
    track_interfaces: Annotated[list[str], "the VIP's, where it is another one, and those of the operator"]
    vrid: int
    state: Annotated[Literal["MASTER", "BACKUP"], "MASTER only with preemption, no delay, and the highest priority"]
    priority: int
    advert_interval: Annotated[float, "seconds"]
    auth: Literal["none", "pass"]
    unicast_source: str
    unicast_peers: Annotated[list[str], "empty: multicast"]
    addresses: Annotated[list[VipAddress], "label null for inet6"]
    track_script: Annotated[bool, "the check script takes part"]
    track_scripts: Annotated[list[str], "of the operator; names in the director's track_scripts"]


class SyncGroup(TypedDict):
    """Instances that move together."""

    name: str
    instances: list[str]


# --- VIPs that are kept silent ----------------------------------------------------------------------------------


class KeptVip(TypedDict):
    """An address by itself, without a network."""

    address: str
    prefix: int
    family: Family


class SilentVip(KeptVip):
    """An address that a real server has and never answers for."""

    label: str | None


class Handover(TypedDict):
    """How a VIP leaves a director without a lost request."""

    interface: Annotated[str, "where the VIPs are kept, silent, while Keepalived runs"]
    vips: list[KeptVip]
    seconds: Annotated[float, "a stopping director forwards for so long"]


class Tunnel(TypedDict):
    """Where the packets of a director's tunnel are unpacked."""

    interface: str
    family: Family
    address: Annotated[str, "the host's own, to which directors send them"]


class ReplyPort(TypedDict):
    """Where answers of a service come from."""

    protocol: Literal["tcp", "udp", "sctp"]
    port: int


class Way(TypedDict):
    """The way of answers that the director has to translate: through the one that holds the VIP."""

    family: Family
    address: Annotated[str, "the host's own"]
    gateway: str
    table: Annotated[int, "of routes"]
    direct: Annotated[list[str], "directors, whose checks are answered without it"]
    ports: list[ReplyPort]


class RealServerRole(TypedDict):
    """What a host does as a real server."""

    vips: list[SilentVip]
    interface: str
    tunnels: Annotated[list[Tunnel], "of services with forward: tunnel"]
    ways: Annotated[list[Way], "of services with forward: nat"]


# --- virtual services -------------------------------------------------------------------------------------------


class CheckSettings(TypedDict):
    """How often a check is made; the times are seconds."""

    interval: Annotated[float, "seconds"]
    timeout: Annotated[float, "seconds"]
    retries: int
    retry_delay: Annotated[float, "seconds"]


class CheckUrl(TypedDict):
    """A further path that has to answer."""

    path: str
    status: list[str]
    digest: str | None


class Check(CheckSettings):
    """How Keepalived checks a real server. The settings of other kinds than its own mean nothing."""

    type: Annotated[str, "a kind of _model/checks.py"]
    warmup: Annotated[float | None, "seconds; null: anything up to the interval"]
    port: Annotated[int | None, "null: that of the real server"]
    path: str | None
    host: str | None
    status: Annotated[list[str], "numbers, and ranges such as 200-299"]
    digest: str | None
    urls: list[CheckUrl]
    helo: str | None
    query: str | None
    record: str
    payload: str | None
    reply: bool
    script: str | None
    arguments: list[str]
    user: str | None


class Persistence(TypedDict):
    """For how long a client keeps its real server, and how many bits tell clients apart."""

    timeout: int
    prefix: int


class Endpoint(TypedDict):
    """An address and a port."""

    address: str
    port: int


class Thresholds(TypedDict):
    """When a real server is full and when it is used again, in connections."""

    lower_threshold: int
    upper_threshold: int


class RealServer(Thresholds):
    """A real server of a virtual service."""

    host: str
    address: str
    port: Annotated[int, "0: that which the client asked for"]
    weight: int
    drained: bool


class ServiceSettings(TypedDict):
    """What is the same in the input and in each virtual service that comes of it."""

    vip: str
    protocol: Literal["tcp", "udp", "sctp"]
    scheduler: str
    forward: Literal["dr", "nat", "tunnel"]
    one_packet: bool
    inhibit_on_failure: bool
    quorum: Annotated[int, "total weight"]
    hysteresis: int


class Service(ServiceSettings):
    """An IPVS virtual service: one for each address and port, or for each address where its ports are together."""

    name: Annotated[str, "NAME-PORT or NAME-together, -v6 behind it for inet6, +1 for a second address"]
    service: Annotated[str, "key of lvs_virtual_services"]
    family: Family
    address: str
    port: Annotated[int, "the first of them"]
    ports: list[int]
    fwmark: Annotated[int, "of its packets, where its ports are together; 0: the address and the port tell them"]
    scheduler_flags: list[str]
    persistence: Annotated[Persistence | None, "{timeout: 300, prefix: 32}"]
    check: Check
    detection_ms: Annotated[int, "worst case until a dead real server is out"]
    sorry_server: Annotated[Endpoint | None, "null: nothing serves instead"]
    real_servers: list[RealServer]


class Share(TypedDict):
    """A real server of a service, however many addresses and ports that has."""

    service: str
    host: str
    weight: int
    drained: bool
    least: Annotated[int, "of all that serve, or the sorry server answers"]


# --- a director -------------------------------------------------------------------------------------------------


class ScriptSettings(TypedDict):
    """How often a director checks itself, and what follows."""

    interval: Annotated[int, "seconds"]
    timeout: Annotated[int, "seconds"]
    fall: int
    rise: int
    weight: Annotated[int, "0: a failure is FAULT; -20: priority goes down"]
    restart: Annotated[bool, "try one restart of a dead Nginx, once for each failure"]


class TrackScript(TypedDict):
    """A program of the operator that instances track."""

    name: str
    command: Annotated[list[str], "the program and its arguments"]
    user: str | None
    interval: Annotated[int, "seconds"]
    timeout: Annotated[int, "seconds"]
    fall: int
    rise: int
    weight: int


class HealthAddress(Endpoint):
    """Where a director's own Nginx says that it is fit to serve. ``proxy``: it expects the PROXY protocol."""

    path: str
    proxy: bool


class CheckScript(ScriptSettings):
    """What a director checks about itself."""

    http: Annotated[HealthAddress | None, "null without Nginx on the director"]


class Notify(TypedDict):
    """What a transition does besides the journal and the log."""

    command: str | None
    mail: str | None


class Kernel(TypedDict):
    """What a director's kernel has to have."""

    modules: list[str]
    options: dict[str, dict[str, int]]
    sysctls: dict[str, int | str]


class Director(TypedDict):
    """What a host does as a director."""

    table_owner: TableOwner
    router_id: str
    peers: dict[str, str]
    instances: Annotated[list[Instance], "VRRP instances, one per VIP and family"]
    sync_groups: Annotated[list[SyncGroup], "[{name: web, instances: [web, web_v6]}] where a VIP has both families"]
    check_script: Annotated[CheckScript | None, "null where nothing is checked"]
    track_scripts: Annotated[list[TrackScript], "those that an instance tracks"]
    notify: Notify
    handover: Annotated[Handover | None, "null with one director"]
    services: Annotated[list[Service], "IPVS virtual services, one per address and port"]
    weights: Annotated[list[Share], "what Keepalived watches: each real server of each service once"]
    kernel: Kernel


# --- what a firewall has to let in ------------------------------------------------------------------------------


FirewallKind = Literal["auto", "none", "firewalld", "nftables", "iptables"]


class Opening(TypedDict):
    """Packets that the host's firewall has to let in, or through to others."""

    why: Annotated[str, "for a person"]
    way: Annotated[Literal["in", "through"], "through: forwarded, as the answers of NAT"]
    family: Family
    protocol: Annotated[str, "tcp, udp, sctp; vrrp, ipip, ipv6 (the headers of tunnels), icmpv6 (neighbours), echo"]
    sources: Annotated[list[str], "addresses and networks; empty: all"]
    destinations: Annotated[list[str], "empty: all"]
    ports: Annotated[list[int], "of the destination; of the source where the way is through. Empty: none"]


class Firewall(TypedDict):
    """The firewall of a host: which is to be opened, and for what."""

    kind: FirewallKind
    openings: list[Opening]


# --- the whole --------------------------------------------------------------------------------------------------


class HostSlice(TypedDict):
    """A host's part of the model."""

    cluster: str
    address: str
    address6: Annotated[str | None, "where address is one of IPv4 and the host has both"]
    interface: Annotated[str, "?: the one that has the address; the host's facts tell it (fit)"]
    director: Annotated[Director | None, "null where the host is none"]
    real_server: Annotated[RealServerRole | None, "null where the host is none"]
    nginx: Annotated[Nginx | None, "null where the host runs none"]
    firewall: Firewall


class ClusterVip(TypedDict):
    """A VIP in short."""

    instances: list[str]
    holder_order: list[str]
    addresses: list[str]
    crash_ms: Annotated[int | None, "worst cases, computed; null with one director"]
    planned_ms: int | None


class Cluster(TypedDict):
    """A cluster in short."""

    directors: Annotated[list[str], "by name; d2 before d10"]
    real_servers: list[str]
    table_owner: TableOwner
    failover: str
    vips: dict[str, ClusterVip]


class Model(TypedDict):
    """The variable ``lvs_model``, the same for every host."""

    clusters: dict[str, Cluster]
    hosts: dict[str, HostSlice]
