# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel says of IPVS in files: its schedulers, and whether ip_vs can be loaded; and the writers' lock."""

from __future__ import annotations

import fcntl
import os
import time
from typing import NamedTuple

from .._errors import LvsError

# Modules called ip_vs_* that are no schedulers: application helpers and persistence engines.
_NO_SCHEDULERS = ("ftp", "pe_")
_PREFIX = "ip_vs_"
_NAMESPACE = "/proc/self/ns/net"


class Schedulers(NamedTuple):
    """``complete``: the kernel's modules could be listed, so a name that is not here does not exist."""

    names: list[str]
    complete: bool


def module_folder(root: str = "/") -> str:
    return os.path.join(root, "lib/modules", os.uname().release)


def schedulers(root: str = "/") -> Schedulers:
    """The schedulers that are loaded, built in or loadable."""
    folder = module_folder(root)
    names = _scheduler_names(_listing(os.path.join(root, "sys/module")))
    names |= _scheduler_names(_lines(os.path.join(folder, "modules.builtin")))
    on_disk = _listing(os.path.join(folder, "kernel/net/netfilter/ipvs"))
    return Schedulers(sorted(names | _scheduler_names(on_disk)), bool(on_disk))


def loadable(root: str = "/") -> bool:
    """Whether the module ip_vs is on the disk, for this kernel."""
    names = _listing(os.path.join(module_folder(root), "kernel/net/netfilter/ipvs"))
    return any(name.split(".")[0] == "ip_vs" for name in names)


def _scheduler_names(files: list[str]) -> set[str]:
    modules = [name.rpartition("/")[2].partition(".")[0] for name in files if _PREFIX in name]
    names = {module[len(_PREFIX) :] for module in modules if module.startswith(_PREFIX)}
    return {name for name in names if not name.startswith(_NO_SCHEDULERS)}


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read().split()
    except OSError:
        return []


class exclusive:
    """One writer at a time in this network namespace: two runs at once would undo each other's steps.

    The lock is on the namespace's own file: it leaves nothing on a disk and ends with the process.
    Raises LvsError after ``seconds``.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._handle = os.open(_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._lock()
        except BaseException:
            os.close(self._handle)
            raise

    def __exit__(self, *_exception: object) -> None:
        os.close(self._handle)

    def _lock(self) -> None:
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                return fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise LvsError(
                        "another run is changing the IPVS table of this network namespace, for more than %d s now; "
                        "see what it waits for, or run again" % self._seconds
                    ) from error
                time.sleep(0.05)
