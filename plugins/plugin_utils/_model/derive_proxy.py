# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports at which clients come through proxies that speak the PROXY protocol."""

from __future__ import annotations

from typing import Iterable

from .view import ClusterView, all_ports_of


def proxy_ports(view: ClusterView) -> list[int]:
    """Those of all sites, as far as services bring them."""
    sites = view.data["sites"] or {}
    found = {port for site in sites.values() if site["proxy_protocol"] for port in all_ports_of(site)}
    return sorted(found & view.tcp_ports())


def plainest(ports: Iterable[int], proxied: Iterable[int]) -> int:
    """The port that a check asks: the lowest one, of those without the protocol if there are any."""
    shut = set(proxied)
    return min(ports, key=lambda port: (port in shut, port))
