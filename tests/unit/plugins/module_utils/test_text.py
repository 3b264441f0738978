# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text is written so that its reader reads exactly it, or it is an error."""

from __future__ import annotations

import math
import string
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._text import WRITERS, comment, number, shell

PLAIN = ("keepalived", "logrotate", "nginx", "sudoers", "systemd")
WORDS = ("keepalived", "logrotate", "nginx", "shell", "sudoers", "systemd")
HOSTILE = ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "a\nb", "a\n", "\nb"]
MEANINGFUL = [
    "",
    " ",
    "a b",
    "a\tb",
    '"',
    "a'b",
    "a{b",
    "a}b",
    "a;b",
    "a#b",
    "#a",
    "!a",
    "$a",
    "$(a)",
    "a\\",
    "`a`",
    "ä",
]
LETTERS = string.ascii_letters + string.digits


@pytest.mark.parametrize("writer", WORDS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_makes_a_line(writer: str, text: str) -> None:
    with pytest.raises(LvsError):
        WRITERS[writer](text)


@pytest.mark.parametrize("writer", PLAIN)
@pytest.mark.parametrize("text", [*MEANINGFUL, "a" * 513])
def test_what_the_reader_would_not_take_as_it_is_is_refused(writer: str, text: str) -> None:
    with pytest.raises(LvsError):
        WRITERS[writer](text)


@pytest.mark.parametrize(
    ("writer", "text"),
    [
        ("keepalived", "@a"),
        ("nginx", "~a"),
        ("systemd", "a%b"),
        ("sudoers", "%a"),
        ("sudoers", "1a"),
        ("logrotate", "*"),
    ],
)
def test_what_one_reader_alone_gives_a_meaning_is_refused(writer: str, text: str) -> None:
    with pytest.raises(LvsError):
        WRITERS[writer](text)


@pytest.mark.parametrize("writer", WORDS)
@pytest.mark.parametrize("text", ["web1", "a-b_c.d", LETTERS])
def test_a_plain_word_is_written_as_it_is(writer: str, text: str) -> None:
    assert WRITERS[writer](text) == text


@pytest.mark.parametrize("writer", [*WORDS, "number", "keepalived_line"])
@pytest.mark.parametrize("value", [None, True, ["a"], {"a": 1}, math.nan])
def test_what_is_no_text_has_no_place_in_a_file(writer: str, value: Any) -> None:
    with pytest.raises(LvsError):
        WRITERS[writer](value)


@pytest.mark.parametrize("writer", [name for name in WRITERS if name != "comment"])
def test_no_error_quotes_a_text(writer: str) -> None:
    with pytest.raises(LvsError) as error:
        WRITERS[writer]("s3cret\n")
    assert "s3cret" not in error.value.message


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=30))
def test_a_shell_reads_the_same_words(texts: list[str]) -> None:
    words = []
    kept = []
    for text in texts:
        try:
            words.append(shell(text))
            kept.append(text)
        except LvsError:
            pass
    script = "\n".join("printf '%%s\\0' %s" % word for word in words).encode("utf-8", "surrogatepass")
    for interpreter in ("bash", "sh"):
        done = subprocess.run([interpreter], input=script, capture_output=True, check=True)
        assert done.stderr == b""
        assert done.stdout.decode("utf-8", "surrogatepass").split("\0")[:-1] == kept


@given(text=st.text())
def test_every_line_of_a_comment_is_one(text: str) -> None:
    for line in comment(text).splitlines():
        assert line.startswith("#")
        assert not line.endswith("\\")


def test_a_comment_of_two_lines_stays_a_comment() -> None:
    assert comment("Managed by us.\nDo not edit.\n (vipstack.lvs.nginx)") == (
        "# Managed by us.\n# Do not edit.\n#  (vipstack.lvs.nginx)"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [(80, "80"), ("80", "80"), (-20, "-20"), (0.25, "0.25"), ("0.5", "0.5"), (2**32 - 1, "4294967295")],
)
def test_a_number_is_a_number(value: Any, written: str) -> None:
    assert str(number(value)) == written


@pytest.mark.parametrize("value", ["lots", "1 2", "1;", "0x10", "1e3", "", "١", math.inf, 1e30, 1e-9])
def test_anything_else_is_none(value: Any) -> None:
    with pytest.raises(LvsError):
        number(value)


@pytest.mark.parametrize("line", ["vrrp_startup_delay 5", "notification_email {", "    ops@example.com", "\ta"])
def test_a_line_of_an_operator_stays_as_it_is(line: str) -> None:
    assert WRITERS["keepalived_line"](line) == line


@pytest.mark.parametrize("line", ["a\nb", "a\x00", "a\\", "a\\  "])
def test_a_line_of_an_operator_is_one_line(line: str) -> None:
    with pytest.raises(LvsError):
        WRITERS["keepalived_line"](line)
