# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a body may be. Nginx looks at its length where a request comes in, before a route is chosen by more than
its path. There it takes every length, and the location of the route looks at it itself."""

from __future__ import annotations

from typing import Iterator

from .._model.shape_nginx import Route
from .content import pages
from .directive import Directive, block, simple
from .grpc import is_grpc
from .settings import Settings
from .spot import Spot

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_NAME = "large"


def has_own_size(route: Route, settings: Settings) -> bool:
    """Whether what holds for all of Nginx, or what it says then, does not hold for a route."""
    return "max_body" in route["handling"] or is_grpc(route, settings) or "413" in pages(route)


def body_maps(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    """At the level of http: 1 where the length is above the limit."""
    limit = _limit(route, settings)
    if spot.looks and limit:
        rows = [simple("default", 0), simple("~^0*(?:%s)$" % "|".join(_above(str(limit))), 1)]
        yield block("map", ["$content_length", spot.variable(_NAME)], rows)


def body_looked_at(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    """In the location of a route. A body without a length is counted by Nginx when it comes."""
    if spot.looks and _limit(route, settings):
        yield block("if", ["(%s)" % spot.variable(_NAME)], [simple("return", 413)])


def any_length(route: Route, settings: Settings) -> Iterator[Directive]:
    """In locations inside, which requests come to for another thing than their body."""
    if has_own_size(route, settings):
        yield simple("client_max_body_size", 0)


def _limit(route: Route, settings: Settings) -> int:
    """In bytes; 0: none."""
    size = route["handling"].get("max_body") or ("0" if is_grpc(route, settings) else settings.max_body)
    return int(size.rstrip("kmgKMG")) * _UNITS.get(size[-1:].lower(), 1)


def _above(digits: str) -> Iterator[str]:
    """Expressions for the numbers above one."""
    yield "[1-9][0-9]{%d,}" % len(digits)
    for place, digit in enumerate(digits):
        if digit != "9":
            rest = len(digits) - place - 1
            yield "%s[%d-9]%s" % (digits[:place], int(digit) + 1, "[0-9]{%d}" % rest if rest else "")
