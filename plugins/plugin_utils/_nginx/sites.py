# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server blocks of a host: the file conf.d/lvs-sites.conf as directives."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.shape_nginx import Nginx, Site
from . import canary, challenges, proxied, tls
from .access import access_maps, answered
from .bodies import body_maps, has_own_size
from .cache import cache_maps, cache_zones
from .clients import told, trusted
from .content import pages, static_maps
from .cors import cors_maps, preflight_map
from .directive import Directive, Line, Raw, block, simple, written
from .grpc import is_grpc
from .handling import behind, handled
from .limits import limit_maps
from .listens import first
from .logs import log_maps, site_log
from .maintenance import health, maintenance, maintenance_maps
from .mirror import mirror_maps
from .protection import security_maps
from .routing import Routing
from .settings import Settings
from .upstreams import upstream_maps


def sites_file(nginx: Nginx, settings: Settings) -> str:
    """The text of conf.d/lvs-sites.conf. Raises LvsError for what cannot be written."""
    settings = settings._replace(
        upstreams={one["name"]: one for one in nginx["upstreams"]},
        told={**told(nginx), **(tls.SUBJECT if tls.asks_clients(nginx) else {})},
        hsts=tls.hsts(nginx),
    )
    routings = {
        site["name"]: Routing(
            site,
            lambda route: bool(pages(route)) or is_grpc(route, settings),
            lambda route: has_own_size(route, settings),
        )
        for site in nginx["sites"]
    }
    maps = [one for routing in routings.values() for one in (*routing.maps(), *canary.maps(routing.routes))]
    maps += _content_maps(routings.values(), settings)
    maps += [one for site in nginx["sites"] for one in _closed(nginx, site)]
    maps += [one for site in nginx["sites"] for one in tls.hsts_maps(site)]
    lines: list[Line] = [
        simple("server_names_hash_bucket_size", nginx["names_hash"]["bucket_size"]),
        simple("server_names_hash_max_size", nginx["names_hash"]["max_size"]),
        *_room([*maps, *upstream_maps(nginx)], _set_names(routings.values())),
        *trusted(nginx),
        *tls.common(nginx),
        *cache_zones(nginx["caches"]),
        *(line for one in log_maps(nginx) for line in ("", one)),
        *(Raw(one["line"], one["source"]) for one in nginx["extra"]),
        *(line for one in maps for line in ("", one)),
        *challenges.upstream(nginx),
        *(line for site in nginx["sites"] for line in _to_https(nginx, site)),
        *(line for site in nginx["sites"] for line in ("", _server(nginx, site, routings[site["name"]], settings))),
        *(line for site in nginx["sites"] for line in _aliases(nginx, site, settings)),
        *(line for port in _open_ports(nginx["sites"]) for line in _refusing(nginx, port)),
        *tls.no_certificate(nginx, settings),
        *(line for port in tls.open_ports(nginx) for line in tls.refusing(nginx, port, settings)),
    ]
    return written(lines)


def _closed(nginx: Nginx, site: Site) -> Iterator[Directive]:
    return maintenance_maps(site, nginx["health_path"], nginx["challenges"] is not None)


def _content_maps(routings: Iterable[Routing], settings: Settings) -> Iterator[Directive]:
    found = [one for routing in routings for one in routing.spots()]
    yield from static_maps(route for _spot, route in found)
    yield from limit_maps(found)
    yield from security_maps(route for _spot, route in found)
    if any(route["handling"].get("cors") for _spot, route in found):
        yield preflight_map()
    for spot, route in found:
        yield from access_maps(spot, route)
        yield from cors_maps(spot, route)
        yield from mirror_maps(spot, route)
        yield from cache_maps(spot, route)
        yield from body_maps(spot, route, settings)


def _set_names(routings: Iterable[Routing]) -> list[str]:
    """Variables that no map makes."""
    found = [one for routing in routings for one in routing.spots()]
    return [name for spot, route in found for name in answered(spot, route).values()]


def _room(maps: list[Directive], others: list[str]) -> Iterator[Directive]:
    """Nginx's table of variables, where its own size does not do: 1024 of them. A bucket of its own size has room for
    one name of ours."""
    names = [*(str(one.words[-1]) for one in maps if one.block), *others]
    many = len(maps) + len(others)
    if many > 200:
        yield simple("variables_hash_max_size", 1024 << (many // 256).bit_length())
    if names:
        yield simple("variables_hash_bucket_size", 256)


def _own(nginx: Nginx) -> Iterator[Line]:
    """What every server block has."""
    yield from health(nginx)
    yield from challenges.location(nginx)


def _listens(nginx: Nginx, port: int, default: bool) -> Iterator[Directive]:
    words = [*(first(nginx) if default else []), *proxied.words(nginx, port)]
    yield simple("listen", port, *words)
    if nginx["ipv6"]:
        yield simple("listen", "[::]:%d" % port, *words)


def _to_https(nginx: Nginx, site: Site) -> Iterator[Line]:
    """Where plain HTTP of a site is for redirects alone."""
    if tls.redirects(site) and site["ports"]:
        yield ""
        lines: list[Line] = [line for port in site["ports"] for line in _listens(nginx, port, site["default"])]
        lines += proxied.client(nginx, site["ports"])
        names = [*site["server_names"], *site["aliases"]]
        lines += [simple("server_name", *(names or ["_"])), simple("set", "$lvs_site", site["name"])]
        yield block(
            "server",
            [],
            [*lines, *site_log(site), "", *_own(nginx), "", block("location", ["/"], [tls.to_https(site)])],
        )


def _all_listens(nginx: Nginx, site: Site, default: bool, settings: Settings) -> Iterator[Directive]:
    """What the routes of a site are served on."""
    for port in () if tls.redirects(site) else site["ports"]:
        yield from _listens(nginx, port, default)
    yield from tls.listens(nginx, site, default, settings)
    yield from tls.lines(nginx, site, settings)
    yield from proxied.client(nginx, proxied.ports_of(site))


def _server(nginx: Nginx, site: Site, routing: Routing, settings: Settings) -> Directive:
    lines: list[Line] = [*_all_listens(nginx, site, site["default"], settings)]
    lines += [simple("server_name", *(site["server_names"] or ["_"])), simple("set", "$lvs_site", site["name"])]
    lines += [*site_log(site), "", *_own(nginx), ""]
    if nginx["mode"] == "sorry":
        lines += _sorry()
    else:
        lines += maintenance(site)
        lines += routing.locations(
            lambda spot, route: handled(spot, route, settings), lambda spot, route: behind(spot, route, settings)
        )
    lines += [Raw(one["line"], one["source"]) for one in site["extra"]]
    return block("server", [], lines)


def _aliases(nginx: Nginx, site: Site, settings: Settings) -> Iterator[Line]:
    """Names that are sent to the first one of their site."""
    if site["aliases"]:
        yield ""
        lines: list[Line] = [*_all_listens(nginx, site, False, settings)]
        lines += [simple("server_name", *site["aliases"]), simple("set", "$lvs_site", site["name"])]
        lines += [*site_log(site), "", *_own(nginx), ""]
        scheme = settings.told["X-Forwarded-Proto"]
        address = "%s://%s$lvs_port$request_uri" % (scheme, site["server_names"][0])
        yield block("server", [], [*lines, block("location", ["/"], [simple("return", site["alias_status"], address)])])


def _sorry() -> list[Line]:
    return [
        "The sorry page: this director answers because no real server does.",
        simple("error_page", 503, "@lvs_sorry"),
        block(
            "location",
            ["@lvs_sorry"],
            [
                simple("root", "/etc/nginx/lvs-sorry"),
                simple("try_files", "/sorry.html", "=503"),
                simple("add_header", "Retry-After", 30, "always"),
                simple("add_header", "Cache-Control", "no-store", "always"),
            ],
        ),
        block("location", ["/"], [simple("return", 503)]),
    ]


def _open_ports(sites: list[Site]) -> list[int]:
    """Ports on which no site is the default server, ascending."""
    ports = {port for site in sites for port in site["ports"]}
    return sorted(ports - {port for site in sites if site["default"] for port in site["ports"]})


def _refusing(nginx: Nginx, port: int) -> Iterator[Line]:
    yield ""
    yield "No site is the default on port %d: unknown names get no answer, but the directors' checks do." % port
    lines = [*_listens(nginx, port, True), *proxied.client(nginx, [port]), simple("server_name", "_"), *_own(nginx)]
    yield block("server", [], [*lines, block("location", ["/"], [simple("return", 444)])])
