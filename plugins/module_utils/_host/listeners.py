# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program holds a TCP port, from /proc. Source of the format: Documentation/networking/proc_net_tcp.rst."""

from __future__ import annotations

import contextlib
import glob
import os
from typing import Sequence

from .files import HostFiles

_LISTENING = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def listening(table: str) -> dict[int, set[str]]:
    """Port -> inodes of the sockets that listen on it, of the text of one table."""
    found: dict[int, set[str]] = {}
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == _LISTENING:
            found.setdefault(int(words[1].rpartition(":")[2], 16), set()).add(words[9])
    return found


def holders(ports: Sequence[int]) -> dict[str, str]:
    """Port -> the name of the program that listens on it, of those ports that are held; "?" where it cannot be seen."""
    inodes: dict[int, set[str]] = {}
    for path in _TABLES if ports else ():
        for port, found in listening(HostFiles().read(path) or "").items():
            if port in ports:
                inodes.setdefault(port, set()).update(found)
    names = _programs(set().union(*inodes.values())) if inodes else {}
    return {
        str(port): next((names[inode] for inode in sorted(found) if inode in names), "?")
        for port, found in sorted(inodes.items())
    }


def _programs(inodes: set[str]) -> dict[str, str]:
    """Inode of a socket -> name of a process that has it open."""
    found: dict[str, str] = {}
    wanted = {"socket:[%s]" % inode: inode for inode in inodes}
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        if len(found) == len(wanted):
            break
        with contextlib.suppress(OSError):
            inode = wanted.get(os.readlink(path))
            if inode:
                found.setdefault(inode, (HostFiles().read("/proc/%s/comm" % path.split("/")[2]) or "?").strip())
    return found
