# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall has to let in: of VRRP, of clients and of the directors' checks, and nothing else."""

from __future__ import annotations

from typing import Iterable, Iterator

from . import checks
from .asked import by_directories, serving_nodes
from .shape import Family, Firewall, Opening, RealServer, Service
from .view import ClusterView, bare, families, family_of, host_addresses

# Where VRRP by multicast goes, and where IPv6 comes from then: an address of the link.
_GROUPS: dict[Family, str] = {"inet": "224.0.0.18", "inet6": "ff02::12"}
MOST_NAMES = 8  # of services, in the words for a person
Placed = dict[str, list[tuple[Service, RealServer]]]
_LINK_LOCAL = "fe80::/10"
# The header in which a tunnel of IPVS packs a packet of the family.
_TUNNELS: dict[Family, str] = {"inet": "ipip", "inet6": "ipv6"}


def firewall(view: ClusterView, host: str, services: list[Service], placed: Placed) -> Firewall:
    """``services``: all of the cluster, and ``placed`` the same by their real servers."""
    found: list[Opening] = []
    if host in view.directors:
        found += [*_vrrp(view, host), *_clients(services), *_own_clients(view), *_answers(services)]
    found += _behind(view, placed.get(host, []))
    found += _challenges(view, host)
    if view.hosts[host]["address6"] or ":" in (view.hosts[host]["address"] or ""):
        found.append(_opening("neighbours of IPv6", "inet6", "icmpv6"))
    return {"kind": view.hosts[host]["firewall"], "openings": _once(found)}


def by_real_server(services: Iterable[Service]) -> Placed:
    """Real server -> the services that it is in, each with what it is there. Once for all hosts of a cluster."""
    found: Placed = {}
    for one in services:
        for server in one["real_servers"]:
            found.setdefault(server["host"], []).append((one, server))
    return found


def _opening(
    why: str, family: Family, protocol: str, sources: Iterable[str] = (), destinations: Iterable[str] = (),
    ports: Iterable[int] = (), way: str = "in",
) -> Opening:  # fmt: skip
    return {
        "why": why,
        "way": "through" if way == "through" else "in",
        "family": family,
        "protocol": protocol,
        "sources": sorted(set(sources)),
        "destinations": sorted(set(destinations)),
        "ports": sorted(set(ports)),
    }


def _once(found: list[Opening]) -> list[Opening]:
    """The openings in their order, without those that say what an earlier one says."""
    kept: dict[str, Opening] = {}
    for one in found:
        kept.setdefault(repr({name: value for name, value in one.items() if name != "why"}), one)
    return list(kept.values())


def _vrrp(view: ClusterView, host: str) -> Iterator[Opening]:
    """Adverts of the other directors, from nobody else."""
    for _name, vip in sorted(view.vips.items()):
        for family in families(vip):
            peers = [host_addresses(view.hosts[one])[family] for one in view.directors if one != host]
            if not peers:
                continue
            if vip["unicast"]:
                own = host_addresses(view.hosts[host])[family]
                yield _opening("adverts of the other directors", family, "vrrp", peers, [own])
            else:
                sources = peers if family == "inet" else [_LINK_LOCAL]
                yield _opening("adverts of the other directors", family, "vrrp", sources, [_GROUPS[family]])


def _clients(services: Iterable[Service]) -> Iterator[Opening]:
    """Clients of each VIP: IPVS sees a packet only after the host's own rules have let it in."""
    grouped: dict[tuple[Family, str, str], list[Service]] = {}
    for one in services:
        grouped.setdefault((one["family"], one["protocol"], one["address"]), []).append(one)
    for (family, protocol, address), group in grouped.items():
        yield _opening(_of(group), family, protocol, (), [address], [port for one in group for port in one["ports"]])


def _of(services: Iterable[Service]) -> str:
    names = sorted({one["service"] for one in services})
    return "clients of %s" % (", ".join(names) if len(names) <= MOST_NAMES else "%d services" % len(names))


def _own_clients(view: ClusterView) -> Iterator[Opening]:
    """Clients of each VIP where no service has one: its holder serves them itself."""
    for _name, vip in sorted(view.vips.items()) if view.serves_itself else ():
        for address in vip["addresses"]:
            for protocol in ("tcp", "udp"):
                ports = view.ports_of(protocol)
                if ports or protocol == "tcp":
                    yield _opening("clients of sites", family_of(address), protocol, (), [bare(address)], ports)


def _answers(services: list[Service]) -> Iterator[Opening]:
    """With NAT a real server's answers pass a director, which writes the VIP into them."""
    for one in services:
        if one["forward"] == "nat" and one["real_servers"]:
            sources = [server["address"] for server in one["real_servers"]]
            ports = [port for server in one["real_servers"] for port in _own_ports(one, server)]
            why = "answers of %s" % one["service"]
            yield _opening(why, one["family"], one["protocol"], sources, (), ports, "through")


def _behind(view: ClusterView, mine: list[tuple[Service, RealServer]]) -> Iterator[Opening]:
    """What comes to a real server: packets of clients as a director sends them on, and the directors' checks."""
    yield from _clients(one for one, _server in mine if one["forward"] != "nat")
    # A host has one address of each family.
    for family, own in sorted({(one["family"], server["address"]) for one, server in mine}):
        here = [(one, port) for one, server in mine if one["family"] == family for port in _own_ports(one, server)]
        directors = [address for host in view.directors if (address := view.address_of(host, family))]
        if any(one["forward"] == "tunnel" for one, _port in here):
            yield _opening("tunnels of the directors", family, _TUNNELS[family], directors, [own])
        for protocol in sorted({one["protocol"] for one, _port in here if one["forward"] == "nat"}):
            nat = [(one, port) for one, port in here if (one["forward"], one["protocol"]) == ("nat", protocol)]
            yield _opening(_of(one for one, _port in nat), family, protocol, (), [own], [port for _one, port in nat])
        looked_at = {(checks.speaks(one), one["check"]["port"] or port) for one, port in here if _is_checked(one)}
        for spoken in sorted({spoken for spoken, _port in looked_at}):
            ports = [port for other, port in looked_at if other == spoken] if spoken != "echo" else []
            yield _opening("checks of the directors", family, spoken, directors, [own], ports)


def _own_ports(service: Service, server: RealServer) -> list[int]:
    """The ports of a real server that packets of a service come to."""
    return [server["port"]] if server["port"] else service["ports"]


def _is_checked(service: Service) -> bool:
    """Whether directors look at what their own openings for clients do not have."""
    check = service["check"]
    if service["forward"] == "nat" and not check["port"] and checks.speaks(service) == service["protocol"]:
        return False
    return checks.kind_of(check).speaks != "" or bool(check["port"]) or service["protocol"] == "tcp"


def _challenges(view: ClusterView, host: str) -> Iterator[Opening]:
    """The other nodes ask for what the directory of a certificate wants to know."""
    nodes = serving_nodes(view) if by_directories(view) else []
    own = view.hosts[host]["address"]
    others = [address for one in nodes if one != host and (address := view.hosts[one]["address"])]
    if host in nodes and own:
        family = family_of(own)
        sources = [one for one in others if family_of(one) == family]
        if sources:
            port = view.data["nginx_challenge_port"]
            yield _opening("answers to directories of ACME", family, "tcp", sources, [own], [port])
