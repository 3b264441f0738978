# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of forwarding methods: packets get to the real servers, and answers back to the clients."""

from __future__ import annotations

import ipaddress
from typing import Any

from .derive_forward import gateways
from .normal import ServiceInput
from .rules_scope import FAMILIES, Scope
from .view import host_addresses

# With these, packets come to a real server with the VIP as their destination, so it has the VIP.
UNCHANGED = ("dr", "tunnel")


def check_way(scope: Scope, path: str, name: str, service: ServiceInput) -> None:
    if service["forward"] == "nat":
        _check_nat(scope, path, name, service)
    elif service["forward"] == "dr":
        for network, host in _outside(scope, service):
            what = "%s.forward is dr, but real server %s is not in %s, as the directors are; it gets packets only where"
            scope.warnings.append((what + " it is on the same link") % (path, host, network))


def _check_nat(scope: Scope, path: str, name: str, service: ServiceInput) -> None:
    """Each real server has a way back through the VIP's holder, and answers of two VIPs do not get mixed up."""
    vip = scope.vip_of(service)
    where = "lvs_vips.%s" % service["vip"]
    if not vip or not scope.read_whole(where + ".addresses") or not scope.read_whole(where + ".gateways"):
        return
    for host in scope.view.pool_of(service):
        if host not in scope.hosts or not scope.hosts[host]["address"]:
            continue
        if host in scope.cluster["directors"]:
            what = "is nat, but real server %s is a director, which cannot answer through another one; must be dr"
            scope.wrong(path + ".forward", what % host)
            continue
        for family, gateway in gateways(scope.view, service, host).items():
            if gateway is None:
                own = host_addresses(scope.hosts[host])[family]
                what = "is nat, but real server %s (%s) is in no network of VIP %s, through which its answers go back"
                what += "; give the VIP a gateway on its network (%s.gateways)"
                scope.wrong(path + ".forward", what % (host, own, service["vip"], where))
            else:
                _check_others(scope, path, name, host, FAMILIES[family], gateway)


def _check_others(scope: Scope, path: str, name: str, host: str, family: str, gateway: str) -> None:
    """Whether other services of a real server let its answers go through a gateway."""
    mine = (scope.services or {})[name]
    ports = _real_ports(mine)
    for other, service in sorted((scope.services or {}).items()):
        if other == name or host not in scope.view.pool_of(service):
            continue
        vip = scope.vip_of(service)
        if service["forward"] in UNCHANGED and vip and gateway in _bare(vip["addresses"]):
            what = (
                "is nat, but real server %s has %s, through which its answers go, itself: lvs_virtual_services.%s is %s"
            )
            what += "; must be %s as well, or the VIP needs a gateway (lvs_vips.%s.gateways)"
            scope.wrong(
                path + ".forward",
                what % (host, gateway, other, service["forward"], service["forward"], mine["vip"]),
            )
        if service["protocol"] != mine["protocol"] or not ports & _real_ports(service):
            continue
        port = min(ports & _real_ports(service))
        if service["forward"] in UNCHANGED and mine["protocol"] == "udp":
            what = "is nat, but lvs_virtual_services.%s sends to UDP port %d of real server %s by %s; must be the same"
            scope.wrong(path + ".forward", what % (other, port, host, service["forward"]))
        elif service["forward"] == "nat" and other < name:
            ways = gateways(scope.view, service, host)
            theirs = [one for kind, one in ways.items() if FAMILIES[kind] == family and one not in (None, gateway)]
            if theirs:
                what = "has answers from %s port %d of real server %s go through %s, and "
                what += "lvs_virtual_services.%s through %s; must have a real_port of its own, or the same VIP"
                scope.wrong(path, what % (mine["protocol"].upper(), port, host, gateway, other, theirs[0]))


def _real_ports(service: ServiceInput) -> set[int]:
    return {service["real_port"] or port for port in service["ports"] or ()}


def _bare(addresses: list[str] | None) -> list[str]:
    return [str(ipaddress.ip_interface(one).ip) for one in addresses or ()]


def _outside(scope: Scope, service: ServiceInput) -> list[tuple[str, str]]:
    """Real servers outside of the network that a VIP and all directors are in, as far as VIPs tell it."""
    vip = scope.vip_of(service)
    networks = [ipaddress.ip_interface(address).network for address in (vip["addresses"] if vip else None) or ()]
    addresses = {host: _addresses(scope, host) for host in {*scope.cluster["directors"], *scope.view.pool_of(service)}}

    def inside(host: str, network: Any) -> bool:
        return any(address in network for address in addresses[host])

    return [
        (str(network), host)
        for network in dict.fromkeys(networks)
        if all(inside(host, network) for host in scope.cluster["directors"])
        for host in sorted(scope.view.pool_of(service))
        if any(address.version == network.version for address in addresses[host]) and not inside(host, network)
    ]


def _addresses(scope: Scope, host: str) -> list[Any]:
    own = host_addresses(scope.hosts[host]).values() if host in scope.hosts else ()
    return [ipaddress.ip_address(address) for address in own]
