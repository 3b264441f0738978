# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interfaces of a host with their addresses, as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._netlink.route import Address, Link, RouteSocket


def read_links() -> tuple[list[Link], list[Address]]:
    with RouteSocket() as route:
        found = route.links()
        return found, route.addresses(found)


def links() -> list[dict[str, Any]]:
    """Each interface: the fields of Link, and ``addresses`` with those of Address but its interface."""
    found, addresses = read_links()
    return [
        {
            **asdict(link),
            "addresses": [
                {name: value for name, value in asdict(address).items() if name != "interface"}
                for address in addresses
                if address.interface == link.name
            ],
        }
        for link in found
    ]
