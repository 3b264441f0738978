# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS: what all sites have in common, what one site adds, and who is refused."""

from __future__ import annotations

from typing import Iterator, Mapping

from .._model.shape_nginx import Nginx, Route, Site
from .._model.shape_streams import Stream
from .._model.shape_tls import Tls
from . import proxied
from .directive import Directive, Line, block, simple, variable
from .listens import first
from .settings import Settings

TICKETS = "/etc/nginx/lvs-tickets"
# Keys of a secret where they go by age: that of now, of the time after it and of the time before.
KEYS_BY_AGE = 3
# What an upstream is told of the client's certificate: nothing where the client showed none, whatever it claims.
SUBJECT = {"X-SSL-Client-Subject": "$ssl_client_s_dn"}
# Always empty.
_NOTHING = "$lvs_no_certificate"
# Mozilla's profiles, without ciphers that need parameters of Diffie-Hellman in a file.
_MODERN_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
_OLD_CIPHERS = (
    _MODERN_CIPHERS + ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"
    # The last part lets OpenSSL speak TLS 1.0 and 1.1, which it does at no higher level of security.
    "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:@SECLEVEL=0"
)
_PROFILES: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "modern": (("TLSv1.3",), "", "off"),
    "intermediate": (("TLSv1.2", "TLSv1.3"), _MODERN_CIPHERS, "off"),
    "old": (("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"), _OLD_CIPHERS, "on"),
}


def common(nginx: Nginx) -> Iterator[Line]:
    """At the level of http. The protocols of a port are those of its default server, so no site has its own."""
    tls = nginx["tls"]
    if tls is None:
        return
    yield ""
    yield from _protocols(tls, "lvs_tls")


def of_streams(nginx: Nginx) -> Iterator[Line]:
    """The same at the level of stream, whose sessions are its own."""
    if nginx["tls"] is not None and any(one["tls"] for one in nginx["streams"]):
        yield from _protocols(nginx["tls"], "lvs_streams_tls")


def _protocols(tls: Tls, sessions: str) -> Iterator[Directive]:
    protocols, ciphers, server_prefers = _PROFILES[tls["profile"]]
    yield simple("ssl_protocols", *protocols)
    if ciphers:
        yield simple("ssl_ciphers", ciphers)
    yield simple("ssl_prefer_server_ciphers", server_prefers)
    yield simple("ssl_ecdh_curve", "X25519:prime256v1:secp384r1")
    yield simple("ssl_session_cache", "shared:%s:10m" % sessions)
    yield simple("ssl_session_timeout", "1d")
    yield simple("ssl_session_tickets", "on" if tls["tickets"] else "off")
    for number in range(tls["tickets"] * (KEYS_BY_AGE if tls["ticket_days"] else 1)):
        yield simple("ssl_session_ticket_key", "%s/%d.key" % (TICKETS, number))


def stream_lines(nginx: Nginx, stream: Stream) -> Iterator[Directive]:
    """In the server block of a stream."""
    given = stream["tls"]
    if given is None or nginx["tls"] is None:
        return
    files = {one["name"]: one for one in nginx["tls"]["certificates"]}
    for name in given["certificate"]:
        yield simple("ssl_certificate", files[name]["certificate"])
        yield simple("ssl_certificate_key", files[name]["key"] or "")
    if given["alpn"]:
        yield simple("ssl_alpn", *given["alpn"])
    if given["authority"]:
        yield simple("ssl_client_certificate", files[given["authority"]]["certificate"])
        yield simple("ssl_verify_client", "on")


def hsts_maps(site: Site) -> Iterator[Directive]:
    """At the level of http: the header on HTTPS, nothing on HTTP."""
    given = site["tls"]["hsts"] if site["tls"] else None
    if given is not None:
        words = ["max-age=%d" % given["max_age"]]
        words += ["includeSubDomains"] * given["subdomains"] + ["preload"] * given["preload"]
        rows = [simple("default", ""), simple("on", "; ".join(words))]
        yield block("map", ["$https", _hsts(site)], rows)


def hsts(nginx: Nginx) -> dict[str, str]:
    """Site -> the value of its header."""
    return {site["name"]: _hsts(site) for site in nginx["sites"] if site["tls"] and site["tls"]["hsts"]}


def _hsts(site: Site) -> str:
    return "$" + variable(site["name"], "hsts")


def asks_clients(nginx: Nginx) -> bool:
    """Whether any client may show a certificate."""
    return any(site["tls"] and site["tls"]["client_certificates"] for site in nginx["sites"])


def listens(nginx: Nginx, site: Site, default: bool, settings: Settings) -> Iterator[Directive]:
    """``default``: for names that no site has, where the site is told to be for them."""
    for port in site["tls"]["ports"] if site["tls"] else ():
        yield from _listen(nginx, port, bool(default and site["tls"] and site["tls"]["default"]), settings)


def _listen(nginx: Nginx, port: int, default: bool, settings: Settings) -> Iterator[Directive]:
    """A word for HTTP/2 until 1.25, a directive after that; the word would be a warning there."""
    by_word = nginx["tls"] is not None and nginx["tls"]["http2"] and settings.before(1, 25, 1)
    words = ["ssl", *(["http2"] if by_word else []), *(first(nginx) if default else [])]
    words += proxied.words(nginx, port)
    yield simple("listen", port, *words)
    if nginx["ipv6"]:
        yield simple("listen", "[::]:%d" % port, *words)


def lines(nginx: Nginx, site: Site, settings: Settings) -> Iterator[Directive]:
    """In a server block that listens with TLS."""
    given, tls = site["tls"], nginx["tls"]
    if given is None or tls is None:
        return
    if tls["http2"] and settings.since(1, 25, 1):
        yield simple("http2", "on")
    files = {one["name"]: one for one in tls["certificates"]}
    for name in given["certificates"]:
        yield simple("ssl_certificate", files[name]["certificate"])
        yield simple("ssl_certificate_key", files[name]["key"] or "")
    clients = given["client_certificates"]
    if clients is not None:
        # Never required by the server: the directors' checks have none. Routes require it.
        yield simple("ssl_client_certificate", files[clients["authority"]]["certificate"])
        yield simple("ssl_verify_client", "optional")
        yield simple("ssl_verify_depth", clients["depth"])
    if given["hsts"] is not None:
        yield simple("add_header", "Strict-Transport-Security", _hsts(site), "always")


def client_asked(route: Route) -> Iterator[Directive]:
    """Who shows no certificate is kept out."""
    if route["client_certificate"]:
        yield block("if", ["($ssl_client_verify", "!=", "SUCCESS)"], [simple("return", 403)])


def redirects(site: Site) -> bool:
    """Whether plain HTTP is for redirects alone."""
    return bool(site["tls"] and site["tls"]["redirect"])


def to_https(site: Site) -> Directive:
    """A redirect to the same address with HTTPS."""
    ports = site["tls"]["ports"] if site["tls"] else [443]
    port = "" if 443 in ports else ":%d" % ports[0]
    return simple("return", 301, "https://$host%s$request_uri" % port)


def open_ports(nginx: Nginx) -> list[int]:
    """Ports of HTTPS on which no site is for names that no site has."""
    sites = [site for site in nginx["sites"] if site["tls"]]
    found = {port for site in sites if site["tls"] for port in site["tls"]["ports"]}
    taken = {port for site in sites if site["tls"] and site["tls"]["default"] for port in site["tls"]["ports"]}
    return sorted(found - taken)


def no_certificate(nginx: Nginx, settings: Settings) -> Iterator[Line]:
    """At the level of http, for `refusing`."""
    if open_ports(nginx) and not settings.since(1, 19, 4):
        yield ""
        yield block("map", ["", _NOTHING], [simple("default", "")])


def refusing(nginx: Nginx, port: int, settings: Settings) -> Iterator[Line]:
    """Before 1.19.4 by a certificate that is not there, which would be told to the log each time."""
    yield ""
    yield "No site is the default on port %d: a handshake for an unknown name fails." % port
    some = [*_listen(nginx, port, True, settings), simple("server_name", "_")]
    if settings.since(1, 19, 4):
        yield block("server", [], [*some, simple("ssl_reject_handshake", "on")])
        return
    some += [simple("ssl_certificate", _NOTHING), simple("ssl_certificate_key", _NOTHING)]
    some += [simple("error_log", "/dev/null"), simple("return", 444)]
    yield block("server", [], some)
