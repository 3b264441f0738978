# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's Nginx needs for its sites with TLS."""

from __future__ import annotations

from typing import Iterable

from .asked import asked_names, by_directories, is_asked, serving_nodes
from .normal import SiteInput
from .server_names import name_for
from .shape_nginx import Site
from .shape_streams import Stream
from .shape_tls import Asked, Certificate, Challenges, SiteTls, Tls
from .view import ClusterView, tls_ports_of

# Where certificates are that this collection brings.
DIRECTORY = "/etc/nginx/lvs-certificates"


def tls_ports(view: ClusterView) -> list[int]:
    """Every port of HTTPS that Nginx serves on real servers."""
    brought = view.tcp_ports()
    return sorted({port for site in view.data["sites"].values() for port in tls_ports_of(site) if port in brought})


def site_tls(site: SiteInput, brought: Iterable[int]) -> SiteTls | None:
    """How a site speaks TLS on the ports that services bring to a host; None where it does not."""
    given = site["tls"]
    served = [port for port in tls_ports_of(site) if port in set(brought)]
    if given is None or not served:
        return None
    return {
        "ports": served,
        "certificates": given["certificate"],
        "default": bool(site["default"]) or not site["server_names"],
        "redirect": given["redirect"],
        "hsts": given["hsts"],
        "client_certificates": given["client_certificates"],
    }


def tls(view: ClusterView, sites: Iterable[Site], streams: Iterable[Stream] = ()) -> Tls | None:
    """None where no site speaks TLS, and no stream."""
    speaking = [site["tls"] for site in sites if site["tls"]]
    ended = [one["tls"] for one in streams if one["tls"]]
    if not speaking and not ended:
        return None
    own = {name for one in speaking for name in one["certificates"]}
    authorities = {one["client_certificates"]["authority"] for one in speaking if one["client_certificates"]}
    own |= {name for one in ended for name in one["certificate"]}
    authorities |= {one["authority"] for one in ended if one["authority"]}
    given = view.data["tls"]
    return {
        "profile": given["profile"],
        "http2": given["http2"],
        "tickets": given["ticket_secret"] or 0,
        "ticket_days": given["ticket_days"],
        "certificates": [_certificate(view, name, name in own) for name in sorted(own | authorities)],
    }


def _certificate(view: ClusterView, name: str, own: bool) -> Certificate:
    given = view.data["certificates"][name]
    if given["on_node"]:
        file = str(given["certificate"])
        key = given["key"] or file
        return {"name": name, "certificate": file, "key": key if own else None, "on_node": True, "asked": None}
    path = "%s/%s" % (DIRECTORY, name)
    return {
        "name": name,
        "certificate": path + ".crt",
        "key": path + ".key" if own else None,
        "on_node": False,
        "asked": _asked(view, name),
    }


def _asked(view: ClusterView, name: str) -> Asked | None:
    given = view.data["certificates"][name]
    if not is_asked(given):
        return None
    acme = given["acme"]
    return {
        "names": asked_names(view, name, given),
        "acme": {"directory": acme["directory"], "contact": acme["contact"], "kind": acme["kind"]} if acme else None,
        "command": given["command"],
        "renew_days": given["renew_days"],
    }


def challenges(view: ClusterView) -> Challenges | None:
    """None where no directory asks."""
    if not by_directories(view):
        return None
    nodes = [address for host in serving_nodes(view) if (address := view.hosts[host]["address"])]
    return {"port": view.data["nginx_challenge_port"], "nodes": nodes}


def asked_name(view: ClusterView, port: int) -> str | None:
    """A name by which a check reaches a site on a port of HTTPS; empty: any; None: there is no such name."""
    served = [site for _name, site in sorted(view.data["sites"].items()) if port in tls_ports_of(site)]
    if any(not site["server_names"] for site in served):
        return ""
    name = name_for([one for site in served for one in site["server_names"]])
    return name if name is not None else "" if any(site["default"] for site in served) else None
