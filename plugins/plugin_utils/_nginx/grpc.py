# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gRPC needs besides its directives: calls that last, and errors that its clients read."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.shape_nginx import Route
from .._model.ways import GRPC
from .directive import Directive, Line, block, simple
from .settings import Settings
from .spot import Spot

_NAME = "grpc"
# Status of HTTP, where Nginx itself answers with it -> that of gRPC: 4 the deadline, 7 no permission, 8 too much, 12
# not there, 13 a fault of ours, 14 not available, 16 not known who it is.
_CODES = {401: 16, 403: 7, 404: 12, 413: 8, 429: 8, 500: 13, 502: 14, 503: 14, 504: 4}


def is_grpc(route: Route, settings: Settings) -> bool:
    """Whether servers of gRPC answer the requests of a route."""
    upstream = settings.upstreams.get(route["upstream"] or "")
    return upstream is not None and upstream["protocol"] in GRPC


def lasting(route: Route, time: str) -> Iterator[Directive]:
    """A client may stream for long and be silent for ``time``, as a server may; Nginx has no end of its own for it."""
    if "max_body" not in route["handling"]:
        yield simple("client_max_body_size", 0)
    yield simple("client_body_timeout", time)


def errors(spot: Spot, route: Route, settings: Settings) -> Iterator[Directive]:
    """In each location of a route: what Nginx answers itself is an answer of gRPC."""
    if is_grpc(route, settings):
        limits = route["handling"].get("limits")
        codes = {**_CODES, **({int(limits["status"]): 8} if limits else {})}
        for status, code in sorted(codes.items()):
            place = "%s?status=%d&was=%d" % (spot.inner(_NAME), code, status)
            yield simple("error_page", status, "=200", place)


def error_location(spot: Spot, route: Route, headers: Iterable[Directive], settings: Settings) -> Iterator[Directive]:
    """The location of that answer. A client learns all from its headers, and there is nothing behind them."""
    if is_grpc(route, settings):
        lines: list[Line] = [simple("internal"), *headers]
        lines += [block("types", [], []), simple("default_type", "application/grpc")]
        lines.append(simple("add_header", "grpc-status", "$arg_status", "always"))
        lines.append(simple("add_header", "grpc-message", "Nginx: $arg_was", "always"))
        lines.append(simple("return", 200, ""))
        yield block("location", ["=", spot.inner(_NAME)], lines)
