# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of traffic: what would have no effect, or another one than it says."""

from __future__ import annotations

from .normal import SiteInput
from .rules_scope import Scope
from .shape_traffic import Compression


def check_traffic(scope: Scope, path: str, site: SiteInput) -> None:
    """What a site says, and each of its routes."""
    has_files = bool(site["static"]) or any(route["static"] for route in site["routes"] or ())
    _check_compression(scope, path + ".compression", site.get("compression"), has_files)
    for index, route in enumerate(site["routes"] or ()):
        ends = route["redirect"] or route["answer"] or (route["upstream"] and not route["static"])
        has_files = not ends and bool(route["static"] or site["static"])
        _check_compression(scope, "%s.routes[%d].compression" % (path, index), route.get("compression"), has_files)


def _check_compression(scope: Scope, path: str, given: Compression | None, has_files: bool) -> None:
    """``has_files``: whether files of the node are served there."""
    if not given:
        return
    scope.twice(path + ".types", given["types"] or ())
    if given["precompressed"] and given["enabled"] is False:
        scope.wrong(path + ".precompressed", "is true, but enabled is false; must be one of them")
    elif given["precompressed"] and not has_files:
        scope.wrong(path + ".precompressed", "is true, but no files are served there; must be where static is")
