# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a location does with a request: the lines of one route, each subject in a function of its own."""

from __future__ import annotations

from typing import Iterator, Mapping

from .._model.routes import escaped
from .._model.rules_content import OF_NGINX
from .._model.shape_content import AuthRequest
from .._model.shape_nginx import Answer, Redirect, Rewrite, Route
from .._model.shape_upstreams import Retries, Upstream
from . import canary, grpc
from .access import answered, asks_who, networks, questions
from .bodies import any_length, body_looked_at
from .cache import cached
from .compression import compression
from .content import NOTHING, error_page, error_pages, files, folder, hidden, not_found, pages
from .cors import cors_headers, preflight
from .directive import Directive, Line, Raw, block, simple
from .limits import bandwidth, is_counted, request_limits
from .mirror import copied, kept_path, mirror_location, mirror_of
from .protection import security_headers
from .protocols import header, passed, way_to
from .settings import Settings
from .spot import Spot
from .sticky import sticky_cookie
from .tls import client_asked


def handled(spot: Spot, route: Route, settings: Settings) -> list[Line]:
    """All lines of a location that handles a route: first who may come, then what is done."""
    lines: list[Line] = [*told_to_logs(route), *body_looked_at(spot, route, settings), *kept_path(route)]
    lines += [*limits(route), *_traffic(spot, route)]
    lines += [*client_asked(route), *networks(spot, route), *preflight(spot, route), *questions(spot, route)]
    lines += request_limits(spot, route)
    given = route["static"]
    if _ends_late(route):
        # Files come after questions and limits, a return before. So nothing is looked for, and the rest is behind it.
        lines.append(simple("try_files", NOTHING, spot.behind))
    elif _ends(route):
        lines += [*response_headers(spot, route, settings), *_end(route, settings)]
    elif given:
        lines += [hidden(), *folder(given), *rewrite(route)]
        lines += [*response_headers(spot, {**route, "upstream": None}, settings), *files(spot, given)]
    else:
        lines += [*copied(spot, route), *rewrite(route)]
        lines += [*proxied(spot, route, settings), *response_headers(spot, route, settings)]
    return [*lines, *error_pages(spot, route), *grpc.errors(spot, route, settings), *raw(route)]


def behind(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    """Locations to which that of a route goes on."""
    lines: list[Line] = [*limits(route), *_traffic(spot, route)]
    if route["static"]:
        lines += [*folder(route["static"]), *not_found(route, route["static"], settings.told["X-Forwarded-Proto"])]
        if route["upstream"]:
            lines += [*copied(spot, route), *proxied(spot, route, settings)]
    elif _ends_late(route):
        lines += _end(route, settings)
    if route["static"] or _ends_late(route):
        lines += [*response_headers(spot, route, settings), *error_pages(spot, route)]
        lines += [*grpc.errors(spot, route, settings), *raw(route)]
        yield block("location", [spot.behind], lines)
    asked = route["handling"].get("auth_request")
    if asked and asked["enabled"]:
        yield block("location", ["=", spot.inner("auth")], _asked(asked, route, settings))
    bare = [*any_length(route, settings), *_traffic(spot, route)]
    bare += [*response_headers(spot, {**route, "upstream": None}, settings)]
    for status, page in pages(route).items():
        inside = [simple("internal"), *bare, *error_page(status, page)]
        yield block("location", ["=", spot.inner(status)], inside)
    yield from grpc.error_location(spot, route, bare, settings)
    mirror = mirror_of(route)
    if mirror:
        upstream = settings.upstreams[route["upstream"] or ""]
        told = [*limits(route), *request_headers(route, answered(spot, route), upstream, settings)]
        yield from mirror_location(spot, route, told, rewrite(route), seconds(mirror["timeout"]))


def _ends(route: Route) -> bool:
    return bool(route["redirect"] or route["answer"])


def _ends_late(route: Route) -> bool:
    """Whether a request may still be refused where a return would have answered it."""
    return _ends(route) and (asks_who(route) or is_counted(route))


def _traffic(spot: Spot, route: Route) -> Iterator[Directive]:
    """What is for each location of a route."""
    yield from compression(route)
    yield from bandwidth(spot, route)


def _end(route: Route, settings: Settings) -> Iterator[Directive]:
    if route["redirect"]:
        yield redirect(route["redirect"], settings.told["X-Forwarded-Proto"])
    elif route["answer"]:
        yield from answer(route["answer"])


def _asked(given: AuthRequest, route: Route, settings: Settings) -> Iterator[Directive]:
    """What is asked; its body is an empty one by itself. Of the answers 401 and 403 are the client's."""
    yield simple("internal")
    yield from any_length(route, settings)
    yield simple("proxy_pass", "http://%s%s" % (given["upstream"], given["path"]))
    yield simple("proxy_http_version", "1.1")
    told = {"Connection": "", "Upgrade": "", "Content-Length": "", **settings.told, "X-Original-URI": "$request_uri"}
    told["X-Original-Method"] = "$request_method"
    for name, value in {**told, **dict.fromkeys(given["headers"], "")}.items():
        yield simple("proxy_set_header", name, value)
    yield from times(route, settings)


def raw(route: Route) -> Iterator[Raw]:
    for one in route["extra"]:
        yield Raw(one["line"], one["source"])


def told_to_logs(route: Route) -> Iterator[Directive]:
    """Before anything else, which may end what Nginx does here."""
    yield simple("set", "$lvs_route", route["name"])
    if route["canary"] is not None:
        yield simple("set", "$lvs_side", canary.side(route["canary"]))


def limits(route: Route) -> Iterator[Directive]:
    if "max_body" in route["handling"]:
        yield simple("client_max_body_size", route["handling"]["max_body"])


def redirect(given: Redirect, scheme: str = "$scheme") -> Directive:
    """The address that the client is sent to; of what is not given that of the request. ``scheme``: the client's."""
    if given["to"]:
        if given["to"].startswith("/"):
            return simple("return", given["status"], "%s://$host$lvs_port%s" % (scheme, given["to"]))
        bare = given["to"].partition("://")[2]
        whole = given["to"] if not bare or "/" in bare else given["to"] + "$request_uri"
        return simple("return", given["status"], whole)
    host = given["host"] or "$host"
    if ":" in host:
        host = "[%s]" % host
    return simple(
        "return",
        given["status"],
        "%s://%s$lvs_port%s" % (given["scheme"] or scheme, host, given["path"] or "$request_uri"),
    )


def answer(given: Answer) -> Iterator[Directive]:
    if given["body"] is None:
        yield simple("return", given["status"])
    else:
        # The type would be that of the path's ending.
        yield block("types", [], [])
        yield simple("default_type", given["media_type"])
        yield simple("return", given["status"], given["body"])


def rewrite(route: Route) -> Iterator[Directive]:
    """The path that the upstream sees. Without a change it is the client's, letter for letter."""
    given: Rewrite | None = route["rewrite"]
    if given is None:
        return
    if given["pattern"] is not None and given["to"] is not None:
        yield simple("rewrite", given["pattern"], given["to"], "break")
        return
    added = (given["add"] or "").rstrip("/")
    stripped = route["path"].rstrip("/") if given["strip"] else ""
    yield simple("rewrite", r"^%s(?:/+([\s\S]*))?$" % escaped(stripped), added + "/$1", "break")


def proxied(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    upstream = settings.upstreams[route["upstream"] or ""]
    way = way_to(upstream)
    yield from passed({**upstream, "name": canary.upstream(route)}, settings)
    yield from request_headers(route, answered(spot, route), upstream, settings)
    yield from cached(spot, route, upstream, settings)
    for name in ("buffering", "request_buffering", "intercept_errors") if way != "grpc" else ():
        if name in route["handling"]:
            yield simple("%s_%s" % (way, name), "on" if route["handling"].get(name) else "off")
    yield from times(route, settings, way)
    if grpc.is_grpc(route, settings):
        yield from grpc.lasting(route, seconds(route["handling"].get("read_timeout", settings.read_timeout)))
    yield from sticky_cookie(route, settings)
    yield from canary.cookie(route)


def times(route: Route, settings: Settings, way: str = "proxy") -> Iterator[Directive]:
    handling = route["handling"]
    limits = {
        "connect": handling.get("connect_timeout", settings.connect_timeout),
        "read": handling.get("read_timeout", settings.read_timeout),
        "send": handling.get("send_timeout", settings.send_timeout),
    }
    for name, value in limits.items():
        yield simple("%s_%s_timeout" % (way, name), seconds(value))
    yield from retries(way, handling.get("retries"), settings)


def retries(way: str, given: Retries | None, settings: Settings) -> Iterator[Directive]:
    """Another server is tried, but never for a request that may have had an effect: without non_idempotent."""
    given = given or {"tries": None, "timeout": None, "faults": ["error", "timeout"]}
    yield simple(way + "_next_upstream", *given["faults"])
    yield simple(way + "_next_upstream_tries", given["tries"] or settings.next_upstream_tries)
    yield simple(way + "_next_upstream_timeout", seconds(given["timeout"] or settings.next_upstream_timeout))


def request_headers(
    route: Route, answered: Mapping[str, str], upstream: Upstream, settings: Settings
) -> Iterator[Directive]:
    given = route["handling"].get("request_headers") or {"set": {}, "remove": []}
    ours = {name.lower() for name in answered}
    own = {**given["set"], **dict.fromkeys(given["remove"], "")}
    changed = {**{name: value for name, value in own.items() if name.lower() not in ours}, **answered}
    letters = {name.lower() for name in changed}
    if way_to(upstream) == "proxy":
        yield simple("proxy_set_header", "Connection", "$lvs_connection")
        yield simple("proxy_set_header", "Upgrade", "$lvs_upgrade")
    told = {name: value for name, value in settings.told.items() if name.lower() not in letters}
    for name, value in {**told, **changed}.items():
        yield header(upstream, name, value)


def response_headers(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    """Nginx takes no header of an outer block where an inner one has any, so each location has them all."""
    if settings.node_header:
        yield simple("add_header", settings.node_header, settings.node, "always")
    if spot.site in settings.hsts:
        yield simple("add_header", "Strict-Transport-Security", settings.hsts[spot.site], "always")
    way = way_to(settings.upstreams[route["upstream"]]) if route["upstream"] else ""
    yield from cors_headers(spot, route, way)
    yield from security_headers(route)
    given = route["handling"].get("response_headers")
    if given is None:
        return
    for name in sorted({*given["remove"], *given["set"]}) if route["upstream"] else ():
        yield simple(way + "_hide_header", name)
    for name, value in {**given["set"], **given["add"]}.items():
        if route["upstream"] or name.lower() not in OF_NGINX:
            yield simple("add_header", name, value, "always")


def seconds(value: float) -> str:
    """A time as Nginx reads it, which knows no fractions of a second."""
    return "%ds" % value if float(value).is_integer() else "%dms" % round(value * 1000)
