# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is there and what is asked for to the fewest steps between them; one step is one message to the kernel.

Nothing is touched here. Traffic decides the order of the steps: what is added or changed comes before what goes, so a
service is never without a real server on the way. No step ever deletes what the kernel can change in place.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple

from .table import (
    Desired,
    DestinationConfig,
    DestinationKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
    order_matters,
)

Destinations = Dict[DestinationKey, DestinationConfig]
Steps = List["Step"]

SERVICE, DESTINATION, DAEMON, TIMEOUTS = "service", "destination", "daemon", "timeouts"


class Step(NamedTuple):
    """One message: ``old`` None adds, ``new`` None removes, both set change in place.

    kind         key                              old, new
    service      ServiceKey                       Service (a removed one takes its destinations along)
    destination  (ServiceKey, DestinationKey)     DestinationConfig
    daemon       master | backup                  SyncDaemon (never both: the kernel changes none in place)
    timeouts     ""                               Timeouts
    """

    kind: str
    key: Any
    old: Any
    new: Any
    note: str = ""


def plan(current: Table, desired: Desired, purge: bool = False, keep_weights: bool = False) -> list[Step]:
    """The steps from ``current`` to ``desired``.

    ``purge``: services and daemons that were not named go too, where any of their sort was given at all.
    ``keep_weights``: a destination that is there keeps its weight; somebody else is minding it.
    """
    added, changed, removed = _services(current.services, desired.services, purge, keep_weights)
    stopped, started = _daemons(current.daemons, desired.daemons, purge)
    return stopped + _timeouts(current.timeouts, desired.timeouts) + added + changed + removed + started


# --- services -------------------------------------------------------------------------------------------------------


def _services(
    current: dict[ServiceKey, Service],
    desired: dict[ServiceKey, Service | None] | None,
    purge: bool,
    keep_weights: bool,
) -> tuple[Steps, Steps, Steps]:
    added: Steps = []
    changed: Steps = []
    removed: Steps = []
    if desired is None:
        return added, changed, removed
    for key, wanted in _wanted(current, desired, keep_weights).items():
        existing = current.get(key)
        if existing is None:
            added += addition(wanted)
            continue
        if existing.config != wanted.config:
            changed.append(Step(SERVICE, key, existing, wanted))
        changes, removals = _destinations(key, existing.destinations, wanted.destinations, order_matters(wanted))
        changed += changes
        removed += removals
    for key, existing in current.items():
        if desired.get(key) is None if key in desired else purge:
            removed.append(Step(SERVICE, key, existing, None))
    return added, changed, removed


def _wanted(
    current: dict[ServiceKey, Service], desired: dict[ServiceKey, Service | None], keep_weights: bool
) -> dict[ServiceKey, Service]:
    """The services that have to be there, with the weights that are kept."""
    wanted = {key: service for key, service in desired.items() if service is not None}
    if keep_weights:
        for key, service in wanted.items():
            if key in current:
                wanted[key] = _keep_weights(current[key], service)
    return wanted


def _keep_weights(existing: Service, wanted: Service) -> Service:
    destinations = {
        key: config._replace(weight=existing.destinations[key].weight) if key in existing.destinations else config
        for key, config in wanted.destinations.items()
    }
    return wanted._replace(destinations=destinations)


def addition(service: Service) -> Steps:
    """A service and its destinations. The kernel puts each destination before the others: the last one first."""
    key, _config, destinations = service
    steps = [Step(DESTINATION, (key, name), None, config) for name, config in destinations.items()]
    return [Step(SERVICE, key, None, service), *reversed(steps)]


def _destinations(
    service: ServiceKey, current: Destinations, wanted: Destinations, ordered: bool
) -> tuple[Steps, Steps]:
    changes: Steps = []
    moving = set(current) & set(wanted)
    moving -= set(_staying(list(current), list(wanted))) if ordered else moving
    for key in reversed(list(wanted)):
        old, new = current.get(key), wanted[key]
        if key in moving:
            changes += _move((service, key), old, new)
        elif old != new:
            changes.append(Step(DESTINATION, (service, key), old, new))
    removals = [Step(DESTINATION, (service, key), current[key], None) for key in current if key not in wanted]
    return changes, removals


def _staying(current: list[DestinationKey], wanted: list[DestinationKey]) -> Iterator[DestinationKey]:
    """The longest tail of ``wanted`` that stands in this order already; all before it has to be put in front anew."""
    position = {key: index for index, key in enumerate(current)}
    limit = len(current)
    for key in reversed(wanted):
        if position.get(key, limit) >= limit:
            return
        limit = position[key]
        yield key


def _move(key: Any, old: Any, new: Any) -> Steps:
    """Out and in again at the front: the only way to another place in the list.

    The kernel's own connections find the same destination again, since nothing else comes between the two messages.
    """
    note = "its place in the order matters to the scheduler"
    return [Step(DESTINATION, key, old, None, note), Step(DESTINATION, key, None, new, note)]


def reorder(service: ServiceKey, current: Destinations, wanted: Destinations) -> Steps:
    """The steps that give ``current`` the very order of ``wanted``; for putting an old table back."""
    changes, removals = _destinations(service, current, wanted, True)
    return changes + removals


# --- daemons and timeouts -------------------------------------------------------------------------------------------


def _daemons(
    current: dict[str, SyncDaemon], desired: dict[str, SyncDaemon | None] | None, purge: bool
) -> tuple[Steps, Steps]:
    """Stops first, starts last: while a daemon runs, the kernel takes no destinations of the other family."""
    stopped: Steps = []
    started: Steps = []
    if desired is None:
        return stopped, started
    for role in sorted(set(current) | set(desired)):
        old = current.get(role)
        new = desired.get(role) if role in desired or purge else old
        if new is not None:
            new = _with_maxlen(new, old)
        if old == new:
            continue
        if old is not None:
            stopped.append(Step(DAEMON, role, old, None))
        if new is not None:
            started.append(Step(DAEMON, role, None, new))
    return stopped, started


def _with_maxlen(wanted: SyncDaemon, existing: SyncDaemon | None) -> SyncDaemon:
    return wanted._replace(maxlen=existing.maxlen) if existing and not wanted.maxlen else wanted


def _timeouts(current: Timeouts, desired: Timeouts | None) -> Steps:
    new = _filled(current, desired)
    return [] if new == current else [Step(TIMEOUTS, "", current, new)]


def _filled(current: Timeouts, desired: Timeouts | None) -> Timeouts:
    return current if desired is None else Timeouts(*(new or old for old, new in zip(current, desired)))


# --- back again -----------------------------------------------------------------------------------------------------


def inverse(step: Step) -> Steps:
    """The steps that take one applied step back."""
    if step.kind == SERVICE and step.new is None:
        return addition(step.old)
    return [step._replace(old=step.new, new=step.old)]
