# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README has short sentences. Code blocks, tables, headings and the generated figures do not count."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from pages import read

LONGEST, AVERAGE = 35, 18
GENERATED = re.compile(r"<!-- begin: .*?<!-- end: .*?-->", re.DOTALL)
# A full stop inside a name such as 2.16 or nginx.conf has no space behind it.
END = re.compile(r"(?<=[.!?])\s+")


def sentences(page: str) -> list[list[str]]:
    """The words of each sentence. A link counts as its text, code between backticks as it is written."""
    tokens = MarkdownIt("commonmark").enable("table").parse(GENERATED.sub("", page))
    found = []
    for before, token in zip(tokens, tokens[1:]):
        if before.type == "paragraph_open":
            text = "".join(child.content if child.content else " " for child in token.children or [])
            found += [re.findall(r"\S*\w\S*", sentence) for sentence in END.split(text)]
    return [words for words in found if words]


def test_no_sentence_of_the_readme_is_too_long() -> None:
    assert [" ".join(words) for words in sentences(read("README.md")) if len(words) > LONGEST] == []


def test_sentences_of_the_readme_are_short_on_average() -> None:
    counts = [len(words) for words in sentences(read("README.md"))]
    assert len(counts) > 20
    assert sum(counts) / len(counts) <= AVERAGE


@pytest.mark.parametrize(
    ("page", "counts"),
    [
        ("One two three. Four\nfive: six (2.16 to 2.19)!", [3, 6]),
        ("- one\n- two [three four](https://example.com/a.b) `five six`.", [1, 5]),
        ("# A title\n\n| a | b |\n|---|---|\n| c d | e |\n\n```sh\none two three\n```\n\nWords.", [1]),
        ("One.\n\n<!-- begin: made -->\nTwo three.\n<!-- end: made -->\n\nFour five six.", [1, 3]),
    ],
)
def test_what_counts_as_a_sentence(page: str, counts: list[int]) -> None:
    assert [len(words) for words in sentences(page)] == counts
