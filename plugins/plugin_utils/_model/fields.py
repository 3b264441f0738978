# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field of the input is, and short ways to write one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping


class _Required:
    """The default of what has none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


@dataclass(frozen=True)
class Field:
    """One thing to write. ``kind`` names its reader in `read`; the rest says what that reader allows."""

    kind: str
    doc: str = ""
    # None also allows null to be written, and stays None: not given.
    default: Any = REQUIRED
    low: float = 0
    high: float = 0
    unit: str = ""
    choices: tuple[str, ...] = ()
    # A named form of text, or of the names of a map: a key of `forms.FORMS`.
    form: str = ""
    # What a list holds, and what stands behind each name of a map.
    of: Field | None = None
    # The fewest items of a list; the longest name of a map.
    least: int = 0
    longest: int = 63
    fields: Mapping[str, Field] = field(default_factory=dict)
    # Where there is no default: what it is when nobody writes it.
    otherwise: str = ""
    # Why a number has its limits, where that is no matter of course.
    why: str = ""
    # A shorter way to write a table: the scalar is read as this one of its fields. Of a list: a text is its one item.
    short: str = ""


def whole(doc: str, default: Any, low: int, high: int, unit: str = "", otherwise: str = "", why: str = "") -> Field:
    return Field("whole", doc, default, low, high, unit, otherwise=otherwise, why=why)


def number(doc: str, default: Any, low: float, high: float, unit: str = "", otherwise: str = "") -> Field:
    return Field("number", doc, default, low, high, unit, otherwise=otherwise)


def switch(doc: str, default: bool | None, otherwise: str = "") -> Field:
    return Field("switch", doc, default, otherwise=otherwise)


def choice(doc: str, default: Any, *choices: str) -> Field:
    return Field("choice", doc, default, choices=choices)


def text(doc: str, default: Any, form: str, otherwise: str = "") -> Field:
    return Field("text", doc, default, form=form, otherwise=otherwise)


def many(doc: str, default: Any, of: Field, least: int = 0, otherwise: str = "") -> Field:
    return Field("list", doc, default, of=of, least=least, otherwise=otherwise)


def named(doc: str, of: Field, longest: int = 63) -> Field:
    return Field("map", doc, {}, of=of, longest=longest)


def table(doc: str, value: Any = REQUIRED, short: str = "", /, **fields: Field) -> Field:
    return Field("table", doc, value, fields=fields, short=short)
