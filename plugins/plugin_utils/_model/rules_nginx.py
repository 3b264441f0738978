# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of sites, and of them with upstreams and services: what Nginx would refuse or, worse, take without a word."""

from __future__ import annotations

from typing import Iterable, Mapping

from .normal import ServiceInput, SiteInput
from .read import endpoint
from .rules_cache import check_zones
from .rules_canary import check_shares
from .rules_content import check_health, check_site_content
from .rules_grpc import check_grpc
from .rules_limits import check_limits
from .rules_logs import check_formats, check_log
from .rules_loops import check_loops
from .rules_partners import check_partners
from .rules_proxy import check_proxy
from .rules_routes import check_routes
from .rules_scope import Scope
from .rules_streams import check_streams
from .rules_tls import check_site_tls, check_tls_ports
from .rules_traffic import check_traffic
from .rules_upstreams import check_retries, check_upstream
from .view import TLS_PORTS, all_ports_of, bare

NO_TLS = "those of HTTPS are tls.ports of a site"


def check_nginx(scope: Scope) -> None:
    upstreams, sites = scope.cluster["upstreams"], scope.cluster["sites"]
    check_formats(scope)
    check_zones(scope)
    _check_letters(scope, "lvs_nginx_log_formats", scope.cluster["log_formats"] or ())
    scope.twice("lvs_trusted_proxies", scope.cluster["trusted_proxies"] or ())
    _check_letters(scope, "lvs_nginx_upstreams", upstreams or ())
    _check_letters(scope, "lvs_nginx_sites", sites or ())
    answers = _answers(scope)
    for name, upstream in sorted((upstreams or {}).items()):
        check_upstream(scope, "lvs_nginx_upstreams.%s" % name, upstream, answers)
    for name, site in sorted((sites or {}).items()):
        path = "lvs_nginx_sites.%s" % name
        if site["upstream"] and upstreams is not None:
            scope.known(path + ".upstream", site["upstream"], upstreams, "an upstream")
        scope.twice(path + ".ports", site["ports"] or ())
        scope.twice(path + ".server_names", _expanded(site))
        _check_served(scope, path, site)
        check_log(scope, path + ".log", site)
        check_routes(scope, path, site)
        check_site_content(scope, path, name, site)
        check_retries(scope, path, site)
        check_partners(scope, path, site)
        check_grpc(scope, path, site)
        check_traffic(scope, path, site)
        check_site_tls(scope, path, site)
    _check_letters(scope, "lvs_nginx_streams", scope.cluster["streams"] or ())
    check_streams(scope)
    check_loops(scope, upstreams or {}, sites or {}, answers)
    check_shares(scope)
    check_health(scope)
    check_limits(scope)
    check_proxy(scope)
    if sites and scope.cluster["health_path"] == "/":
        scope.wrong("lvs_health_path", "is /, the first page of every site; must be a path that no site has")
    if sites and scope.services is not None:
        _check_sites(scope, sites)
    if (sites or scope.cluster["streams"]) and scope.services is not None:
        for name, service in sorted(scope.services.items()):
            _check_brought_ports(scope, "lvs_virtual_services.%s.ports" % name, service, sites or {})


def _check_letters(scope: Scope, path: str, names: Iterable[str]) -> None:
    """Nginx does not tell names apart by capital letters."""
    owners: dict[str, str] = {}
    for name in sorted(names):
        owner = owners.setdefault(name.lower(), name)
        if owner != name:
            scope.wrong("%s.%s" % (path, name), "is %s.%s in other letters; must be another name" % (path, owner))


# Of these a site has at least one, or it is in maintenance.
_SERVING = ("upstream", "static", "routes", "error_pages", "extra")


def _check_served(scope: Scope, path: str, site: SiteInput) -> None:
    """Without anything to serve all that clients would get is 404."""
    closed = site["maintenance"] and site["maintenance"]["enabled"]
    if scope.read_whole(path) and not closed and not any(site.get(name) for name in _SERVING):
        scope.wrong(path, "has nothing to serve; must have upstream, static or routes (a route can have answer: 404)")


def _expanded(site: SiteInput) -> list[str]:
    """The server names as Nginx has them: `.example.com` is two."""
    found = []
    for name in (*(site["server_names"] or ()), *(site["aliases"] or ())):
        found += [name[1:], "*" + name] if name.startswith(".") else [name]
    return found


def _answers(scope: Scope) -> dict[str, str]:
    """ADDRESS:PORT of every TCP service -> its name."""
    found = {}
    for name, service in sorted((scope.services or {}).items()):
        vip = scope.vip_of(service)
        if service["protocol"] == "tcp" and vip:
            for address in vip["addresses"] or ():
                found.update({endpoint(bare(address), port): name for port in service["ports"] or ()})
    return found


def _check_sites(scope: Scope, sites: Mapping[str, SiteInput]) -> None:
    """On a port each name and the part of the default belong to one site; what a service brings, sites serve."""
    check_tls_ports(scope, sites)
    names: dict[tuple[int, str], str] = {}
    defaults: dict[int, str] = {}
    for name, site in sorted(sites.items()):
        path = "lvs_nginx_sites.%s" % name
        ports = all_ports_of(site)
        _check_site_ports(scope, path + ".ports", sorted(set(site["ports"] or ())))
        for server_name in sorted(set(_expanded(site))):
            rivals = [names.setdefault((port, server_name), path) for port in ports]
            for rival in sorted(set(rivals) - {path}):
                scope.wrong(path + ".server_names", "has %s, as %s on the same port" % (server_name, rival))
        _check_default(
            scope, path, site, {port: defaults.setdefault(port, path) for port in ports if _takes_rest(site)}
        )


def _takes_rest(site: SiteInput) -> bool:
    """Whether a site gets the requests for names that no site has: as told to, or as it has none itself."""
    return bool(site["default"]) or site["server_names"] == []


def _check_default(scope: Scope, path: str, site: SiteInput, owners: Mapping[int, str]) -> None:
    nameless = site["server_names"] == []
    if nameless and site["default"] is False:
        scope.wrong(path + ".default", "is false, but the site has no server_names, so no request would reach it")
    for rival in sorted(set(owners.values()) - {path}):
        if nameless:
            what = "are none, so it is for all other names, as %s on the same port; must be one"
            scope.wrong(path + ".server_names", what % rival)
        else:
            what = "is true, but %s is for all other names on the same port; must be one"
            scope.wrong(path + ".default", what % rival)


def _check_site_ports(scope: Scope, path: str, ports: list[int]) -> None:
    """A service brings each port of a site, and to a port of HTTPS nobody speaks plain HTTP."""
    for port in ports:
        if port in TLS_PORTS:
            scope.wrong(path, "has %d, where clients speak TLS; must be ports of plain HTTP; %s" % (port, NO_TLS))
    brought = scope.view.tcp_ports()
    if not scope.read_whole("lvs_virtual_services"):
        return
    for port in ports:
        if port not in brought:
            there = ", ".join(map(str, sorted(brought))) or "none"
            what = "has %d, which no TCP service brings to the real servers; the services bring: %s"
            scope.wrong(path, what % (port, there))


def _owners(scope: Scope, sites: Mapping[str, SiteInput], protocol: str) -> dict[int, str]:
    """Port -> the site or the stream that has it."""
    found = {}
    for name, stream in sorted((scope.cluster["streams"] or {}).items(), reverse=True):
        if (stream["protocol"], stream["by"]) == (protocol, "stream"):
            found.update(dict.fromkeys(stream["ports"] or (), "lvs_nginx_streams." + name))
    for name, site in sorted(sites.items(), reverse=True) if protocol == "tcp" else ():
        found.update(dict.fromkeys(all_ports_of(site), "lvs_nginx_sites." + name))
    return found


def _check_brought_ports(scope: Scope, path: str, service: ServiceInput, sites: Mapping[str, SiteInput]) -> None:
    """Where sites and streams serve a service, they serve all of its ports."""
    read = scope.read_whole("lvs_nginx_sites") and scope.read_whole("lvs_nginx_streams")
    if service["protocol"] not in ("tcp", "udp") or service["real_port"] or not read:
        return
    ports = sorted(set(service["ports"] or ()))
    owners = _owners(scope, sites, service["protocol"])
    served = [port for port in ports if port in owners]
    for port in ports if served else ():
        if port not in owners:
            remedy = NO_TLS if port in TLS_PORTS else "give it to the site as well"
            what = (
                "has %d, which no site has, beside %d of %s; %s, and a port of another program "
                "must be in a service of its own"
            )
            scope.wrong(path, what % (port, served[0], owners[served[0]], remedy))
