# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a value is quoted, and what is said of one that is wrong."""

from __future__ import annotations

import datetime
import difflib
from typing import Any, Iterable, Mapping, NamedTuple, Sequence


class Mistake(NamedTuple):
    """``message`` begins with ``path`` and stands alone."""

    path: str
    message: str


class Wrong(Exception):
    """A value that is not what its field allows; each of the texts goes behind the path."""


class Unfit(Exception):
    """A value and what it must be; whether the value is quoted depends on where it stands."""

    def __init__(self, value: Any, what: str) -> None:
        super().__init__(value, what)
        self.value, self.what = value, what

    def said(self, secret: bool) -> str:
        quoted = "not what it must be, which is" if secret else "%s; must be" % shown(self.value)
        return "is %s %s" % (quoted, self.what)


# What is no text though text was meant, as YAML has other types.
_YAML_READS = ((bool, "true or false"), (type(None), "null"), ((int, float), "a number"), (datetime.date, "a date"))
LONGEST_SHOWN = 60


def printable(text: str) -> str:
    """A text on one line, cut where it is long."""
    escaped = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return escaped if len(escaped) <= LONGEST_SHOWN else escaped[: LONGEST_SHOWN - 3] + "..."


def shown(value: Any) -> str:
    """A value as an error quotes it; what has parts is only named."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a dict"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, str):
        return '"%s"' % printable(value)
    return printable(str(value))


def key_of(key: Any) -> str:
    """A key as part of a path."""
    return printable(key) if isinstance(key, str) else shown(key)


def in_quotes(value: Any) -> str:
    """What to do where YAML made something else of a text; empty where it did not."""
    for kinds, what in _YAML_READS:
        if isinstance(value, kinds):
            return "; put it in quotes, as YAML reads it as %s" % what
    return ""


def must(value: Any, what: str) -> Unfit:
    return Unfit(value, what)


def must_be_text(value: Any, what: str) -> Unfit:
    return Unfit(value, what + ("" if value is None else in_quotes(value)))


def either(names: Sequence[str]) -> str:
    """Names of which one is wanted."""
    return ", ".join(names[:-1]) + " or " * (len(names) > 1) + names[-1]


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a name that nobody knows."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return "is unknown; did you mean %s?" % near[0]
    return "is unknown; known: %s" % (", ".join(names) or "none")
