# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in columns that a terminal can show: cells wrap, columns share the width. Pure."""

from __future__ import annotations

import textwrap
from typing import Sequence

GAP = "  "
LONGEST_WORD = 30  # a longer one is broken before the table becomes wider than asked


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int, ruled: bool = False) -> str:
    """The rows under their heads; no line is longer than ``width`` unless the columns cannot be that narrow.

    ``ruled``: a line under the heads and an empty one between the rows, for cells that wrap.
    """
    cells = [list(head), *map(list, rows)]
    widths = _widths(cells, width - len(GAP) * (len(head) - 1))
    lines = _row(cells[0], widths)
    if ruled:
        lines.append(GAP.join("-" * one for one in widths))
    for index, row in enumerate(cells[1:]):
        lines += [""] * (ruled and index > 0) + _row(row, widths)
    return "\n".join(line.rstrip() for line in lines)


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """As wide as the longest line; where that is too much, the widest columns give way, down to their longest word."""
    columns = list(zip(*cells))
    widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    words = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    least = [min(word, LONGEST_WORD) for word in words]
    while sum(widths) > width:
        spare = [index for index, one in enumerate(widths) if one > least[index]]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [_wrap(cell, width) for cell, width in zip(row, widths)]
    height = max(map(len, wrapped))
    padded = [lines + [""] * (height - len(lines)) for lines in wrapped]
    return [GAP.join(part.ljust(width) for part, width in zip(parts, widths)) for parts in zip(*padded)]


def _wrap(cell: str, width: int) -> list[str]:
    return [
        line
        for paragraph in cell.split("\n")
        for line in textwrap.wrap(paragraph, width, break_on_hyphens=False) or [""]
    ]
