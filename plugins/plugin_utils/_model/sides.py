# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which side of a canary a request is. Nginx's configuration and preview both ask here."""

from __future__ import annotations

import ipaddress
from typing import Iterator

from .routes import Condition, Request, holds
from .shape_nginx import Canary, Who

CANARY, STABLE = "canary", "stable"


def listed(canary: Canary) -> Iterator[tuple[str, Condition]]:
    """(side, what a request must have), in the order in which they decide; networks, which come last, are not here."""
    sides: list[tuple[str, Who]] = [(STABLE, canary["never"]), (CANARY, canary)]
    for kind in ("header", "cookie"):
        for side, who in sides:
            values = who["headers"] if kind == "header" else who["cookies"]
            for key, value in sorted(values.items()):
                yield side, Condition(kind, key, (value,))


def has_share(canary: Canary) -> bool:
    """Whether a hash decides for clients that nothing else decides for."""
    return 0 < canary["percent"] < 100


def decided(canary: Canary, request: Request) -> tuple[str, str] | None:
    """The side of a request, and what decides; None where that is the client's share."""
    for side, condition in listed(canary):
        if holds(condition, request):
            return side, "%s %s" % (condition.kind, condition.name)
    networks = [(one, CANARY) for one in canary["clients"]] + [(one, STABLE) for one in canary["never"]["clients"]]
    fitting = [
        (ipaddress.ip_network(network).prefixlen, side, network)
        for network, side in networks
        if holds(Condition("client", "", (network,)), request)
    ]
    if fitting:
        _length, side, network = max(fitting)
        return side, "client in %s" % network
    return None if has_share(canary) else (CANARY if canary["percent"] else STABLE, "percent")
