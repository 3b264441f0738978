# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of certificates that a node gets: from a directory of ACME, or by a program."""

from __future__ import annotations

import re

from .asked import (
    CHALLENGE_PORT,
    CHALLENGES,
    asked_names,
    by_directories,
    challenged_ports,
    is_asked,
    sites_with,
    streams_with,
)
from .forms import FORMS
from .normal import AcmeInput, CertificateInput
from .rules_scope import Scope

# Let's Encrypt takes so many, and no other directory is known to take more.
MOST_NAMES = 100


def check_source(scope: Scope, path: str, given: CertificateInput) -> None:
    """A certificate comes from one place."""
    places = [name for name in ("certificate", "acme", "command") if given[name] is not None]
    if not places and scope.read_whole(path + "."):
        scope.wrong(path + ".certificate", "is missing, and so are acme and command; must be one of them")
    if len(places) > 1:
        scope.wrong(path, "has %s; must have one of them" % " and ".join(places))
    if "certificate" in places or not is_asked(given):
        if given["renew_days"] is not None:
            scope.wrong(path + ".renew_days", "is given, but neither acme nor command, which alone bring a new one")
        return
    for name in ("key", "chain"):
        if given[name] is not None:
            scope.wrong("%s.%s" % (path, name), "is given beside %s, which brings its own" % places[0])
    if given["on_node"]:
        scope.wrong(path + ".on_node", "is true beside %s; must be false, as a run brings it to the nodes" % places[0])
    if given["command"] and not re.fullmatch(FORMS["file_path"][0], given["command"][0]):
        scope.wrong(path + ".command[0]", "is no program; must be " + FORMS["file_path"][1])


def check_asked(scope: Scope, name: str, given: CertificateInput) -> None:
    """What a directory would refuse, or never find."""
    path, acme = "lvs_certificates.%s.acme" % name, given["acme"]
    if acme is None:
        return
    if acme["terms_agreed"] is False:
        scope.wrong(path + ".terms_agreed", "is false; must be true, as a directory gives nothing without")
    scope.twice(path + ".names", [one.lower() for one in acme["names"] or ()])
    scope.twice(path + ".contact", acme["contact"] or ())
    _check_names(scope, path, name, given, acme)
    if name in by_directories(scope.view):
        _check_reached(scope, path)


def _check_names(scope: Scope, path: str, name: str, given: CertificateInput, acme: AcmeInput) -> None:
    if acme["names"] is None and scope.read_whole(path + ".names"):
        for site_name, site in sites_with(scope.view, name):
            where = "lvs_nginx_sites.%s" % site_name
            own = [*(site["server_names"] or ()), *(site["aliases"] or ())]
            if not own and scope.read_whole(where):
                scope.wrong(path + ".names", "is missing, and %s has no server_names; must name hosts" % where)
            for one in own:
                if not re.fullmatch(FORMS["acme_name"][0], one):
                    what = "is missing, and %s has %s, which HTTP-01 cannot prove; must name hosts"
                    scope.wrong(path + ".names", what % (where, one))
        for stream in streams_with(scope.view, name):
            what = "is missing, and lvs_nginx_streams.%s has the certificate; must name hosts"
            scope.wrong(path + ".names", what % stream)
    names = asked_names(scope.view, name, given)
    if len(names) > MOST_NAMES:
        scope.wrong(path + ".names", "are %d; must be at most %d" % (len(names), MOST_NAMES))


def _check_reached(scope: Scope, path: str) -> None:
    """The directory asks at port 80 of the names, so a service has to bring that to sites."""
    sites = scope.cluster["sites"] or {}
    served = {port for site in sites.values() for port in site["ports"] or ()}
    if not scope.read_whole("lvs_virtual_services") or not scope.read_whole("lvs_nginx_sites"):
        return
    if not challenged_ports(scope.view) & served & scope.view.tcp_ports():
        there = sorted({port for one in scope.view.services.values() for port in one["ports"] or ()})
        what = "needs port %d of a VIP, where a directory asks, and none leads to a site; the services have: %s"
        scope.wrong(path, what % (CHALLENGE_PORT, ", ".join(map(str, there)) or "none"))


def check_challenges(scope: Scope) -> None:
    """The port of the nodes is theirs alone, and no route takes what is asked."""
    if not by_directories(scope.view):
        return
    port, sites = scope.cluster["nginx_challenge_port"], scope.cluster["sites"] or {}
    what = "is %s, which is %s; must be a port of its own"
    others = {"lvs_nginx_status_port": {scope.cluster["nginx_status_port"]}}
    for name, site in sorted(sites.items()):
        tls = (site["tls"] and site["tls"]["ports"]) or ()
        others["a port of lvs_nginx_sites.%s" % name] = {*(site["ports"] or ()), *tls}
        for number, route in enumerate(site["routes"] or ()):
            if route["path"] and route["path"].startswith(CHALLENGES.rstrip("/")):
                words = "is below %s, which answers the directory of a certificate; must be another"
                scope.wrong("lvs_nginx_sites.%s.routes[%d].path" % (name, number), words % CHALLENGES)
    for name, service in sorted((scope.services or {}).items()):
        if service["protocol"] == "tcp":
            others["a port of lvs_virtual_services.%s" % name] = {service["real_port"], *(service["ports"] or ())} - {
                None
            }
    for owner, ports in others.items():
        if port in ports:
            scope.wrong("lvs_nginx_challenge_port", what % (port, owner))
            return
    local = scope.cluster["nginx_limits"]["local_ports"] if scope.cluster["nginx_limits"] else None
    if local and port and local["first"] and local["last"] and local["first"] <= port <= local["last"]:
        words = "is %d, which is one of lvs_nginx_limits.local_ports; must be another"
        scope.wrong("lvs_nginx_challenge_port", words % port)
