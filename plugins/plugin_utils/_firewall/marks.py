# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall marks of a director: by them IPVS knows the packets of services whose ports are together."""

from __future__ import annotations

from typing import Iterable

from .._model.shape import Opening, Service
from .lines import matched


def mark_rules(services: Iterable[Service]) -> str:
    """A rule of nftables for each service that has a mark, a line each, without the last end."""
    return "\n".join(
        "%s meta mark set %d" % (" ".join(matched(_packets(one))), one["fwmark"]) for one in services if one["fwmark"]
    )


def _packets(one: Service) -> Opening:
    return {
        "why": "",
        "way": "in",
        "family": one["family"],
        "protocol": one["protocol"],
        "sources": [],
        "destinations": [one["address"]],
        "ports": one["ports"],
    }
