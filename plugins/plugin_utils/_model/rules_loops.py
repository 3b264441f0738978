# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of upstreams whose servers are the Nginx that asks them."""

from __future__ import annotations

from typing import Mapping

from .forms import is_loopback
from .normal import SiteInput, UpstreamInput
from .read import endpoint
from .rules_scope import Scope
from .view import all_ports_of, bare, host_addresses, stream_ports


def check_loops(
    scope: Scope, upstreams: Mapping[str, UpstreamInput], sites: Mapping[str, SiteInput], answers: Mapping[str, str]
) -> None:
    """An upstream that is the Nginx of a real server: its requests would go round until they are too many.

    ``answers``: ADDRESS:PORT of every TCP service, of which more is said elsewhere.
    """
    ports = {port for site in sites.values() for port in all_ports_of(site)} | stream_ports(scope.cluster, "tcp")
    nodes = {host: ports & scope.view.tcp_ports(host) for host in scope.cluster["real_servers"] if host in scope.hosts}
    own = {
        endpoint(address, port): host
        for host, served in nodes.items()
        for address in host_addresses(scope.hosts[host]).values()
        for port in served
    }
    local = {port for served in nodes.values() for port in served}
    silent = {bare(vip): host for host, served in nodes.items() if served for vip in _silent_vips(scope, host)}
    for name, upstream in sorted(upstreams.items()):
        path = "lvs_nginx_upstreams.%s.servers" % name
        for server in upstream["servers"] or ():
            place = endpoint(server["address"] or "", server["port"] or 0)
            if place in own:
                what = "has %s, where Nginx of real server %s serves sites itself; must be an application"
                scope.wrong(path, what % (place, own[place]))
            elif server["port"] in local and is_loopback(server["address"]):
                what = "has %s, where Nginx of each real server serves sites itself; must be an application"
                scope.wrong(path, what % place)
            elif server["address"] in silent and place not in answers:
                what = "has %s, a VIP that real server %s has on lo; an application of its own has 127.0.0.1"
                scope.wrong(path, what % (place, silent[server["address"]]))


def _silent_vips(scope: Scope, host: str) -> list[str]:
    """The addresses that a real server has for its services, so that packets to them stay with it."""
    services = [one for one in scope.view.services_of.get(host, ()) if one["forward"] in ("dr", "tunnel")]
    vips = [scope.vip_of(service) for service in services]
    return [address for vip in vips if vip for address in vip["addresses"] or ()]
