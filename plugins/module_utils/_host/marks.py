# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall marks that a director sets, as the kernel has them."""

from __future__ import annotations

import re

from .._errors import LvsError
from .command import run

TABLE = "vipstack_lvs_marks"
_MARK = re.compile(r"meta mark set (0x[0-9a-f]+|[0-9]+)")


def of_nftables(text: str) -> list[int]:
    """The marks in the output of `nft list table`, ascending."""
    return sorted({int(one, 0) for one in _MARK.findall(text)})


def look() -> list[int]:
    """The marks that our table sets; none where it is not there, or nft."""
    try:
        ended = run(("nft", "list", "table", "inet", TABLE))
    except LvsError:
        return []
    return of_nftables(ended.output) if ended.status == 0 else []
