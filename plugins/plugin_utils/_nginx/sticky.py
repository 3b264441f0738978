# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sticky sessions: a cookie's value selects the server, so every node selects the same one and none keeps a table.

A client without the cookie gets one with the id of its request, which has selected its server already.
"""

from __future__ import annotations

from typing import Iterator

from .._model.shape_nginx import Route
from .._model.shape_upstreams import Sticky
from .directive import Directive, block, simple, variable
from .settings import Settings


def sticky_key(name: str) -> str:
    """The variable whose hash selects a server of an upstream."""
    return variable("upstream", name, "key")


def _cookie(name: str) -> str:
    """The variable with the cookie for a client that has none; else it is empty."""
    return variable("upstream", name, "cookie")


def sticky_maps(name: str, given: Sticky) -> Iterator[Directive]:
    sent = "$cookie_%s" % given["cookie"].lower()
    yield block("map", [sent, "$" + sticky_key(name)], [simple("default", sent), simple("", "$request_id")])
    yield block("map", [sent, "$" + _cookie(name)], [simple("default", ""), simple("", _words(given))])


def _words(given: Sticky) -> str:
    words = ["%s=$request_id" % given["cookie"], "Path=%s" % given["path"]]
    if given["max_age"] is not None:
        words.append("Max-Age=%d" % given["max_age"])
    words += ["Secure"] if given["secure"] else []
    return "; ".join([*words, "HttpOnly", "SameSite=%s" % given["same_site"].capitalize()])


def sticky_cookie(route: Route, settings: Settings) -> Iterator[Directive]:
    """In a location. Nginx leaves out a header whose value is empty."""
    for name in (route["upstream"], route["canary"]["upstream"] if route["canary"] else None):
        upstream = settings.upstreams.get(name or "")
        if upstream and upstream["sticky"]:
            yield simple("add_header", "Set-Cookie", "$" + _cookie(upstream["name"]), "always")
