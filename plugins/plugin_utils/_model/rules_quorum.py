# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a service that needs more than one healthy real server: it can have them, and something answers else."""

from __future__ import annotations

from .derive_nginx import http_ports
from .derive_tls import tls_ports
from .normal import ServiceInput
from .rules_scope import Scope


def check_quorum(scope: Scope, path: str, name: str, service: ServiceInput) -> None:
    quorum, hysteresis = service["quorum"], service["hysteresis"]
    if quorum is None or hysteresis is None:
        return
    if hysteresis >= quorum:
        if hysteresis:
            scope.wrong(path + ".hysteresis", "is %d; must be below quorum, which is %d" % (hysteresis, quorum))
        return
    if quorum > 1:
        _check_pool(scope, path, service)
        _check_instead(scope, path, service)
        _check_drained(scope, path, name, service)


def _check_pool(scope: Scope, path: str, service: ServiceInput) -> None:
    """Keepalived lowers a quorum that real servers of weight 1 cannot reach; the weights themselves are in files."""
    pool = [host for host in scope.view.pool_of(service) if host in scope.hosts]
    if not pool:
        return
    if service["quorum"] > len(pool):
        what = "is %d, but the service has %d real server%s; must be at most that"
        scope.wrong(path + ".quorum", what % (service["quorum"], len(pool), "" if len(pool) == 1 else "s"))
        return
    weights = [scope.view.weight_of(service, host) for host in pool]
    needed = service["quorum"] + service["hysteresis"]
    if None in weights or needed <= sum(weights):
        return
    if not service["hysteresis"]:
        what = "is %d, but all real servers together have a weight of %d; must be at most that"
        scope.wrong(path + ".quorum", what % (needed, sum(weights)))
    else:
        what = "is %d, which with quorum needs a weight of %d; all real servers together have %d"
        scope.wrong(path + ".hysteresis", what % (service["hysteresis"], needed, sum(weights)))


def _check_drained(scope: Scope, path: str, name: str, service: ServiceInput) -> None:
    """What the inventory drains does not count."""
    serving = [
        scope.view.weight_of(service, host)
        for host in scope.view.pool_of(service)
        if host in scope.hosts
        and scope.hosts[host]["state"] != "drained"
        and name not in (scope.hosts[host]["drained_services"] or ())
    ]
    if scope.cluster["table_owner"] == "static" or None in serving:
        return
    if 0 < sum(serving) < service["quorum"] - service["hysteresis"]:
        what = "%s.quorum is %d, but those that are not drained weigh %d: the sorry server answers instead of them"
        scope.warnings.append(what % (path, service["quorum"], sum(serving)))


def _check_instead(scope: Scope, path: str, service: ServiceInput) -> None:
    """Without a sorry server Keepalived goes on with real servers that are too few."""
    if scope.cluster["table_owner"] == "static":
        scope.warnings.append("%s.quorum does nothing, as lvs_table_owner is static" % path)
        return
    lack = None if service["sorry_server"] else _lack_of_nginx(scope, service)
    if lack:
        scope.wrong(path + ".quorum", "is %d, but %s" % (service["quorum"], lack))


def _lack_of_nginx(scope: Scope, service: ServiceInput) -> str | None:
    """Why the directors' Nginx does not answer for a service, and what to do; None where it does."""
    if scope.cluster["nginx_on_directors"] == "none":
        remedy = "lvs_nginx_on_directors" if service["together"] else "a sorry_server, or lvs_nginx_on_directors"
        return "nothing answers instead; must have " + remedy
    remedy = "be left out" if service["together"] else "have a sorry_server"
    if service["protocol"] in ("udp", "sctp"):
        return "the directors' Nginx serves no %s; must %s" % (service["protocol"], remedy)
    if not scope.read_whole("lvs_nginx_sites") or not scope.read_whole("lvs_virtual_services"):
        return None  # Nobody knows.
    others = sorted({*service["ports"]} - {*http_ports(scope.view), *tls_ports(scope.view)})
    return "the directors' Nginx does not serve port %d; must %s" % (others[0], remedy) if others else None
