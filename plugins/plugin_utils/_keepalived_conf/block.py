# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of keepalived.conf as data, and the one place that writes them as text.

A block is a list of lines. A line is a list of words, which may open a block of its own. No word can end a word, a line
or a block: each goes through the writers of `_text`.
"""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence, Union

from ...module_utils import _text


class Command(NamedTuple):
    """A program with its arguments, which Keepalived starts without a shell: one word of the line."""

    words: Sequence[str]


Word = Union[str, int, float, Command]


class Comment(NamedTuple):
    """A line for a person."""

    text: str


class Block(NamedTuple):
    """`words {`, its lines, `}`"""

    words: Sequence[Word]
    lines: Iterable[Line]


# A line that is only words is a tuple of them; without any it is an empty line.
Line = Union[Block, Comment, "tuple[Word, ...]"]
EMPTY: tuple[Word, ...] = ()


def written(lines: Iterable[Line]) -> str:
    """The lines as text, each ended. Raises LvsError for what cannot be written."""
    found: list[str] = []
    _write(lines, "", found)
    return "".join(found)


def _write(lines: Iterable[Line], indent: str, found: list[str]) -> None:
    for line in lines:
        if isinstance(line, Comment):
            found.append("%s%s\n" % (indent, _text.comment(line.text)))
        elif isinstance(line, Block):
            found.append("%s%s {\n" % (indent, _words(line.words)))
            _write(line.lines, indent + "    ", found)
            found.append("%s}\n" % indent)
        else:
            found.append("%s%s\n" % (indent, _words(line)) if line else "\n")


def _words(words: Iterable[Word]) -> str:
    return " ".join([_word(one) for one in words])


def _word(word: Word) -> str:
    if isinstance(word, Command):
        return _text.keepalived_command(word.words)
    return _text.keepalived(word) if isinstance(word, str) else str(_text.number(word))
