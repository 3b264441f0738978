# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel of a host that runs Nginx needs for it."""

from __future__ import annotations

from .shape_limits import HostLimits, LimitsInput


def sysctls(given: LimitsInput) -> dict[str, int | str]:
    """The kernel cuts a backlog to the first. The second counts where SYN cookies are off."""
    found: dict[str, int | str] = dict.fromkeys(BACKLOG, given["backlog"])
    ports = given["local_ports"]
    return {**found, **({LOCAL_PORTS: "%(first)d %(last)d" % ports} if ports else {})}


def limits(given: LimitsInput) -> HostLimits:
    return {"backlog": given["backlog"], "sysctls": sysctls(given)}


BACKLOG = ("net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog")
LOCAL_PORTS = "net.ipv4.ip_local_port_range"
