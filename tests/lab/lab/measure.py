# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outage of each fault: `make measure [KEY=crash] [RUNS=5]`, into build/failover.json.

Each figure comes from several runs: the median, the worst value and their number, with how busy the machine was before
them. The exit status is 1 if a median misses its bound. It refuses a busy machine, because the figures would be those
of its other work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lab.faults import FAULTS, TIMED, cut, freeze, moved_at, now, transitions
from lab.lab import Lab
from lab.load import busy_machine, edits_and_reloads
from lab.processes import interruptible, step
from lab.prove import build, merge
from lab.stack import Stack
from lab.state import LabError
from lab.variants import Variants

RUNS = 5
LEAD = 1.5  # seconds of requests before the fault
AT_REST = 5.0  # seconds until the check scripts of a variant have run
MOST_BUSY = 0.3  # share of the time of all CPUs, including the idle lab
Figures = dict[str, float]

# Key -> figure -> lowest and highest allowed median. Seconds, requests.
BOUNDS: dict[str, dict[str, tuple[float, float]]] = {
    "crash": {"longest_gap_s": (0, 0.9)},
    "planned_stop": {"longest_gap_s": (0, 0.15), "failed": (0, 0)},
    "return_without_preempt": {"failed": (0, 0), "transitions": (0, 1)},
    "keepalived_sigkill": {"longest_gap_s": (0, 3)},
    "both_directors_restart": {"longest_gap_s": (0, 5)},
    "return": {"longest_gap_s": (0, 0.15), "failed": (0, 0)},
    "freeze_fast": {"held_twice_s": (0, 1)},
    "crash_fast": {"longest_gap_s": (0, 0.45)},
    "freeze_tolerant": {"failed": (0, 0), "transitions": (0, 0)},
    # Three adverts of a second less what had passed, and the skew.
    "reference_crash": {"longest_gap_s": (2.5, 4.2)},
    # The check is due within 2 s and takes 20 off the priority; then the other's adverts are missed.
    "director_nginx_down": {"moved_after_s": (0, 7), "longest_gap_s": (0, 1)},
    "check_script_fails": {"moved_after_s": (0, 6), "longest_gap_s": (0, 1)},
    "real_server_nginx_stopped": {"out_after_s": (0, 3), "failed_after_out": (0, 0)},
    "reload_under_load": {"failed": (0, 0), "transitions": (0, 0), "requests": (10_000, 1_000_000)},
    "busy_machine": {"transitions": (0, 0)},
}


def fault(variants: Variants, key: str) -> Figures:
    """One run of a fault."""
    one = {**FAULTS, **TIMED}[key]
    at_rest = variants.now == one.variant
    stack = variants(one.variant)
    if not at_rest:
        time.sleep(AT_REST)
    struck = one.prepare(stack)
    before, known = stack.holder(), transitions(stack)
    client = stack.lab.probe.start(one.seconds)
    time.sleep(LEAD)
    try:
        begin = now(stack)
        one.strike(stack, struck)
        woken = now(stack) if one.strike is freeze else None
        outcome = client.result()
        moved = moved_at(stack, begin)
        came = [line for line in transitions(stack) if line not in known]
        is_over = one.is_over(stack, before)
    finally:
        one.mend(stack, struck)
    stack.settled()
    if not is_over:
        raise LabError(f"{key}: the VIP is not where it has to be {one.seconds - LEAD:g} s after the fault")
    figures = _client(outcome.summary)
    if one.then == "other" and one.strike is not cut and moved is not None:  # to pull a cable takes a while itself
        figures["moved_after_s"] = round(moved - begin, 3)
    if one.strike is not cut:
        figures["transitions"] = len(came)
    if woken is not None and moved is not None:
        figures["held_twice_s"] = round(max(0.0, _gave_in(stack, struck, woken) - woken), 3)
    return figures


def _gave_in(stack: Stack, host: str, since: float) -> float:
    """When a director that woke as a master became a backup; `since` where it did not."""
    read = f"journalctl -u keepalived.service -o short-unix --no-pager --since=@{since - 1:.6f}"
    lines = [line for line in stack.run(host, read).splitlines() if "Entering BACKUP STATE" in line]
    return max((float(line.split()[0]) for line in lines), default=since)


def _client(summary: Mapping[str, Any]) -> Figures:
    return {name: summary[name] for name in ("longest_gap_s", "failed", "requests")}


def real_server(variants: Variants, _key: str) -> Figures:
    """Nginx of a real server is stopped: how soon it gets no requests, and what fails from then on."""
    stack = variants("balanced")
    holder = stack.settled()
    client = stack.lab.probe.start(8)
    begin = time.monotonic()
    time.sleep(LEAD)
    try:
        stack.run("web1", "systemctl stop --no-block nginx.service")
        out_after = stack.wait("web1 with weight 0", lambda: stack.weights(holder)["web1"] == 0)
        out_at = time.monotonic() - begin
        outcome = client.result()
    finally:
        stack.run("web1", "systemctl start nginx.service")
    stack.settled()
    late = [record for record in outcome.records if record["t"] > out_at + 0.1]
    failed = sum(not record["ok"] or record["server"] != "web2" for record in late)
    return {**_client(outcome.summary), "out_after_s": round(out_after, 3), "failed_after_out": failed}


def reloads(variants: Variants, _key: str) -> Figures:
    """Three edits by site.yml and twenty reloads of each daemon, while a client makes 10,000 requests."""
    stack = variants("balanced")
    before = transitions(stack)
    failed, requests = edits_and_reloads(variants, edits=3, reloads=20, timeout=3, requests=10_000)
    stack.settled()
    moved = len(transitions(stack)) - len(before)
    return {"requests": requests, "failed": len(failed), "transitions": moved}


def busy(variants: Variants, _key: str) -> Figures:
    """All CPUs of the machine are busy for a minute, as much as the lab's guest may be."""
    stack = variants("balanced")
    before = transitions(stack)
    with busy_machine(60):
        outcome = stack.lab.probe.start(60).result()
    stack.settled()
    return {**_client(outcome.summary), "transitions": len(transitions(stack)) - len(before)}


KEYS: dict[str, Callable[[Variants, str], Figures]] = {
    **dict.fromkeys((*FAULTS, *TIMED), fault),
    "real_server_nginx_stopped": real_server,
    "reload_under_load": reloads,
    "busy_machine": busy,
}


# -- the machine


def times() -> tuple[int, int]:
    """Clock ticks of all CPUs since boot: busy ones, and all (proc(5), /proc/stat)."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def busy_share(seconds: float = 2.0) -> float:
    """How much of all CPUs' time is used, 0 to 1."""
    begin = times()
    time.sleep(seconds)
    end = times()
    return round((end[0] - begin[0]) / max(1, end[1] - begin[1]), 3)


def quiet() -> float:
    """The share of time in which the machine is busy. Raises LabError where that is too much to measure anything."""
    share = busy_share()
    if share > MOST_BUSY:
        raise LabError(
            f"this machine is busy for {share:.0%} of its time, at most {MOST_BUSY:.0%} is allowed: figures taken now"
            " would be those of what else it does; end that first"
        )
    return share


# -- the result


def summary(runs: Iterable[Figures], loads: Iterable[float]) -> dict[str, Any]:
    """`{count, load: {median, worst}, FIGURE: {median, worst}}`: the worst is the greatest."""
    runs, loads = list(runs), list(loads)
    names = sorted({name for run in runs for name in run})
    found = {name: _both([run[name] for run in runs if name in run]) for name in names}
    return {"count": len(runs), "load": _both(loads), **found}


def _both(values: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 3), "worst": max(values)}


def missed(key: str, figures: Mapping[str, Any]) -> list[str]:
    """A line for each median that is out of its bounds, and for each figure that is missing."""
    wrong = []
    for name, (least, most) in BOUNDS[key].items():
        median = figures.get(name, {}).get("median")
        if median is None or not least <= median <= most:
            wrong.append(f"{key}: the median of {name} is {median}; must be {least:g} to {most:g}")
    return wrong


def measure(lab: Lab, keys: list[str], count: int) -> list[str]:
    """Take the figures; returns a line for each missed bound."""
    lab.up()
    stack = Stack(lab)
    with step("site.yml"):
        stack.play("site")
        stack.settled()
    quiet()
    variants = Variants(stack)
    stack.forget(ended=2)  # as the tests do: a client's port must not meet what the variant before this one picked
    wrong: list[str] = []
    try:
        for key in keys:
            runs: list[Figures] = []
            loads: list[float] = []
            with step(f"{key}, {count} runs"):
                for _run in range(count):
                    loads.append(busy_share())
                    runs.append(KEYS[key](variants, key))
            figures = summary(runs, loads)
            merge(build("failover.json"), {key: figures})
            for line in missed(key, figures):
                wrong.append(line)
            print("           " + "  ".join(_shown(name, figures[name]) for name in figures if name in runs[0]))
    finally:
        stack.forget()
        variants.converged()
    return wrong


def _shown(name: str, figure: Mapping[str, float]) -> str:
    return f"{name} {figure['median']:g} (worst {figure['worst']:g})"


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.measure", description="Measure the outage of each fault.")
    parser.add_argument("keys", nargs="*", metavar="KEY", help=f"of {', '.join(KEYS)}; all without one")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    unknown = [key for key in options.keys if key not in KEYS]
    interruptible()
    try:
        if unknown:
            raise LabError(f"KEY is {unknown[0]!r}; must be one of {', '.join(KEYS)}")
        if options.runs < 1:
            raise LabError(f"RUNS is {options.runs}; must be at least 1")
        wrong = measure(Lab(), options.keys or list(KEYS), options.runs)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lab: interrupted; what was measured is in build/failover.json", file=sys.stderr)
        return 130
    for line in wrong:
        print(f"missed: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
