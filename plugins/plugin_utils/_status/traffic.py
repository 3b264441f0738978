# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the nodes of a cluster say of its sites, added up: TLS, caches, limits."""

from __future__ import annotations

from datetime import datetime
from typing import Mapping

from .._live.observed import Cluster
from .shape import TrafficStatus


def traffic(cluster: Cluster) -> list[TrafficStatus]:
    """Each site that was asked for, by name."""
    found: dict[str, TrafficStatus] = {}
    for _name, host in sorted(cluster.hosts.items()):
        for count in host.traffic or ():
            one = found.setdefault(count["site"], _empty(count["site"]))
            one["nodes"].append(host.name)
            one["requests"] += count["requests"]
            one["since"] = _first(one["since"], count["since"])
            _add(one["tls"], count["tls"])
            _add(one["cache"], count["cache"])
            _add(one["limits"], count["limits"])
    return [one for _site, one in sorted(found.items())]


def _empty(site: str) -> TrafficStatus:
    return {"site": site, "requests": 0, "since": None, "nodes": [], "tls": {}, "cache": {}, "limits": {}}


def _add(total: dict[str, int], part: Mapping[str, int]) -> None:
    for name, number in part.items():
        total[name] = total.get(name, 0) + number


def _first(one: str | None, other: str | None) -> str | None:
    known = [time for time in (one, other) if time]
    return min(known, key=datetime.fromisoformat) if known else None
