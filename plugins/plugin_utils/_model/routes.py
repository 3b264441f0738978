# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which route of a site takes a request: the first one of the list that fits it.

Rules, Nginx's configuration and preview all ask here, so that they cannot differ. Nginx chooses a location by the path
before anything else; so each location gets the routes that fit its path, in the order of the list, and the other
conditions decide between them.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from typing import Mapping, NamedTuple, Sequence
from urllib.parse import unquote

from .shape_nginx import RouteMatch


class Condition(NamedTuple):
    """One thing that a request must have. ``kind``: path, method, header, cookie, query or client.

    ``name`` is that of the header, cookie or argument; one of ``values`` must fit: a text, ``~`` and a regular
    expression, or for client a network.
    """

    kind: str
    name: str
    values: tuple[str, ...]


class Place(NamedTuple):
    """A location of Nginx: the one path, or all that begin with it; ``routes``: those that fit there, by index.

    The last of them fits every request there, or nothing does.
    """

    exact: bool
    path: str
    routes: tuple[int, ...]


class Request(NamedTuple):
    """A request as conditions see it. ``path`` is decoded; names of ``headers`` are in small letters."""

    method: str
    host: str
    port: int
    path: str
    query: str
    headers: Mapping[str, str]
    client: str


def conditions(route: RouteMatch) -> tuple[Condition, ...]:
    """All that a route asks for besides a path that is no regular expression."""
    found = [Condition("path", "", (route["path"],))] if _is_regex(route) else []
    if route["methods"]:
        found.append(Condition("method", "", tuple(sorted(route["methods"]))))
    for kind, values in (("header", route["headers"]), ("cookie", route["cookies"]), ("query", route["query"])):
        found += [Condition(kind, name, (value,)) for name, value in sorted(values.items())]
    if route["clients"]:
        found.append(Condition("client", "", tuple(sorted(route["clients"]))))
    return tuple(found)


def places(routes: Sequence[RouteMatch]) -> list[Place]:
    """The locations of a site, by path, with the routes that can win there."""
    asked = [frozenset(conditions(route)) for route in routes]
    spots = sorted({(False, "/"), *(spot for route in routes for spot in _spots(route))}, key=lambda one: one[::-1])
    found = []
    for exact, path in spots:
        fitting: list[int] = []
        for index, route in enumerate(routes):
            if _covers(route, exact, path) and not any(asked[other] <= asked[index] for other in fitting):
                fitting.append(index)
        found.append(Place(exact, path, tuple(fitting)))
    return found


def _spots(route: RouteMatch) -> list[tuple[bool, str]]:
    """(exact, path) of the locations that a route needs: `/a` stands for itself and for all below it."""
    if _is_regex(route):
        return []
    if route["exact"]:
        return [(True, route["path"])]
    below = (False, _folder(route["path"]))
    return [below] if route["path"].endswith("/") else [(True, route["path"]), below]


def _is_regex(route: RouteMatch) -> bool:
    return route["path"].startswith("~")


def _folder(path: str) -> str:
    return path if path.endswith("/") else path + "/"


def _covers(route: RouteMatch, exact: bool, path: str) -> bool:
    """Whether a route's path fits all paths of a location, those of deeper locations left out."""
    own = route["path"]
    if _is_regex(route):
        return True
    if exact and path == own:
        return True
    return not route["exact"] and path.startswith(_folder(own))


def taking_all(routes: Sequence[RouteMatch]) -> int | None:
    """The route that fits every request, so that none is left for what would come behind it."""
    for index, route in enumerate(routes):
        if not conditions(route) and route["path"] == "/" and not route["exact"]:
            return index
    return None


def winner(routes: Sequence[RouteMatch], request: Request) -> int | None:
    """The index of the route that takes a request; None where none does."""
    for index, route in enumerate(routes):
        if covers_path(route, request.path) and all(holds(one, request) for one in conditions(route)):
            return index
    return None


def covers_path(route: RouteMatch, path: str) -> bool:
    """Whether a route's path fits that of a request; an expression is a condition and not asked here."""
    return _covers(route, True, path)


def holds(condition: Condition, request: Request) -> bool:
    """Whether a request has what a condition asks for."""
    if condition.kind == "method":
        return request.method in condition.values
    if condition.kind == "client":
        address = ipaddress.ip_address(request.client)
        return any(address in ipaddress.ip_network(value) for value in condition.values)
    subject = {
        "path": request.path,
        "header": request.headers.get(condition.name.lower(), ""),
        "cookie": request.headers.get("cookie", ""),
        "query": request.query,
    }[condition.kind]
    return any(re.search(pattern(condition, value), subject, re.ASCII) for value in condition.values)


def pattern(condition: Condition, value: str) -> str:
    """The regular expression that finds a value in its subject: the path, the header, all cookies or the whole query.

    The subject of a cookie is the header Cookie, that of an argument the query as it was sent. An expression of an
    operator is found anywhere in a path, and fits all of any other value.
    """
    if condition.kind == "cookie":
        return "(?:^|; ?)%s=%s(?:;|$)" % (escaped(condition.name), _whole(value))
    if condition.kind == "query":
        return "(?:^|&)%s=%s(?:&|$)" % (escaped(condition.name), _whole(value))
    return value[1:] if condition.kind == "path" else "^%s$" % _whole(value)


def _whole(value: str) -> str:
    """An expression that fits all of a value; what makes capital letters equal stands at its own beginning only."""
    if value.startswith("~(?i)"):
        return "(?i:%s)" % value[len("~(?i)") :]
    return "(?:%s)" % value[1:] if value.startswith("~") else escaped(value)


def escaped(text: str) -> str:
    """A text of printable characters as a regular expression for itself."""
    return re.sub(r"([\\^$.|?*+(){}\[\]])", r"\\\1", text)


def clean_path(target: str) -> str:
    """The path of a request's target as Nginx compares it: decoded, without //, . and .. in it."""
    path = unquote(target.partition("?")[0].partition("#")[0], errors="surrogateescape")
    parts = re.sub("/+", "/", path)
    clean = posixpath.normpath(parts) if parts != "/" else "/"
    ends = parts.endswith(("/", "/.", "/.."))
    return clean + "/" if ends and clean != "/" else clean
