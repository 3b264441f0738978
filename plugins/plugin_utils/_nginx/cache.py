# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are kept and sent again.

The key begins with a digest of all that makes an upstream answer otherwise: the route, what it asks for, what it
changes. So two routes never share an answer, and a route that is changed begins anew. Behind that stands the upstream,
which is another one on each side of a canary.
"""

from __future__ import annotations

import hashlib
import json
from typing import Iterable, Iterator

from .._model.shape_cache import Cache, CacheZone
from .._model.shape_nginx import Route
from .._model.shape_upstreams import Upstream
from . import canary
from .access import answered
from .directive import Directive, block, simple
from .protocols import header, way_to
from .settings import Settings
from .spot import Spot
from .tls import SUBJECT

_HEADER = "X-Cache-Status"
FOLDER = "/var/lib/nginx"
# What an old answer is sent for. Nginx has two of them for HTTP only.
_FAULTS = ("error", "timeout", "invalid_header", "updating", "http_500", "http_502", "http_503", "http_504")
_OF_HTTP = ("http_502", "http_504")
# Of a route, what its upstream may answer otherwise for.
_IDENTITY = ("path", "exact", "methods", "headers", "cookies", "query", "clients", "rewrite")


def cache_zones(zones: Iterable[CacheZone]) -> Iterator[Directive]:
    """At the level of http. Nginx makes the folders and gives them to its user; the folder above is the package's."""
    for zone in zones:
        yield simple(
            zone["way"] + "_cache_path",
            folder(zone),
            "levels=1:2",
            "keys_zone=%s:%dk" % (_zone(zone["way"], zone["name"]), zone["memory_kib"]),
            "max_size=" + zone["size"],
            "inactive=%ds" % zone["inactive"],
            "use_temp_path=off",
        )


def folder(zone: CacheZone) -> str:
    """Where a cache is; always the same for its name, as Nginx refuses a reload that moves it."""
    return "%s/%s" % (FOLDER, _zone(zone["way"], zone["name"]))


def cache_maps(spot: Spot, route: Route) -> Iterator[Directive]:
    """At the level of http: whether a request has something for which it is not answered from the cache."""
    given = used(route)
    if given:
        names = ["http_upgrade", *([] if given["authorization"] else ["http_authorization"])]
        names += ["http_" + name.lower().replace("-", "_") for name in given["skip"]["headers"]]
        names += ["cookie_" + name for name in given["skip"]["cookies"]]
        names += ["arg_" + name for name in given["skip"]["arguments"]]
        row = "".join("${%s}" % name for name in names)
        yield block("map", [row, spot.variable("skip")], [simple("default", 1), simple("", 0)])


def used(route: Route) -> Cache | None:
    """The cache of a route whose answers come from an upstream."""
    given = route["handling"].get("cache")
    return given if given and given["enabled"] and route["upstream"] else None


def cached(spot: Spot, route: Route, upstream: Upstream, settings: Settings) -> Iterator[Directive]:
    """Beside the directive that passes a request on."""
    given = used(route)
    if given is None:
        return
    way = way_to(upstream)
    front = way + "_cache"
    yield simple(front, _zone(way, str(given["zone"])))
    yield simple(front + "_key", " ".join(_key(spot, route, given, settings)))
    for status, seconds in sorted(given["valid"].items()):
        yield simple(front + "_valid", status, "%ds" % seconds)
    if given["stale"]:
        yield simple(front + "_use_stale", *(one for one in _FAULTS if way == "proxy" or one not in _OF_HTTP))
    if given["background"]:
        yield simple(front + "_background_update", "on")
    if given["lock"]:
        yield simple(front + "_lock", "on")
        for name in ("timeout", "age"):
            yield simple("%s_lock_%s" % (front, name), "%dms" % round(given["lock"] * 1000))
    # What is too old is asked for by its ETag or its date.
    yield simple(front + "_revalidate", "on")
    if given["min_uses"] > 1:
        yield simple(front + "_min_uses", given["min_uses"])
    yield simple(front + "_bypass", spot.variable("skip"))
    yield simple(way + "_no_cache", spot.variable("skip"))
    own = route["handling"].get("request_headers")
    if not own or "accept-encoding" not in [name.lower() for name in (*own["set"], *own["remove"])]:
        # One form is kept, and compressed for each client that takes it.
        yield header(upstream, "Accept-Encoding", "")
    if given["show"]:
        yield simple(way + "_hide_header", _HEADER)
        yield simple("add_header", _HEADER, "$upstream_cache_status", "always")


def _key(spot: Spot, route: Route, given: Cache, settings: Settings) -> Iterator[str]:
    identity = {key: value for key, value in route.items() if key in _IDENTITY}
    told = route["handling"].get("request_headers")
    digest = hashlib.sha256(json.dumps([spot.site, identity, told], sort_keys=True).encode()).hexdigest()
    yield digest[:16]
    yield canary.upstream(route)
    # What the upstream is told of who the client is.
    yield from answered(spot, route).values()
    yield from (value for name, value in settings.told.items() if name in SUBJECT)
    host = settings.told["X-Forwarded-Host"]
    whole = "%s://%s$request_uri" % (settings.told["X-Forwarded-Proto"], host)
    yield given["key"] or "%s %s %s" % (settings.told["X-Forwarded-Port"], settings.told["Host"], whole)


def _zone(way: str, name: str) -> str:
    """Each protocol has caches of its own, as what Nginx writes of an answer is not the same."""
    return "lvs-cache-%s-%s" % (way, name)
