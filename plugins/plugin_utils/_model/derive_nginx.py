# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx serves on each host, and what a director's check of itself asks it."""

from __future__ import annotations

from .normal import SiteInput
from .shape import CheckScript, HealthAddress, Nginx, Site
from .view import ClusterView, family_of


def sites(view: ClusterView) -> list[Site]:
    """The sites of the real servers, by name."""
    given = dict(sorted(view.data["sites"].items()))
    return [
        {
            "name": name,
            "server_names": site["server_names"],
            "ports": view.ports_of(site),
            "default": _is_default(view, site, list(given.values())),
            "upstream": site["upstream"],
        }
        for name, site in given.items()
    ]


def _is_default(view: ClusterView, site: SiteInput, every: list[SiteInput]) -> bool:
    """As given; else where the site is alone on its ports."""
    if site["default"] is not None:
        return site["default"]
    ports = set(view.ports_of(site))
    return sum(bool(ports & set(view.ports_of(other))) for other in every) == 1


def sorry_ports(served: list[Site]) -> list[int]:
    """Every port that Nginx serves on the real servers."""
    return sorted({port for site in served for port in site["ports"]})


def nginx(view: ClusterView, host: str, served: list[Site]) -> Nginx | None:
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
    if full and served:
        given = sorted(view.data["upstreams"].items())
        return {
            "mode": "real_server",
            "health_path": health_path,
            "ipv6": ipv6,
            "upstreams": [{"name": name, **upstream} for name, upstream in given],
            "sites": served,
        }
    if host in view.directors and on_directors == "sorry" and sorry_ports(served):
        return {
            "mode": "sorry",
            "health_path": health_path,
            "ipv6": ipv6,
            "upstreams": [],
            "sites": [_sorry_site(served)],
        }
    return None


def _sorry_site(served: list[Site]) -> Site:
    """One site for every port that Nginx serves on the real servers, without an upstream."""
    return {"name": "sorry", "server_names": [], "ports": sorry_ports(served), "default": True, "upstream": None}


def check_script(view: ClusterView, served: list[Site]) -> CheckScript | None:
    """What a director checks about itself; None where that is nothing."""
    script = view.data["check_script"]
    if script["enabled"] is False:
        return None
    ports = sorry_ports(served)
    http: HealthAddress | None = None
    if view.data["nginx_on_directors"] != "none" and ports:
        http = {"address": "127.0.0.1", "port": ports[0], "path": view.data["health_path"]}
    return {
        "interval": script["interval"],
        "timeout": script["timeout"],
        "fall": script["fall"],
        "rise": script["rise"],
        "weight": script["weight"],
        "restart": script["restart"],
        "http": http,
    }
