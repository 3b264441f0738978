# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that a node gets for all: who they are for, and where the directory's question arrives.

Rules look before it is known that there are no mistakes: what could not be read is None.
"""

from __future__ import annotations

from typing import Iterator

from .normal import CertificateInput, SiteInput
from .view import ClusterView, all_ports_of

# Directories ask here, whatever a site says.
CHALLENGE_PORT = 80
CHALLENGES = "/.well-known/acme-challenge/"


def is_asked(given: CertificateInput) -> bool:
    """Whether a node gets it for all."""
    return bool(given["acme"] or given["command"])


def sites_with(view: ClusterView, name: str) -> Iterator[tuple[str, SiteInput]]:
    """The sites that show a certificate, by name."""
    for site_name, site in sorted((view.data["sites"] or {}).items()):
        if site["tls"] and name in (site["tls"]["certificate"] or ()):
            yield site_name, site


def streams_with(view: ClusterView, name: str) -> list[str]:
    """The streams that show it."""
    streams = sorted((view.data["streams"] or {}).items())
    return [one for one, stream in streams if stream["tls"] and name in (stream["tls"]["certificate"] or ())]


def names_of(site: SiteInput) -> list[str]:
    """What a certificate of the site has to be for: names with a wildcard as they are in it, no expressions."""
    found: list[str] = []
    for name in (*(site["server_names"] or ()), *(site["aliases"] or ())):
        if not name.startswith("~") and not name.endswith(".*"):
            found += [name[1:], "*" + name] if name.startswith(".") else [name]
    return found


def asked_names(view: ClusterView, name: str, given: CertificateInput) -> list[str]:
    """What a certificate is asked for: in small letters, each once."""
    written = given["acme"]["names"] if given["acme"] else None
    names = written or [one for _site, site in sites_with(view, name) for one in names_of(site)]
    return list(dict.fromkeys(one.lower() for one in names))


def by_directories(view: ClusterView) -> list[str]:
    """Certificates that sites or streams have and directories bring, by name."""
    known = view.data["certificates"] or {}
    asked = [name for name in sorted(known) if known[name]["acme"]]
    return [name for name in asked if list(sites_with(view, name)) or streams_with(view, name)]


def challenged_ports(view: ClusterView) -> set[int]:
    """Ports of real servers to which port 80 of a VIP leads."""
    if view.serves_itself:
        return {CHALLENGE_PORT}
    return {
        service["real_port"] or CHALLENGE_PORT
        for service in view.services.values()
        if service["protocol"] == "tcp" and CHALLENGE_PORT in (service["ports"] or ())
    }


def serving_nodes(view: ClusterView) -> list[str]:
    """Hosts whose Nginx serves sites, drained ones among them."""
    ports = {port for site in (view.data["sites"] or {}).values() for port in all_ports_of(site)}
    found = [host for host in view.real_servers if ports & view.tcp_ports(host)]
    if view.data["nginx_on_directors"] == "real_server":
        found += [host for host in view.directors if host not in view.real_servers]
    return found
