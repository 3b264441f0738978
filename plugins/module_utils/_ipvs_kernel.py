# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel says of IPVS in files: its schedulers, and whether ip_vs can be loaded; and the writers' lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from typing import Iterator, NamedTuple

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError

# Modules called ip_vs_* that are no schedulers: application helpers and persistence engines.
_NO_SCHEDULERS = ("ftp", "pe_")
_MODULE = re.compile(r"(?:.*/)?ip_vs_([a-z0-9_]+)(?:\.ko(?:\.\w+)?)?\Z")
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
    found = (_MODULE.match(name) for name in files)
    return {match.group(1) for match in found if match and not match.group(1).startswith(_NO_SCHEDULERS)}


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


@contextlib.contextmanager
def exclusive(seconds: float = 60.0) -> Iterator[None]:
    """One writer at a time in this network namespace: two runs at once would undo each other's steps.

    The lock is on the namespace's own file: it leaves nothing on a disk and ends with the process.
    Raises LvsError after ``seconds``.
    """
    with open(_NAMESPACE, "rb") as handle:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise LvsError(
                        "another run is changing the IPVS table of this network namespace, for more than %d s now; "
                        "see what it waits for, or run again" % seconds
                    ) from error
                time.sleep(0.05)
        yield
