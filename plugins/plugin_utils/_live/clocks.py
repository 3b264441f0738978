# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clocks of several hosts cannot be the same. Pure."""

from __future__ import annotations

from typing import Mapping

# Clocks closer than this are together; the time that the question took is added to it.
APART_SECONDS = 1.0


def bounds(epoch: float, asked: float, answered: float) -> tuple[float, float]:
    """The least and the most that a host's clock can be ahead of the controller's, in seconds.

    The controller's time before and after the question bounds when the host read its clock.
    """
    return epoch - answered, epoch - asked


def apart(hosts: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Host -> how far it is from the middle one of all, for those that cannot be there."""
    if len(hosts) < 2:
        return {}
    middle = sorted(low + high for low, high in hosts.values())[len(hosts) // 2] / 2
    found = {}
    for name, (low, high) in hosts.items():
        nearest = min(max(middle, low), high)
        if abs(nearest - middle) > APART_SECONDS:
            found[name] = "%.1f s %s" % (abs((low + high) / 2 - middle), "ahead" if low > middle else "behind")
    return found
