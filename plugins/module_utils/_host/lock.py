# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to wait for a lock. It is on an open file, so it ends with the process, whatever becomes of that."""

from __future__ import annotations

import fcntl
import time

from .._errors import LvsError

POLL_SECONDS = 0.05


def take(handle: int, seconds: float, refusal: str) -> None:
    """Lock the open file for this process alone. Raises LvsError(``refusal``) where another keeps it that long."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LvsError(refusal) from None
            time.sleep(POLL_SECONDS)
