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
            one["since"] = first(one["since"], count["since"])
            added(one["tls"], count["tls"])
            added(one["cache"], count["cache"])
            added(one["limits"], count["limits"])
    return [one for _site, one in sorted(found.items())]


def _empty(site: str) -> TrafficStatus:
    return {"site": site, "requests": 0, "since": None, "nodes": [], "tls": {}, "cache": {}, "limits": {}}


def added(total: dict[str, int], part: Mapping[str, int]) -> None:
    """Into ``total``."""
    for name, number in part.items():
        total[name] = total.get(name, 0) + number


def first(one: str | None, other: str | None) -> str | None:
    """The earlier time."""
    known = [time for time in (one, other) if time]
    return min(known, key=datetime.fromisoformat) if known else None
