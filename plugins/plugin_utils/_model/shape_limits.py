# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of the limits of a host that runs Nginx."""

from __future__ import annotations

from typing import Annotated, TypedDict


class LocalPorts(TypedDict):
    """Both are among them."""

    first: int
    last: int


class LimitsInput(TypedDict):
    """`lvs_nginx_limits`."""

    backlog: int
    local_ports: LocalPorts | None


class HostLimits(TypedDict):
    """What Nginx and the kernel have to agree on."""

    backlog: Annotated[int, "connections to a port that wait until a worker takes them"]
    sysctls: dict[str, int | str]
