# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a limit comes to: its burst, and the memory in which Nginx counts."""

from __future__ import annotations

from .shape_traffic import ConnectionLimit, RequestLimit

# The key that is a client's address.
CLIENT = "$remote_addr"
# What Nginx needs for a key, in bytes: for an address, and for a text of up to 170 characters.
_ADDRESS, _TEXT = 128, 256


def burst_of(limit: RequestLimit) -> int:
    """How many requests more than its rate a limit takes at a time."""
    return int(limit["rate"].partition("/")[0]) if limit["burst"] is None else limit["burst"]


def zone_kib(limit: RequestLimit | ConnectionLimit) -> int:
    """Room for all keys, and a tenth for what Nginx keeps of its pages."""
    size = _ADDRESS if limit["key"] == CLIENT else _TEXT
    return -(-limit["keys"] * size * 11 // 10240) + 32
