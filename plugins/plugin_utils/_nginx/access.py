# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come: networks, names and passwords, an application that is asked."""

from __future__ import annotations

from typing import Iterator

from .._model.shape_nginx import Route
from .directive import Directive, block, geo, simple
from .spot import Spot

USERS = "/etc/nginx/lvs-users"


def access_maps(spot: Spot, route: Route) -> Iterator[Directive]:
    """At the level of http. The longest network that has the address decides."""
    allow, deny = route["handling"].get("allow"), route["handling"].get("deny")
    if allow or deny:
        denied = {**dict.fromkeys(allow or (), 0), **dict.fromkeys(deny or (), 1)}
        yield geo(spot.variable("denied"), int(bool(allow)), denied)


def networks(spot: Spot, route: Route) -> Iterator[Directive]:
    """Not allow and deny of Nginx, which come too late for a return."""
    if route["handling"].get("allow") or route["handling"].get("deny"):
        yield block("if", ["(%s)" % spot.variable("denied")], [simple("return", 403)])


def asks_who(route: Route) -> bool:
    """Whether a request is let in only after a question, for which a return does not wait."""
    basic, asked = route["handling"].get("basic_auth"), route["handling"].get("auth_request")
    return bool((basic and basic["enabled"]) or (asked and asked["enabled"]))


def questions(spot: Spot, route: Route) -> Iterator[Directive]:
    basic, asked = route["handling"].get("basic_auth"), route["handling"].get("auth_request")
    if basic and basic["enabled"]:
        yield simple("auth_basic", basic["realm"])
        yield simple("auth_basic_user_file", "%s/%s" % (USERS, basic["users"]))
    if asked and asked["enabled"]:
        yield simple("auth_request", spot.inner("auth"))
        for name, value in answered(spot, route).items():
            yield simple("auth_request_set", value, "$upstream_http_" + name.lower().replace("-", "_"))


def answered(spot: Spot, route: Route) -> dict[str, str]:
    """Headers for the upstream, with what the application said; nothing where it said none, whatever the client did."""
    asked = route["handling"].get("auth_request")
    names = asked["headers"] if asked and asked["enabled"] else []
    return {name: spot.variable("told_%d" % number) for number, name in enumerate(names)}
