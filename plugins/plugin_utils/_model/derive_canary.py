# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose canary a route has, and with which share."""

from __future__ import annotations

from typing import Mapping

from .normal import RouteInput, SiteInput
from .shape_nginx import Canary, CanarySettings


def canaries(name: str, site: SiteInput) -> dict[str, CanarySettings]:
    """SITE or SITE/ROUTE -> the canary that is written there."""
    found = {name: site["canary"]}
    for index, route in enumerate(site["routes"] or ()):
        found[_place(name, route, index)] = route["canary"]
    return {place: canary for place, canary in found.items() if canary}


def _place(name: str, route: RouteInput, index: int) -> str:
    return "%s/%s" % (name, route["name"] or index)


def canary_of(
    name: str, site: SiteInput, route: RouteInput, index: int | None, shares: Mapping[str, float]
) -> Canary | None:
    """The canary of a route, or of what no route takes: its own, or that of the site where it has its upstream.

    ``shares``: SITE or SITE/ROUTE -> percent, instead of what is written there.
    """
    if route["redirect"] or route["answer"] or (route["static"] and not route["upstream"]):
        return None
    if route["canary"] and index is not None:
        share = shares.get(_place(name, route, index), route["canary"]["percent"])
        return {"site": name, "route": index, **route["canary"], "percent": share}
    if site["canary"] and route["upstream"] is None:
        return {"site": name, "route": None, **site["canary"], "percent": shares.get(name, site["canary"]["percent"])}
    return None
