# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Medians and bounds, a machine that is busy, and the README that has the figures of docs/figures.json."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from types import SimpleNamespace
from typing import Any

import pytest

from lab import figures, load, measure
from lab.faults import FAULTS
from lab.state import LabError

RUNS = [{"longest_gap_s": gap, "failed": failed} for gap, failed in ((0.5, 20), (0.7, 30), (2.5, 90))]


def test_a_figure_is_the_median_and_the_worst_of_its_runs() -> None:
    assert measure.summary(RUNS, [0.1, 0.2, 0.1]) == {
        "count": 3,
        "load": {"median": 0.1, "worst": 0.2},
        "longest_gap_s": {"median": 0.7, "worst": 2.5},
        "failed": {"median": 30, "worst": 90},
    }


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ({"longest_gap_s": {"median": 0.9}}, []),
        ({"longest_gap_s": {"median": 0.91}}, ["crash: the median of longest_gap_s is 0.91; must be 0 to 0.9"]),
        ({}, ["crash: the median of longest_gap_s is None; must be 0 to 0.9"]),
    ],
    ids=["at its bound", "above it", "not measured"],
)
def test_a_median_out_of_its_bounds_is_said(found: dict[str, Any], lines: list[str]) -> None:
    assert measure.missed("crash", found) == lines


def test_everything_that_is_measured_has_bounds_and_words() -> None:
    assert set(measure.KEYS) == set(measure.BOUNDS) == set(figures.FAULTS)
    assert set(FAULTS) < set(measure.KEYS)


def burn() -> None:
    while True:
        pass


def test_a_busy_machine_is_refused_with_the_reason() -> None:
    load = [multiprocessing.Process(target=burn, daemon=True) for _cpu in os.sched_getaffinity(0)]
    for one in load:
        one.start()
    try:
        with pytest.raises(LabError, match=r"^this machine is busy for \d+% of its time, at most 30% is allowed"):
            measure.quiet()
    finally:
        for one in load:
            one.kill()


def test_the_share_counts_waiting_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([(100, 1000), (150, 1200)])
    monkeypatch.setattr(measure, "times", lambda: next(seen))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    assert measure.busy_share() == 0.25


def test_the_readme_has_the_figures_of_the_file_and_no_others() -> None:
    """Where this fails: `make figures`."""
    readme = figures.README.read_text()
    assert figures.placed(readme, figures.block(json.loads(figures.FIGURES.read_text()))) == readme
    assert figures.BEGIN in readme


def test_a_row_says_outage_failures_and_when_the_vip_moved() -> None:
    both = {"median": 0.653, "worst": 0.7}
    row = figures.fault_row(
        "crash",
        {"count": 5, "longest_gap_s": both, "failed": {"median": 31, "worst": 40}, "moved_after_s": both,
         "requests": {"median": 400, "worst": 400}, "transitions": {"median": 2, "worst": 2}},
    )  # fmt: skip
    assert row == (
        "| the master's cable is pulled (`balanced`, the default) | 0.65 s (0.70 s) | 31 (40) of 400 |"
        " the VIP moves after 0.65 s |"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.048, "0.05"), (4.12, "4.1"), (323.4, "323"), (10000, "10,000")]
)
def test_numbers_have_as_few_digits_as_say_it(value: float, text: str) -> None:
    assert figures.number(value) == text


def test_a_client_that_is_lost_under_load_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_arguments: object, **_options: object) -> None:
        raise LabError("the client ended before its time")

    variants: Any = SimpleNamespace(stack=SimpleNamespace(lab=SimpleNamespace(probe=SimpleNamespace(start=lost))))
    monkeypatch.setattr(load, "_changes", lambda *_arguments: iter(()))
    with pytest.raises(LabError, match="before its time"):
        load.edits_and_reloads(variants, edits=1, reloads=1, timeout=1, requests=1)


@pytest.mark.parametrize(("moment", "name"), [(1.0, "nothing"), (2.0, "an edit"), (2.9, "an edit"), (9.0, "reloads")])
def test_a_moment_is_of_the_change_that_is_under_way(moment: float, name: str) -> None:
    assert load.step_at([(1.0, "nothing"), (2.0, "an edit"), (3.0, "reloads")], moment) == name
