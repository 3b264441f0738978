# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of config_tree: diffs and complaints, and never a secret."""

from __future__ import annotations

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import Change, File, Link
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.text import (
    OPAQUE,
    diff,
    explain,
    hidden_in,
    mask,
    masked_texts,
    secret_values,
    shapes,
)

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


def file(content: str | bytes, mode: int = 0o644, uid: int = 0) -> File:
    return File(content.encode() if isinstance(content, str) else content, mode, uid, 0)


def shown(before: str | None, after: str | None, secrets: list[str], known: tuple[str, ...] = ()) -> dict[str, str]:
    values = secret_values(secrets)
    known += shapes((after or "").encode(), values)
    change = Change("a.conf", file(before) if before is not None else None, file(after) if after is not None else None)
    return diff("/etc/x", change, values, known)


def test_longer_secrets_are_hidden_before_those_they_contain() -> None:
    assert mask("pass abcdef abc", secret_values(["abc", "abcdef"])) == "pass ******** ********"


def test_an_empty_secret_hides_nothing() -> None:
    assert secret_values(["", "  ", None]) == ()


def test_the_lines_of_a_key_are_secrets_of_their_own() -> None:
    assert "MIIEvQIBADANBgkq" not in mask("  MIIEvQIBADANBgkq\n", secret_values([KEY]))


def test_a_private_key_is_hidden_though_nobody_declared_it() -> None:
    assert mask("x\n%sy\n" % KEY, ()) == "x\n-----BEGIN PRIVATE KEY-----\n********\n-----END PRIVATE KEY-----\ny\n"


def test_the_secret_that_is_replaced_is_hidden_by_the_shape_of_its_line() -> None:
    result = shown("a\n    auth_pass oldone\n", "b\n    auth_pass newone\n", ["newone"])
    assert result["before"] == "a\n    auth_pass ********\n"
    assert result["after"] == "b\n    auth_pass ********\n"


def test_the_secret_that_goes_for_good_is_hidden_by_the_remembered_shape() -> None:
    result = shown("auth_pass   oldone;\n", None, [], known=("auth_pass ********;",))
    assert result["before"] == "auth_pass ********;\n"
    assert hidden_in(b"auth_pass   oldone;\n", ["auth_pass ********;"]) == ("oldone",)


def test_a_change_of_nothing_but_a_secret_is_seen() -> None:
    result = shown("p oldone\n", "p newone\n", ["newone"])
    assert result["before"] == "p ********\n"
    assert result["after"] == "p ********\n(a secret in it changes)\n"


def test_a_file_that_is_one_secret_is_not_shown() -> None:
    assert shapes(b"newone\n", ("newone",)) == (OPAQUE,)
    result = shown("oldone\n", "newone\n", ["newone"])
    assert result["before"] == "(secret content)\n"
    assert "oldone" not in str(result)


def test_two_secrets_in_a_line_leave_the_rest_readable() -> None:
    known = shapes(b"user me pass one1 key two2 end\n", secret_values(["one1", "two2"]))
    assert known == ("user me pass ******** key ******** end",)
    assert hidden_in(b"user me pass eins1 key zwei2 end\n", known) == ("eins1", "zwei2")


def test_a_short_old_secret_is_hidden_where_it_stands_only() -> None:
    assert hidden_in(b"p 1\n", ["p ********"]) == ()
    assert shown("p 1\nq 1\n", "p neu2\nq 1\n", ["neu2"])["before"] == "p ********\nq 1\n"


def test_headers_say_what_is_absent() -> None:
    result = shown(None, "a\n", [])
    assert (result["before_header"], result["after_header"]) == ("/etc/x/a.conf (absent)", "/etc/x/a.conf")
    assert (result["before"], result["after"]) == ("", "a\n")


def test_rights_are_shown_where_they_differ() -> None:
    result = diff("/etc/x", Change("a", file("t\n", 0o644, 7), file("t\n", 0o640)), (), (), (lambda n: "u%d" % n, str))
    assert result["before"] == "(mode 0644, owner u7, group 0)\nt\n"
    assert result["after"] == "(mode 0640, owner u0, group 0)\nt\n"


def test_a_link_that_becomes_a_file_is_shown_as_one() -> None:
    result = diff("/etc/x", Change("a", Link("../y"), file("t\n")), (), ())
    assert result["before"] == "(symbolic link)\n(to ../y)\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
def test_what_is_no_text_is_counted(content: bytes) -> None:
    assert "bytes that are no text" in diff("/etc/x", Change("a", None, file(content)), (), ())["after"]


@pytest.mark.parametrize(
    "line",
    [
        '2026/01/01 [emerg] 1#1: unknown directive "foo" in /etc/x/a.conf:2',
        "(/etc/x/a.conf: Line 2) Unknown keyword 'foo'",
        "(Line 2) Unknown keyword 'foo'",
        "/etc/x/a.conf:2:5: syntax error",
        ">>> /etc/x/a.conf: syntax error near line 2 <<<",
    ],
)
def test_the_daemons_line_stands_beside_ours(line: str) -> None:
    texts = masked_texts("/etc/x", {"a.conf": file("one\n  foo geheim1;\n"), "off": None}, ("geheim1",))
    assert explain(line, texts, "/etc/x/a.conf", ("geheim1",)) == [line, "    /etc/x/a.conf:2: foo ********;"]


def test_a_complaint_of_several_processes_is_given_once() -> None:
    assert explain("(Line 9) no\n(Line 9) no\n\n", {"/a": "x"}, "/a") == ["(Line 9) no"]


def test_a_complaint_without_end_is_cut() -> None:
    lines = explain("\n".join("line %d" % number for number in range(100)), {}, "", most=10)
    assert len(lines) == 11
    assert lines[-1] == "(90 more lines)"


def test_a_key_in_a_file_does_not_shift_line_numbers() -> None:
    texts = masked_texts("/etc/x", {"a": file(KEY + "bad line\n")}, secret_values([KEY]))
    assert texts["/etc/x/a"].splitlines()[4] == "bad line"
    assert "MIIEvQ" not in texts["/etc/x/a"]
