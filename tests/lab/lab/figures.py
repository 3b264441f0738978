# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's figures, by `make figures`: from build/, where measurements leave them, by way of docs/figures.json.

A figure that was not measured again stays. Nobody edits figures by hand: a test compares the README with the file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from lab.stack import ROOT

FIGURES = ROOT / "docs" / "figures.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- begin: made by make figures -->\n", "<!-- end: made by make figures -->\n"
SOURCES = {"failover": "failover.json", "lab": "lab.json", "bench": "bench.json", "test": "test.json"}

# Key of build/failover.json -> the fault, in words for users.
FAULTS = {
    "crash": "the master's cable is pulled (`balanced`, the default)",
    "crash_fast": "the same with `lvs_failover: fast`",
    "reference_crash": "the same in the reference deployment (VRRPv2, adverts of 1 s)",
    "planned_stop": "Keepalived of the master is stopped",
    "return": "it returns, with preemption",
    "return_without_preempt": "it returns as a backup (the default)",
    "keepalived_sigkill": "every process of Keepalived is killed",
    "both_directors_restart": "Keepalived of both directors restarts at once",
    "real_server_nginx_stopped": "Nginx of a real server is stopped",
    "director_nginx_down": "Nginx of the master is stopped (reference deployment)",
    "check_script_fails": "Nginx of the master runs, but does not answer",
    "freeze_tolerant": "Keepalived of the master freezes for 1.5 s (`lvs_failover: tolerant`)",
    "freeze_fast": "the same with `fast`: the VIP moves, and both hold it for a moment",
    "reload_under_load": "3 edits by `site.yml` and 80 reloads under load",
    "busy_machine": "every CPU is busy for a minute",
}
# A figure of build/failover.json beside the outage and the failures -> its words.
NOTES = {
    "moved_after_s": "the VIP moves after {} s",
    "out_after_s": "out of the table after {} s",
    "held_twice_s": "held by both for {} s",
    "transitions": "{} VRRP transitions",
}
# File in build/, figure -> its words, how it is written, what measures it.
OTHERS = {
    ("lab", "cold_s"): ("nothing to a converged stack: lab, `site.yml` twice, traffic, a crash", "{} s", "make lab"),
    ("lab", "warm_s"): ("the same with the lab up", "{} s", "make lab"),
    ("lab", "first_converge_s"): ("first run of `site.yml` on bare hosts", "{} s", "make lab"),
    ("lab", "second_run_s"): ("second run of `site.yml`, 0 changed", "{} s", "make lab"),
    ("lab", "tasks_per_host"): ("tasks per host, those skipped among them", "{}", "make lab"),
    ("test", "seconds"): ("all tests, from a fresh clone", "{} s", "make test"),
    ("bench", "ipvs_apply_speedup_over_restore"): (
        "1,000 services with 10 destinations each by `ipvs`, against `ipvsadm --restore`",
        "{} times as fast",
        "make bench",
    ),
    ("bench", "ipvs_apply_speedup_over_exec"): (
        "the same, against one `ipvsadm` a rule",
        "{} times as fast",
        "make bench",
    ),
    ("bench", "ipvs_noop_over_save"): (
        "the same table again, against `ipvsadm --save`",
        "{} times as long",
        "make bench",
    ),
}


def number(value: float) -> str:
    """As few digits as say it: 0.653 is 0.65, 12.3 is 12, 3 is 3."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def fault_row(key: str, figures: Mapping[str, Any]) -> str:
    gap = figures.get("longest_gap_s")
    outage = f"{number(gap['median'])} s ({number(gap['worst'])} s)" if gap else ""
    failed = figures["failed"]
    lost = f"{number(failed['median'])} ({number(failed['worst'])}) of {number(figures['requests']['median'])}"
    notes = [
        words.format(number(figures[name]["median"]))
        for name, words in NOTES.items()
        if name in figures and (name != "transitions" or figures[name]["median"] == 0)
    ]
    return f"| {FAULTS[key]} | {outage} | {lost} | {', '.join(notes)} |"


def others(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The other figures, with the command that measures each."""
    return [
        f"| {what} | {words.format(number(figures[name][key]))} | `{by}` |"
        for (name, key), (what, words, by) in OTHERS.items()
        if key in figures.get(name, {})
    ]


def block(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The text between the two marks in the README."""
    failover = figures.get("failover", {})
    faults = [fault_row(key, failover[key]) for key in FAULTS if key in failover]
    counts = sorted({one["count"] for one in failover.values()})
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}" if counts else "no"
    lines = [
        f"Each row: {runs} runs on a quiet machine, the median and in brackets the worst (`make measure`).",
        "",
        "| what happens | outage | failed requests | |",
        "|---|---|---|---|",
        *faults,
        "",
        "| | | by |",
        "|---|---|---|",
        *others(figures),
    ]
    return "\n".join(lines) + "\n"


def placed(readme: str, text: str) -> str:
    """The README with this between its marks."""
    before, _begin, rest = readme.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return before + BEGIN + text + END + after


def _shown(name: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was measured, that which the README shows."""
    return {key: value for key, value in measured.items() if name == "failover" or (name, key) in OTHERS}


def main() -> int:
    known: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for name, source in SOURCES.items():
        path = ROOT / "build" / source
        if path.exists():
            known[name] = {**known.get(name, {}), **_shown(name, json.loads(path.read_text()))}
    FIGURES.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    README.write_text(placed(README.read_text(), block(known)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
