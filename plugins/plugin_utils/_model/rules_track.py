# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of what a VIP tracks: that it is there, and that its failure moves the VIP."""

from __future__ import annotations

from typing import Iterator

from .normal import VipInput
from .rules_scope import Scope
from .view import HIGHEST_PRIORITY, families


def check_tracking(scope: Scope, path: str, vip: VipInput) -> None:
    names, there = vip["track_scripts"] or [], scope.cluster["track_scripts"]
    scope.twice(path + ".track_scripts", names)
    scope.twice(path + ".track_interfaces", vip["track_interfaces"] or [])
    for name in sorted(set(names)) if there is not None else ():
        scope.known(path + ".track_scripts", name, there, "in lvs_track_scripts")
    if len(families(vip)) > 1:
        _check_together(scope, path, vip)
    elif len(scope.cluster["directors"]) > 1:
        _check_takeover(scope, path, vip)


def check_track_scripts(scope: Scope) -> None:
    """Of each program by itself, tracked or not."""
    used = {name for vip in (scope.vips or {}).values() for name in vip["track_scripts"] or ()}
    for name, given in sorted((scope.cluster["track_scripts"] or {}).items()):
        path = "lvs_track_scripts.%s" % name
        scope.command(path + ".arguments", [given["script"] or "", *(given["arguments"] or ())])
        if name not in used and scope.vips is not None and scope.read_whole("lvs_vips"):
            scope.warnings.append("%s is tracked by no VIP" % path)


def _weights(scope: Scope, vip: VipInput) -> Iterator[tuple[str, int]]:
    """(path, weight) of everything that changes the priority of a VIP's instances."""
    script = scope.cluster["check_script"]
    if script and script["weight"] and script["enabled"] is not False and vip["track"]:
        yield "lvs_check_script.weight", script["weight"]
    for name in sorted(set(vip["track_scripts"] or ())):
        given = (scope.cluster["track_scripts"] or {}).get(name)
        if given and given["weight"]:
            yield "lvs_track_scripts.%s.weight" % name, given["weight"]


def _check_together(scope: Scope, path: str, vip: VipInput) -> None:
    """Keepalived leaves out of a sync group what has a weight, so a failure would be no failure."""
    for where, weight in _weights(scope, vip):
        what = "is %d, but %s has both families, which move together whatever their priorities are; must be 0"
        scope.wrong(where, what % (weight, path))


def _check_takeover(scope: Scope, path: str, vip: VipInput) -> None:
    """What has a weight has to be able to move a VIP by itself, while all else passes, or it has no effect."""
    weights = list(_weights(scope, vip))
    ranked = _ranked(scope, vip) if weights else []
    lift = sum(max(weight, 0) for _where, weight in weights)
    for where, weight in weights:
        if vip["preempt"] is False:
            what = "is %d, but %s does not preempt, so it would never fail over; give weight: 0 or preempt: true"
            scope.wrong(where, what % (weight, path))
            continue
        for (higher, high), (lower, low) in zip(ranked, ranked[1:]):
            failed, well = _within(high + lift - abs(weight)), _within(low + lift)
            if failed >= well:
                what = "is %d, but with it %s has priority %d in %s when it fails, and %s has %d; must be below"
                scope.wrong(where, what % (weight, higher, failed, path, lower, well))
            elif _within(high + lift) == well:
                what = "is %d, which lifts %s and %s to priority %d in %s; must leave them apart"
                scope.wrong(where, what % (weight, higher, lower, well, path))


def _ranked(scope: Scope, vip: VipInput) -> list[tuple[str, int]]:
    """Directors with their priorities, the highest first; empty where not all have one of their own."""
    directors, given = scope.cluster["directors"], vip["priorities"] or {}
    if given and (set(given) != set(directors) or len(set(given.values())) != len(directors)):
        return []
    return scope.view.ranked(vip)


def _within(priority: int) -> int:
    """A priority as keepalived keeps it: 1-254 for who does not own the address."""
    return max(1, min(HIGHEST_PRIORITY, priority))
