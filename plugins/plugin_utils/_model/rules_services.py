# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of virtual services: what IPVS can do with the ports, methods and addresses it is given."""

from __future__ import annotations

from .normal import ServiceInput
from .rules_checks import check_check
from .rules_forward import check_way
from .rules_quorum import check_quorum
from .rules_scope import FAMILIES, REMEDIES, Scope
from .rules_together import check_marks, check_together
from .said import either, printable, shown
from .view import WHOLE_ADDRESS, bare, families, family_of, host_addresses

# Schedulers by which every director selects the same real server.
BY_HASH = ("mh", "sh")


def check_services(scope: Scope) -> None:
    check_marks(scope)
    owners: dict[tuple[str, str, int], str] = {}
    for name, service in sorted((scope.services or {}).items()):
        path = "lvs_virtual_services.%s" % name
        if service["vip"] and scope.vips is not None:
            scope.known(path + ".vip", service["vip"], scope.vips, "a VIP")
        _check_ports(scope, path, service, owners)
        _check_forward(scope, path, service)
        _check_scheduler(scope, path, service)
        check_together(scope, path, service)
        check_check(scope, path, service)
        _check_persistence(scope, path, service)
        _check_thresholds(scope, path, service)
        _check_real_servers(scope, path, service)
        _check_directors(scope, path, service)
        check_way(scope, path, name, service)
        _check_shares(scope, path, name, service)
        _check_sorry_server(scope, path, service)
        check_quorum(scope, path, name, service)


def _check_ports(scope: Scope, path: str, service: ServiceInput, owners: dict[tuple[str, str, int], str]) -> None:
    ports = service["ports"] or []
    scope.twice(path + ".ports", ports)
    if not service["vip"] or not service["protocol"]:
        return
    for port in sorted(set(ports)):
        owner = owners.setdefault((service["vip"], service["protocol"], port), path)
        if owner != path:
            what = "has %d, which %s has on VIP %s by %s"
            scope.wrong(path + ".ports", what % (port, owner, service["vip"], service["protocol"]))


def _check_forward(scope: Scope, path: str, service: ServiceInput) -> None:
    """Only NAT rewrites packets, so with the others a real server sees the port that the client asked for."""
    real_port = service["real_port"]
    if real_port is None or service["forward"] not in ("dr", "tunnel"):
        return
    others = sorted(set(service["ports"] or ()) - {real_port})
    if others:
        what = "is %d, but forward is %s, which keeps port %d; remove it or give forward: nat"
        scope.wrong(path + ".real_port", what % (real_port, service["forward"], others[0]))


def _check_scheduler(scope: Scope, path: str, service: ServiceInput) -> None:
    scheduler = service["scheduler"]
    flags = service["scheduler_flags"] or []
    for flag in sorted(set(flags)):
        if scheduler and not flag.startswith(scheduler + "-"):
            scope.wrong(path + ".scheduler_flags", "has %s, but scheduler is %s" % (flag, scheduler))
    scope.twice(path + ".scheduler_flags", flags)
    if service["one_packet"] and service["protocol"] in ("tcp", "sctp"):
        scope.wrong(path + ".one_packet", "is true, but protocol is %s; must be udp" % service["protocol"])


def _check_persistence(scope: Scope, path: str, service: ServiceInput) -> None:
    """The prefix is of one family."""
    persistence, vip = service["persistence"], scope.vip_of(service)
    own = families(vip) if vip else []
    if not persistence or not own:
        return
    if len(own) > 1:
        what = "is given, but VIP %s has both families; must be a service on a VIP with one"
        scope.wrong(path + ".persistence", what % service["vip"])
        return
    longest = WHOLE_ADDRESS[own[0]]
    if persistence["prefix"] is not None and persistence["prefix"] > longest:
        what = "is %d; must be 1-%d for %s"
        scope.wrong(path + ".persistence.prefix", what % (persistence["prefix"], longest, FAMILIES[own[0]]))


def _check_thresholds(scope: Scope, path: str, service: ServiceInput) -> None:
    lower, upper = service["lower_threshold"], service["upper_threshold"]
    if lower is None or upper is None or lower <= upper:
        return
    scope.wrong(path + ".lower_threshold", "is %d; must not be above upper_threshold, which is %d" % (lower, upper))


def _check_real_servers(scope: Scope, path: str, service: ServiceInput) -> None:
    pool = scope.view.pool_of(service)
    if service["pool"]:
        if service["pool"] not in scope.view.pools:
            scope.wrong(path + ".pool", "is %s, which is no group of the inventory" % shown(service["pool"]))
            return
        for host in sorted(set(pool) - set(scope.cluster["real_servers"])):
            what = "is %s, which has %s, no real server of the cluster"
            scope.wrong(path + ".pool", what % (shown(service["pool"]), printable(host)))
    for host in sorted(service["weights"] or {}):
        scope.known(path + ".weights", host, pool, "a real server of the service")
    if not pool:
        if service["pool"]:
            scope.wrong(path + ".pool", "is %s, a group without hosts" % shown(service["pool"]))
        else:
            scope.wrong(path, "has no real servers; the cluster has none")
        return
    _check_families(scope, path, service, [host for host in pool if host in scope.cluster["real_servers"]])


def _check_families(scope: Scope, path: str, service: ServiceInput, pool: list[str]) -> None:
    """Packets to an address of a VIP reach real servers by one of the same family only."""
    vip = scope.vip_of(service)
    for family in families(vip) if vip else ():
        for host in scope.lacking(pool, family):
            what = "names %s, which has %s addresses, but real server %s has none; %s"
            scope.wrong(path + ".vip", what % (service["vip"], FAMILIES[family], host, REMEDIES[family]))


def _check_directors(scope: Scope, path: str, service: ServiceInput) -> None:
    """A real server that is a director schedules what the other one forwarded to it once more."""
    both = [host for host in scope.view.pool_of(service) if host in scope.cluster["directors"]]
    if len(scope.cluster["directors"]) > 1 and both and service["scheduler"] not in (None, *BY_HASH):
        what = "is %s, but director %s is a real server as well and would forward packets again; must be %s"
        scope.wrong(path + ".scheduler", what % (service["scheduler"], both[0], either([*BY_HASH])))
    if len(scope.cluster["directors"]) < 2 or not both:
        return
    for name in ("persistence", "upper_threshold"):
        if service[name]:
            what = "is given, but director %s is a real server as well, which would not select as its sender did"
            scope.wrong("%s.%s" % (path, name), what % both[0])


def _check_shares(scope: Scope, path: str, name: str, service: ServiceInput) -> None:
    """Whether anybody gets a new connection."""
    pool = {host: scope.hosts[host] for host in scope.view.pool_of(service) if host in scope.hosts}
    idle = [
        host
        for host, one in pool.items()
        if not scope.view.weight_of(service, host)
        or one["state"] == "drained"
        or name in (one["drained_services"] or ())
    ]
    if pool and len(idle) == len(pool):
        scope.warnings.append("%s gets no new connections: every real server is drained or has weight 0" % path)


def _check_sorry_server(scope: Scope, path: str, service: ServiceInput) -> None:
    sorry, vip = service["sorry_server"], scope.vip_of(service)
    if not sorry:
        return
    if scope.cluster["table_owner"] == "static":
        scope.warnings.append("%s.sorry_server does nothing, as lvs_table_owner is static" % path)
    if service["forward"] == "nat":
        what = "%s.sorry_server is %s, with forward: nat; its answers must come back through the director that "
        scope.warnings.append((what + "holds the VIP, which is not set up there") % (path, sorry))
    address, _colon, port = sorry.rpartition(":")
    _check_sorry_address(scope, path + ".sorry_server", service, sorry)
    for other in service["ports"] or () if service["forward"] in ("dr", "tunnel") else ():
        if other != int(port):
            what = "is %s, but the service has port %d; must be the same port, or forward: nat"
            scope.wrong(path + ".sorry_server", what % (sorry, other))
    own = family_of(address)
    for family in families(vip) if vip else []:
        if family != own:
            what = "is %s, but VIP %s has %s addresses"
            scope.wrong(path + ".sorry_server", what % (sorry, service["vip"], FAMILIES[family]))


def _check_sorry_address(scope: Scope, path: str, service: ServiceInput, sorry: str) -> None:
    """It answers while no real server does, and it is a server: the director would schedule for a VIP once more."""
    address, port = sorry.rpartition(":")[0].strip("[]"), int(sorry.rpartition(":")[2])
    for name, vip in sorted((scope.vips or {}).items()):
        if address in [bare(one) for one in vip["addresses"] or ()]:
            scope.wrong(path, "is %s, an address of VIP %s; must be that of a server" % (sorry, name))
    ports = {service["real_port"]} if service["real_port"] else set(service["ports"] or ())
    for host in scope.view.pool_of(service):
        if host in scope.hosts and address in host_addresses(scope.hosts[host]).values() and port in ports:
            what = "is %s, real server %s of this very service; must be another server"
            scope.wrong(path, what % (sorry, host))
