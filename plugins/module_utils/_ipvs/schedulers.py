# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What files say of the kernel's IPVS: its schedulers, and whether ip_vs can be loaded."""

from __future__ import annotations

import os
from typing import NamedTuple

# Modules called ip_vs_* that are no schedulers: application helpers and persistence engines.
_NO_SCHEDULERS = ("ftp", "pe_")
_PREFIX = "ip_vs_"


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
