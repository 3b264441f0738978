# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx's files without one of their directives, and whether a test misses it.

`make mutate-nginx` leaves out each directive of the golden trees in turn, everywhere where it stands, and runs the
tests of Nginx's behaviour that have it, until one fails. It reports what none missed, and exits with 1 where that is
not known. Directives are told apart by their names, and those that hold a name of something by that as well.

First each file of tests runs once as it is, to learn which test serves which directives. Tests run with the newest
Nginx, or with an older one where only that has the directive. All that was found is in build/mutants.json with a digest
of what it depends on, so a run that was interrupted goes on, and a run after a change asks the test that missed a
directive before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "build/mutants.json"
HERE = Path(__file__).parent
# The variable that names the directive to leave out, for `nginx_served`.
WITHOUT = "NGINX_WITHOUT"
# The variable that names a file for the directives that each test serves, with digests of their lines.
SERVES = "NGINX_SERVES"
VERSIONS = ("1.26", "1.22", "1.18")
# How long one test may take. One that waits for what a directive does waits forever without it, and so has missed it.
SECONDS = 180
# What all tests depend on, besides their own file.
SHARED = ("plugins", "roles/nginx", "inventories/examples", "tests/lab/lab/nginx", "tests/unit/helpers")
# Directives of which each is another thing, by its first word.
NAMED = (
    "add_header", "error_page", "grpc_hide_header", "grpc_set_header", "proxy_hide_header", "proxy_set_header", "set",
    "map",
)  # fmt: skip
# What no test of behaviour can miss, with the reason.
UNSEEN = {
    "access_log": "the default of Nginx is another file of the same place",
    "internal": "no client comes to these locations: they begin with //, which Nginx merges",
    "pid": "Debian's build has the same default",
    "user": "Debian's build has the same default",
    "worker_processes": "a matter of speed",
    "sendfile": "a matter of speed",
    "tcp_nopush": "a matter of speed",
    "zone": "without it each worker counts failures by itself",
    "proxy_pass_request_body": "the nodes have files there, for which a body changes nothing",
    "proxy_http_version": "Connection and keepalive need it; 1.26 alone would show it",
    "server_names_hash_bucket_size": "needed by many or long names only; Nginx refuses the files there",
    "server_names_hash_max_size": "needed by many or long names only; Nginx refuses the files there",
}


def head(line: str) -> str:
    """What a line's directive is called here; empty where it has none."""
    found = re.match(r"\s*([a-z_0-9]+)(?: +(\"[^\"]*\"|[^\s;{]+))?", line)
    if not found or line.lstrip().startswith("#"):
        return ""
    return " ".join(found.groups()) if found[1] in NAMED and found[2] else found[1]


def without(text: str, left_out: str) -> str:
    """A file of Nginx without a directive and what is in its block. Each directive begins on a line of its own."""
    kept: list[str] = []
    depth = 0
    inside = False  # of a directive that is left out
    for line in text.splitlines(keepends=True):
        if not inside and head(line) == left_out:
            inside, depth = True, 0
        if not inside:
            kept.append(line)
            continue
        bare = re.sub(r"\"(?:\\\\.|[^\"\\\\])*\"|'[^']*'", "", line)
        depth += bare.count("{") - bare.count("}")
        inside = depth > 0 or not re.search(r"[;}]\s*(#.*)?$", bare)
    return "".join(kept)


def mutated(files: Mapping[str, str]) -> dict[str, str]:
    """The files of a test, without what the environment says."""
    left_out = os.environ.get(WITHOUT)
    if os.environ.get(SERVES):
        _note(Path(os.environ[SERVES]), files)
    if not left_out:
        return dict(files)
    return {path: without(text, left_out) if path.startswith("/etc/nginx/") else text for path, text in files.items()}


def _note(record: Path, files: Mapping[str, str]) -> None:
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" (")[0]
    lines = {
        line.strip() for path, text in files.items() if path.startswith("/etc/nginx/") for line in text.split("\n")
    }
    found: dict[str, list[str]] = {}
    for line in sorted(lines):
        if name := head(line):
            found.setdefault(name, []).append(hashlib.sha256(line.encode()).hexdigest()[:6])
    with record.open("a", encoding="utf-8") as known:
        known.write(json.dumps([test, found]) + "\n")


def heads(folders: Iterable[Path]) -> list[str]:
    """Every directive of some trees, in the order in which they first stand there; blocks that hold all are none."""
    found: dict[str, None] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/etc/nginx/**/*.conf")):
            for line in path.read_text(encoding="utf-8").splitlines():
                name = head(line)
                if name and name not in ("http", "server", "events", "location", "upstream", "default"):
                    found.setdefault(name)
    return list(found)


def digest(paths: Iterable[Path]) -> str:
    """Of the content of files, and of all those below folders."""
    found = hashlib.sha256()
    for path in paths:
        for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if one.is_file() and "__pycache__" not in one.parts:
                found.update(b"%d %s" % (one.stat().st_size, one.name.encode()) + one.read_bytes())
    return found.hexdigest()[:16]


def run_tests(tests: Sequence[str], *words: str, **env: str) -> tuple[int, str]:
    """The exit status of pytest, and the first test that failed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "not long", *words, *tests],
        cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1, 5):
        sys.exit(done.stdout + done.stderr)
    return done.returncode, failed[1] if failed else ""


class Record:
    """What is known, in a file that is written after each step."""

    def __init__(self, place: Path) -> None:
        self._place = place
        known: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {}
        # Of a version and a file of tests: its digest; of each test how often it serves, and which directives.
        self.serves: dict[str, dict[str, Any]] = known.get("serves", {})
        # Of a directive: the digest of all that can miss it, and the test that did.
        self.found: dict[str, dict[str, str]] = known.get("found", {})
        self._learned: set[str] = set()
        self._depends: dict[str, str] = {}

    def write(self) -> None:
        self._place.parent.mkdir(exist_ok=True)
        self._place.write_text(json.dumps({"serves": self.serves, "found": self.found}, indent=1) + "\n")

    def learn(self, version: str) -> None:
        """Which directives each test serves."""
        if version in self._learned:
            return
        self._learned.add(version)
        helpers = [path for path in sorted(HERE.glob("*.py")) if not path.name.startswith("test_")]
        shared = digest([*(ROOT / one for one in SHARED), *helpers])
        notes = self._place.with_suffix(".notes")
        for path in sorted(HERE.glob("test_nginx_*.py")):
            key, own = "%s %s" % (version, path.name), shared + digest([path])
            if path.name.endswith("_lab.py") or self.serves.get(key, {}).get("digest") == own:
                continue
            notes.parent.mkdir(exist_ok=True)
            notes.write_text("")
            status, failed = run_tests([str(path.relative_to(ROOT))], "-k", version, **{SERVES: str(notes)})
            if status == 1:
                sys.exit("fails as it is: " + failed)
            tests: dict[str, Any] = {}
            for line in notes.read_text(encoding="utf-8").splitlines():
                test, found = json.loads(line)
                one = tests.setdefault(test, {"times": 0, "heads": {}})
                one["times"] += 1
                for name, lines in found.items():
                    one["heads"][name] = sorted({*one["heads"].get(name, ()), *lines})
            self.serves[key] = {"digest": own, "tests": tests}
            self.write()
            print("%-44s %d tests" % (key, len(tests)), flush=True)
        notes.unlink(missing_ok=True)

    def tests(self, left_out: str, version: str) -> tuple[list[str], str]:
        """Those that serve a directive, and the digest of their files. First those where it says what it does in few
        others: they are about it. Of these the quick ones first."""
        files = [one for key, one in sorted(self.serves.items()) if key.startswith(version)]
        having = [one for one in files if any(left_out in test["heads"] for test in one["tests"].values())]
        tests = {name: test for one in having for name, test in one["tests"].items() if left_out in test["heads"]}
        common = Counter(line for test in tests.values() for line in test["heads"][left_out])

        def key(name: str) -> tuple[int, int]:
            return min(common[line] for line in tests[name]["heads"][left_out]), tests[name]["times"]

        return sorted(tests, key=key), " ".join(one["digest"] for one in having)

    def wanted(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The tests of each directive of which it is not known yet, the one that missed it before first."""
        found: dict[str, list[str]] = {}
        for name in names:
            for version in VERSIONS:
                self.learn(version)
                tests, depends = self.tests(name, version)
                if tests:
                    break
            known = self.found.setdefault(name, {"digest": "", "test": ""})
            if known["digest"] != depends or not tests:
                self._depends[name] = depends
                found[name] = sorted(tests, key=lambda test: test != known["test"])
        return found

    def note(self, name: str, test: str) -> None:
        """The test that missed a directive; empty where none did."""
        self.found[name] = {"digest": self._depends[name], "test": test}
        self.write()
        print("%-44s %s" % (name, test or "NO TEST MISSES IT"), flush=True)


class _Session(pytest.Item):
    """What comes after a test, so that only what belongs to the session stays."""

    def runtest(self) -> None:
        raise NotImplementedError

    def listchain(self) -> list[Any]:
        return [self.session]


class Mutants:
    """A plugin of pytest: the tests of each directive run without it until one fails, all in one session."""

    def __init__(self, record: Record, wanted: Mapping[str, Sequence[str]]) -> None:
        self._record, self._wanted = record, wanted

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for name, tests in self._wanted.items():
            os.environ[WITHOUT] = name
            missed = next((test for test in tests if _fails(items[test])), "")
            del os.environ[WITHOUT]
            if missed and _fails(items[missed]):
                pytest.exit("fails as it is: " + missed, returncode=1)
            self._record.note(name, missed)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None]:
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(SECONDS)
        try:
            yield
        finally:
            signal.alarm(0)


def _too_long(_signal: int, _frame: object) -> None:
    pytest.fail("took more than %d s" % SECONDS)


def _fails(item: pytest.Item) -> bool:
    item._initrequest()  # type: ignore[attr-defined]
    after = _Session.from_parent(item.session, name="after")
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=after))


def main(asked: list[str]) -> int:
    record = Record(RECORD)
    names = asked or heads(sorted((ROOT / "tests/golden").iterdir()))
    tried = [name for name in names if name not in UNSEEN or name in asked]
    wanted = record.wanted(tried)
    files = sorted({test.partition("::")[0] for tests in wanted.values() for test in tests})
    os.chdir(ROOT)
    if wanted and pytest.main(["-q", "-s", "-n", "0", "-m", "not long", *files], plugins=[Mutants(record, wanted)]):
        return 2
    survivors = [name for name in tried if not record.found[name]["test"]]
    for name in survivors:
        print("%-44s NO TEST MISSES IT" % name)
    listed = [name for name in names if name not in tried]
    for name in listed:
        print("%-44s not tried: %s" % (name, UNSEEN[name]))
    numbers = (len(tried), len(tried) - len(survivors), len(listed), len(survivors))
    print("tried %d: a test misses %d; listed %d; no test misses %d" % numbers)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
