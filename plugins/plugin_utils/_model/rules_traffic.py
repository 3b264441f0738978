# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of traffic: what would have no effect, or another one than it says."""

from __future__ import annotations

from typing import Iterable

from .limits import burst_of
from .normal import SiteInput
from .rules_cache import check_caches
from .rules_scope import Scope
from .shape_content import Static
from .shape_traffic import Compression, LimitSettings


def check_traffic(scope: Scope, path: str, site: SiteInput) -> None:
    """What a site says, and each of its routes."""
    inside = [route["static"] for route in site["routes"] or () if route.get("compression") is None]
    served = [one for one in (site["static"], *inside) if one]
    has_files = bool(served) or any(route["static"] for route in site["routes"] or ())
    _check_compression(scope, path + ".compression", site.get("compression"), has_files, served)
    _check_limits(scope, path + ".limits", site.get("limits"))
    check_caches(scope, path, site)
    for index, route in enumerate(site["routes"] or ()):
        ends = route["redirect"] or route["answer"] or (route["upstream"] and not route["static"])
        served = [one for one in (route["static"] or site["static"],) if one and not ends]
        where = "%s.routes[%d]" % (path, index)
        _check_compression(scope, where + ".compression", route.get("compression"), bool(served), served)
        _check_limits(scope, where + ".limits", route.get("limits"))


def _check_compression(
    scope: Scope, path: str, given: Compression | None, has_files: bool, served: Iterable[Static]
) -> None:
    """``has_files``: whether files of the node are served there; ``served``: those that this compression is for."""
    if not given:
        return
    scope.twice(path + ".types", given["types"] or ())
    scope.twice(path + ".algorithms", given["algorithms"] or ())
    if given["precompressed"] and given["enabled"] is False:
        scope.wrong(path + ".precompressed", "is true, but enabled is false; must be one of them")
    elif given["precompressed"] and not has_files:
        scope.wrong(path + ".precompressed", "is true, but no files are served there; must be where static is")
    elif given["precompressed"] and _is_blind(given, served):
        what = "is true, but the module for brotli finds no file where links are not followed; must be with gzip "
        scope.wrong(path + ".precompressed", what + "alone, or where static has symlinks: true")


def _is_blind(given: Compression, served: Iterable[Static]) -> bool:
    return "brotli" in (given["algorithms"] or ()) and any(not one["symlinks"] for one in served)


def _check_limits(scope: Scope, path: str, given: LimitSettings | None) -> None:
    if not given:
        return
    for index, limit in enumerate(given["requests"] or ()):
        where = "%s.requests[%d].at_once" % (path, index)
        burst = burst_of(limit) if limit["rate"] else None
        if burst is not None and (limit["at_once"] or 0) > burst:
            scope.wrong(where, "is %d, but burst is %d; must be a part of it" % (limit["at_once"] or 0, burst))
    bandwidth = given["bandwidth"]
    if bandwidth and bandwidth["rate"] and not int(bandwidth["rate"].rstrip("kmg")):
        scope.wrong(path + ".bandwidth.rate", "is %s, which limits nothing; leave it out" % bandwidth["rate"])
    scope.twice(path + ".exempt", given["exempt"] or ())
    if given["exempt"] and not (given["requests"] or given["connections"] or bandwidth) and scope.read_whole(path):
        scope.wrong(path + ".exempt", "is given, but nothing is limited; must be beside a limit")
