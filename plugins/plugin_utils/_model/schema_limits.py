# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about the limits of hosts that run Nginx, as data."""

from __future__ import annotations

from .fields import REQUIRED, table, whole

LIMITS = table(
    "What the kernel of a host with Nginx has to agree with. A single number sets `backlog`.",
    {},
    "backlog",
    backlog=whole(
        "Connections to a port that wait until Nginx takes them: also the least of `net.core.somaxconn` and "
        "`net.ipv4.tcp_max_syn_backlog`.",
        4096,
        128,
        65535,
    ),
    local_ports=table(
        "Ports from which upstreams are asked: `net.ipv4.ip_local_port_range`.",
        None,
        first=whole("The lowest one.", REQUIRED, 1024, 65535),
        last=whole("The highest one.", REQUIRED, 1024, 65535),
    ),
)
