# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real server needs where packets do not come to it as clients sent them: tunnels, and the way back of NAT."""

from __future__ import annotations

from .normal import ServiceInput
from .shape import Family, ReplyPort, Tunnel, Way
from .view import ClusterView, families, host_addresses, way_back

# Interfaces of ours; the kernel's own tunl0 and ip6tnl0 may be somebody else's.
TUNNELS: dict[Family, str] = {"inet": "lvs-ipip", "inet6": "lvs-ip6ip6"}
# Route tables of ours, one for each gateway of a host.
FIRST_TABLE = 11200


def tunnels(view: ClusterView, host: str) -> list[Tunnel]:
    """A tunnel for each family of the VIPs whose services come to the host by one."""
    services = [one for one in view.services_of.get(host, ()) if one["forward"] == "tunnel"]
    own = host_addresses(view.hosts[host])
    needed = {family for service in services for family in families(view.vips[service["vip"]])}
    return [{"interface": TUNNELS[family], "family": family, "address": own[family]} for family in sorted(needed)]


def ways(view: ClusterView, host: str) -> list[Way]:
    """A way for each gateway that answers of the host go through."""
    found: dict[tuple[Family, str], list[ReplyPort]] = {}
    services = [one for one in view.services_of.get(host, ()) if one["forward"] == "nat"]
    for service in services:
        for family, gateway in gateways(view, service, host).items():
            if gateway:
                ports = found.setdefault((family, gateway), [])
                ports += [port for port in _ports(service) if port not in ports]
    return [
        {
            "family": family,
            "address": host_addresses(view.hosts[host])[family],
            "gateway": gateway,
            "table": FIRST_TABLE + index,
            "direct": [address for one in view.directors for address in _direct(view, one, family)],
            "ports": sorted(ports, key=lambda one: (one["protocol"], one["port"])),
        }
        for index, ((family, gateway), ports) in enumerate(sorted(found.items()))
    ]


def gateways(view: ClusterView, service: ServiceInput, host: str) -> dict[Family, str | None]:
    """Of each family of a service's VIP that a real server has an address of: the gateway of its answers."""
    vip = view.vips.get(service["vip"])
    own = host_addresses(view.hosts[host])
    return {family: way_back(vip, own[family]) for family in families(vip) if family in own} if vip else {}


def _direct(view: ClusterView, director: str, family: Family) -> list[str]:
    address = view.address_of(director, family)
    return [address] if address else []


def _ports(service: ServiceInput) -> list[ReplyPort]:
    ports = sorted({service["real_port"] or port for port in service["ports"] or ()})
    return [{"protocol": service["protocol"], "port": port} for port in ports]
