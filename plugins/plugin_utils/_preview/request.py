# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes a request: the hosts that it comes to, the site, the route, and what is done with it. Pure."""

from __future__ import annotations

import ipaddress
from typing import Iterator

from .._model.read import endpoint
from .._model.routes import conditions, covers_path, holds, winner
from .._model.server_names import Chosen, chosen, speaks_tls
from .._model.shape import Model, Service
from .._model.shape_nginx import Nginx, Route, Site
from .._model.shape_upstreams import UpstreamServer
from .._model.sides import CANARY, decided
from .._nginx.cache import used
from .._nginx.handling import redirect, rewrite
from .._nginx.tls import redirects, to_https
from .asked import NO_CLIENT, Asked, expanded, rewritten
from .limits import limits_told


def told(model: Model, asked: Asked) -> str:
    """The request, and below it what each host does with it; hosts that do the same stand together."""
    ports = _ports(model, asked.request.port)
    same: dict[str, list[str]] = {}
    for host, port in ports:
        words = "".join("    %s\n" % line for line in _by_host(model["hosts"][host]["nginx"], port, asked))
        same.setdefault("port %d:\n%s" % (port, words), []).append(host)
    lines = "".join("  %s, %s" % (", ".join(hosts), words) for words, hosts in same.items())
    if not ports:
        brought = sorted({port for service in _services(model) for port in service["ports"]})
        what = "  nothing: no TCP service has port %d; the services have: %s\n"
        lines = what % (asked.request.port, ", ".join(map(str, brought)) or "none")
    return "%s\n%s" % (asked.text, lines)


def _services(model: Model) -> Iterator[Service]:
    for mine in model["hosts"].values():
        for service in mine["director"]["services"] if mine["director"] else ():
            if service["protocol"] == "tcp":
                yield service


def _ports(model: Model, port: int) -> list[tuple[str, int]]:
    """(real server, its port) of every one that the services send a port's connections to, in the model's order."""
    found = {
        (server["host"], server["port"] or port)
        for service in _services(model)
        if port in service["ports"]
        for server in service["real_servers"]
    }
    order = list(model["hosts"])
    return sorted(found, key=lambda one: (order.index(one[0]), one[1]))


def _by_host(nginx: Nginx | None, port: int, asked: Asked) -> Iterator[str]:
    sites = nginx["sites"] if nginx else []
    for stream in nginx["streams"] if nginx else ():
        if stream["protocol"] == "tcp" and port in stream["ports"]:
            yield "stream %s passes it on as it is (lvs_nginx_streams.%s)" % (stream["name"], stream["name"])
            return
    tls = any(speaks_tls(site, port) for site in sites)
    if not nginx or not (tls or any(port in site["ports"] for site in sites)):
        yield "no site has the port: another program answers"
        return
    if tls != (asked.scheme == "https"):
        yield "HTTP on a port of HTTPS: 400" if tls else "HTTPS on a port of plain HTTP: the handshake fails"
        return
    found = chosen(sites, port, asked.request.host)
    if found is None:
        yield "no site has the name %s, and none is the default" % asked.request.host
    else:
        yield "site %s, %s (lvs_nginx_sites.%s)" % (
            sites[found.place]["name"], _by(found, sites[found.place]), sites[found.place]["name"],
        )  # fmt: skip
    if asked.request.path == nginx["health_path"] and not (tls and found is None):
        yield "the health address: 200, ok"
    elif found is None:
        yield "no answer: the %s" % ("handshake fails" if tls else "connection is closed")
    elif not tls and redirects(sites[found.place]):
        status, target = map(str, to_https(sites[found.place]).words)
        yield "redirect %s to %s" % (status, expanded(target, asked, port))
    elif found.alias:
        site = sites[found.place]
        address = "%s://%s%s%s" % (asked.scheme, site["server_names"][0], asked.named_port, asked.target)
        yield "redirect %s to %s" % (site["alias_status"], address)
    else:
        yield from _by_site(nginx, sites[found.place], port, asked)


def _by(found: Chosen, site: Site) -> str:
    if found.alias:
        return "by its alias %s" % found.by
    if found.by:
        return "by its name %s" % found.by
    return "the default for names that no site has" if site["server_names"] else "which is for all names"


def _by_site(nginx: Nginx, site: Site, port: int, asked: Asked) -> Iterator[str]:
    routes, request = site["routes"], asked.request
    closed = site["maintenance"]
    if closed and closed["enabled"]:
        bypass = closed["bypass"]
        yield "maintenance: 503" + (", but not to clients of %s" % ", ".join(bypass) if bypass else "")
    won = winner(routes, request)
    for route in routes[:won]:
        misses = [one for one in conditions(route) if not holds(one, request)]
        if misses and covers_path(route, request.path):
            asks = misses[0]
            yield "not route %s: %s does not fit" % (route["name"], " ".join(filter(None, (asks.kind, asks.name))))
            if asks.kind == "client" and request.client == NO_CLIENT:
                yield "    no client is given; use lvs_preview_request_client"
    if won is None:
        yield "no route: 404"
        return
    route = routes[won]
    yield "route %s (%s)" % (route["name"], route["source"])
    if _is_denied(route, request.client):
        if request.client == NO_CLIENT:
            yield "    allow and deny decide by the client; use lvs_preview_request_client"
        yield "answer 403: allow and deny keep the client out"
        return
    yield from limits_told(route, request.client)
    yield from _questions(route)
    yield from done(nginx, route, port, asked)
    if site["extra"] or route["extra"]:
        yield "raw lines (extra) of the site or the route may change this"


def _is_denied(route: Route, client: str) -> bool:
    """Of the networks in allow and deny that have the client the longest one decides; outside of all of them, allow."""
    allow, deny = route["handling"].get("allow") or [], route["handling"].get("deny") or []
    given = [(ipaddress.ip_network(one), False) for one in allow] + [(ipaddress.ip_network(one), True) for one in deny]
    address = ipaddress.ip_address(client)
    fitting = [(network.prefixlen, denied) for network, denied in given if address in network]
    return max(fitting)[1] if fitting else bool(allow)


def _questions(route: Route) -> Iterator[str]:
    """Who is asked before anything is done."""
    if route["client_certificate"]:
        yield "first a certificate of a client, else 403"
    basic, application = route["handling"].get("basic_auth"), route["handling"].get("auth_request")
    if basic and basic["enabled"]:
        yield "first a password of lvs_nginx_users.%s, else 401" % basic["users"]
    if application and application["enabled"]:
        yield "first upstream %s is asked at %s" % (application["upstream"], application["path"])


def done(nginx: Nginx, route: Route, port: int, asked: Asked) -> Iterator[str]:
    """What a route does with the request."""
    if route["redirect"]:
        status, target = map(str, redirect(route["redirect"]).words)
        yield "redirect %s to %s" % (status, expanded(target, asked, port))
    elif route["answer"]:
        body = route["answer"]["body"]
        words = "Nginx's own page" if body is None else repr(expanded(body, asked, port))
        yield "answer %d: %s" % (route["answer"]["status"], words)
    else:
        if route["static"]:
            yield "files below %s" % route["static"]["root"]
        if not route["upstream"]:
            return
        target = asked.target
        for line in rewrite(route):
            target = rewritten(str(line.words[0]), str(line.words[1]), asked, port)
        cache = used(route)
        if cache and asked.request.method in ("GET", "HEAD"):
            yield "first cache lvs_nginx_caches.%s is looked into" % cache["zone"]
        for name, why in _upstreams(route, asked):
            yield "upstream %s%s: %s %s" % (name, why, asked.request.method, target)
            for one in nginx["upstreams"]:
                if one["name"] == name:
                    yield "    %s of %s" % (one["method"], ", ".join(map(_server, one["servers"])))


def _upstreams(route: Route, asked: Asked) -> Iterator[tuple[str, str]]:
    """(name, why) of the upstream that gets the request, or of both where the client's share decides."""
    canary, stable = route["canary"], str(route["upstream"])
    if canary is None:
        yield stable, ""
        return
    told = decided(canary, asked.request)
    if told is None:
        yield canary["upstream"], ", the canary, for %g %% of the clients" % canary["percent"]
        yield stable, " for the others"
    else:
        side, why = told
        yield (canary["upstream"], ", the canary, by " + why) if side == CANARY else (stable, ", no canary, by " + why)


def _server(server: UpstreamServer) -> str:
    where = endpoint(server["address"], server["port"])
    return where + "".join(" (%s)" % name for name in ("backup", "down") if server[name])
