# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall has to let in: of VRRP, of clients and of the directors' checks, and nothing else."""

from __future__ import annotations

from typing import Iterable, Iterator

from .shape import Family, Firewall, Opening, Service
from .view import ClusterView, bare, families, family_of, host_addresses

# Where VRRP by multicast goes, and where IPv6 comes from then: an address of the link.
_GROUPS: dict[Family, str] = {"inet": "224.0.0.18", "inet6": "ff02::12"}
_LINK_LOCAL = "fe80::/10"
# The header in which a tunnel of IPVS packs a packet of the family.
_TUNNELS: dict[Family, str] = {"inet": "ipip", "inet6": "ipv6"}


def firewall(view: ClusterView, host: str, services: list[Service]) -> Firewall:
    """``services``: all of the cluster."""
    found: list[Opening] = []
    if host in view.directors:
        found += [*_vrrp(view, host), *_clients(services), *_own_clients(view), *_answers(services)]
    found += _behind(view, host, services)
    if view.hosts[host]["address6"] or ":" in (view.hosts[host]["address"] or ""):
        found.append(_opening("neighbours of IPv6", "inet6", "icmpv6"))
    return {"kind": view.hosts[host]["firewall"], "openings": _once(found)}


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


def _clients(services: list[Service]) -> Iterator[Opening]:
    """Clients of each VIP: IPVS sees a packet only after the host's own rules have let it in."""
    for (family, protocol, address), group in _grouped(services).items():
        why = "clients of %s" % ", ".join(sorted({one["service"] for one in group}))
        yield _opening(why, family, protocol, (), [address], [one["port"] for one in group])


def _own_clients(view: ClusterView) -> Iterator[Opening]:
    """Clients of each VIP where no service has one: its holder serves them itself."""
    for _name, vip in sorted(view.vips.items()) if view.serves_itself else ():
        for address in vip["addresses"]:
            ports = view.tcp_ports()
            yield _opening("clients of sites", family_of(address), "tcp", (), [bare(address)], ports)


def _grouped(services: Iterable[Service]) -> dict[tuple[Family, str, str], list[Service]]:
    found: dict[tuple[Family, str, str], list[Service]] = {}
    for one in services:
        found.setdefault((one["family"], one["protocol"], one["address"]), []).append(one)
    return found


def _answers(services: list[Service]) -> Iterator[Opening]:
    """With NAT a real server's answers pass a director, which writes the VIP into them."""
    for one in services:
        if one["forward"] == "nat" and one["real_servers"]:
            sources = [server["address"] for server in one["real_servers"]]
            ports = [server["port"] for server in one["real_servers"]]
            why = "answers of %s" % one["service"]
            yield _opening(why, one["family"], one["protocol"], sources, (), ports, "through")


def _behind(view: ClusterView, host: str, services: list[Service]) -> Iterator[Opening]:
    """What comes to a real server: packets of clients as a director sends them on, and the directors' checks."""
    mine = [(one, server) for one in services for server in one["real_servers"] if server["host"] == host]
    kept = [one for one, _server in mine if one["forward"] in ("dr", "tunnel")]
    for (family, protocol, address), group in _grouped(kept).items():
        why = "clients of %s" % ", ".join(sorted({one["service"] for one in group}))
        yield _opening(why, family, protocol, (), [address], [one["port"] for one in group])
    directors: dict[Family, list[str]] = {"inet": [], "inet6": []}
    for director in view.directors:
        for family, address in host_addresses(view.hosts[director]).items():
            directors[family].append(address)
    for one, server in mine:
        family, own, port = one["family"], server["address"], server["port"]
        if one["forward"] == "tunnel":
            yield _opening("tunnels of the directors", family, _TUNNELS[family], directors[family], [own])
        if one["forward"] == "nat":
            yield _opening("clients of %s" % one["service"], family, one["protocol"], (), [own], [port])
        elif one["protocol"] == "tcp":
            yield _opening("checks of the directors", family, "tcp", directors[family], [own], [port])
