# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx's configuration as data: directives, and the one place that writes them as text.

Nobody else puts a text into a file of Nginx, so none can end a word, a line or a block: what Nginx reads as a word of a
directive is exactly the word that was given.
"""

from __future__ import annotations

import re
from typing import Iterable, Mapping, NamedTuple, Sequence, Union

from ...module_utils._errors import LvsError

Word = Union[str, int]
# What Nginx takes as it is. Where nothing else is in a word, it stays as a person would write it.
_PLAIN = re.compile(r"[A-Za-z0-9_./:+=,^%*?&@~|!<>()\[\]-][A-Za-z0-9_./:+=,^%*?&@~|!<>()\[\]'-]*")
_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t"}
# Nginx reads a configuration through a buffer of 4096 bytes and has no longer word.
_LONGEST = 4000


class Raw(NamedTuple):
    """A line as an operator wrote it, and the path of the inventory at which it stands."""

    text: str
    path: str


class Directive(NamedTuple):
    """A directive with its words; ``block``: what is in its braces, None where it has none."""

    name: str
    words: tuple[Word, ...] = ()
    block: tuple[Directive | Raw | str, ...] | None = None


_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
# A text alone is a comment.
Line = Union[Directive, Raw, str]


def simple(name: str, *words: Word) -> Directive:
    """`name words;`"""
    return Directive(name, words)


def block(name: str, words: Sequence[Word], lines: Iterable[Line]) -> Directive:
    """`name words { lines }`"""
    return Directive(name, tuple(words), tuple(lines))


def geo(name: str, default: Word, values: Mapping[str, Word], subject: str | None = None) -> Directive:
    """The variable that has the value of the longest network with an address, at the level of http.

    ``name`` and ``subject``, the variable with the address, have their $; without a subject it is the client's. What
    Nginx calls default is the two networks of all addresses, so where one of them is given both are written.
    """
    rows: dict[str, Word] = {"default": default}
    if not _EVERYWHERE.isdisjoint(values):
        rows = dict.fromkeys(sorted(_EVERYWHERE), default)
    words = [name] if subject is None else [subject, name]
    return block("geo", words, [simple(network, value) for network, value in {**rows, **values}.items()])


def word(value: Word) -> str:
    """A word as Nginx reads it back: in quotes where it has to be. A variable stays one. Raises LvsError.

    In quotes Nginx reads \\n and \\t as a new line and a tab.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise LvsError("%s is no word of Nginx" % type(value).__name__)
    text = str(value)
    if (
        _CONTROL.search(text.replace("\n", "").replace("\t", ""))
        or len(text.encode("utf-8", "surrogateescape")) > _LONGEST
    ):
        raise LvsError("a text of %d characters is too long for Nginx or has a control character" % len(text))
    if _PLAIN.fullmatch(_VARIABLE.sub("v", text)):
        return text
    return '"%s"' % "".join(_ESCAPES.get(one, one) for one in text)


def written(lines: Iterable[Line], depth: int = 0) -> str:
    """Directives as text, each on a line of its own. Raises LvsError for what cannot be written."""
    return "".join(_line(line, "    " * depth, depth) for line in lines)


def _line(line: Line, indent: str, depth: int) -> str:
    if isinstance(line, Raw):
        return "%s%s  # %s\n" % (indent, line.text, line.path)
    if isinstance(line, str):
        return "%s# %s\n" % (indent, _CONTROL.sub(" ", line)) if line else "\n"
    head = " ".join(map(word, (line.name, *line.words)))
    if line.block is None:
        return "%s%s;\n" % (indent, head)
    if not line.block:
        return "%s%s {\n%s}\n" % (indent, head, indent)
    return "%s%s {\n%s%s}\n" % (indent, head, written(line.block, depth + 1), indent)


def variable(*parts: Word) -> str:
    """The name of a variable of ours for these parts, without the $; other parts give another name.

    Nginx does not tell variables apart by capital letters, and neither do names of sites.
    """
    return "lvs_" + "__".join(str(part).replace("_", "_0").replace("-", "_1").replace(".", "_2") for part in parts)
