# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a benchmark ends: its figures as a table, in build/bench.json, and beside their bounds."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from lab.prove import build, merge

# What a figure has to be, in words and as a function.
Bound = tuple[str, Callable[[Any], bool]]


def at_most(most: float, words: str = "") -> Bound:
    return words or "at most %g" % most, lambda value: bool(value <= most)


def report(figures: Mapping[str, Any], bounds: Mapping[str, Bound]) -> int:
    """Prints and keeps the figures; the exit status: 1 where one misses its bound."""
    merge(build("bench.json"), dict(figures))
    missed = False
    for name, value in figures.items():
        words, kept = bounds.get(name, ("", lambda _value: True))
        missed |= not kept(value)
        text = "%.3g" % value if isinstance(value, float) else str(value)
        print("%-40s %10s   %-20s %s" % (name, text, words, "" if kept(value) else "MISSED"))
    return int(missed)
