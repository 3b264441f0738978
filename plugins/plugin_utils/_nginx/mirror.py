# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shadow traffic: copies of requests for another upstream, whose answers nobody sees."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.shape_nginx import Mirror, Route
from .directive import Directive, Line, block, simple
from .spot import Spot

_NAME = "mirror"
# Each is what a client must not send to an application that it does not talk to: its answer would be no answer.
_UPGRADE = ("Connection", "Upgrade")


def mirror_of(route: Route) -> Mirror | None:
    """The mirror of a route that sends something there."""
    given = route["handling"].get("mirror")
    return given if given and given["percent"] and route["upstream"] else None


def mirror_maps(spot: Spot, route: Route) -> Iterator[Directive]:
    """At the level of http: whether a request is copied; each is drawn by itself, whoever sends it."""
    given = mirror_of(route)
    if given and given["percent"] < 100:
        rows = [simple("%s%%" % given["percent"], 1), simple("*", 0)]
        yield block("split_clients", ["mirror=$request_id", spot.variable(_NAME)], rows)


def kept_path(route: Route) -> Iterator[Directive]:
    """The path before a rewrite, which the copy has to begin with again."""
    if mirror_of(route) and route["rewrite"]:
        yield simple("set", "$lvs_path", "$uri")


def copied(spot: Spot, route: Route) -> Iterator[Directive]:
    """In the location that sends the request to the application."""
    given = mirror_of(route)
    if given:
        yield simple("mirror", spot.inner(_NAME))
        if not given["body"]:
            yield simple("mirror_request_body", "off")


def mirror_location(
    spot: Spot, route: Route, headers: Iterable[Directive], rewrite: Iterable[Directive], time: str
) -> Iterator[Directive]:
    """The location from which the copy goes out, once and with little patience: the client's connection waits for it
    before it takes another request. ``time``: as Nginx writes it."""
    given = mirror_of(route)
    if not given:
        return
    lines: list[Line] = [simple("internal")]
    if given["percent"] < 100:
        lines.append(block("if", ["(" + spot.variable(_NAME), "=", "0)"], [simple("return", 204)]))
    if route["rewrite"]:
        lines += [simple("rewrite", "^", "$lvs_path"), *rewrite, simple("break")]
    lines.append(simple("proxy_pass", "http://%s%s" % (given["upstream"], "" if route["rewrite"] else "$request_uri")))
    lines.append(simple("proxy_http_version", "1.1"))
    lines += [one for one in headers if one.words[0] not in _UPGRADE]
    lines += [simple("proxy_set_header", name, "") for name in _UPGRADE]
    if not given["body"]:
        lines.append(simple("proxy_set_header", "Content-Length", ""))
    lines += [simple("proxy_%s_timeout" % name, time) for name in ("connect", "read", "send")]
    lines.append(simple("proxy_next_upstream", "off"))
    yield block("location", ["=", spot.inner(_NAME)], lines)
