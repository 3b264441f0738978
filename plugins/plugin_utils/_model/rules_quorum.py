# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a service that needs more than one healthy real server: it can have them, and something answers else."""

from __future__ import annotations

from .normal import ServiceInput
from .rules_scope import Scope


def check_quorum(scope: Scope, path: str, service: ServiceInput) -> None:
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
    if None not in weights and needed > sum(weights):
        what = "is %d, which with quorum needs a weight of %d; all real servers together have %d"
        scope.wrong(path + ".hysteresis", what % (service["hysteresis"], needed, sum(weights)))


def _check_instead(scope: Scope, path: str, service: ServiceInput) -> None:
    if scope.cluster["table_owner"] == "static":
        scope.warnings.append("%s.quorum does nothing, as lvs_table_owner is static" % path)
    elif not service["sorry_server"] and scope.cluster["nginx_on_directors"] == "none":
        what = "is %d, but nothing answers instead; must have a sorry_server, or lvs_nginx_on_directors"
        scope.wrong(path + ".quorum", what % service["quorum"])
