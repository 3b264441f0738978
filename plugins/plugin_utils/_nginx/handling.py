# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a location does with a request: the lines of one route, each subject in a function of its own."""

from __future__ import annotations

from typing import Iterator

from .._model.routes import escaped
from .._model.shape_nginx import Answer, Redirect, Rewrite, Route
from .._model.shape_upstreams import Retries
from .content import behind_name, files, folder, hidden, not_found
from .directive import Directive, Line, Raw, block, simple
from .settings import Settings
from .sticky import sticky_cookie


def handled(index: int, route: Route, settings: Settings) -> list[Line]:
    """All lines of a location that handles a route."""
    lines: list[Line] = [*limits(route)]
    if route["redirect"]:
        lines += [*response_headers(route, settings), redirect(route["redirect"], settings.told["X-Forwarded-Proto"])]
    elif route["answer"]:
        lines += [*response_headers(route, settings), *answer(route["answer"])]
    elif route["static"]:
        given = route["static"]
        lines += [hidden(), *folder(given), *rewrite(route), *response_headers(route, settings), *files(index, given)]
    else:
        lines += [*rewrite(route), *proxied(route, settings), *response_headers(route, settings)]
    return [*lines, *raw(route)]


def behind(index: int, route: Route, settings: Settings) -> Iterator[Directive]:
    """Locations to which that of a route goes on."""
    if route["static"]:
        lines: list[Line] = [*limits(route), *folder(route["static"]), *not_found(route, route["static"])]
        if route["upstream"]:
            lines += proxied(route, settings)
        yield block("location", [behind_name(index)], [*lines, *response_headers(route, settings), *raw(route)])


def raw(route: Route) -> Iterator[Raw]:
    for one in route["extra"]:
        yield Raw(one["line"], one["source"])


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


def proxied(route: Route, settings: Settings) -> Iterator[Directive]:
    handling = route["handling"]
    yield simple("proxy_pass", "http://%s" % route["upstream"])
    yield simple("proxy_http_version", "1.1")
    yield from request_headers(route, settings)
    times = {
        "connect": handling.get("connect_timeout", settings.connect_timeout),
        "read": handling.get("read_timeout", settings.read_timeout),
        "send": handling.get("send_timeout", settings.send_timeout),
    }
    for name, value in times.items():
        yield simple("proxy_%s_timeout" % name, seconds(value))
    yield from retries(handling.get("retries"), settings)
    yield from sticky_cookie(route, settings)


def retries(given: Retries | None, settings: Settings) -> Iterator[Directive]:
    """Another server is tried, but never for a request that may have had an effect: without non_idempotent."""
    given = given or {"tries": None, "timeout": None, "on": ["error", "timeout"]}
    yield simple("proxy_next_upstream", *given["on"])
    yield simple("proxy_next_upstream_tries", given["tries"] or settings.next_upstream_tries)
    yield simple("proxy_next_upstream_timeout", seconds(given["timeout"] or settings.next_upstream_timeout))


def request_headers(route: Route, settings: Settings) -> Iterator[Directive]:
    given = route["handling"].get("request_headers") or {"set": {}, "remove": []}
    changed = {**given["set"], **dict.fromkeys(given["remove"], "")}
    letters = {name.lower() for name in changed}
    yield simple("proxy_set_header", "Connection", "$lvs_connection")
    yield simple("proxy_set_header", "Upgrade", "$http_upgrade")
    told = {name: value for name, value in settings.told.items() if name.lower() not in letters}
    for name, value in {**told, **changed}.items():
        yield simple("proxy_set_header", name, value)


def response_headers(route: Route, settings: Settings) -> Iterator[Directive]:
    """Nginx takes no header of an outer block where an inner one has any, so each location has them all."""
    if settings.node_header:
        yield simple("add_header", settings.node_header, settings.node, "always")
    given = route["handling"].get("response_headers")
    if given is None:
        return
    for name in sorted({*given["remove"], *given["set"]}) if route["upstream"] else ():
        yield simple("proxy_hide_header", name)
    for name, value in {**given["set"], **given["add"]}.items():
        yield simple("add_header", name, value, "always")


def seconds(value: float) -> str:
    """A time as Nginx reads it, which knows no fractions of a second."""
    return "%ds" % value if float(value).is_integer() else "%dms" % round(value * 1000)
