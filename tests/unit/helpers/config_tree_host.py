# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host, for whole runs of config_tree on real files.

The daemon here is a shell script that reads the set when it is "reloaded" and writes down what it read.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path
from typing import Any

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import File, Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.request import Outcome, Request
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.run import Run

OLD = {"main.conf": "old main\n", "conf.d/a.conf": "old a\n", "conf.d/b.conf": "old b\n"}


NEW = {"main.conf": "new main\n", "conf.d/a.conf": "new a\n", "sites/deep/c.conf": "new c\n"}


class Host:
    """A directory that stands for a host: its set, its state, and a daemon that notes what it loads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = root / "etc" / "daemon"
        self.state = root / "state"
        self.loaded = root / "loaded"
        self.loading = Loading(reload=("sh", "-c", "cat %s/main.conf > %s" % (self.tree, self.loaded)))

    def request(self, files: dict[str, str], **more: Any) -> Request:
        wanted = {path: self.file(content) for path, content in files.items()}
        options: dict[str, Any] = {"path": str(self.tree), "name": "daemon", "wanted": wanted}
        options.update(state_dir=str(self.state), loading=self.loading, patience=0.3)
        options.update(more)
        return Request(**options)

    @staticmethod
    def file(content: str, mode: int = 0o640) -> File:
        return File(content.encode(), mode, os.getuid(), os.getgid())

    def run(self, files: dict[str, str], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).carry_out()

    def preview(self, files: dict[str, str], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).preview()

    def managed(self) -> dict[str, str]:
        """The files of the set, without those that only ``with_strangers`` made."""
        found = {}
        for path in sorted(self.tree.rglob("*")):
            if path.is_file() and not path.is_symlink() and "strange" not in str(path):
                found[str(path.relative_to(self.tree))] = path.read_text()
        return found

    def with_strangers(self) -> None:
        """Entries that the set never made, of every kind."""
        (self.tree / "conf.d" / "strange").mkdir(parents=True)
        (self.tree / "strange.conf").write_text("by hand\n")
        (self.tree / "strange.conf").chmod(0o604)
        (self.tree / "conf.d" / "strange" / "deep").write_text("deep\n")
        (self.tree / "conf.d" / "strange").chmod(0o2770)
        (self.tree / "conf.d" / "strange.link").symlink_to("../no/where")
        os.mkfifo(self.tree / "strange.pipe", 0o620)
        with socket.socket(socket.AF_UNIX) as sock:
            here = os.getcwd()
            os.chdir(self.tree)
            sock.bind("strange.sock")
            os.chdir(here)
        for number, path in enumerate(sorted(self.tree.rglob("*strange*"))):
            os.utime(path, (1000 + number, 2000 + number), follow_symlinks=False)


def strangers(host: Host) -> dict[str, tuple[Any, ...]]:
    """Kind, mode, owner, time and content of the entries that the set never made."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(host.tree.rglob("*")):
        if "strange" not in str(path):
            continue
        info = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
        identity = 0 if path.is_dir() else info.st_ino
        found[str(path.relative_to(host.tree))] = (info.st_mode, info.st_uid, info.st_mtime_ns, identity, content)
    return found


def everything(root: Path) -> dict[str, tuple[Any, ...]]:
    """All that a file system says of the entries below a directory, but for the time of the last reading."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        info = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path)] = (
            info.st_mode,
            info.st_ino,
            info.st_nlink,
            info.st_uid,
            info.st_mtime_ns,
            info.st_ctime_ns,
            data,
        )
    return found


def no_exchange(one: str, other: str) -> None:
    """What a kernel or a file system says that cannot do it."""
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), one)


def is_clean(host: Host) -> bool:
    """Nothing of a run is left but its manifest and its lock."""
    state = sorted(path.name for path in host.state.iterdir())
    return os.listdir(host.tree.parent) == ["daemon"] and set(state) <= {"daemon.json", "daemon.lock"}
