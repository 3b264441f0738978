# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of other origins: what a browser is told, and its question before a request."""

from __future__ import annotations

from typing import Iterator, Sequence

from .._model.routes import Condition, pattern
from .._model.shape_content import Cors
from .._model.shape_nginx import Route
from .directive import Directive, block, simple
from .spot import Spot

_FRONT = "Access-Control-"
# What an upstream says of it is in the way of what we say.
_NAMES = ("Allow-Origin", "Allow-Credentials", "Expose-Headers", "Allow-Methods", "Allow-Headers", "Max-Age")


def cors_maps(spot: Spot, route: Route) -> Iterator[Directive]:
    """At the level of http: the origin where it is a known one, else nothing; and each value likewise."""
    given = route["handling"].get("cors")
    if not given or given["origins"] == ["*"]:
        return
    texts = ["~" + pattern(Condition("header", "Origin", (one,)), one) for one in given["origins"]]
    known = [simple(text, "$http_origin") for text in texts]
    yield block("map", ["$http_origin", spot.variable("origin")], [simple("default", ""), *known])
    for name, value in _values(given).items():
        rows = [simple("default", value), simple("", "")]
        yield block("map", [spot.variable("origin"), _variable(spot, name)], rows)


def cors_headers(spot: Spot, route: Route, way: str) -> Iterator[Directive]:
    """In each location of the route, those of its errors as well. ``way``: the front of Nginx's directives."""
    given = route["handling"].get("cors")
    if given:
        if route["upstream"]:
            yield from (simple(way + "_hide_header", _FRONT + name) for name in _NAMES)
        yield from _said(spot, given, ("Allow-Credentials", "Expose-Headers"))


def preflight(spot: Spot, route: Route) -> Iterator[Directive]:
    """The question of a browser, which has no password with it, is answered before anybody asks for one."""
    given = route["handling"].get("cors")
    if given:
        said = _said(spot, given, ("Allow-Credentials", "Allow-Methods", "Allow-Headers", "Max-Age"))
        yield block("if", ["($lvs_preflight)"], [*said, simple("return", 204)])


def preflight_map() -> Directive:
    """At the level of http, where a site has CORS: a question names its origin and the method that it is about."""
    asked = "$request_method:$http_origin:$http_access_control_request_method"
    rows = [simple("default", 0), simple("~^OPTIONS:[^:].*:[^:]+$", 1)]
    return block("map", [asked, "$lvs_preflight"], rows)


def _said(spot: Spot, given: Cors, names: Sequence[str]) -> Iterator[Directive]:
    all_origins = given["origins"] == ["*"]
    yield simple("add_header", _FRONT + "Allow-Origin", "*" if all_origins else spot.variable("origin"), "always")
    for name, value in _values(given).items():
        if name in names:
            yield simple("add_header", _FRONT + name, value if all_origins else _variable(spot, name), "always")
    if not all_origins:
        # A cache must not give one origin what is for another.
        yield simple("add_header", "Vary", "Origin", "always")


def _variable(spot: Spot, name: str) -> str:
    return spot.variable("cors_" + name.lower())


def _values(given: Cors) -> dict[str, str]:
    """Header, without what is in front of all -> value; those without one are left out."""
    found = {
        "Allow-Credentials": "true" if given["credentials"] else "",
        "Expose-Headers": ", ".join(given["expose"]),
        "Allow-Methods": ", ".join(given["methods"]),
        "Allow-Headers": ", ".join(given["headers"]),
        "Max-Age": str(given["max_age"]),
    }
    return {name: value for name, value in found.items() if value}
