# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity over a copy of the tree, with virtual environments of its own; no container, no ignore file.

    sanity.py                                               all tests, of what has changed since they passed
    sanity.py --test validate-modules --test import         these tests, of everything

What passed is noted in build/sanity.json. pylint's verdict on a file depends on the file and on those that it imports;
that of the tests of PLUGINS on the plugins and the metadata; that of the others on all files.

ansible-test wants a real folder ansible_collections/NAMESPACE/NAME in no other repository: the files that git tracks,
or would, are copied to a temporary one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from ansible_test._internal import python_requirements
from changed import ROOT, Files, Passed, digest, of_all, of_each, tree

RECORD = ROOT / "build/sanity.json"
BIN = Path(sys.executable).parent
# The tests that read plugins and metadata only.
PLUGINS = ("action-plugin-docs", "ansible-doc", "import", "runtime-metadata", "validate-modules")
PLUGINS_READ = ("plugins/", "meta/", "galaxy.yml")
# To make a virtual environment ansible-test downloads a script that installs pip. This one does the same from the pip
# that every Python brings along.
GET_PIP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
wanted = [word for word in sys.argv[1:] if not word.startswith("--no-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
"""


def ground(files: Files) -> str:
    """What decides besides the content: the tools, how they are called, and which files are programs."""
    programs = " ".join(name for name in sorted(files) if os.access(ROOT / name, os.X_OK))
    here = digest(Path(__file__).read_bytes(), programs.encode())
    return " ".join((metadata.version("ansible-core"), sys.version, shutil.which("shellcheck") or "", here))


def runs(files: Files, known: set[str], ground: str) -> list[tuple[list[str], list[str]]]:
    """What is to be run: (arguments of `ansible-test sanity`, the hashes that stand for its success)."""
    python = {path: text for path, text in files.items() if path.endswith(".py")}
    read = {path: text for path, text in files.items() if path.startswith(PLUGINS_READ)}
    of_files = {path: one for path, one in of_each(python, "pylint " + ground).items() if one not in known}
    of_plugins, of_others = of_all(read, "plugins " + ground), of_all(files, "others " + ground)
    found = []
    if of_plugins not in known:
        found.append(([word for name in PLUGINS for word in ("--test", name)], [of_plugins]))
    if of_others not in known:
        found.append(([word for name in (*PLUGINS, "pylint") for word in ("--skip-test", name)], [of_others]))
    if of_files:
        found.append((["--test", "pylint", *sorted(of_files)], list(of_files.values())))
    return found


def copied(files: Files, place: Path) -> Path:
    """The folder of the collection, below a temporary one."""
    folder = place / "ansible_collections/vipstack/lvs"
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(files[name])
        (folder / name).chmod((ROOT / name).stat().st_mode & 0o777)
    return folder


def bring_pip() -> None:
    """The script for pip where ansible-test looks for it; its name has the version that this ansible-core asks for."""
    text = Path(python_requirements.__file__).read_text(encoding="utf-8")
    (version,) = {line.split("'")[1] for line in text.splitlines() if line.strip().startswith("pip='")}
    script = Path.home() / (".ansible/test/cache/get_pip_%s.py" % version.replace(".", "_"))
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(GET_PIP, encoding="utf-8")


def sanity(folder: Path, words: Sequence[str]) -> int:
    """The status of a run."""
    version = "%d.%d" % sys.version_info[:2]
    command = [BIN / "ansible-test", "sanity", "--requirements", "--python", version, *words]
    return subprocess.run(list(map(str, command)), cwd=folder, check=False).returncode


def main(words: Sequence[str]) -> int:
    files, passed = tree(), Passed(RECORD)
    wanted = [(list(words), [])] if words else runs(files, passed.known, ground(files))
    if not wanted:
        print("sanity: nothing has changed since it passed")
        return 0
    bring_pip()
    good = True
    with tempfile.TemporaryDirectory() as place:
        folder = copied(files, Path(place))
        for arguments, hashes in wanted:
            if sanity(folder, arguments) == 0:
                passed.note(hashes)
            else:
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
