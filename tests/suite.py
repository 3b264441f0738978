# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` and `make test-all`: the parts, in lanes that work side by side, each with its budget and its log.

A part that fails ends no other, except those that need it. At the end one screen says what failed and where to look.

`make test-all` runs each file of tests as a part of its own and more than `make test` has time for. It keeps in
build/test-all.json what passed at which commit, so that it goes on where it was interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
LOGS = BUILD / "test"
RECORD = BUILD / "test-all.json"
LAB_A = os.environ.get("LAB_NAME") or "lab"
LAB_B = LAB_A + "-b"
PATIENCE = 120.0  # seconds in which tests take down what they made
_COUNTS = re.compile(r"(\d+) (passed|failed|error)")
_CLOSING = re.compile(r"^(?:=+ )?(\d+ (?:passed|failed|error).*?)(?: in [\d.]+s.*)?(?: =+)?$", re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) tests/\S+.*$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A make target, with what it needs of those before it in its lane, and how many seconds it may take."""

    name: str
    target: str
    words: tuple[str, ...] = ()  # more words for make
    budget: int = 0  # seconds on 2 cores; 0 where none is promised
    needs: tuple[str, ...] = ()  # parts without which this one cannot run
    lab: str = LAB_A
    again: bool = False  # runs also where it passed before: what others need is not kept over an interruption

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"


@dataclass
class Result:
    """How a part ended: `passed`, `failed`, `left out` or `passed before`."""

    part: Part
    verdict: str
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.verdict in ("passed", "passed before")

    @property
    def text(self) -> str:
        return self.part.log.read_text(errors="replace") if self.part.log.exists() else ""

    @property
    def failures(self) -> list[str]:
        """Tests that failed, a line each."""
        return list(dict.fromkeys(_FAILED.findall(self.text)))

    def counts(self) -> dict[str, int]:
        """passed, failed, error: over all runs of pytest in the log."""
        found: dict[str, int] = {}
        for closing in _CLOSING.findall(self.text):
            for number, word in _COUNTS.findall(closing):
                found[word] = found.get(word, 0) + int(number)
        return found


Lane = list[Part]
Stage = list[Lane]  # its lanes work side by side; the next stage begins when all have ended

CHECK = Part("check", "check", budget=180)
LAB = Part("lab", "lab", budget=240, again=True)
AGAIN = Part("lab-again", "lab", budget=60, needs=("lab",))
UP_B = Part("lab-b", "lab-up", budget=60, needs=("lab",), lab=LAB_B, again=True)
MOLECULE = Part("molecule", "molecule", ("SCENARIO=default",), budget=240, needs=("lab",))
REFERENCE = Part("molecule-reference", "molecule", ("SCENARIO=reference",), budget=300, needs=("lab",))


def quick() -> list[Stage]:
    """What `make test` runs."""
    return [
        [[CHECK]],
        [[LAB]],
        [
            [
                AGAIN,
                Part("test-lab-a", "test-lab-a", budget=900, needs=("lab",)),
                MOLECULE,
            ],
            [
                Part("test-native", "test-native", budget=480),
                UP_B,
                Part("test-lab-b", "test-lab-b", budget=780, needs=("lab-b",), lab=LAB_B),
            ],
        ],
    ]


def everything() -> list[Stage]:
    """What `make test-all` runs: every file of tests by itself, and what takes long."""
    files = sorted(path.name for path in (ROOT / "tests/integration").glob("test_*.py"))
    labs = [name for name in files if name.endswith("_lab.py")]
    native = [name for name in files if not name.endswith("_lab.py")]
    heavy_first = sorted(labs, key=lambda name: "failover" not in name)
    lane_a = [_file(name, LAB_A, ("lab",)) for name in heavy_first[::2]]
    lane_b = [_file(name, LAB_B, ("lab-b",)) for name in heavy_first[1::2]]
    unit = Part("long-unit", "test-long")
    return [
        [[CHECK]],
        [[LAB]],
        [[AGAIN, *lane_a, MOLECULE, REFERENCE], [*(_file(name, LAB_B, ()) for name in native), unit, UP_B, *lane_b]],
    ]


def _file(name: str, lab: str, needs: tuple[str, ...]) -> Part:
    return Part(Path(name).stem, "test-one", (f"FILE=tests/integration/{name}", "LONG=yes"), needs=needs, lab=lab)


# -- running them


@dataclass
class Suite:
    """One run; what is under way can be ended from a signal."""

    resumes: bool  # whether what passed at this commit is left out
    results: dict[str, Result] = field(default_factory=dict)
    begin: float = field(default_factory=time.monotonic)
    is_ending: bool = False
    _children: set[int] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def run(self, stages: Iterable[Stage]) -> None:
        for stage in stages:
            lanes = [threading.Thread(target=self._lane, args=(lane,)) for lane in stage]
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()

    def _lane(self, lane: Lane) -> None:
        for part in lane:
            result = self._part(part)
            with self._lock:
                self.results[part.name] = result
            self._say(result)

    def _part(self, part: Part) -> Result:
        if self.is_ending:
            return Result(part, "left out")
        if any(not self.results[need].is_good for need in part.needs if need in self.results):
            return Result(part, "left out")
        if self.resumes and not part.again and recorded().get(part.name, {}).get("passed_at") == commit():
            return Result(part, "passed before")
        begin = time.monotonic()
        with part.log.open("wb") as log:
            status = self._make(part, log)
        result = Result(part, "passed" if status == 0 else "failed", time.monotonic() - begin)
        if self.resumes and result.is_good and not self.is_ending:
            with self._lock:
                record(result)
        return result

    def _make(self, part: Part, log: IO[bytes]) -> int:
        """Its status. In a session of its own, so that all of it can be ended."""
        words = ["make", "--no-print-directory", part.target, *part.words]
        with self._lock:
            if self.is_ending:
                return 130
            child = subprocess.Popen(
                words, cwd=ROOT, env=environment(part.lab), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            self._children.add(child.pid)
        status = child.wait()
        with self._lock:
            self._children.discard(child.pid)
        return status

    def end(self, *_signal: object) -> None:
        """^C or TERM: what is under way takes down what it made, nothing new begins."""
        with self._lock:
            self.is_ending = True
            for pid in self._children:
                _signal_group(pid, signal.SIGTERM)
        killer = threading.Timer(PATIENCE, self._kill)
        killer.daemon = True
        killer.start()

    def _kill(self) -> None:
        for pid in tuple(self._children):
            _signal_group(pid, signal.SIGKILL)

    def _say(self, result: Result) -> None:
        part, of = result.part, f" of {result.part.budget}" if result.part.budget else ""
        counts = ", ".join(f"{number} {word}" for word, number in result.counts().items()) if result.seconds else ""
        over = "  over its budget" if part.budget and result.seconds > part.budget else ""
        print(
            f"{time.monotonic() - self.begin:6.0f} s  {part.name:28}{result.verdict:14}"
            f"{result.seconds:5.0f} s{of:8} {counts}{over}",
            flush=True,
        )


def environment(lab: str) -> dict[str, str]:
    """Ours with another lab, and without what the make above us says to those it starts."""
    ours = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return {**ours, "LAB_NAME": lab}


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


# -- what passed at which commit


def commit() -> str:
    """The commit of the tree, with a mark of what differs from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    head, changes = git("rev-parse", "HEAD").strip(), git("diff", "HEAD")
    return f"{head}+{hashlib.sha256(changes.encode()).hexdigest()[:12]}" if changes else head


def recorded() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return found


def record(result: Result) -> None:
    known = {**recorded(), result.part.name: {"passed_at": commit(), "seconds": round(result.seconds)}}
    new = RECORD.with_suffix(".new")
    new.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    new.replace(RECORD)


# -- the last screen


def report(results: list[Result], say: Callable[[str], None] = print) -> bool:
    """Whether all passed; what did not, on one screen: the part, its tests, the end of its log, and where more is."""
    bad = [result for result in results if not result.is_good]
    for result in bad:
        part = result.part
        say(f"\n{part.name}: {result.verdict}" + (f"; its log is {part.log.relative_to(ROOT)}" if result.text else ""))
        for line in result.failures[:8]:
            say("  " + line[:160])
        if len(result.failures) > 8:
            say(f"  and {len(result.failures) - 8} more")
        if result.verdict == "failed" and not result.failures:
            for line in result.text.rstrip().splitlines()[-8:]:
                say("  | " + line[:160])
    hosts = sorted(path for path in (BUILD / "hosts").glob("*") if path.is_dir())
    if bad and hosts:
        say("\nJournals, tables and addresses of all hosts when a test failed:")
        for path in hosts[:8]:
            say(f"  {path.relative_to(ROOT)}/")
    counts = [result.counts() for result in results]
    passed = sum(one.get("passed", 0) for one in counts)
    failed = sum(one.get("failed", 0) + one.get("error", 0) for one in counts)
    say(f"\n{passed} passed, {failed} failed")
    return not bad


def main() -> int:
    whole = sys.argv[1:] == ["all"]
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in [*LOGS.glob("*.log"), *(BUILD / "hosts").glob("*/*")]:
        old.unlink()
    for folder in (BUILD / "hosts").glob("*"):
        folder.rmdir()
    suite = Suite(resumes=whole)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, suite.end)
    try:
        suite.run(everything() if whole else quick())
    finally:
        for lab in (LAB_A, LAB_B):
            down = ["make", "--no-print-directory", "lab-down"]
            subprocess.run(down, cwd=ROOT, env=environment(lab), capture_output=True, check=False)
    good = report(list(suite.results.values()))
    seconds = time.time() - float(os.environ.get("VIPSTACK_BEGIN") or time.time())
    print(f"{'all passed' if good else 'FAILED'} in {seconds:.0f} s", flush=True)
    if good and not whole:
        (BUILD / "test.json").write_text(json.dumps({"seconds": round(seconds)}) + "\n")
    return 130 if suite.is_ending else 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
