# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a director's kernel needs for its services."""

from __future__ import annotations

from .shape import Kernel, Service
from .view import ClusterView

FORWARDING = {"inet": "net.ipv4.ip_forward", "inet6": "net.ipv6.conf.all.forwarding"}


def kernel(view: ClusterView, services: list[Service]) -> Kernel:
    """Modules, module options and sysctls; those of the operator come last. Without a service there is no IPVS."""
    given = view.data["kernel"]
    if not services:
        return {"modules": [], "options": {}, "sysctls": {**_silence(view), **given["sysctls"]}}
    schedulers = sorted({"ip_vs_" + service["scheduler"] for service in services})
    return {
        "modules": ["ip_vs", *schedulers],
        "options": {"ip_vs": {"conn_tab_bits": given["conn_tab_bits"]}},
        "sysctls": {**_sysctls(view, services), **given["sysctls"]},
    }


def _silence(view: ClusterView) -> dict[str, int | str]:
    """Every director has the VIPs on lo, too, and only the one that has them on its network answers for them."""
    if len(view.directors) < 2:
        return {}
    return {"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2}


def _sysctls(view: ClusterView, services: list[Service]) -> dict[str, int | str]:
    sysctls: dict[str, int | str] = {
        # A flow to a real server that is gone ends at once instead of falling silent.
        "net.ipv4.vs.expire_nodest_conn": 1,
        # A client's port that comes round again is a new connection, to be scheduled. With direct routing and
        # tunnels the last state that a director sees is FIN_WAIT, which the kernel's default, 1, leaves out.
        "net.ipv4.vs.conn_reuse_mode": 3,
        "net.ipv4.vs.conntrack": 0,
    }
    sysctls.update(_silence(view))
    if any(service["persistence"] for service in services):
        # A client whose real server was taken out is not held to it.
        sysctls["net.ipv4.vs.expire_quiescent_template"] = 1
    if any(service["scheduler"] == "mh" for service in services):
        # Every director picks the same real server, so a flow may go on where the last director left it.
        sysctls["net.ipv4.vs.sloppy_tcp"] = 1
    routed = {service["family"] for service in services if service["forward"] == "nat"}
    sysctls.update({name: 1 for family, name in FORWARDING.items() if family in routed})
    return sysctls
