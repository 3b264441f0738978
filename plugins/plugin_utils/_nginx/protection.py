# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers that tell browsers what a page may not do. Those of the application go first: it knows its pages."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping

from .._model.shape_nginx import Route
from .directive import Directive, block, simple, variable

_ISOLATED = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
# What breaks no page, and what a page has to be made for.
PROFILES: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "basic": {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    },
    "strict": {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": _ISOLATED,
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    },
}


def security_maps(routes: Iterable[Route]) -> Iterator[Directive]:
    """At the level of http: each header, where the upstream did not send it."""
    for profile in sorted({_profile(route) for route in routes if route["upstream"]}):
        for name, value in PROFILES[profile].items():
            sent = "$upstream_http_" + name.lower().replace("-", "_")
            rows = [simple("default", ""), simple("", value)]
            yield block("map", [sent, _variable(profile, name)], rows)


def security_headers(route: Route) -> Iterator[Directive]:
    """In each location of a route, those of its errors as well; without those that the operator writes."""
    given = route["handling"].get("response_headers")
    own = {name.lower() for name in (*given["set"], *given["add"], *given["remove"])} if given else set()
    for name, value in PROFILES[_profile(route)].items():
        if name.lower() not in own:
            yield simple("add_header", name, _variable(_profile(route), name) if route["upstream"] else value, "always")


def _profile(route: Route) -> str:
    return route["handling"].get("security_headers", "none")


def _variable(profile: str, name: str) -> str:
    return "$" + variable("security", profile, name.lower())
