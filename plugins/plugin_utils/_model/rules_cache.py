# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of caches: each has a zone, and something to keep."""

from __future__ import annotations

from .nginx_values import bytes_of
from .normal import SiteInput
from .rules_held import Held, held
from .rules_scope import Scope
from .shape_cache import Cache
from .ways import CACHED

_MEGABYTE = 2**20


def check_zones(scope: Scope) -> None:
    for name, zone in sorted((scope.cluster["nginx_caches"] or {}).items()):
        size = zone["size"]
        if size and bytes_of(size) < _MEGABYTE:
            scope.wrong("lvs_nginx_caches.%s.size" % name, "is %s; must be at least 1m" % size)


def check_caches(scope: Scope, path: str, site: SiteInput) -> None:
    """For the site, and for each of its routes with what holds there."""
    uses = [site["upstream"], *(route["upstream"] for route in site["routes"] or ())]
    _check_cache(scope, path + ".cache", site.get("cache"), any(uses))
    for place in held(path, site):
        if place.part is not site:
            _check_cache(scope, place.path + ".cache", place.part.get("cache"), bool(place.upstream))
        _check_partners(scope, place)


def _check_cache(scope: Scope, path: str, given: Cache | None, has_upstream: bool) -> None:
    if not given:
        return
    zones = scope.cluster["nginx_caches"]
    if given["enabled"] and given["zone"] is None and scope.read_whole(path):
        scope.wrong(path + ".zone", "is not given; must be a name in lvs_nginx_caches")
    if given["zone"] and zones is not None:
        scope.known(path + ".zone", given["zone"], zones, "in lvs_nginx_caches")
    if given["enabled"] and not has_upstream and scope.read_whole(path):
        scope.wrong(path, "is given, but no answers of an upstream are there; must be where upstream is")
    if given["background"] and given["stale"] is False:
        scope.wrong(path + ".background", "is true, but stale is false, so no old answer is sent")
    for kind, names in (given["skip"] or {}).items():
        lowered = [str(name).lower() for name in names or ()] if isinstance(names, list) else []
        scope.twice("%s.skip.%s" % (path, kind), lowered)


def _check_partners(scope: Scope, place: Held) -> None:
    """What holds at a place goes with the cache that holds there."""
    where, cache = place.get("cache")
    name = place.upstream
    if not cache or not cache["enabled"] or not name:
        return
    buffered, buffering = place.get("buffering")
    if buffering is False:
        scope.wrong(buffered, "is false beside %s, which keeps only answers that are collected" % where)
    upstream = (scope.cluster["upstreams"] or {}).get(name)
    protocol = upstream["protocol"] if upstream else None
    if protocol and protocol not in CACHED:
        what = "is with upstream %s, whose protocol is %s; must be with one of %s"
        scope.wrong(where, what % (name, protocol, ", ".join(CACHED)))
