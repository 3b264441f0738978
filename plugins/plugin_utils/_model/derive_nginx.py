# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx serves on each host, and what a director's check of itself asks it."""

from __future__ import annotations

from .shape import CheckScript, HealthAddress, Nginx, Site
from .view import ClusterView, family_of


def _sites(view: ClusterView, brought: set[int]) -> list[Site]:
    """The sites, by name, on the ports that services bring to a host; those on no such port are left out."""
    given = {name: site for name, site in sorted(view.data["sites"].items()) if brought & set(site["ports"])}
    ports = {name: [port for port in site["ports"] if port in brought] for name, site in given.items()}

    def alone(name: str) -> bool:
        return sum(bool(set(ports[name]) & set(others)) for others in ports.values()) == 1

    return [
        {
            "name": name,
            "server_names": site["server_names"],
            "ports": ports[name],
            "default": alone(name) if site["default"] is None else site["default"],
            "upstream": site["upstream"],
        }
        for name, site in given.items()
    ]


def http_ports(view: ClusterView) -> list[int]:
    """Every port that Nginx serves on real servers: the same on each to which a service brings it."""
    brought = view.tcp_ports()
    return sorted({port for site in view.data["sites"].values() for port in site["ports"] if port in brought})


def nginx(view: ClusterView, host: str) -> Nginx | None:
    """What a host's Nginx serves; None where it runs none."""
    on_directors = view.data["nginx_on_directors"]
    full = host in view.real_servers or (host in view.directors and on_directors == "real_server")
    # Whether any service has an IPv6 address.
    ipv6 = any(
        family_of(address) == "inet6"
        for service in view.services.values()
        for address in view.vips[service["vip"]]["addresses"]
    )
    health_path = view.data["health_path"]
    served = _sites(view, view.tcp_ports(host if host in view.real_servers else None)) if full else []
    if served:
        given = sorted(view.data["upstreams"].items())
        return {
            "mode": "real_server",
            "health_path": health_path,
            "ipv6": ipv6,
            "upstreams": [{"name": name, **upstream} for name, upstream in given],
            "sites": served,
        }
    ports = http_ports(view)
    if host in view.directors and on_directors == "sorry" and ports:
        return {
            "mode": "sorry",
            "health_path": health_path,
            "ipv6": ipv6,
            "upstreams": [],
            "sites": [_sorry_site(ports)],
        }
    return None


def _sorry_site(ports: list[int]) -> Site:
    """One site for every port that Nginx serves on the real servers, without an upstream."""
    return {"name": "sorry", "server_names": [], "ports": ports, "default": True, "upstream": None}


def check_script(view: ClusterView, nginx: Nginx | None) -> CheckScript | None:
    """What a director checks about itself and its ``nginx``; None where that is nothing."""
    script = view.data["check_script"]
    if script["enabled"] is False:
        return None
    http: HealthAddress | None = None
    if nginx:
        port = min(port for site in nginx["sites"] for port in site["ports"])
        http = {"address": "127.0.0.1", "port": port, "path": view.data["health_path"]}
    return {
        "interval": script["interval"],
        "timeout": script["timeout"],
        "fall": script["fall"],
        "rise": script["rise"],
        "weight": script["weight"],
        "restart": script["restart"],
        "http": http,
    }
