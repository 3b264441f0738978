# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx serves on each host, and what a director's check of itself asks it."""

from __future__ import annotations

from typing import Mapping

from .derive_cache import caches
from .derive_limits import limits
from .derive_proxy import plainest, proxy_ports
from .derive_routes import raw
from .derive_streams import OF_STREAMS, streams, used
from .derive_tls import challenges, site_tls, tls, tls_ports
from .derive_upstreams import upstreams
from .shape import CheckScript, HealthAddress
from .shape_content import Health
from .shape_nginx import NamesHash, Nginx, Route, Site
from .shape_streams import Stream
from .shape_tls import SiteTls
from .view import ClusterView, all_ports_of


def _sites(view: ClusterView, brought: set[int], routes: Mapping[str, list[Route]]) -> list[Site]:
    """The sites, by name, on the ports that services bring to a host; those on no such port are left out."""
    given = {
        name: site for name, site in sorted(view.data["sites"].items()) if brought.intersection(all_ports_of(site))
    }
    ports = {name: [port for port in site["ports"] if port in brought] for name, site in given.items()}

    def alone(name: str) -> bool:
        return sum(bool(set(ports[name]) & set(others)) for others in ports.values()) == 1

    return [
        {
            "name": name,
            "server_names": site["server_names"],
            "ports": ports[name],
            "tls": site_tls(site, brought),
            "default": site["default"] if site["default"] is not None else alone(name) or not site["server_names"],
            "maintenance": site["maintenance"],
            "aliases": site["aliases"],
            "alias_status": site["alias_status"],
            "log": site["log"],
            "routes": routes[name],
            "extra": raw("lvs_nginx_sites.%s.extra" % name, site["extra"]),
        }
        for name, site in given.items()
    ]


def http_ports(view: ClusterView) -> list[int]:
    """Every port of plain HTTP that Nginx serves on real servers: the same on each to which a service brings it."""
    brought = view.tcp_ports()
    return sorted({port for site in view.data["sites"].values() for port in site["ports"] if port in brought})


def nginx(view: ClusterView, host: str, routes: Mapping[str, list[Route]]) -> Nginx | None:
    """What a host's Nginx serves, with the routes of each site; None where it runs none."""
    on_directors = view.data["nginx_on_directors"]
    full = host in view.real_servers or (host in view.directors and on_directors == "real_server")
    health_path = view.data["health_path"]
    served = _sites(view, view.tcp_ports(host if host in view.real_servers else None), routes) if full else []
    passed = _streams(view, host) if full else []
    if served or passed:
        of_all = upstreams(view)
        return {
            "mode": "real_server",
            "health_path": health_path,
            "health": _health(view),
            "maintenance": view.hosts[host]["nginx_maintenance"],
            "ipv6": view.has_ipv6,
            "limits": limits(view.data["nginx_limits"]),
            "proxy_ports": proxy_ports(view),
            "status_port": view.data["nginx_status_port"],
            "tls": tls(view, served, passed),
            "challenges": challenges(view),
            "names_hash": _names_hash(served),
            "log_formats": view.data["log_formats"],
            "trusted_proxies": view.data["trusted_proxies"],
            "upstreams": [one for one in of_all if one["protocol"] != OF_STREAMS],
            "caches": caches(served, view.data["upstreams"], view.data["nginx_caches"]),
            "brotli": _has_brotli(served),
            "users": _users(served),
            "sites": served,
            "streams": passed,
            "stream_upstreams": [one for one in of_all if one["name"] in used(passed)],
            "extra": raw("lvs_nginx_extra", view.data["nginx_extra"]),
        }
    sorry = _sorry_sites(view)
    if host in view.directors and on_directors == "sorry" and sorry:
        return {
            "mode": "sorry",
            "health_path": health_path,
            "health": None,
            "maintenance": False,
            "ipv6": view.has_ipv6,
            "limits": limits(view.data["nginx_limits"]),
            "proxy_ports": proxy_ports(view),
            "status_port": view.data["nginx_status_port"],
            "tls": tls(view, sorry),
            "challenges": None,
            "names_hash": _names_hash(sorry),
            "log_formats": {},
            "trusted_proxies": view.data["trusted_proxies"],
            "upstreams": [],
            "caches": [],
            "brotli": False,
            "users": [],
            "sites": sorry,
            "streams": [],
            "stream_upstreams": [],
            "extra": [],
        }
    return None


def _streams(view: ClusterView, host: str) -> list[Stream]:
    """Those whose ports services bring to a host."""
    own = host if host in view.real_servers else None
    return streams(view, {protocol: view.ports_of(protocol, own) for protocol in ("tcp", "udp")})


def _health(view: ClusterView) -> Health | None:
    given = view.data["nginx_health"]
    if given["upstream"] is None:
        return None
    return {"upstream": given["upstream"], "path": given["path"], "host": given["host"], "timeout": given["timeout"]}


def _has_brotli(served: list[Site]) -> bool:
    given = [route["handling"].get("compression") for site in served for route in site["routes"]]
    return any(one and one["enabled"] and "brotli" in one["algorithms"] for one in given)


def _users(served: list[Site]) -> list[str]:
    basic = [route["handling"].get("basic_auth") for site in served for route in site["routes"]]
    return sorted({one["users"] for one in basic if one and one["enabled"] and one["users"]})


def _names_hash(served: list[Site]) -> NamesHash:
    """A bucket that holds two of the longest names, and so many buckets that it need not hold more.

    An entry is 18 bytes longer than its name (ngx_hash_elt_t and what ngx_hash.c adds). Smaller than Nginx's own
    defaults are none of the two.
    """
    names = [name for site in served for name in (*site["server_names"], *site["aliases"]) if not name.startswith("~")]
    longest = max(map(len, names), default=0)
    return {"bucket_size": max(64, _power(2 * (longest + 18))), "max_size": max(512, _power(4 * len(names)))}


def _power(least: int) -> int:
    """The smallest power of two that is not less."""
    return 1 << max(0, least - 1).bit_length()


def _sorry_sites(view: ClusterView) -> list[Site]:
    """A site for every port of plain HTTP that Nginx serves on the real servers, one for those with the PROXY protocol,
    and those with TLS, each with its certificates; all without an upstream."""
    proxied = set(proxy_ports(view))
    kinds = {"sorry": set(http_ports(view)) - proxied, "sorry.proxied": set(http_ports(view)) & proxied}
    sites = [_sorry_site(name, [], sorted(ports), None) for name, ports in kinds.items() if ports]
    for name, site in sorted(view.data["sites"].items()):
        speaks = site_tls(site, tls_ports(view))
        if speaks:
            speaks = {**speaks, "redirect": False, "hsts": None, "client_certificates": None}
            own = _sorry_site(name, [*site["server_names"], *site["aliases"]], [], speaks)
            sites.append({**own, "default": bool(site["default"]) or not site["server_names"]})
    return sites


def _sorry_site(name: str, names: list[str], ports: list[int], speaks: SiteTls | None) -> Site:
    return {
        "name": name,
        "server_names": names,
        "ports": ports,
        "tls": speaks,
        "default": True,
        "maintenance": None,
        "aliases": [],
        "alias_status": "301",
        "log": None,
        "routes": [],
        "extra": [],
    }


def check_script(view: ClusterView, nginx: Nginx | None) -> CheckScript | None:
    """What a director checks about itself and its ``nginx``; None where that is nothing."""
    script = view.data["check_script"]
    if script["enabled"] is False:
        return None
    http: HealthAddress | None = None
    ports = [port for site in nginx["sites"] for port in site["ports"]] if nginx else []
    if ports:
        proxied = proxy_ports(view)
        port = plainest(ports, proxied)
        path = view.data["health_path"]
        http = {"address": "127.0.0.1", "port": port, "path": path, "proxy": port in proxied}
    return {
        "interval": script["interval"],
        "timeout": script["timeout"],
        "fall": script["fall"],
        "rise": script["rise"],
        "weight": script["weight"],
        "restart": script["restart"],
        "http": http,
    }
