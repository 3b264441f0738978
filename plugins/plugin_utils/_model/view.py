# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from the input of one cluster and both rules and derivation have to know: computed here, once.

Rules look before it is known that there are no mistakes, so everything here bears values that could not be read: they
are None, and what follows from them is empty.
"""

from __future__ import annotations

import hashlib
import ipaddress
from functools import cached_property
from typing import Mapping

from .normal import ClusterInput, HostInput, ServiceInput, SiteInput, VipInput
from .shape import Family

# Priorities that nobody gave go down in these steps, by the directors' names.
HIGHEST_PRIORITY, PRIORITY_STEP = 254, 4
MOST_DIRECTORS = (HIGHEST_PRIORITY - 1) // PRIORITY_STEP + 1
# An interface that only the host's facts can tell: the one that has the host's address. `fit` puts its name there.
OPEN = "?"
# An interface's label, interface included (IFNAMSIZ less the final zero).
LABEL_LENGTH = 15
# Where clients speak TLS, whatever a site or a check says.
TLS_PORTS = (443, 8443)
# A line of keepalived.conf is read into a buffer, and a program with its arguments is in one line.
LONGEST_COMMAND = 500
LONGEST_ADDRESS: Mapping[Family, int] = {"inet": 15, "inet6": 39}  # in characters
WHOLE_ADDRESS: Mapping[Family, int] = {"inet": 32, "inet6": 128}


def family_of(address: str) -> Family:
    """The family of an address with or without a prefix length."""
    return "inet6" if ":" in address else "inet"


def bare(address: str) -> str:
    """An address without its prefix length."""
    return address.partition("/")[0]


def host_addresses(host: HostInput) -> dict[Family, str]:
    """A host's address of each family that it has."""
    return {family_of(address): address for address in (host["address6"], host["address"]) if address}


def addresses_of(vip: VipInput, family: Family) -> list[str]:
    """The addresses of a VIP that are of a family, with their prefix lengths."""
    return [address for address in vip["addresses"] or () if family_of(address) == family]


def families(vip: VipInput) -> list[Family]:
    """The families of a VIP's addresses, IPv4 first."""
    return sorted({family_of(address) for address in vip["addresses"] or ()})


def tls_ports_of(site: SiteInput) -> list[int]:
    """The ports of HTTPS of a site."""
    return (site["tls"]["ports"] or []) if site["tls"] else []


def all_ports_of(site: SiteInput) -> list[int]:
    """All ports of a site, ascending."""
    return sorted({*(site["ports"] or ()), *tls_ports_of(site)})


def stream_ports(data: ClusterInput, protocol: str) -> set[int]:
    """The ports on which streams of a protocol go through Nginx."""
    streams = [one for one in (data["streams"] or {}).values() if (one["protocol"], one["by"]) == (protocol, "stream")]
    return {port for one in streams for port in one["ports"] or ()}


def vrid_of(vip: VipInput) -> int:
    """The virtual router id of a VIP: where none is given the last byte of its first address, 0 becomes 1.

    0 where there is no address to take it from.
    """
    if vip["vrid"] or not vip["addresses"]:
        return vip["vrid"] or 0
    return int(ipaddress.ip_interface(vip["addresses"][0]).ip) & 0xFF or 1


def mark_of(name: str, address: str) -> int:
    """The firewall mark of a service's packets to an address: always the same one, whatever other services there are.

    Its first byte keeps it apart from those of container engines, which set single bits of the others.
    """
    return 0x6C << 24 | int.from_bytes(hashlib.sha256(("%s %s" % (name, address)).encode()).digest()[:3], "big")


def way_back(vip: VipInput, address: str) -> str | None:
    """What answers of a real server with this address go through: a gateway of the VIP, else the VIP itself.

    None where the real server is in no network of them.
    """
    ip = ipaddress.ip_address(address)
    for one in (*(vip["gateways"] or ()), *(vip["addresses"] or ())):
        interface = ipaddress.ip_interface(one)
        if ip in interface.network and ip != interface.ip:
            return str(interface.ip)
    return None


def instance_name(vip: str, family: Family) -> str:
    """The VRRP instance of a VIP and family: the VIP's name, with _v6 for IPv6."""
    return vip + "_v6" if family == "inet6" else vip


def full_label(interface: str, part: str) -> str:
    """The label of an IPv4 address, as old tools show it."""
    return "%s:%s" % (interface, part)


class ClusterView:
    """One cluster of the input, with all hosts of the inventory and the groups that services name as pools."""

    def __init__(
        self, name: str, data: ClusterInput, hosts: Mapping[str, HostInput], pools: Mapping[str, list[str]]
    ) -> None:
        self.name = name
        self.data = data
        self.hosts = hosts
        self.pools = pools
        self.directors = data["directors"]
        self.real_servers = data["real_servers"]
        self.vips: dict[str, VipInput] = data["vips"] or {}
        self.services: dict[str, ServiceInput] = data["virtual_services"] or {}

    def address_of(self, host: str, family: Family) -> str | None:
        """A host's address of a family; None where it has none."""
        return host_addresses(self.hosts[host]).get(family)

    def interface_of(self, vip: VipInput, host: str) -> str:
        """Where a director holds a VIP; empty where that could not be read."""
        return vip["interface"] or self.hosts[host]["interface"] or ""

    def ranked(self, vip: VipInput) -> list[tuple[str, int]]:
        """Directors with their priorities, the one that should hold the VIP first."""
        if vip["priorities"]:
            return sorted(vip["priorities"].items(), key=lambda one: -one[1])
        prefer = [host for host in vip["prefer"] or () if host in self.directors]
        order = [*prefer, *(host for host in self.directors if host not in prefer)]
        return [(host, HIGHEST_PRIORITY - PRIORITY_STEP * rank) for rank, host in enumerate(order)]

    def labels(self) -> dict[str, str]:
        """IPv4 VIP address -> the part behind the interface in its label, counted over the cluster's VIPs by name."""
        labels: dict[str, str] = {}
        for _name, vip in sorted(self.vips.items()):
            for index, address in enumerate(addresses_of(vip, "inet")):
                given = vip["labels"]
                labels[address] = given[index] if given and index < len(given) else str(len(labels))
        return labels

    def pool_of(self, service: ServiceInput) -> list[str]:
        """The real servers of a service; a pool that is not there has none."""
        return self.pools.get(service["pool"], []) if service["pool"] else self.real_servers

    def marks_of(self, name: str) -> dict[str, int]:
        """The addresses of a service whose ports are together, each with its mark."""
        service = self.services[name]
        vip = self.vips.get(service["vip"]) if service["together"] else None
        return {bare(one): mark_of(name, bare(one)) for one in (vip["addresses"] if vip else None) or ()}

    def weight_of(self, service: ServiceInput, host: str) -> int:
        """What a real server weighs in a service."""
        return (service["weights"] or {}).get(host, self.hosts[host]["weight"])

    @cached_property
    def services_of(self) -> dict[str, list[ServiceInput]]:
        """Real server -> the services that send it packets."""
        found: dict[str, list[ServiceInput]] = {}
        for service in self.services.values():
            for host in self.pool_of(service):
                found.setdefault(host, []).append(service)
        return found

    @property
    def serves_itself(self) -> bool:
        """Whether there are no virtual services, and Nginx of the VIP's holder serves clients itself."""
        return not self.services and self.data["nginx_on_directors"] == "real_server"

    @cached_property
    def has_ipv6(self) -> bool:
        """Whether anything that clients ask for has an IPv6 address."""
        vips = self.vips.values() if self.serves_itself else (self.vips[one["vip"]] for one in self.services.values())
        return any("inet6" in families(vip) for vip in vips)

    def tcp_ports(self, host: str | None = None) -> set[int]:
        """The ports on which TCP services come to a real server; without one: to any.

        Without a virtual service clients reach the sites of the VIP's holder.
        """
        return self.ports_of("tcp", host)

    def ports_of(self, protocol: str, host: str | None = None) -> set[int]:
        """The same of any protocol, with the streams of the VIP's holder."""
        if host is None and self.serves_itself:
            sites = {port for site in (self.data["sites"] or {}).values() for port in all_ports_of(site)}
            return stream_ports(self.data, protocol) | (sites if protocol == "tcp" else set())
        services = self.services.values() if host is None else self.services_of.get(host, ())
        return {
            service["real_port"] or port
            for service in services
            if service["protocol"] == protocol
            for port in service["ports"] or ()
        }
