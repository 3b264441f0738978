# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a check unless it has passed with the same files: ``unless_passed.py ansible-lint --offline --strict``.

Pages and Python files of READ_BY_NONE decide nothing; all other files that git tracks, or would, do.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata

from changed import ROOT, Passed, of_all, tree

READ_BY_NONE = ("docs/", "tests/")


def counts(path: str) -> bool:
    return not (path.startswith(READ_BY_NONE) and path.endswith((".md", ".py")))


def ground(words: Sequence[str]) -> str:
    """The command and every tool that is installed beside it."""
    tools = sorted("%s %s" % (one.metadata["Name"], one.version) for one in metadata.distributions())
    return "\n".join((*words, sys.version, *tools))


def main(words: Sequence[str]) -> int:
    passed = Passed(ROOT / "build/passed.json")
    read = {path: text for path, text in tree().items() if counts(path)}
    now = of_all(read, ground(words))
    if now in passed.known:
        print("%s: nothing has changed since it passed" % words[0])
        return 0
    status = subprocess.run(list(words), cwd=ROOT, check=False).returncode
    if status == 0:
        passed.note([now])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
