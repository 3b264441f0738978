# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How canaries do, by the access logs of the nodes. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Iterable

from .._live.observed import Cluster, ObservedHost
from .._live.shape import SideCount
from .._live.site_logs import log_of
from .._model.shape_nginx import Canary
from .shape import CanaryStatus, SideStatus

SIDES = ("canary", "stable")


def canaries(cluster: Cluster) -> list[CanaryStatus]:
    """Each canary of the model once, by site and route, with what all nodes say of it."""
    nodes = [host for host in cluster.hosts.values() if host.sides is not None]
    found: dict[tuple[str, int], CanaryStatus] = {}
    names: dict[tuple[str, int], set[str]] = {}
    for mine in cluster.hosts_of_model.values():
        if mine["nginx"] is None:
            continue
        for site in mine["nginx"]["sites"]:
            for route in site["routes"]:
                canary = route["canary"]
                if canary is not None:
                    key = _key(canary)
                    own = None if canary["route"] is None else route["name"]
                    names.setdefault(key, set()).add(route["name"])
                    found.setdefault(key, _empty(canary, own, log_of(mine["nginx"], site)))
    for key, one in sorted(found.items()):
        _count(one, names[key], nodes)
    return [one for _key, one in sorted(found.items())]


def _key(canary: Canary) -> tuple[str, int]:
    return canary["site"], -1 if canary["route"] is None else canary["route"]


def _empty(canary: Canary, route: str | None, log: str | None) -> CanaryStatus:
    sides: dict[str, SideStatus] = {side: {"requests": 0, "errors": 0} for side in SIDES}
    return {
        "site": canary["site"],
        "route": route,
        "upstream": canary["upstream"],
        "percent": canary["percent"],
        "share": None,
        "since": None,
        "log": log,
        "nodes": [],
        "sides": sides,
    }


def _count(one: CanaryStatus, routes: set[str], nodes: Iterable[ObservedHost]) -> None:
    """Add what the nodes say of the routes that have the canary."""
    since = []
    for node in nodes if one["log"] else ():
        one["nodes"].append(node.name)
        for count in node.sides or ():
            if count["site"] == one["site"] and count["route"] in routes:
                _add(one["sides"][count["side"]], count)
                since += [count["since"]] if count["since"] else []
    one["since"] = min(since, key=datetime.fromisoformat) if since else None
    total = sum(side["requests"] for side in one["sides"].values())
    one["share"] = round(100 * one["sides"]["canary"]["requests"] / total, 2) if total else None


def _add(side: SideStatus, count: SideCount) -> None:
    side["requests"] += count["requests"]
    side["errors"] += count["errors"]
