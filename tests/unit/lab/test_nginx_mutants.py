# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make mutate-nginx` leaves out is one directive, whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nginx_mutants
import pytest
from nginx_mutants import SERVES, WITHOUT, Record, heads, mutated, without

FILE = """\
map $a $b {
    default 0;
    "~}" 1;
}
server {
    listen 80;
    location / {
        add_header X-A "a;{";
        add_header X-B b;
        return 200
            "more;"
            "{";
    }
}
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("map $a", range(4)),
        ("listen", [5]),
        ("location", range(6, 13)),
        ("add_header X-A", [7]),
        ("add_header X-B", [8]),
        ("return", [9, 10, 11]),
        ("server", range(4, 14)),
        ("nothing", []),
    ],
)
def test_one_directive_goes_with_its_block(name: str, lines: list[int]) -> None:
    kept = [line for number, line in enumerate(FILE.splitlines(keepends=True)) if number not in lines]
    assert without(FILE, name) == "".join(kept)


def test_only_files_of_nginx_change(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/etc/nginx/conf.d/a.conf": FILE, "/etc/other": FILE}
    assert mutated(files) == files
    monkeypatch.setenv(WITHOUT, "listen")
    assert mutated(files) == {"/etc/nginx/conf.d/a.conf": without(FILE, "listen"), "/etc/other": FILE}


def test_the_directives_of_a_tree_are_named_once(tmp_path: Path) -> None:
    (tmp_path / "web1/etc/nginx/conf.d").mkdir(parents=True)
    (tmp_path / "web1/etc/nginx/conf.d/a.conf").write_text(FILE)
    assert heads([tmp_path]) == ["map $a", "listen", "add_header X-A", "add_header X-B", "return"]


def test_a_test_notes_what_it_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(SERVES, str(tmp_path / "notes"))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "a.py::test[x (y)] (call)")
    assert mutated({"/etc/nginx/a.conf": "a 1;\nb;\na 2;\n"}) == {"/etc/nginx/a.conf": "a 1;\nb;\na 2;\n"}
    test, found = json.loads((tmp_path / "notes").read_text())
    assert (test, {name: len(set(lines)) for name, lines in found.items()}) == ("a.py::test[x (y)]", {"a": 2, "b": 1})


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """Three tests of one version serve `a`, one of an older version alone serves `b`, and nothing is learned."""
    monkeypatch.setattr(Record, "learn", lambda _self, _version: None)
    found = Record(tmp_path / "record.json")
    usual, other = {"times": 1, "heads": {"a": ["1"]}}, {"times": 9, "heads": {"a": ["1", "2"]}}
    found.serves = {
        "1.26 a.py": {"digest": "d1", "tests": {"usual": usual, "usual too": usual, "about it": other}},
        "1.26 b.py": {"digest": "d2", "tests": {"another": {"times": 1, "heads": {"c": ["3"]}}}},
        "1.18 a.py": {"digest": "d3", "tests": {"old": {"times": 1, "heads": {"b": ["4"]}}}},
    }
    return found


def test_what_a_directive_is_about_is_asked_first(record: Record) -> None:
    wanted = record.wanted(["a", "b", "nowhere"])
    assert wanted == {"a": ["about it", "usual", "usual too"], "b": ["old"], "nowhere": []}


def test_what_is_known_is_asked_again_only_where_its_tests_changed(record: Record, tmp_path: Path) -> None:
    record.wanted(["a", "b"])
    record.note("a", "usual too")
    record.note("b", "")
    again = Record(tmp_path / "record.json")
    assert (again.wanted(["a", "b"]), again.found["b"]["test"]) == ({}, "")
    again.serves["1.26 b.py"]["digest"] = "d4"
    assert again.wanted(["a", "b"]) == {}
    again.serves["1.26 a.py"]["digest"] = "d5"
    assert again.wanted(["a", "b"]) == {"a": ["usual too", "about it", "usual"]}


WAITS = """
import os, threading

def test_a():
    if "%s" in os.environ:
        threading.Event().wait()
"""
RUN = """
import sys, pathlib, pytest, nginx_mutants
nginx_mutants.SECONDS = 5
record = nginx_mutants.Record(pathlib.Path("record.json"))
record._depends["a"] = "d"
plugins = [nginx_mutants.Mutants(record, {"a": ["test_it.py::test_a"]})]
sys.exit(pytest.main(["-q", "-c", "none.ini", "-p", "no:cacheprovider", "test_it.py"], plugins=plugins))
"""


def test_a_test_that_waits_for_a_directive_misses_it(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(WAITS % WITHOUT)
    (tmp_path / "none.ini").write_text("")
    here = str(Path(nginx_mutants.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, env={**os.environ, "PYTHONPATH": here}, capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "record.json").read_text())["found"]["a"]["test"] == "test_it.py::test_a"
