# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one may ask of a node. Limits of a site count the requests of all its routes, those of a route its own."""

from __future__ import annotations

import hashlib
from typing import Iterable, Iterator

from .._model.limits import CLIENT, burst_of, zone_kib
from .._model.shape_nginx import Route
from .._model.shape_traffic import ConnectionLimit, Limits, RequestLimit
from .directive import Directive, Word, block, geo, simple, variable
from .spot import Spot


def limit_maps(found: Iterable[tuple[Spot, Route]]) -> Iterator[Directive]:
    """At the level of http: a zone for each limit, and an empty key for those who have none."""
    seen: set[tuple[str, str | None]] = set()
    for spot, route in found:
        given = route["handling"].get("limits")
        if given and (spot.site, given["place"]) not in seen:
            seen.add((spot.site, given["place"]))
            yield from _maps(spot.site, given)


def is_counted(route: Route) -> bool:
    """Whether a request may be too much, which Nginx finds out after it has looked for a return."""
    given = route["handling"].get("limits")
    return bool(given and (given["requests"] or given["connections"]))


def request_limits(spot: Spot, route: Route) -> Iterator[Directive]:
    """In the location that a request comes to first."""
    given = route["handling"].get("limits")
    if not given:
        return
    for number, limit in enumerate(given["requests"]):
        words: list[Word] = ["zone=" + _zone(spot.site, given, "requests", number, limit)]
        burst = burst_of(limit)
        if burst:
            words.append("burst=%d" % burst)
        if burst and limit["at_once"] in (None, burst):
            words.append("nodelay")
        elif limit["at_once"]:
            words.append("delay=%d" % limit["at_once"])
        yield simple("limit_req", *words)
    for number, most in enumerate(given["connections"]):
        yield simple("limit_conn", _zone(spot.site, given, "connections", number, most), most["most"])
    for name, limits in (("req", given["requests"]), ("conn", given["connections"])):
        if limits:
            yield simple("limit_%s_status" % name, given["status"])
        if limits and given["dry_run"]:
            yield simple("limit_%s_dry_run" % name, "on")


def bandwidth(spot: Spot, route: Route) -> Iterator[Directive]:
    """In each location of a route, as any of them may send the answer."""
    given = route["handling"].get("limits")
    if given and given["bandwidth"]:
        rate = "$" + _name(spot.site, given, "rate") if given["exempt"] else _size(given["bandwidth"]["rate"])
        yield simple("limit_rate", rate)
        if given["bandwidth"]["after"]:
            yield simple("limit_rate_after", _size(given["bandwidth"]["after"]))


def _maps(site: str, given: Limits) -> Iterator[Directive]:
    exempt = "$" + _name(site, given, "exempt")
    if given["exempt"]:
        yield geo(exempt, 0, dict.fromkeys(given["exempt"], 1))
    for number, limit in enumerate(given["requests"]):
        key = _key(site, given, "requests", number, limit)
        if given["exempt"]:
            yield block("map", [exempt, key], [simple("default", _counted(limit)), simple("1", "")])
        zone = "zone=%s:%dk" % (_zone(site, given, "requests", number, limit), zone_kib(limit))
        yield simple("limit_req_zone", key, zone, "rate=" + limit["rate"].replace("/", "r/"))
    for number, most in enumerate(given["connections"]):
        key = _key(site, given, "connections", number, most)
        if given["exempt"]:
            yield block("map", [exempt, key], [simple("default", _counted(most)), simple("1", "")])
        zone = "zone=%s:%dk" % (_zone(site, given, "connections", number, most), zone_kib(most))
        yield simple("limit_conn_zone", key, zone)
    if given["exempt"] and given["bandwidth"]:
        rate = "$" + _name(site, given, "rate")
        yield block("map", [exempt, rate], [simple("default", _size(given["bandwidth"]["rate"])), simple("1", 0)])


def _counted(limit: RequestLimit | ConnectionLimit) -> str:
    """The word for the key of those who are counted."""
    return "$binary_remote_addr" if limit["key"] == CLIENT else limit["key"]


def _key(site: str, given: Limits, kind: str, number: int, limit: RequestLimit | ConnectionLimit) -> str:
    """The word for what is counted together."""
    return "$" + _name(site, given, kind, number) if given["exempt"] else _counted(limit)


def _zone(site: str, given: Limits, kind: str, number: int, limit: RequestLimit | ConnectionLimit) -> str:
    """Its name has a digest of its key: Nginx refuses a reload in which a zone has another key than before."""
    digest = hashlib.sha256(_key(site, given, kind, number, limit).encode()).hexdigest()[:8]
    return _name(site, given, kind, number, digest)


def _name(site: str, given: Limits, *what: Word) -> str:
    return variable(site, "limit", *([] if given["place"] is None else [given["place"]]), *what)


def _size(size: str) -> str:
    """Of a rate Nginx takes no gigabytes."""
    return "%dm" % (int(size[:-1]) * 1024) if size.endswith("g") else size
