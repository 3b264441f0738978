# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The caches of a host: those that its sites use."""

from __future__ import annotations

from typing import Mapping

from .normal import UpstreamInput
from .shape_cache import CacheZone, CacheZoneSettings
from .shape_nginx import Site
from .ways import CACHED

# What Nginx has in memory of an answer, in bytes, and a tenth for its pages.
_NODE = 128


def caches(
    served: list[Site], upstreams: Mapping[str, UpstreamInput], given: Mapping[str, CacheZoneSettings]
) -> list[CacheZone]:
    """One for each zone and protocol, by name."""
    found = set()
    for site in served:
        for route in site["routes"]:
            cache = route["handling"].get("cache")
            if route["upstream"] and cache and cache["enabled"]:
                found.add((str(cache["zone"]), CACHED[upstreams[route["upstream"]]["protocol"]]))
    return [
        {
            "name": name,
            "way": way,
            "size": given[name]["size"],
            "answers": given[name]["answers"],
            "inactive": given[name]["inactive"],
            "memory_kib": -(-given[name]["answers"] * _NODE * 11 // 10240) + 32,
        }
        for name, way in sorted(found)
    ]
