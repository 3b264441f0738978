# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built artifact: what is in it, Galaxy's own checks of it, and that it does its work where nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from changed import Passed, digest

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv/bin"
IMPORTER = "galaxy-importer==0.4.44"
# The linters run over the whole tree, elsewhere.
IMPORTER_SETTINGS = """\
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = False
"""


def run(folder: Path, *words: str, **environment: str) -> str:
    """The output of a command that has to succeed, with nothing of this checkout in its environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        words, cwd=folder, env={**env, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    run(ROOT, str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(folder))
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def installed(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path in which there is this collection and no other."""
    path = tmp_path_factory.mktemp("collections")
    galaxy = str(BIN / "ansible-galaxy")
    run(path, galaxy, "collection", "install", "--offline", "--collections-path", str(path), str(artifact))
    return path


def playbook(installed: Path, name: str, *words: str, example: str = "staging") -> str:
    """A playbook of the installed collection, run in its path with an inventory that came along."""
    inventory = installed / "ansible_collections/vipstack/lvs/inventories" / example
    command = [str(BIN / "ansible-playbook"), "-i", str(inventory), "vipstack.lvs." + name, *words]
    return run(installed, *command, ANSIBLE_COLLECTIONS_PATH=str(installed), ANSIBLE_NOCOLOR="1")


def test_what_is_in_the_artifact(artifact: Path) -> None:
    assert artifact.name.startswith("vipstack-lvs-")
    with tarfile.open(artifact) as archive:
        names = [one.name for one in archive.getmembers() if one.isfile()]
    assert {name.partition("/")[0] for name in names} == {
        "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "LICENSES", "MAINTAINERS.md",
        "MANIFEST.json", "README.md", "README.zh-CN.md", "REUSE.toml", "SECURITY.md", "changelogs", "docs",
        "inventories", "meta", "playbooks", "plugins", "roles",
    }  # fmt: skip
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []
    assert artifact.stat().st_size < 1_000_000


def test_every_file_of_the_folders_is_in_the_artifact(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        names = {one.name for one in archive.getmembers()}
    folders = ("meta", "playbooks", "plugins", "roles")
    tracked = subprocess.check_output(["git", "ls-files", *folders], cwd=ROOT, text=True).split()
    assert [name for name in tracked if name not in names and (ROOT / name).exists()] == []


def test_the_importer_takes_it(artifact: Path, tmp_path: Path) -> None:
    """Galaxy's own checks, in an environment of their own that is kept. The same content is checked once."""
    place = ROOT / "build/galaxy-importer"
    with tarfile.open(artifact) as archive:
        lists = [archive.extractfile(name) for name in ("MANIFEST.json", "FILES.json")]
        content = digest(IMPORTER.encode(), IMPORTER_SETTINGS.encode(), Path(__file__).read_bytes(), *(
            one.read() for one in lists if one))  # fmt: skip
    passed = Passed(place / "passed.json")
    if content in passed.known:
        return
    python = place / "bin/python"
    if not (place / ".made").exists():
        run(ROOT, sys.executable, "-m", "venv", str(place))
        run(ROOT, str(python), "-m", "pip", "install", "--quiet", IMPORTER)
        (place / ".made").touch()
    (tmp_path / "settings.cfg").write_text(IMPORTER_SETTINGS, encoding="utf-8")
    said = run(
        tmp_path, str(python), "-m", "galaxy_importer.main", str(artifact),
        GALAXY_IMPORTER_CONFIG=str(tmp_path / "settings.cfg"), PATH="%s:%s" % (python.parent, os.environ["PATH"]),
    )  # fmt: skip
    assert "Importer processing completed successfully" in said
    assert "WARNING" not in said
    result = json.loads((tmp_path / "importer_result.json").read_text(encoding="utf-8"))
    found = {(one["content_type"], one["name"]) for one in result["contents"]}
    assert {("module", "ipvs"), ("role", "keepalived"), ("playbook", "site.yml")} <= found
    passed.note([content])


@pytest.mark.parametrize("name", ["site", "preview", "verify", "status"])
def test_the_playbooks_are_found_and_read(installed: Path, name: str) -> None:
    assert "playbook: " in playbook(installed, name, "--syntax-check")


@pytest.mark.parametrize("example", ["staging", "production"])
def test_the_installed_collection_makes_the_golden_tree(example: str, installed: Path, tmp_path: Path) -> None:
    """Nothing else is needed: neither a checkout nor the password of a vault."""
    playbook(installed, "preview", "-e", "lvs_preview_dest=%s" % tmp_path, example=example)
    golden = ROOT / "tests/golden" / example
    expected = {str(path.relative_to(golden)): path.read_bytes() for path in golden.rglob("*") if path.is_file()}
    found = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == expected
