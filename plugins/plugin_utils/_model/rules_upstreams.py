# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of upstreams: what Nginx would refuse or, worse, take without a word."""

from __future__ import annotations

from typing import Mapping

from .derive_upstreams import common_name, keeps, method_of
from .forms import address_of
from .nginx_variables import names_variable
from .normal import SiteInput, UpstreamInput
from .read import endpoint
from .rules_scope import Scope
from .said import shown
from .shape_upstreams import UpstreamSettings
from .ways import GRPC, SECURED

# Methods by which Nginx has no backups.
WITHOUT_BACKUPS = ("ip_hash", "random", "random_two", "hash", "sticky")


def check_upstream(scope: Scope, path: str, upstream: UpstreamInput, answers: Mapping[str, str]) -> None:
    """``answers``: ADDRESS:PORT of every TCP service -> its name."""
    _check_servers(scope, path, upstream, answers)
    _check_method(scope, path, upstream)
    _check_keepalive(scope, path, upstream)
    _check_protocol(scope, path, upstream)
    _check_tls(scope, path, upstream)
    _check_names(scope, path, upstream)


def _check_servers(scope: Scope, path: str, upstream: UpstreamInput, answers: Mapping[str, str]) -> None:
    if upstream["servers"] is None and not upstream["group"] and scope.read_whole(path):
        scope.wrong(path, "has neither servers nor group; must have one")
    if upstream["group"] and upstream["port"] is None and scope.read_whole(path + ".port"):
        scope.wrong(path + ".port", "is missing; must be that of the hosts of group %s" % upstream["group"])
    if upstream["port"] is not None and not upstream["group"] and scope.read_whole(path + ".group"):
        scope.wrong(path + ".port", "is given, but no group; a server has a port of its own")
    servers = [one for one in upstream["servers"] or () if one["address"] and one["port"]]
    names = [endpoint(one["address"], one["port"]) for one in servers]
    scope.twice(path + ".servers", names)
    backups = [name for name, one in zip(names, servers) if one["backup"]]
    if servers and len(backups) == len(servers):
        scope.wrong(path + ".servers", "are all backups; must have one that is none")
    elif backups and method_of(upstream) in WITHOUT_BACKUPS:
        what = "is %s, which has no backups, but %s is one"
        scope.wrong(path + ".method", what % (method_of(upstream), backups[0]))
    if servers and all(one["down"] for one in servers):
        where, what = (
            (path + ".group", "has only hosts that are") if upstream["group"] else (path + ".servers", "are all")
        )
        scope.wrong(where, what + " down; must have one that is not")
    for name in sorted(set(names) & set(answers)):
        what = "has %s, the virtual service %s; a real server has that address itself and would ask itself"
        scope.wrong(path + ".servers", what % (name, answers[name]))


def _check_method(scope: Scope, path: str, upstream: UpstreamSettings) -> None:
    given, sticky = upstream["hash"], upstream["sticky"]
    for name in ("hash", "sticky"):
        if upstream.get(name) and upstream["method"] not in (None, "round_robin"):
            scope.wrong("%s.%s" % (path, name), "is given beside method %s; must be one of them" % upstream["method"])
    if given and sticky:
        scope.wrong(path + ".sticky", "is given beside hash; must be one of them")
    if sticky and sticky["same_site"] == "none" and sticky["secure"] is False:
        scope.wrong(path + ".sticky.secure", "is false, but browsers take same_site none only with true")
    if sticky and upstream["protocol"] in GRPC:
        scope.wrong(path + ".sticky", "is given, but clients of gRPC keep no cookies; use hash")
    if given and given["key"] and not names_variable(given["key"]):
        scope.wrong(path + ".hash.key", "has no variable, so that one server would get every request")


def _check_keepalive(scope: Scope, path: str, upstream: UpstreamSettings) -> None:
    for name, value in (
        ("keepalive_requests", upstream["keepalive_requests"]),
        ("keepalive_timeout", upstream["keepalive_timeout"]),
        ("keepalive_time", upstream["keepalive_time"]),
    ):
        if value is not None and not keeps(upstream):
            why = (
                "resolve keeps no connection"
                if upstream["resolve"]
                else "protocol is %s, which closes each connection" % upstream["protocol"]
            )
            why = "keepalive is 0" if upstream["keepalive"] == 0 else why
            scope.wrong("%s.%s" % (path, name), "is given, but %s" % why)


# What an upstream may have by its protocol.
_OF_PROTOCOL = {"tls": SECURED, "fastcgi": ("fastcgi",), "params": ("fastcgi", "uwsgi")}


def _check_protocol(scope: Scope, path: str, upstream: UpstreamInput) -> None:
    for name, protocols in _OF_PROTOCOL.items():
        if upstream.get(name) and upstream["protocol"] not in (None, *protocols):
            what = "is given, but protocol is %s; must be %s"
            scope.wrong("%s.%s" % (path, name), what % (upstream["protocol"], " or ".join(protocols)))


def _check_tls(scope: Scope, path: str, upstream: UpstreamInput) -> None:
    """Whose certificate it is has to be known, and a certificate of our own has its key."""
    tls = upstream["tls"]
    if upstream["protocol"] not in SECURED or (upstream["protocol"] == "stream" and not tls):
        return
    told = tls and (tls["name"] or tls["verify"] is False)
    if upstream["servers"] and not told and not common_name(upstream):
        what = "is missing; must be the name in the certificates of the servers, which have not one name themselves"
        scope.wrong(path + ".tls.name", what)
    for one, other in (("certificate", "key"), ("key", "certificate")) if tls else ():
        if tls and tls.get(one) and not tls.get(other) and scope.read_whole("%s.tls.%s" % (path, other)):
            scope.wrong("%s.tls.%s" % (path, one), "is given without %s" % other)
    if tls and tls["trusted"] and tls["verify"] is False:
        scope.wrong(path + ".tls.trusted", "is given, but verify is false")


def check_retries(scope: Scope, path: str, site: SiteInput) -> None:
    """Of a site and of its routes: Nginx knows fewer reasons for FastCGI and uwsgi."""
    parts = [(path, site["retries"], site["upstream"])]
    for index, route in enumerate(site["routes"] or ()):
        own = ("%s.routes[%d]" % (path, index), route["retries"]) if route["retries"] else (path, site["retries"])
        parts.append((*own, route["upstream"] or site["upstream"]))
    for where, retries, name in parts:
        upstream = (scope.cluster["upstreams"] or {}).get(name or "")
        if retries and upstream and upstream["protocol"] in ("fastcgi", "uwsgi"):
            for fault in sorted({"http_502", "http_504"} & set(retries["faults"] or ())):
                what = "has %s, which Nginx does not know for upstream %s, where protocol is %s"
                scope.wrong(where + ".retries.faults", what % (fault, name, upstream["protocol"]))


# What a server and an upstream have of themselves, where nobody wrote anything.
_PLAIN = {"weight": 1, "max_conns": 0, "backup": False, "down": False}


def _check_names(scope: Scope, path: str, upstream: UpstreamInput) -> None:
    """Open-source Nginx resolves a name in an upstream when it starts, and one in a variable while it runs."""
    servers = [one for one in upstream["servers"] or () if one["address"]]
    named = sorted({one["address"] for one in servers if address_of(one["address"]) is None})
    if not upstream["resolve"]:
        if named:
            what = "%s.servers has %s, which Nginx resolves only when it starts or reloads; see resolve"
            scope.warnings.append(what % (path, named[0]))
        return
    for index, server in enumerate(upstream["resolve"]["name_servers"] or ()):
        if address_of(server) is None:
            scope.wrong("%s.resolve.name_servers[%d]" % (path, index), "is %s; must be an IP address" % shown(server))
    if upstream["group"] or (servers and (len(servers) > 1 or not named)):
        scope.wrong(path + ".resolve", "is given, so servers must be one, by its name, and there is no group")
    for key, value in _PLAIN.items():
        if any(one.get(key) not in (None, value) for one in servers):
            scope.wrong(path + ".resolve", "is given, but the server has %s" % key)
    if method_of(upstream) not in (None, "round_robin"):
        scope.wrong(path + ".resolve", "is given beside %s; one server needs none" % method_of(upstream))
    if upstream["extra"]:
        scope.wrong(path + ".resolve", "is given beside extra, for which there is no block then")
