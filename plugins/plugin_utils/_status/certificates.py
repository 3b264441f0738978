# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when the certificates are valid that the sites and streams of a cluster show. Pure."""

from __future__ import annotations

from .._live.observed import Cluster
from .._live.shown import shown
from .shape import CertificateStatus


def certificates(cluster: Cluster) -> list[CertificateStatus]:
    """By name, sites first, what ends first first: one entry for all nodes that show the same."""
    found: dict[tuple[str, str, int, bool], CertificateStatus] = {}
    for name, host in sorted(cluster.hosts.items()):
        for one in shown(host):
            if one.expires is None:
                continue
            left = round((one.expires - host.observation["asked"]) / 86400, 1)
            empty: CertificateStatus = {
                "kind": one.kind, "name": one.name, "expires": one.expires, "days": left, "stand_in": one.stand_in,
                "nodes": [],
            }  # fmt: skip
            found.setdefault((one.kind, one.name, one.expires, one.stand_in), empty)["nodes"].append(name)
    return [one for _key, one in sorted(found.items())]
