# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty network namespaces for tests that need a kernel and no lab: root, nothing else."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@contextlib.contextmanager
def new_namespace() -> Iterator[int]:
    """This thread in a network namespace of its own, lo up; yields a descriptor of it. The old one is back after."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.unshare(CLONE_NEWNET))
        ip("link set lo up")
        new = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            yield new
        finally:
            os.close(new)
    finally:
        _check(_libc.setns(home, CLONE_NEWNET))
        os.close(home)


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """This thread in that namespace for a while."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.setns(namespace, CLONE_NEWNET))
        yield
    finally:
        _check(_libc.setns(home, CLONE_NEWNET))
        os.close(home)


def ip(arguments: str) -> str:
    """The program ip in this thread's namespace: what tests make things with, and the witness."""
    return subprocess.run(["ip", *arguments.split()], check=True, capture_output=True, text=True).stdout
