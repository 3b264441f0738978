# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an IPVS table has: virtual services with their real servers, and the VIPs that hosts keep for them, silent."""

from __future__ import annotations

from typing import Iterable, cast

from . import checks, derive_forward
from .derive_nginx import http_ports
from .derive_proxy import proxy_ports
from .derive_tls import asked_name, tls_ports
from .derive_vrrp import ARP_SILENT_INTERFACE
from .normal import ServiceInput
from .shape import (
    Check,
    Endpoint,
    Family,
    KeptVip,
    Persistence,
    RealServer,
    RealServerRole,
    Service,
    ServiceSettings,
    Share,
    SilentVip,
)
from .view import WHOLE_ADDRESS, ClusterView, addresses_of, bare, family_of, host_addresses


def services(view: ClusterView) -> list[Service]:
    """A service for each address and port, or for each address where its ports are together."""
    ours = [*http_ports(view), *tls_ports(view)]
    return [
        _service(view, ours, name, bare(address), ports)
        for name, service in sorted(view.services.items())
        for address in view.vips[service["vip"]]["addresses"]
        for ports in ([service["ports"]] if service["together"] else [[port] for port in service["ports"]])
    ]


def shares(view: ClusterView, found: Iterable[Service]) -> list[Share]:
    """Each real server of each service once, however many addresses and ports the service has."""
    by_keepalived = view.data["table_owner"] == "keepalived"
    once: dict[tuple[str, str], Share] = {}
    for service in found:
        for server in service["real_servers"]:
            once[service["service"], server["host"]] = {
                "service": service["service"],
                "host": server["host"],
                "weight": server["weight"],
                "drained": server["drained"],
                "least": service["quorum"] - service["hysteresis"] if by_keepalived else 1,
            }
    return list(once.values())


def real_server(view: ClusterView, host: str) -> RealServerRole:
    """The VIPs of all services that send this host packets whose address is still the VIP."""
    services = view.services_of.get(host, ())
    names = {service["vip"] for service in services if service["forward"] in ("dr", "tunnel")}
    vips: list[SilentVip] = []
    labelled = 0
    for vip in _single(view, names):
        inet = vip["family"] == "inet"
        vips.append({**vip, "label": "%s:%d" % (ARP_SILENT_INTERFACE, labelled) if inet else None})
        labelled += inet
    return {
        "vips": vips,
        "interface": ARP_SILENT_INTERFACE,
        "tunnels": derive_forward.tunnels(view, host),
        "ways": derive_forward.ways(view, host),
    }


def kept_vips(view: ClusterView, host: str) -> list[KeptVip]:
    """The VIPs that a director keeps for a handover: all that it has not as a real server."""
    there = {vip["address"] for vip in real_server(view, host)["vips"]} if host in view.real_servers else set()
    return [vip for vip in _single(view, view.vips) if vip["address"] not in there]


def _single(view: ClusterView, names: Iterable[str]) -> list[KeptVip]:
    """The addresses of VIPs as single ones, without a network."""
    addresses = [address for name in sorted(names) for address in view.vips[name]["addresses"]]
    return [
        {"address": bare(address), "prefix": WHOLE_ADDRESS[family_of(address)], "family": family_of(address)}
        for address in addresses
    ]


def _service(view: ClusterView, ours: list[int], name: str, address: str, ports: list[int]) -> Service:
    """``ours``: the ports that our Nginx serves."""
    service = view.services[name]
    family, port = family_of(address), ports[0]
    by_keepalived = view.data["table_owner"] == "keepalived"
    own = _own_nginx(view, ours, service["check"]["port"] or service["real_port"] or port)
    # A real server of several ports has none of its own.
    given: Check = {**service["check"], "port": service["check"]["port"] or (port if service["together"] else None)}
    check = checks.derived(given, service["protocol"], by_keepalived, own)
    return {
        **_settings(service),
        "name": _name(view, name, address, "together" if service["together"] else str(port)),
        "service": name,
        "family": family,
        "address": address,
        "port": port,
        "ports": ports,
        "fwmark": view.marks_of(name).get(address, 0),
        "scheduler_flags": scheduler_flags(service),
        "persistence": _persistence(service, family),
        "check": check,
        "detection_ms": checks.kind_of(check).detection_ms(check),
        "sorry_server": _sorry_server(view, ours, service, family, ports),
        "real_servers": [
            _real_server(view, name, host, host_addresses(view.hosts[host])[family], port)
            for host in view.pool_of(service)
        ],
    }


def _own_nginx(view: ClusterView, ours: list[int], port: int) -> checks.OwnNginx | None:
    """What answers on a port of the real servers; None: a program of somebody else."""
    if port not in ours:
        return None
    speaks = port in tls_ports(view)
    name = asked_name(view, port) if speaks else None
    return checks.OwnNginx(view.data["health_path"], speaks, name, port in proxy_ports(view))


def _settings(service: ServiceInput) -> ServiceSettings:
    """What goes into the model as it was written."""
    as_given = cast("dict[str, object]", service)
    return cast(ServiceSettings, {name: as_given[name] for name in ServiceSettings.__annotations__})


def _name(view: ClusterView, name: str, address: str, ports: str) -> str:
    """NAME-PORT or NAME-together, with -v6 for IPv6, and with a number from a family's second address on.

    No name of an operator has a + in it, so no two services have one name.
    """
    family = family_of(address)
    same = [bare(one) for one in addresses_of(view.vips[view.services[name]["vip"]], family)]
    rank = same.index(address)
    return "%s-%s%s%s" % (name, ports, "-v6" if family == "inet6" else "", "+%d" % rank if rank else "")


def scheduler_flags(service: ServiceInput) -> list[str]:
    """What was asked for; else each connection by itself, or each client where it keeps its real server or its ports
    are together.

    By its address alone a persistent client gets the same real server from every director.
    """
    if service["scheduler_flags"] is not None:
        return service["scheduler_flags"]
    if service["scheduler"] != "mh":
        return []
    return ["mh-fallback"] if service["persistence"] or service["together"] else ["mh-fallback", "mh-port"]


def _persistence(service: ServiceInput, family: Family) -> Persistence | None:
    given = service["persistence"]
    if not given:
        return None
    return {"timeout": given["timeout"], "prefix": given["prefix"] or WHOLE_ADDRESS[family]}


def _sorry_server(
    view: ClusterView, ours: list[int], service: ServiceInput, family: Family, ports: list[int]
) -> Endpoint | None:
    if service["sorry_server"]:
        address, _sep, own_port = service["sorry_server"].rpartition(":")
        return {"address": address.strip("[]"), "port": int(own_port)}
    if view.data["nginx_on_directors"] != "none" and service["protocol"] == "tcp" and {*ports} <= {*ours}:
        # The packet reaches the director's own Nginx unchanged, so the port is the service's.
        port = 0 if service["together"] else ports[0]
        return {"address": "::1" if family == "inet6" else "127.0.0.1", "port": port}
    return None


def _real_server(view: ClusterView, name: str, host: str, address: str, port: int) -> RealServer:
    service, data = view.services[name], view.hosts[host]
    return {
        "host": host,
        "address": address,
        "port": 0 if service["together"] else service["real_port"] or port,
        "weight": view.weight_of(service, host),
        "drained": data["state"] == "drained" or name in data["drained_services"],
        "lower_threshold": service["lower_threshold"],
        "upper_threshold": service["upper_threshold"],
    }
