# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the firewall that the inventory names is the host's."""

from __future__ import annotations

from .._model.shape import HostSlice
from .shape import HostFacts, Problem


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    kind, found = mine["firewall"]["kind"], facts.get("firewall")
    if not found:
        return []
    if kind == "firewalld" and not found["firewalld"]:
        return [
            Problem("lvs_firewall", "firewalld, which does not run on the host", "auto, or the firewall of the host")
        ]
    if kind in ("auto", "firewalld") and found["firewalld"] and found["policies"] is None:
        words = "%s, and firewalld of the host is older than 0.9, without policies" % kind
        return [Problem("lvs_firewall", words, "none, with what preview says of the firewall opened by hand")]
    return []
