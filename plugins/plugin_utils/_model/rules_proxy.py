# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the PROXY protocol: who speaks it to a port, and who asks there without."""

from __future__ import annotations

from .checks import CHECKS
from .normal import ServiceInput
from .rules_scope import Scope
from .view import all_ports_of


def check_proxy(scope: Scope) -> None:
    """A port has the protocol for all of its sites. What comes without its line gets no answer there."""
    sites = {name: one for name, one in sorted((scope.cluster["sites"] or {}).items()) if one["ports"] is not None}
    kinds: dict[int, tuple[str, bool]] = {}
    for name, site in sites.items():
        path = "lvs_nginx_sites.%s.proxy_protocol" % name
        spoken = bool(site["proxy_protocol"])
        if spoken and scope.cluster["trusted_proxies"] == []:
            scope.wrong(path, "is true, but lvs_trusted_proxies is empty; must be with the proxies that are believed")
        for port in all_ports_of(site):
            other, same = kinds.setdefault(port, (name, spoken))
            if same != spoken:
                what = "is %s, but that of lvs_nginx_sites.%s, which has port %d as well, is %s; must be the same"
                scope.wrong(path, what % (_word(spoken), other, port, _word(same)))
                break
    proxied = {port: "lvs_nginx_sites." + name for port, (name, spoken) in sorted(kinds.items()) if spoken}
    of_sites = bool(proxied)
    for name, stream in sorted((scope.cluster["streams"] or {}).items()):
        if stream["proxy_protocol"]:
            proxied.update(dict.fromkeys(stream["ports"] or (), "lvs_nginx_streams." + name))
    for name, service in sorted((scope.services or {}).items()):
        _check_service(scope, "lvs_virtual_services.%s" % name, service, proxied)
    if of_sites:
        _warn(scope)


def _word(spoken: bool) -> str:
    return "true" if spoken else "false"


def _check_service(scope: Scope, path: str, service: ServiceInput, proxied: dict[int, str]) -> None:
    if service["protocol"] != "tcp":
        return
    looked_at = (service["check"] or {}).get("port") or service["real_port"]
    brought = [looked_at] if looked_at else service["ports"] or ()
    ports = [port for port in brought if port in proxied]
    if not ports:
        return
    check = service["check"]
    kind = CHECKS.get(check["type"]) if check else None
    if check and kind and not kind.passes_proxy:
        what = "is %s, but port %d of %s expects the PROXY protocol, which Keepalived does not speak; "
        what += "must be auto or " + " or ".join(name for name, one in CHECKS.items() if one.passes_proxy)
        scope.wrong(path + ".check.type", what % (check["type"], ports[0], proxied[ports[0]]))
    if service["sorry_server"]:
        what = "%s.sorry_server is %s, which has to take the PROXY protocol, as %s does"
        scope.warnings.append(what % (path, service["sorry_server"], proxied[ports[0]]))


def _warn(scope: Scope) -> None:
    """The directors' checks see a port that takes connections, and not what the health address says."""
    what = "%s: directors do not ask the health address on ports with proxy_protocol"
    given = scope.cluster["nginx_health"]
    if given and given["upstream"]:
        scope.warnings.append(what % ("lvs_nginx_health.upstream is %s" % given["upstream"]))
    for host in scope.cluster["real_servers"]:
        if host in scope.hosts and scope.hosts[host]["nginx_maintenance"]:
            scope.warnings.append(what % ("lvs_nginx_maintenance is true for %s" % host))
