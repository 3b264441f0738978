# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From routes to Nginx: locations by path, and variables that decide between the routes of one location.

A location whose first route asks for nothing but the path holds that route. Any other sends the request to the
location of the route that wins: a status that nobody sees, with a named location behind it. That keeps the method, the
body and the address of the request as they are.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Sequence

from .._model.routes import Condition, Place, conditions, pattern, places
from .._model.shape_nginx import Route, Site
from .content import pages
from .directive import Directive, Line, block, geo, simple, variable
from .spot import Spot

# Never sent: a request leaves with another location before.
CHOSEN = 418
NOWHERE = "@lvs_nowhere"
_SUBJECTS = {"path": "$uri", "cookie": "$http_cookie", "query": "$args"}
# What writes the lines of a location that handles a route; and further locations that it goes on to.
Handler = Callable[[Spot, Route], Sequence[Line]]
Behind = Callable[[Spot, Route], Iterable[Directive]]


class Routing:
    """The routes of one site as Nginx's locations, and the maps that these need."""

    def __init__(
        self,
        site: Site,
        has_pages: Callable[[Route], bool] = lambda route: bool(pages(route)),
        has_own_size: Callable[[Route], bool] = lambda route: "max_body" in route["handling"],
    ) -> None:
        """``has_pages``: whether errors of a route have locations of their own. ``has_own_size``: whether the largest
        body is not the same as everywhere."""
        self.name = site["name"]
        self.routes = site["routes"]
        self.asked = [conditions(route) for route in site["routes"]]
        self.has_pages = has_pages
        self.places = places(site["routes"])
        chosen = [place for place in self.places if self._is_open(place)]
        self.sized = [place for place in chosen if any(has_own_size(self.routes[index]) for index in place.routes)]
        # Their locations take a body of any length, and the routes look at it themselves.
        self.looks = {index for place in self.sized for index in place.routes}
        # Each condition that a request may be asked for, and its number.
        self.tests: dict[Condition, int] = {}
        for place in chosen:
            for index in place.routes:
                for condition in self.asked[index]:
                    self.tests.setdefault(condition, len(self.tests))

    def _is_open(self, place: Place) -> bool:
        """Whether it takes more than the path to know the route."""
        return bool(place.routes) and bool(self.asked[place.routes[0]])

    def maps(self) -> Iterator[Directive]:
        """At the level of http: a variable for each condition, and one for each location that has to choose."""
        for condition, number in self.tests.items():
            yield tested(condition, variable(self.name, "is", number))
        for number, place in enumerate(self.places):
            if self._is_open(place):
                yield self._choice(number, place)

    def locations(self, handled: Handler, behind: Behind) -> Iterator[Directive]:
        """In the server block."""
        named: set[int] = set()
        alone: set[int] = set()
        for number, place in enumerate(self.places):
            words = (["="] if place.exact else []) + [place.path]
            if self._is_open(place):
                named.update(place.routes)
                target = "$" + variable(self.name, "route", number)
                lines = [simple("error_page", CHOSEN, "=", target), simple("return", CHOSEN)]
                if place in self.sized:
                    lines.insert(0, simple("client_max_body_size", 0))
                if any(self.has_pages(self.routes[index]) for index in place.routes):
                    # The choice itself is an error page, and there would be no other behind it.
                    lines.insert(0, simple("recursive_error_pages", "on"))
                yield block("location", words, lines)
            elif place.routes:
                alone.add(place.routes[0])
                yield block("location", words, handled(self._spot(place.routes[0]), self.routes[place.routes[0]]))
            else:
                yield block("location", words, [simple("return", 404)])
        for index in sorted(named):
            yield block("location", [self._name(index)], handled(self._spot(index), self.routes[index]))
        for index in sorted(named | alone):
            yield from behind(self._spot(index), self.routes[index])
        if any(self._is_open(place) and self.asked[place.routes[-1]] for place in self.places):
            yield block("location", [NOWHERE], [simple("return", 404)])

    def spots(self) -> Iterator[tuple[Spot, Route]]:
        """All routes."""
        for index, route in enumerate(self.routes):
            yield self._spot(index), route

    def _spot(self, index: int) -> Spot:
        return Spot(self.name, index, index in self.looks)

    def _name(self, index: int) -> str:
        return "@lvs_route_%d" % index

    def _choice(self, number: int, place: Place) -> Directive:
        """The routes of a location in their order; each sees which of all conditions hold, as a row of 0 and 1."""
        asked = sorted({self.tests[one] for index in place.routes for one in self.asked[index]})
        ends = not self.asked[place.routes[-1]]
        rows: list[Line] = [simple("default", self._name(place.routes[-1]) if ends else NOWHERE)]
        for index in place.routes[:-1] if ends else place.routes:
            needed = {self.tests[one] for one in self.asked[index]}
            rows.append(simple("~^" + "".join("1" if test in needed else "." for test in asked), self._name(index)))
        flags = "".join("${%s}" % variable(self.name, "is", test) for test in asked)
        return block("map", [flags, "$" + variable(self.name, "route", number)], rows)


def tested(condition: Condition, name: str) -> Directive:
    """The variable that is 1 where a condition holds, else 0."""
    if condition.kind == "client":
        return geo("$" + name, 0, dict.fromkeys(condition.values, 1))
    if condition.kind == "method":
        values = [simple("~^%s$" % value, 1) for value in condition.values]
        return block("map", ["$request_method", "$" + name], [simple("default", 0), *values])
    subject = _SUBJECTS.get(condition.kind) or "$http_" + condition.name.lower().replace("-", "_")
    values = [simple("~" + pattern(condition, value), 1) for value in condition.values]
    return block("map", [subject, "$" + name], [simple("default", 0), *values])
