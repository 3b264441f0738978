# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of those who write the table."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator

from .._host import lock

_NAMESPACE = "/proc/self/ns/net"


@contextlib.contextmanager
def exclusive(seconds: float = 60.0) -> Iterator[None]:
    """One writer at a time in this network namespace: two runs at once would undo each other's steps.

    The lock is on the namespace's own file: it leaves nothing on a disk and ends with the process.
    Raises LvsError after ``seconds``.
    """
    handle = os.open(_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        lock.take(
            handle,
            seconds,
            "another run is changing the IPVS table of this network namespace, for more than %d s now; "
            "see what it waits for, or run again" % seconds,
        )
        yield
    finally:
        os.close(handle)
