# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy the Nginx of each node is, by its own counters. Pure."""

from __future__ import annotations

import re

from .._live.inspect_request import STATUS_PROBE
from .._live.observed import Cluster, ObservedHost
from .._model.shape import HostSlice
from .shape import NodeStatus

_NUMBERS = re.compile(
    r"Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)\s+"
    r"Reading: (\d+) Writing: (\d+) Waiting: (\d+)"
)


def nodes(cluster: Cluster) -> list[NodeStatus]:
    """Every host whose Nginx counts, by name; what a host did not tell is None."""
    names = [host for host, mine in sorted(cluster.hosts_of_model.items()) if _counts(mine)]
    return [counted(name, _said(cluster.hosts.get(name))) for name in names]


def _said(host: ObservedHost | None) -> str:
    answer = host.probes.get(STATUS_PROBE) if host else None
    return answer["body"] if answer else ""


def _counts(mine: HostSlice) -> bool:
    return bool(mine["nginx"] and mine["nginx"]["status_port"])


def counted(host: str, said: str) -> NodeStatus:
    """By what Nginx said: the body of its answer."""
    found = _NUMBERS.match(said)
    if not found:
        return {"host": host, "connections": None, "idle": None, "requests": None, "dropped": None}
    active, accepted, handled, requests, _reading, _writing, waiting = map(int, found.groups())
    return {
        "host": host,
        "connections": active,
        "idle": waiting,
        "requests": requests,
        "dropped": accepted - handled,
    }
