# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner of the tests, with parts of a Makefile of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import suite
from suite import Part, Result, Suite

MAKEFILE = """
good:
\t@echo '3 passed in 1.20s'
bad:
\t@echo 'FAILED tests/unit/test_a.py::test_b - assert 1 == 2'; echo '= 1 failed, 2 passed in 0.3s ='; exit 1
broken:
\t@echo 'there is no such thing'; exit 2
counted:
\t@echo x >> counted; echo '1 passed in 0.1s'
lab:
\t@echo $$LAB_NAME
waits:
\t@trap 'echo cleaned > cleaned; exit 143' TERM; touch begun; while :; do sleep 0.05; done
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with this Makefile, in a repository of its own."""
    build = tmp_path / "build"
    (build / "test").mkdir(parents=True)
    for name, path in (("ROOT", tmp_path), ("BUILD", build), ("LOGS", build / "test"),
                       ("RECORD", build / "test-all.json")):  # fmt: skip
        monkeypatch.setattr(suite, name, path)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / ".gitignore").write_text("build/\ncounted\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "a"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def ran(*lanes: list[Part], resumes: bool = False) -> dict[str, Result]:
    one = Suite(resumes=resumes)
    one.run([list(lanes)])
    return one.results


def verdicts(results: dict[str, Result]) -> dict[str, str]:
    return {name: result.verdict for name, result in results.items()}


def test_after_a_failure_the_other_parts_go_on_and_what_needs_it_is_left_out() -> None:
    results = ran(
        [Part("one", "bad"), Part("needs it", "good", needs=("one",)), Part("free", "good")],
        [Part("beside", "good"), Part("wrong name", "no-such-target")],
    )
    assert verdicts(results) == {
        "one": "failed", "needs it": "left out", "free": "passed", "beside": "passed", "wrong name": "failed"
    }  # fmt: skip


def test_the_last_screen_names_each_test_that_failed_and_its_log() -> None:
    said: list[str] = []
    results = ran([Part("unit", "bad"), Part("odd", "broken"), Part("fine", "good")])
    assert not suite.report(list(results.values()), said.append)
    text = "\n".join(said)
    assert "unit: failed; its log is build/test/unit.log" in text
    assert "  FAILED tests/unit/test_a.py::test_b - assert 1 == 2" in text
    assert "  | there is no such thing" in text, "of a part without tests, the end of its log"
    assert said[-1] == "\n5 passed, 1 failed"
    assert "fine" not in text


def test_all_that_passed_is_a_short_screen() -> None:
    said: list[str] = []
    assert suite.report(list(ran([Part("fine", "good")]).values()), said.append)
    assert said == ["\n3 passed, 0 failed"]


def test_a_run_that_resumes_leaves_out_what_passed_at_this_commit(place: Path) -> None:
    lane = [Part("counted", "counted"), Part("lab", "lab", again=True), Part("unit", "bad")]
    assert verdicts(ran(lane, resumes=True)) == {"counted": "passed", "lab": "passed", "unit": "failed"}
    assert verdicts(ran(lane, resumes=True)) == {"counted": "passed before", "lab": "passed", "unit": "failed"}
    assert (place / "counted").read_text() == "x\n"
    (place / "Makefile").write_text(MAKEFILE + "# another tree\n")
    assert ran(lane, resumes=True)["counted"].verdict == "passed"
    assert ran(lane)["counted"].verdict == "passed", "make test runs all, whatever passed before"


def test_a_part_has_its_lab(place: Path) -> None:
    results = ran([Part("here", "lab", lab="mine")])
    assert results["here"].text == "mine\n"


def test_an_end_that_is_asked_for_lets_parts_take_down_what_they_made(place: Path) -> None:
    one = Suite(resumes=False)
    work = threading.Thread(target=one.run, args=([[[Part("waits", "waits"), Part("next", "good")]]],))
    work.start()
    while not (place / "begun").exists():
        time.sleep(0.01)
    one.end(signal.SIGTERM, None)
    work.join()
    assert verdicts(one.results) == {"waits": "failed", "next": "left out"}
    assert (place / "cleaned").read_text() == "cleaned\n"


def test_every_file_of_tests_is_in_both_runs() -> None:
    """`make test` takes them by wildcards, `make test-all` one by one."""
    root = Path(__file__).resolve().parents[3]
    files = {path.stem for path in (root / "tests/integration").glob("test_*.py")}
    environ = {**os.environ, "MAKEFLAGS": ""}
    said = "".join(
        subprocess.run(
            ["make", "-n", "-C", str(root), target], env=environ, capture_output=True, text=True, check=True
        ).stdout
        for target in ("test-lab-a", "test-lab-b", "test-native")
    )
    assert files == {Path(word).stem for word in said.split() if word.startswith("tests/integration/test_")}


def test_every_file_is_a_part_of_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).resolve().parents[3]
    monkeypatch.setattr(suite, "ROOT", root)
    names = [part.name for stage in suite.everything() for lane in stage for part in lane]
    assert len(names) == len(set(names))
    assert {path.stem for path in (root / "tests/integration").glob("test_*.py")} <= set(names)
