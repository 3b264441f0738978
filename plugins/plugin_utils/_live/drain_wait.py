# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait for the connections of a drained real server. Pure, apart from the clock that the caller gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator

DONE, WEIGHTS, CONNECTIONS = "done", "weights", "connections"
# Seconds that Keepalived has to act on its files; a large configuration keeps it busy.
GRACE = 10.0
# Seconds between two looks at least, so that a small interval does not keep the host busy.
SHORTEST_PAUSE = 0.1


@dataclass(frozen=True)
class Remaining:
    """Of one real server on one director, while it is being drained."""

    weights: dict[str, int]
    """Destinations that still have a weight, so that new connections come."""
    connections: dict[str, int]
    """By destination, where there are any."""

    @property
    def total(self) -> int:
        return sum(self.connections.values())


@dataclass(frozen=True)
class Policy:
    """Seconds. ``once``: look once and do not wait."""

    limit: float
    interval: float
    once: bool = False

    def outcome(self, now: Remaining, seconds: float) -> str | None:
        """DONE, or what is left at the end: WEIGHTS where new connections still come, else CONNECTIONS; None: wait."""
        if now.weights:
            return WEIGHTS if self.once or seconds >= min(GRACE, self.limit) else None
        if not now.total:
            return DONE
        return CONNECTIONS if self.once or seconds >= self.limit else None

    def pause(self, seconds: float) -> float:
        """Until the next look."""
        return max(SHORTEST_PAUSE, min(self.interval, self.limit - seconds))


@dataclass(frozen=True)
class Look:
    """One look at the table. ``outcome`` is None but for the last one."""

    now: Remaining
    seconds: float
    outcome: str | None


def looks(
    policy: Policy, look: Callable[[], Remaining], clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Look]:
    """Every look until there is an outcome."""
    started = clock()
    while True:
        now = look()
        seconds = clock() - started
        outcome = policy.outcome(now, seconds)
        yield Look(now, seconds, outcome)
        if outcome:
            return
        sleep(policy.pause(seconds))
