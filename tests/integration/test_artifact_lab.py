# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built artifact, installed into an empty path, deploys the stack like the working tree does."""

from __future__ import annotations

from pathlib import Path

from lab.play import ansible
from lab.stack import ROOT, Stack


def test_the_installed_collection_deploys_the_stack(converged: Stack, tmp_path: Path) -> None:
    here, connection = tmp_path / "here", tmp_path / "connection"
    installed = f"{here}:{connection}"

    def collection(verb: str, *arguments: str | Path) -> None:
        done = ansible(converged.docker.host, "ansible-galaxy", "collection", verb, *arguments, installed=installed)
        assert done.status == 0, done.output

    # The connection to the lab's containers is the lab's own need, not the collection's.
    theirs = connection / "ansible_collections"
    theirs.mkdir(parents=True)
    (theirs / "community").symlink_to(ROOT / ".ansible" / "collections" / "ansible_collections" / "community")
    collection("build", ROOT, "--output-path", tmp_path)
    (artifact,) = tmp_path.glob("vipstack-lvs-*.tar.gz")
    collection("install", "--offline", artifact, "-p", here)
    play = converged.play("site", installed=installed)
    assert play.total("changed") == 0, play.output
    converged.play("verify", installed=installed)
