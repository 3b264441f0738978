# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end of an access log says of the sides of canaries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect import sides
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.sides import counted, tail


def line(side: str, status: str = "200", route: str = "rest", time: str = "2026-11-26T02:20:00+00:00") -> bytes:
    entry = {"time": time, "status": status, "site": "www", "route": route, "side": side}
    return json.dumps(entry, separators=(",", ":")).encode()


def test_requests_and_errors_of_each_side() -> None:
    lines = [
        line("", time="2026-11-26T01:00:00+00:00"),
        line("stable"),
        line("canary", "502", time="2026-11-26T03:20:00+00:00"),
        line("canary", "499"),
        line("canary", "500", route="api"),
        line("stable"),
    ]
    first, later = "2026-11-26T02:20:00+00:00", "2026-11-26T03:20:00+00:00"
    assert counted(lines) == [
        {"site": "www", "route": "api", "side": "canary", "requests": 1, "errors": 1, "since": first},
        {"site": "www", "route": "rest", "side": "canary", "requests": 2, "errors": 1, "since": later},
        {"site": "www", "route": "rest", "side": "stable", "requests": 2, "errors": 0, "since": first},
    ]


@pytest.mark.parametrize(
    "other",
    [
        b'192.0.2.1 - - "GET /?\\"side\\":\\"canary\\" HTTP/1.1" 200',
        b'{"side":"canary"}',
        b'{"side":"canary","site":"www","route":"rest","status":""}',
        b'["side":"canary"]',
        b'[{"side":"canary"}]',
        b'{"side":"canary","site":"www","rou',
        line("other"),
        b"",
    ],
)
def test_other_lines_are_passed_over(other: bytes) -> None:
    assert [one["requests"] for one in counted([other, line("canary"), other])] == [1]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    (count,) = counted([line("canary").replace(b"rest", b"r\xff")])
    assert (count["route"], count["requests"]) == ("r\ufffd", 1)


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert sides.sides(["none.log"], str(tmp_path)) == []


def test_each_log_tells_of_its_sites(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(line("canary") + b"\n")
    (tmp_path / "www.log").write_bytes(line("stable", "503", "api") + b"\n")
    found = sides.sides(["access.log", "www.log"], str(tmp_path))
    assert [(one["route"], one["side"], one["errors"]) for one in found] == [
        ("rest", "canary", 0),
        ("api", "stable", 1),
    ]


@pytest.mark.parametrize(
    ("most", "found"),
    [(1000, ["a" * 9, "b" * 9, "c" * 9]), (30, ["a" * 9, "b" * 9, "c" * 9]), (29, ["b" * 9, "c" * 9]),
     (20, ["b" * 9, "c" * 9]), (19, ["c" * 9]), (5, [])],
)  # fmt: skip
def test_only_the_end_is_read(most: int, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "MOST_BYTES", most)
    log = tmp_path / "log"
    log.write_text("".join(letter * 9 + "\n" for letter in "abc"))
    assert tail(str(log)) == [one.encode() for one in found]


def test_so_many_lines_are_read_and_none_that_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "MOST_LINES", 2)
    log = tmp_path / "log"
    log.write_text("a\nb\nc\nd")
    assert tail(str(log)) == [b"b", b"c"]
