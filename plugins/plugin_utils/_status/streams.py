# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of the streams of a cluster, by the logs of all nodes. Pure."""

from __future__ import annotations

from .._live.observed import Cluster
from .._live.site_logs import logged_streams
from .shape import StreamStatus
from .traffic import added, first


def streams(cluster: Cluster) -> list[StreamStatus]:
    """Each stream that is logged, by name, also where nobody came."""
    names = {name for mine in cluster.hosts_of_model.values() for name in logged_streams(mine)}
    found = {name: _empty(name) for name in sorted(names)}
    for _name, host in sorted(cluster.hosts.items()):
        for count in host.streams or ():
            one = found.get(count["stream"])
            if one is not None:
                one["nodes"].append(host.name)
                one["connections"] += count["connections"]
                one["since"] = first(one["since"], count["since"])
                added(one["statuses"], count["statuses"])
                added(one["tls"], count["tls"])
    return list(found.values())


def _empty(name: str) -> StreamStatus:
    return {"stream": name, "connections": 0, "since": None, "nodes": [], "statuses": {}, "tls": {}}
