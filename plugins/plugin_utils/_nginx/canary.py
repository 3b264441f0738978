# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary of a route: which of two upstreams gets a request.

`$lvs_…side` is `canary` or `stable`. Nginx asks what the operator listed, as one row of 0 and 1 in which the first 1
decides; where there is none, a hash of what the client is known by decides. The canary has the low end of the hash, so
a larger share keeps all who were there. Nothing of it depends on the node.
"""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.routes import escaped
from .._model.shape_nginx import Canary, Route
from .._model.sides import CANARY, STABLE, has_share, listed
from .directive import Directive, Line, block, geo, simple, variable
from .routing import tested

# What Nginx writes into its cookie: $request_id.
_OURS = "[0-9a-f]{32}"


def maps(routes: Iterable[Route]) -> Iterator[Directive]:
    """At the level of http: all that the canaries of these routes need, each once."""
    seen: set[str] = set()
    for route in routes:
        canary = route["canary"]
        if canary is not None and _is_open(canary) and side(canary) not in seen:
            seen.add(side(canary))
            yield from _maps(canary)
            rows = [simple(STABLE, str(route["upstream"])), simple(CANARY, canary["upstream"])]
            yield block("map", [side(canary), _variable(canary, "upstream")], rows)


def side(canary: Canary) -> str:
    """The word for the side that a request is on: one of the two, or a variable."""
    if _is_open(canary):
        return _variable(canary, "side")
    return CANARY if canary["percent"] else STABLE


def upstream(route: Route) -> str:
    """The word for the name of the upstream that gets a request of a route."""
    canary = route["canary"]
    if canary is None:
        return str(route["upstream"])
    if _is_open(canary):
        return _variable(canary, "upstream")
    return canary["upstream"] if canary["percent"] else str(route["upstream"])


def cookie(route: Route) -> Iterator[Directive]:
    """The cookie by which a client is known the next time; a client that has one gets none."""
    canary = route["canary"]
    if canary is not None and canary["by"] == "cookie" and has_share(canary):
        yield simple("add_header", "Set-Cookie", _variable(canary, "cookie"), "always")


def _is_open(canary: Canary) -> bool:
    """Whether not all requests are on the same side."""
    return has_share(canary) or bool(list(listed(canary)) or canary["clients"] or canary["never"]["clients"])


def _name(canary: Canary, what: str) -> str:
    return variable(canary["site"], "canary", *([] if canary["route"] is None else [canary["route"]]), what)


def _variable(canary: Canary, what: str) -> str:
    return "$" + _name(canary, what)


def _maps(canary: Canary) -> Iterator[Directive]:
    """The side, by what is listed and else by the share; the maps that it needs before it."""
    flags: list[str] = []
    choices: list[Line] = []
    for number, (name, condition) in enumerate(listed(canary)):
        flag = _name(canary, "is%d" % number)
        yield tested(condition, flag)
        choices.append(simple("~^%s1" % ("." * len(flags)), name))
        flags.append(flag)
    if canary["clients"] or canary["never"]["clients"]:
        flag = _name(canary, "client")
        yield _networks(canary, flag)
        choices += [simple("~%d$" % number, name) for number, name in ((1, CANARY), (2, STABLE))]
        flags.append(flag)
    by_share = CANARY if canary["percent"] else STABLE
    if has_share(canary):
        by_share = _variable(canary, "share" if flags else "side")
        yield from _keys(canary)
        rows = [simple("%s%%" % canary["percent"], CANARY), simple("*", STABLE)]
        yield block("split_clients", [canary["upstream"] + "=" + _key(canary), by_share], rows)
    if flags:
        row = "".join("${%s}" % flag for flag in flags)
        yield block("map", [row, _variable(canary, "side")], [simple("default", by_share), *choices])


def _networks(canary: Canary, name: str) -> Directive:
    """1: to the canary, 2: not there, 0: neither. Of networks within each other Nginx takes the narrower one."""
    return geo("$" + name, 0, {**dict.fromkeys(canary["clients"], 1), **dict.fromkeys(canary["never"]["clients"], 2)})


def _key(canary: Canary) -> str:
    """The word for what a client is known by."""
    return "$remote_addr" if canary["by"] == "client" else _variable(canary, "key")


def _keys(canary: Canary) -> Iterator[Directive]:
    """The maps behind that word; of a cookie also the one that sets it."""
    kind, _colon, header = canary["by"].partition(":")
    if kind == "header":
        subject = "$http_" + header.lower().replace("-", "_")
        yield block("map", [subject, _key(canary)], [simple("default", subject), simple("", "$remote_addr")])
    elif kind == "cookie":
        name, age = canary["cookie_name"], canary["cookie_max_age"]
        ours = "~(?:^|; ?)%s=(%s)(?:;|$)" % (escaped(name), _OURS)
        yield block("map", ["$http_cookie", _key(canary)], [simple("default", "$request_id"), simple(ours, "$1")])
        line = "%s=$request_id; Path=/; %sHttpOnly; SameSite=Lax" % (name, "Max-Age=%d; " % age if age else "")
        yield block("map", ["$http_cookie", _variable(canary, "cookie")], [simple("default", line), simple(ours, "")])
