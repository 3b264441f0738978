# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with what: rules over more than one value of the input.

Values that could not be read are None here; a rule says nothing of them, as that mistake is known already.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.vipstack.lvs.plugins.plugin_utils._read import Reader
from ansible_collections.vipstack.lvs.plugins.plugin_utils._rules_nginx import check_nginx
from ansible_collections.vipstack.lvs.plugins.plugin_utils._rules_scope import Data, Scope
from ansible_collections.vipstack.lvs.plugins.plugin_utils._rules_services import check_services
from ansible_collections.vipstack.lvs.plugins.plugin_utils._rules_vips import check_vips


def check_cluster(reader: Reader, cluster: Data, hosts: Data, groups: Mapping[str, list[str]]) -> list[str]:
    """All rules inside one cluster. Mistakes go to the reader; the warnings are returned."""
    scope = Scope(reader, cluster, hosts, groups)
    _check_hosts(scope)
    check_vips(scope)
    check_services(scope)
    check_nginx(scope)
    return scope.warnings


def _check_hosts(scope: Scope) -> None:
    directors, real_servers = scope.cluster["directors"], scope.cluster["real_servers"]
    if not directors:
        scope.wrong("lvs_cluster", "has no director; its real servers are %s" % ", ".join(sorted(real_servers)))
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


def check_inventory(reader: Reader, clusters: Mapping[str, Data], hosts: Data) -> None:
    """Rules over all clusters: addresses and virtual router ids are of the network, not of a cluster."""
    owners: dict[str, str] = {}
    for host in sorted(hosts):
        address = hosts[host]["address"]
        if address and owners.setdefault(address, host) != host:
            reader.wrong("%s: lvs_address" % host, "is %s, as that of %s" % (address, owners[address]))
    holders: dict[str, str] = {}
    for cluster in sorted(clusters):
        for name, vip in sorted((clusters[cluster]["vips"] or {}).items()):
            path = "lvs_vips.%s.addresses" % name
            for address in vip["addresses"] or ():
                _check_vip_address(reader, path, address.partition("/")[0], cluster, holders, owners)
    _check_vrids(reader, clusters, hosts)


def _check_vip_address(
    reader: Reader, path: str, address: str, cluster: str, holders: dict[str, str], owners: Mapping[str, str]
) -> None:
    if address in owners:
        reader.wrong(path, "has %s, the address of host %s" % (address, owners[address]))
    if address not in holders:
        holders[address] = "%s in cluster %s" % (path, cluster)
    elif holders[address] == "%s in cluster %s" % (path, cluster):
        reader.wrong(path, "has %s twice" % address)
    else:
        reader.wrong(path, "has %s, which is in %s" % (address, _place(holders[address], cluster)))


def _check_vrids(reader: Reader, clusters: Mapping[str, Data], hosts: Data) -> None:
    """One virtual router id belongs to one VIP on a network; an interface's name stands for its network."""
    taken: dict[Any, str] = {}
    for cluster in sorted(clusters):
        for name, vip in sorted((clusters[cluster]["vips"] or {}).items()):
            vrid = vip["vrid"] or Scope.vrid_of(vip)
            if not vrid:
                continue
            path = "lvs_vips.%s.vrid" % name
            for key in sorted(_networks(vip, vrid, clusters[cluster]["directors"], hosts)):
                other = taken.setdefault(key, "%s in cluster %s" % (path, cluster))
                if other != "%s in cluster %s" % (path, cluster):
                    derived = "" if vip["vrid"] else ", the last byte of its address"
                    what = "is %d%s, as %s on %s; must be another"
                    reader.wrong(path, what % (vrid, derived, _place(other, cluster), key[0]))


def _networks(vip: Data, vrid: int, directors: list[str], hosts: Data) -> set[tuple[str, str, int]]:
    """(interface, family, vrid) of every VRRP instance of a VIP; the families do not disturb each other."""
    interfaces = {vip["interface"] or hosts[host]["interface"] or "" for host in directors} - {""}
    return {(one, family, vrid) for one in interfaces for family in Scope.families(vip)}


def _place(place: str, cluster: str) -> str:
    """A path in a cluster, as it is called from a cluster."""
    path, _, other = place.rpartition(" in cluster ")
    return path if other == cluster else place
