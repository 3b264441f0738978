# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of keepalived.conf are written so that Keepalived reads exactly the words that were given."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._keepalived_conf.block import (
    EMPTY,
    Block,
    Comment,
    Line,
    written,
)


def test_lines_and_blocks_are_indented() -> None:
    inner = Block(["inner", 2], [("half", 0.5), EMPTY, Comment("why")])
    assert written([("word",), Block(["outer"], [inner])]) == (
        "word\nouter {\n    inner 2 {\n        half 0.5\n\n        # why\n    }\n}\n"
    )


@pytest.mark.parametrize(
    "word", ["", "a b", "a\nb", "}", "{", "#a", "!a", "$a", "@a", '"a"', "a\\", "\u2028", None, True]
)
def test_a_word_with_a_meaning_is_refused(word: Any) -> None:
    for line in (("name", word), Block([word], []), Block(["outer"], [(word,)])):
        with pytest.raises(LvsError):
            written([line])


@pytest.mark.parametrize("text", ["web1", "web1\n}", "web1 \\", "web1\r}", "web1\u2028}"])
def test_a_comment_is_nothing_but_comments(text: str) -> None:
    lines: list[Line] = [Block(["outer"], [Comment(text), ("word",)])]
    middle = written(lines).splitlines()[1:-2]
    assert middle
    assert all(line.lstrip().startswith("#") and not line.endswith("\\") for line in middle)
