# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the firewall that the inventory names is the host's."""

from __future__ import annotations

from .._model.shape import HostSlice
from .shape import HostFacts, Problem


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    if mine["firewall"]["kind"] == "firewalld" and "firewall" in facts and not facts["firewall"]["firewalld"]:
        return [
            Problem("lvs_firewall", "firewalld, which does not run on the host", "auto, or the firewall of the host")
        ]
    return []
