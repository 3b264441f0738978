# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a drain is waited for: the policy, with a clock that only a pause moves."""

from __future__ import annotations

from typing import Iterable

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.drain_wait import (
    CONNECTIONS,
    DONE,
    GRACE,
    SHORTEST_PAUSE,
    WEIGHTS,
    Look,
    Policy,
    Remaining,
    looks,
)

NOTHING = Remaining({}, {})
WEIGHT = Remaining({"web": 1}, {})
BUSY = Remaining({}, {"web": 3})


def run(policy: Policy, table: Iterable[Remaining]) -> list[Look]:
    """The looks at a table that is at each look the next of these, and at last stays."""
    rest, last = list(table), NOTHING
    now = [100.0]

    def look() -> Remaining:
        nonlocal last
        last = rest.pop(0) if rest else last
        return last

    def sleep(seconds: float) -> None:
        assert seconds >= SHORTEST_PAUSE
        now[0] += seconds

    return list(looks(policy, look, lambda: now[0], sleep))


def summary(found: list[Look]) -> list[tuple[float, str | None]]:
    return [(round(one.seconds, 3), one.outcome) for one in found]


def test_nothing_left_ends_it_at_once() -> None:
    assert summary(run(Policy(300, 2), [NOTHING])) == [(0, DONE)]


def test_connections_are_waited_for_until_they_have_ended() -> None:
    found = run(Policy(300, 2), [BUSY, BUSY, NOTHING])
    assert summary(found) == [(0, None), (2, None), (4, DONE)]
    assert [one.now for one in found] == [BUSY, BUSY, NOTHING]


def test_the_last_look_is_at_the_limit() -> None:
    assert summary(run(Policy(5, 2), [BUSY])) == [(0, None), (2, None), (4, None), (5, CONNECTIONS)]


def test_a_weight_may_stay_for_the_grace_only() -> None:
    found = summary(run(Policy(300, 4), [WEIGHT]))
    assert found[-1] == (12, WEIGHTS)
    assert [seconds for seconds, outcome in found if outcome is None] == [0, 4, 8]
    assert 8 < GRACE <= 12


def test_a_weight_that_goes_within_the_grace_is_no_fault() -> None:
    assert summary(run(Policy(300, 4), [WEIGHT, WEIGHT, BUSY, NOTHING]))[-1] == (12, DONE)


def test_a_limit_below_the_grace_counts() -> None:
    assert summary(run(Policy(0, 2), [WEIGHT])) == [(0, WEIGHTS)]


@pytest.mark.parametrize(("table", "outcome"), [(NOTHING, DONE), (BUSY, CONNECTIONS), (WEIGHT, WEIGHTS)])
def test_check_mode_looks_once(table: Remaining, outcome: str) -> None:
    assert summary(run(Policy(300, 2, once=True), [table])) == [(0, outcome)]


def test_an_interval_of_zero_keeps_no_host_busy() -> None:
    assert [seconds for seconds, _outcome in summary(run(Policy(0.25, 0), [BUSY]))] == [0, 0.1, 0.2, 0.3]
