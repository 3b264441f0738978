# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx's files without one of their directives, and whether a test misses it.

`make mutate-nginx` leaves out each directive of the golden trees in turn, everywhere where it stands, and runs the
tests of Nginx's behaviour until one fails. It reports what none missed, and exits with 1 where that is not known.
Directives are told apart by their names, and those that hold a name of something by that as well. What it found stays
in build/mutants.json, so that the test that missed a directive once is asked first.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "build/mutants.json"
# The variable that names the directive to leave out, for `nginx_served`.
WITHOUT = "NGINX_WITHOUT"
# Directives of which each is another thing, by its first word.
NAMED = (
    "add_header", "error_page", "grpc_hide_header", "grpc_set_header", "proxy_hide_header", "proxy_set_header", "set",
    "map",
)  # fmt: skip
# What no test of behaviour can miss, with the reason.
UNSEEN = {
    "access_log": "the default of Nginx is another file of the same place",
    "pid": "Debian's build has the same default",
    "user": "Debian's build has the same default",
    "worker_processes": "a matter of speed",
    "worker_rlimit_nofile": "a matter of limits",
    "worker_connections": "a matter of limits",
    "sendfile": "a matter of speed",
    "tcp_nopush": "a matter of speed",
    "zone": "without it each worker counts failures by itself",
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
    if not left_out:
        return dict(files)
    return {path: without(text, left_out) if path.startswith("/etc/nginx/") else text for path, text in files.items()}


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


def missed_by(left_out: str, before: str) -> Iterator[str]:
    """The first test that fails without a directive, if there is one."""
    tests = sorted(str(path.relative_to(ROOT)) for path in Path(__file__).parent.glob("test_nginx_*.py"))
    quick = [name for name in tests if not name.endswith("_lab.py")]
    for asked in ([before], quick) if before else (quick,):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-k", "1.26", "-m", "not long", *asked],
            cwd=ROOT, env={**os.environ, WITHOUT: left_out}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        if failed:
            yield failed[1]
            return
        if done.returncode not in (0, 5):
            sys.exit(done.stdout + done.stderr)


def main(asked: list[str]) -> int:
    known: dict[str, str] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    survivors = []
    for name in asked or heads(sorted((ROOT / "tests/golden").iterdir())):
        if name in UNSEEN:
            continue
        known[name] = next(missed_by(name, known.get(name, "")), "")
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        print("%-44s %s" % (name, known[name] or "NO TEST MISSES IT"), flush=True)
        survivors += [] if known[name] else [name]
    for name, why in UNSEEN.items():
        print("%-44s not tried: %s" % (name, why))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
