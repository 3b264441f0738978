# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three system calls that Python 3.8 has no name for, by the C library. Each raises OSError as ``os`` would."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any

_C = ctypes.CDLL(None, use_errno=True)

# linux/fs.h, linux/mount.h, linux/sched.h, fcntl.h
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CLONE_NEWNS = 0x00020000
_MS_BIND = 4096
_MS_REC = 16384
_MS_PRIVATE = 1 << 18


def exchange(one: str, other: str) -> None:
    """Two names, files or directories, change places in one step. Linux 3.15, glibc 2.28, musl 1.2.5."""
    function: Any = getattr(_C, "renameat2", None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), one)
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    _check(function(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE), one)


def private_mounts() -> None:
    """From here on this process (and what it starts) mounts for itself alone."""
    _check(_C.unshare(_CLONE_NEWNS), "mount namespace")
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE, None)


def mount_tmpfs(directory: str, mode: int) -> None:
    """An empty file system in memory on the directory."""
    _mount("tmpfs", directory, "tmpfs", 0, "mode=%o" % mode)


def bind(source: str, target: str) -> None:
    """What is at ``source`` (with the mounts below it) is also at ``target``, which exists."""
    _mount(source, target, None, _MS_BIND | _MS_REC, None)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> None:
    function = _C.mount
    function.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
    arguments = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    _check(function(arguments[0], arguments[1], arguments[2], flags, arguments[3]), target)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
