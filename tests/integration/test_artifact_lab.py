# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built artifact, installed into an empty path, deploys the stack like the working tree does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab.stack import ROOT, Play, Stack

BIN = Path(sys.executable).parent


def command(where: Path, environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=where, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_installed_collection_deploys_the_stack(converged: Stack, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DOCKER_HOST": converged.docker.host,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": f"{tmp_path / 'here'}:{tmp_path / 'connection'}",
    }
    # The connection to the lab's containers is the lab's own need, not the collection's.
    theirs = tmp_path / "connection" / "ansible_collections"
    theirs.mkdir(parents=True)
    (theirs / "community").symlink_to(ROOT / ".ansible" / "collections" / "ansible_collections" / "community")
    command(tmp_path, environment, "ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(tmp_path))
    (artifact,) = tmp_path.glob("vipstack-lvs-*.tar.gz")
    install = ("ansible-galaxy", "collection", "install", "--offline", str(artifact), "-p", str(tmp_path / "here"))
    command(tmp_path, environment, *install)
    inventory = str(ROOT / "inventories" / "lab")
    output = command(tmp_path, environment, "ansible-playbook", "-i", inventory, "vipstack.lvs.site")
    assert Play(0, output, 0.0).total("changed") == 0, output
    command(tmp_path, environment, "ansible-playbook", "-i", inventory, "vipstack.lvs.verify")
