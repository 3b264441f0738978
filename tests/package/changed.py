# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check has to look at: the files that differ, in themselves or in what they import, from those that passed.

A file is known by a hash of its content. What passed is noted as such hashes, so it does not matter when that was, nor
on which branch.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.vipstack.lvs."
Files = Mapping[str, bytes]  # path in the tree -> content


def tree() -> Files:
    """Path -> content of the files that git tracks, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    names = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")
    return {name: (ROOT / name).read_bytes() for name in names if name and (ROOT / name).is_file()}


def digest(*parts: bytes) -> str:
    """A hash of texts, in this order."""
    found = hashlib.sha256()
    for part in parts:
        found.update(b"%d:" % len(part) + part)
    return found.hexdigest()


def of_all(files: Files, ground: str) -> str:
    """One hash of files and of what else decides."""
    return digest(ground.encode(), *(part for path in sorted(files) for part in (path.encode(), files[path])))


def of_each(files: Files, ground: str) -> dict[str, str]:
    """Path -> a hash of the Python file, of all that it imports from the tree at any distance, and of the ground."""
    own = {path: digest(path.encode(), text) for path, text in files.items()}
    known = by_module(files)
    direct = {
        path: {one for name in imported(path, text) for one in known.get(name, ())} for path, text in files.items()
    }
    return {path: digest(ground.encode(), *(own[one].encode() for one in reached(path, direct))) for path in files}


def by_module(files: Iterable[str]) -> dict[str, set[str]]:
    """The name of a module -> the files that it may be: `a/b/c.py` is `a.b.c`, and where a path ends in `a`, `b.c`."""
    found: dict[str, set[str]] = {}
    for path in files:
        words = path.removesuffix(".py").removesuffix("/__init__").split("/")
        found.setdefault(COLLECTION + ".".join(words), set()).add(path)
        for start in range(len(words)):
            found.setdefault(".".join(words[start:]), set()).add(path)
    return found


def imported(path: str, text: bytes) -> set[str]:
    """The modules that a file may import, but for Python's own. Of `from a import b` also a.b, which may be one."""
    found: set[str] = set()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return found  # the check will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            front = path.split("/")[: -node.level] if node.level else []
            place = ".".join([*front, *(node.module.split(".") if node.module else ())])
            place = COLLECTION + place if node.level else place
            found.update((place, *("%s.%s" % (place, one.name) for one in node.names)))
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
    return {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}


def reached(start: str, direct: Mapping[str, Iterable[str]]) -> list[str]:
    """A file and all that it may import, at any distance, in one order."""
    found, ahead = {start}, [start]
    while ahead:
        new = set(direct[ahead.pop()]) - found
        found |= new
        ahead += new
    return [start, *sorted(found - {start})]


class Passed:
    """The hashes of what passed, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = set(json.loads(path.read_text())) if path.exists() else set()

    def note(self, hashes: Iterable[str], keep: int = 20_000) -> None:
        """All of these passed. A record that has become too long begins anew."""
        new = set(hashes)
        self.known = new if len(self.known | new) > keep else self.known | new
        self.path.parent.mkdir(parents=True, exist_ok=True)
        other = self.path.with_suffix(".new")
        other.write_text(json.dumps(sorted(self.known)))
        other.replace(self.path)
