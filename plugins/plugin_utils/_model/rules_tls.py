# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of certificates and of sites with TLS."""

from __future__ import annotations

import re
from typing import Mapping

from .asked import asked_names
from .forms import FORMS
from .normal import CertificateFacts, CertificateInput, SiteInput, SiteTlsInput
from .rules_acme import check_asked, check_challenges, check_source
from .rules_scope import Scope
from .tls_values import PEM
from .view import tls_ports_of


def check_certificates(scope: Scope) -> None:
    if scope.cluster["tls"] and scope.cluster["tls"]["http3"]:
        what = (
            "is true; must be false, as Nginx has no HTTP/3 before 1.25, and IPVS takes the packets of a client whose "
        )
        what += "address changes for another client's"
        scope.wrong("lvs_tls.http3", what)
    if scope.cluster["tls"] and scope.cluster["tls"]["ticket_days"] and not scope.cluster["tls"]["ticket_secret"]:
        scope.wrong("lvs_tls.ticket_days", "is given, but there is no ticket_secret, of which the keys are made")
    for name, given in sorted((scope.cluster["certificates"] or {}).items()):
        path = "lvs_certificates.%s" % name
        check_source(scope, path, given)
        check_asked(scope, name, given)
        if given["on_node"]:
            for key in ("certificate", "key"):
                value = given["certificate"] if key == "certificate" else given["key"]
                if value is not None and (value == PEM or not re.fullmatch(FORMS["file_path"][0], value)):
                    scope.wrong("%s.%s" % (path, key), "is on_node; must be " + FORMS["file_path"][1])
            if given["chain"] is not None:
                scope.wrong(path + ".chain", "is given, but on_node is true; must be in the file of certificate")
        for field, words in known_facts(scope, name)["faults"]:
            scope.wrong("%s.%s" % (path, field), words)
    check_challenges(scope)


def known_facts(scope: Scope, name: str) -> CertificateFacts:
    """What is known of a certificate that there is, also of one that a directory brings."""
    nothing: CertificateFacts = {
        "faults": [], "as_server": [], "names": None, "kind": "", "days": None, "authority": True, "key": True,
    }  # fmt: skip
    given = (scope.cluster["certificates"] or {})[name]
    if given["acme"]:
        kind = {"rsa": "RSA"}.get(given["acme"]["kind"], "ECDSA")
        return {**nothing, "names": asked_names(scope.view, name, given), "kind": kind, "authority": False}
    if given["command"]:
        return {**nothing, "authority": False}
    return scope.cluster["certificate_facts"].get(name, nothing)


def check_site_tls(scope: Scope, path: str, site: SiteInput) -> None:
    """One site by itself."""
    given = site["tls"]
    for number, route in enumerate(site["routes"] or ()):
        if route["client_certificate"] and not (given and given["client_certificates"]):
            what = "is given, but the site has no tls.client_certificates"
            scope.wrong("%s.routes[%d].client_certificate" % (path, number), what)
    if given is None:
        return
    scope.twice(path + ".tls.ports", given["ports"] or ())
    for port in sorted({*(given["ports"] or ())} & {*(site["ports"] or ())}):
        scope.wrong(path + ".tls.ports", "has %d, as ports, which is plain HTTP; must be another" % port)
    if given["hsts"] and given["hsts"]["preload"] and not given["hsts"]["subdomains"]:
        scope.wrong(path + ".tls.hsts.preload", "is true, but subdomains is false; must be with subdomains")
    if scope.cluster["certificates"] is not None:
        _check_named(scope, path, site, given, scope.cluster["certificates"])


def _check_named(
    scope: Scope, path: str, site: SiteInput, given: SiteTlsInput, known: Mapping[str, CertificateInput]
) -> None:
    """The certificates that a site names."""
    scope.twice(path + ".tls.certificate", given["certificate"] or ())
    kinds: dict[str, str] = {}
    for name in dict.fromkeys(given["certificate"] or ()):
        if scope.known(path + ".tls.certificate", name, known, "a certificate"):
            _check_own(scope, path, site, name, kinds)
    clients = given["client_certificates"]
    if not clients or not clients["authority"]:
        return
    where, name = path + ".tls.client_certificates.authority", clients["authority"]
    if scope.known(where, name, known, "a certificate") and not known_facts(scope, name)["authority"]:
        scope.wrong(where, "names %s, which is not the certificate of an authority" % name)


def _check_own(scope: Scope, path: str, site: SiteInput, name: str, kinds: dict[str, str]) -> None:
    facts = known_facts(scope, name)
    for field, words in facts["as_server"]:
        scope.wrong("lvs_certificates.%s.%s" % (name, field), words)
    other = kinds.setdefault(facts["kind"] or name, name)
    if other != name:
        what = "has %s and %s, both of %s; must be one for each kind of key"
        scope.wrong(path + ".tls.certificate", what % (other, name, facts["kind"]))
    if facts["names"] is None:
        return
    for kind, names in (("server_names", site["server_names"]), ("aliases", site["aliases"])):
        for one in _expanded(names or ()):
            if not covered(one, facts["names"]):
                what = "has %s, but the certificate %s is for: %s"
                scope.wrong("%s.%s" % (path, kind), what % (one, name, ", ".join(sorted(facts["names"])) or "none"))


def _expanded(names: object) -> list[str]:
    found: list[str] = []
    for name in names if isinstance(names, (list, tuple)) else ():
        found += [name[1:], "*" + name] if name.startswith(".") else [name]
    return found


def covered(name: str, names: list[str]) -> bool:
    """Whether a certificate for these names is one for a server name. Of what stands for many names at its end, and of
    an expression, nobody can say."""
    if name.startswith("~") or name.endswith(".*"):
        return True
    lower = [one.lower() for one in names]
    return name.lower() in lower or "*." + name.lower().partition(".")[2] in lower


def check_tls_ports(scope: Scope, sites: Mapping[str, SiteInput]) -> None:
    """On a port all sites speak TLS, or none; and clients' certificates are those of one authority."""
    plain = {port: name for name, site in sorted(sites.items(), reverse=True) for port in site["ports"] or ()}
    brought = scope.view.tcp_ports()
    there = ", ".join(map(str, sorted(brought))) or "none"
    authorities: dict[int, tuple[str, str]] = {}
    for name, site in sorted(sites.items()):
        path = "lvs_nginx_sites.%s.tls." % name
        for port in sorted(set(tls_ports_of(site))):
            if plain.get(port, name) != name:
                what = "has %d, where lvs_nginx_sites.%s has plain HTTP; must be another"
                scope.wrong(path + "ports", what % (port, plain[port]))
            if port not in brought and scope.read_whole("lvs_virtual_services"):
                what = "has %d, which no TCP service brings to the real servers; give it to one; the services bring: %s"
                scope.wrong(path + "ports", what % (port, there))
            clients = (site["tls"] and site["tls"]["client_certificates"]) or None
            if clients and clients["authority"]:
                other, authority = authorities.setdefault(port, (name, clients["authority"]))
                if authority != clients["authority"]:
                    what = "names %s, but lvs_nginx_sites.%s on the same port %s; must be one, as a client could "
                    what += "take its session with one to the other"
                    scope.wrong(path + "client_certificates.authority", what % (clients["authority"], other, authority))


def check_secrets_are_seen(scope: Scope, given: Mapping[str, set[str]]) -> None:
    """A host reads keys from its own variables. ``given``: host -> names of the variables that it has."""
    hosts = set(scope.cluster["real_servers"])
    if scope.cluster["nginx_on_directors"] != "none":
        hosts |= set(scope.cluster["directors"])
    sites = scope.cluster["sites"] or {}
    speaking = [*sites.values(), *(scope.cluster["streams"] or {}).values()]
    needed = ["lvs_certificates"] if any(one["tls"] for one in speaking) else []
    if needed and scope.cluster["tls"] and scope.cluster["tls"]["ticket_secret"]:
        needed.append("lvs_tls")
    for name in needed:
        for host in sorted(hosts):
            if name not in given.get(host, set()):
                scope.wrong(name, "is not set for %s, which needs it for its sites" % host)
