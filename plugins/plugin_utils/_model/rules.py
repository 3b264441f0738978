# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with what: rules over more than one value of the input.

Values that could not be read are None here; a rule says nothing of them, as that mistake is known already.
"""

from __future__ import annotations

from typing import Iterator, Mapping

from .normal import ClusterInput, HostInput, VipInput
from .read import Reader
from .rules_kernel import check_sysctls
from .rules_nginx import check_nginx
from .rules_scope import Scope
from .rules_services import check_services
from .rules_tls import check_certificates, check_secrets_are_seen
from .rules_track import check_track_scripts
from .rules_vips import check_vips
from .view import MOST_DIRECTORS, OPEN, ClusterView, bare, families, vrid_of


def check_cluster(reader: Reader, view: ClusterView, given: Mapping[str, set[str]]) -> list[str]:
    """All rules inside one cluster. Mistakes go to the reader; the warnings are returned.

    ``given``: the names of each host's own variables.
    """
    scope = Scope(reader, view)
    _check_hosts(scope)
    _check_restart(scope)
    check_sysctls(scope)
    check_vips(scope)
    check_track_scripts(scope)
    check_services(scope)
    check_nginx(scope)
    check_certificates(scope)
    check_secrets_are_seen(scope, given)
    return scope.warnings


def _check_hosts(scope: Scope) -> None:
    directors, real_servers = scope.cluster["directors"], scope.cluster["real_servers"]
    if len(directors) > MOST_DIRECTORS:
        what = "has %d directors in one cluster; must be at most %d, as each has a priority of its own"
        scope.wrong("lvs_directors_group", what % (len(directors), MOST_DIRECTORS))
    if len(directors) == 1:
        scope.warnings.append("%s is the only director; nobody takes over from it" % directors[0])
    if scope.cluster["nginx_on_directors"] in ("none", "sorry"):
        for host in sorted(set(directors) & set(real_servers)):
            what = "is %s, but director %s is a real server as well; must be real_server"
            scope.wrong("lvs_nginx_on_directors", what % (scope.cluster["nginx_on_directors"], host))
    for host in sorted({*directors, *real_servers}):
        for name in scope.hosts[host]["drained_services"] or ():
            if scope.services is not None:
                scope.known("%s: lvs_drained_services" % host, name, scope.services, "a virtual service")


def _check_restart(scope: Scope) -> None:
    script = scope.cluster["check_script"]
    if script and script["restart"] and scope.cluster["nginx_on_directors"] == "none":
        scope.wrong("lvs_check_script.restart", "is true, but lvs_nginx_on_directors is none; must be false")


def check_inventory(
    reader: Reader,
    clusters: Mapping[str, ClusterInput],
    hosts: Mapping[str, HostInput],
    reached_at: Mapping[str, str],
) -> None:
    """Rules over all clusters: addresses and virtual router ids are of the network, not of a cluster.

    ``reached_at``: the host that Ansible reaches by an address, also of those that are in no cluster.
    """
    owners: dict[str, str] = {}
    for host in sorted(hosts):
        first, second = hosts[host]["address"], hosts[host]["address6"]
        for name, address in (("lvs_address", first), ("lvs_address6", second)):
            if address and owners.setdefault(address, host) != host:
                reader.wrong("%s: %s" % (host, name), "is %s, as that of %s" % (address, owners[address]))
        if first and second and ":" in first:
            what = "is given, but lvs_address is %s, of IPv6 as well; must be beside one of IPv4"
            reader.wrong("%s: lvs_address6" % host, what % first)
    led = {name: cluster for name, cluster in sorted(clusters.items()) if cluster["directors"]}
    for name in sorted(set(clusters) - set(led)) if led else ():
        real_servers = ", ".join(sorted(clusters[name]["real_servers"]))
        reader.wrong("lvs_cluster", "is %s for %s; must be a cluster with a director" % (name, real_servers))
    holders: dict[str, str] = {}
    for cluster, name, vip in _vips(led):
        path = _path(led, cluster, name)
        for address in vip["addresses"] or ():
            _check_vip_address(reader, path + ".addresses", bare(address), holders, {**reached_at, **owners})
        for address in vip["gateways"] or ():
            _check_vip_address(reader, path + ".gateways", bare(address), holders, {**reached_at, **owners})
    _check_vrids(reader, led, hosts)


def _vips(clusters: Mapping[str, ClusterInput]) -> Iterator[tuple[str, str, VipInput]]:
    """Cluster, name and VIP of every VIP that was read."""
    for cluster, data in sorted(clusters.items()):
        for name, vip in sorted((data["vips"] or {}).items()):
            yield cluster, name, vip


def _path(clusters: Mapping[str, ClusterInput], cluster: str, name: str) -> str:
    front = "cluster %s: " % cluster if len(clusters) > 1 else ""
    return "%slvs_vips.%s" % (front, name)


def _check_vip_address(
    reader: Reader, path: str, address: str, holders: dict[str, str], owners: Mapping[str, str]
) -> None:
    if address in owners:
        reader.wrong(path, "has %s, the address of host %s" % (address, owners[address]))
    if address not in holders:
        holders[address] = path
    elif holders[address] == path:
        reader.wrong(path, "has %s twice" % address)
    else:
        reader.wrong(path, "has %s, which is in %s" % (address, holders[address]))


def _check_vrids(reader: Reader, clusters: Mapping[str, ClusterInput], hosts: Mapping[str, HostInput]) -> None:
    """One virtual router id belongs to one VIP on a network; an interface's name stands for its network.

    It is the service network, where the directors have their addresses: VRRP runs there for every VIP.
    """
    taken: dict[tuple[str, str, int], str] = {}
    for cluster, name, vip in _vips(clusters):
        view = ClusterView(cluster, clusters[cluster], hosts, {})
        path = _path(clusters, cluster, name) + ".vrid"
        for key in _networks(view, vip):
            other = taken.setdefault(key, path)
            if other != path:
                derived = "" if vip["vrid"] else ", the last byte of its address"
                where = "the interface of lvs_address" if key[0] == OPEN else key[0]
                reader.wrong(path, "is %s%s, as %s on %s; must be another" % (key[2], derived, other, where))


def _networks(view: ClusterView, vip: VipInput) -> list[tuple[str, str, int]]:
    """(interface, family, vrid) of every VRRP instance of a VIP; the families do not disturb each other."""
    vrid = vrid_of(vip)
    interfaces = {view.hosts[host]["interface"] for host in view.directors} - {None} if vrid else set()
    return [(one, family, vrid) for one in sorted(interfaces) for family in families(vip)]
