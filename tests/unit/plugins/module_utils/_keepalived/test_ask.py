# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in the daemon's /tmp is there afterwards as it was."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.vipstack.lvs.plugins.module_utils._keepalived.ask import (
    DATA_FILE,
    STATS_FILE,
    KeepalivedProcess,
    put_aside,
)


class In(KeepalivedProcess):
    """A daemon whose root is a folder of the test."""

    root: Path

    def path(self, path: str) -> str:
        return str(self.root) + path


def test_nothing_of_anybody_is_replaced(tmp_path: Path) -> None:
    In.root, folder = tmp_path, tmp_path / "tmp"
    folder.mkdir()
    for name in ("keepalived.data", "keepalived.data.vipstack", "keepalived.stats.vipstack"):
        (folder / name).write_text("a stranger's %s" % name)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    with put_aside(In(1), (DATA_FILE, STATS_FILE)):
        assert not (folder / "keepalived.data").exists()
        (folder / "keepalived.data").write_text("the daemon's answer")
        (folder / "keepalived.stats").write_text("the daemon's answer")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_a_strangers_directory_of_such_a_name_is_no_hindrance(tmp_path: Path) -> None:
    In.root, folder = tmp_path, tmp_path / "tmp"
    (folder / "keepalived.data.vipstack").mkdir(parents=True)
    (folder / "keepalived.data").write_text("old")
    with put_aside(In(1), (DATA_FILE,)):
        (folder / "keepalived.data").write_text("the daemon's answer")
    assert (folder / "keepalived.data").read_text() == "old"
    assert (folder / "keepalived.data.vipstack").is_dir()
