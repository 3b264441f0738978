# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of upstreams: what Nginx would refuse or, worse, take without a word."""

from __future__ import annotations

from typing import Mapping

from .nginx_variables import names_variable
from .normal import UpstreamInput
from .read import endpoint
from .rules_scope import Scope
from .shape_upstreams import UpstreamSettings

# Methods by which Nginx has no backups.
WITHOUT_BACKUPS = ("ip_hash", "random", "random_two", "hash", "sticky")


def check_upstream(scope: Scope, path: str, upstream: UpstreamInput, answers: Mapping[str, str]) -> None:
    """``answers``: ADDRESS:PORT of every TCP service -> its name."""
    _check_servers(scope, path, upstream, answers)
    _check_method(scope, path, upstream)
    _check_keepalive(scope, path, upstream)


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


def method_of(upstream: UpstreamSettings) -> str:
    """How Nginx selects a server; a hash and a cookie go before the method."""
    return next((name for name in ("sticky", "hash") if upstream.get(name)), upstream["method"])


def _check_method(scope: Scope, path: str, upstream: UpstreamSettings) -> None:
    given, sticky = upstream["hash"], upstream["sticky"]
    for name in ("hash", "sticky"):
        if upstream.get(name) and upstream["method"] not in (None, "round_robin"):
            scope.wrong("%s.%s" % (path, name), "is given beside method %s; must be one of them" % upstream["method"])
    if given and sticky:
        scope.wrong(path + ".sticky", "is given beside hash; must be one of them")
    if sticky and sticky["same_site"] == "none" and sticky["secure"] is False:
        scope.wrong(path + ".sticky.secure", "is false, but browsers take same_site none only with true")
    if given and given["key"] and not names_variable(given["key"]):
        scope.wrong(path + ".hash.key", "has no variable, so that one server would get every request")


def _check_keepalive(scope: Scope, path: str, upstream: UpstreamSettings) -> None:
    for name, value in (
        ("keepalive_requests", upstream["keepalive_requests"]),
        ("keepalive_timeout", upstream["keepalive_timeout"]),
    ):
        if value is not None and upstream["keepalive"] == 0:
            scope.wrong("%s.%s" % (path, name), "is given, but keepalive is 0")
