# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the limits of hosts that run Nginx: what would not agree with the rest of the inventory."""

from __future__ import annotations

from .derive_limits import sysctls
from .forms import is_loopback
from .rules_scope import Scope

PATH = "lvs_nginx_limits"
LEAST_PORTS = 1024


def check_limits(scope: Scope) -> None:
    _check_local_ports(scope)
    _check_one_owner(scope)
    _check_status_port(scope)


def _check_local_ports(scope: Scope) -> None:
    """A port of a site that a connection to an upstream has is taken when Nginx starts."""
    given = scope.cluster["nginx_limits"]
    ports = given["local_ports"] if given else None
    if not ports or ports["first"] is None or ports["last"] is None:
        return
    if ports["last"] - ports["first"] < LEAST_PORTS - 1:
        what = "is %d to %d; must be at least %d ports, as each is for one connection to a server"
        scope.wrong(PATH + ".local_ports", what % (ports["first"], ports["last"], LEAST_PORTS))
    own = scope.cluster["nginx_status_port"]
    if own and ports["first"] <= own <= ports["last"]:
        what = "is %d to %d, which has lvs_nginx_status_port, %d; must be other ports"
        scope.wrong(PATH + ".local_ports", what % (ports["first"], ports["last"], own))
    for name, stream in sorted((scope.cluster["streams"] or {}).items()):
        for port in sorted(set(stream["ports"] or ())) if stream["by"] == "stream" else ():
            if ports["first"] <= port <= ports["last"]:
                what = "is %d to %d, which has port %d of lvs_nginx_streams.%s; must be ports of no stream"
                scope.wrong(PATH + ".local_ports", what % (ports["first"], ports["last"], port, name))
    for name, site in sorted((scope.cluster["sites"] or {}).items()):
        for port in sorted(set(site["ports"] or ())):
            if ports["first"] <= port <= ports["last"]:
                what = "is %d to %d, which has port %d of lvs_nginx_sites.%s; must be ports of no site"
                scope.wrong(PATH + ".local_ports", what % (ports["first"], ports["last"], port, name))


def _check_one_owner(scope: Scope) -> None:
    """Of two files that set a sysctl on a director, each would undo the other."""
    given, kernel = scope.cluster["nginx_limits"], scope.cluster["kernel"]
    own = scope.cluster["nginx_on_directors"] != "none" or set(scope.view.directors) & set(scope.view.real_servers)
    if not own or not scope.cluster["sites"] or not given or given["backlog"] is None or not kernel:
        return
    ports = given["local_ports"]
    if ports and (ports["first"] is None or ports["last"] is None):
        return
    ours = sysctls(given)
    for name in sorted(kernel["sysctls"] or ()):
        if name in ours:
            what = "has %s, which directors with Nginx get from %s; must be set there" % (name, PATH)
            scope.wrong("lvs_kernel.sysctls", what)


def _check_status_port(scope: Scope) -> None:
    """Nothing else may have the port, and nothing may ask there but programs of the host for the counters."""
    path, port = "lvs_nginx_status_port", scope.cluster["nginx_status_port"]
    if not port or not scope.cluster["sites"]:
        return
    sites = [name for name, site in sorted(scope.cluster["sites"].items()) if port in (site["ports"] or ())]
    for name in sites:
        scope.wrong(path, "is %d, which is a port of lvs_nginx_sites.%s; must be a port of its own" % (port, name))
    for name, service in sorted((scope.services or {}).items()):
        if service["protocol"] == "tcp" and port in (service["real_port"], *(service["ports"] or ())) and not sites:
            what = "is %d, which lvs_virtual_services.%s brings to the real servers; must be a port of its own"
            scope.wrong(path, what % (port, name))
    for name, upstream in sorted((scope.cluster["upstreams"] or {}).items()):
        here = [one for one in upstream["servers"] or () if one["port"] == port and is_loopback(one["address"])]
        if here:
            what = "is %d, at which lvs_nginx_upstreams.%s has a server of 127.0.0.1; must be a port of its own"
            scope.wrong(path, what % (port, name))
