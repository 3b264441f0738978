# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request is passed on, by what the servers of an upstream speak."""

from __future__ import annotations

from typing import Iterator

from .._model.shape_upstreams import FastCgi, Resolve, Tls, Upstream
from .directive import Directive, block, simple, variable
from .settings import Settings

# What FastCGI and uwsgi are told of a request; a value that may be empty is left out then.
_TOLD = {
    "QUERY_STRING": "$query_string",
    "REQUEST_METHOD": "$request_method",
    "CONTENT_TYPE": "$content_type",
    "CONTENT_LENGTH": "$content_length",
    "REQUEST_URI": "$request_uri",
    "DOCUMENT_URI": "$document_uri",
    "SERVER_PROTOCOL": "$server_protocol",
    "SERVER_SOFTWARE": "nginx",
    "SERVER_NAME": "$host",
    "SERVER_ADDR": "$server_addr",
    "SERVER_PORT": "$server_port",
    "REMOTE_ADDR": "$remote_addr",
    "REMOTE_PORT": "$remote_port",
    "REQUEST_SCHEME": "$scheme",
}
# Left out where they are empty. A header Proxy would be taken for the variable that names a proxy.
_PERHAPS = {"HTTPS": "$https", "HTTP_PROXY": ""}


def way_to(upstream: Upstream) -> str:
    """The front of the names of Nginx's directives for an upstream."""
    return {"http": "proxy", "https": "proxy", "grpcs": "grpc"}.get(upstream["protocol"], upstream["protocol"])


def passed(upstream: Upstream, settings: Settings) -> Iterator[Directive]:
    """The servers, and what Nginx has to know to speak with them."""
    name, protocol = upstream["name"], upstream["protocol"]
    if upstream["resolve"]:
        name = "$" + resolved(upstream)
        yield from resolver(upstream["resolve"])
    if protocol not in ("fastcgi", "uwsgi"):
        way = way_to(upstream)
        yield simple(way + "_pass", "%s://%s" % (protocol, name))
        if way == "proxy":
            yield simple("proxy_http_version", "1.1")
        if upstream["tls"]:
            yield from to_tls(way, upstream["tls"], settings)
        return
    yield simple(protocol + "_pass", name)
    told = {**_TOLD, **(_of_fastcgi(upstream["fastcgi"]) if protocol == "fastcgi" else {"PATH_INFO": "$uri"})}
    perhaps = {key: value for key, value in _PERHAPS.items() if key not in upstream["params"]}
    if upstream["fastcgi"] and upstream["fastcgi"]["script"] is None:
        yield simple("fastcgi_split_path_info", r"^(.+?\.php)(/.*)$")
        yield simple("fastcgi_index", "index.php")
    if protocol == "fastcgi" and upstream["keepalive"]:
        yield simple("fastcgi_keep_conn", "on")
    for key, value in {**told, **upstream["params"]}.items():
        yield simple(protocol + "_param", key, value)
    for key, value in perhaps.items():
        yield simple(protocol + "_param", key, value, "if_not_empty")


def resolved(upstream: Upstream) -> str:
    return variable("upstream", upstream["name"], "server")


def resolved_map(upstream: Upstream) -> Directive:
    """The variable with the one server: Nginx resolves what it finds in a variable when it needs it."""
    (server,) = upstream["servers"]
    value = "%s:%d" % (server["address"], server["port"])
    return block("map", ["", "$" + resolved(upstream)], [simple("default", value)])


def resolver(given: Resolve) -> Iterator[Directive]:
    servers = ["[%s]" % one if ":" in one else one for one in given["name_servers"]]
    valid = ["valid=%ds" % given["valid"]] if given["valid"] is not None else []
    yield simple("resolver", *servers, *valid, *([] if given["ipv6"] else ["ipv6=off"]))
    yield simple("resolver_timeout", "5s")


def _of_fastcgi(given: FastCgi | None) -> dict[str, str]:
    """Without scripts the server is one program, and the path is for it."""
    common = {"GATEWAY_INTERFACE": "CGI/1.1", "REDIRECT_STATUS": "200"}
    if given is None:
        return {**common, "SCRIPT_NAME": "", "PATH_INFO": "$uri"}
    script = given["script"] or "$fastcgi_script_name"
    found = {"DOCUMENT_ROOT": given["root"], "SCRIPT_NAME": script, "SCRIPT_FILENAME": given["root"] + script}
    return {**common, **found, **({} if given["script"] else {"PATH_INFO": "$fastcgi_path_info"})}


def to_tls(way: str, given: Tls, settings: Settings) -> Iterator[Directive]:
    """Of authorities between the server's and the trusted one there may be three."""
    yield simple(way + "_ssl_protocols", "TLSv1.2", "TLSv1.3")
    if given["name"]:
        yield simple(way + "_ssl_server_name", "on")
        yield simple(way + "_ssl_name", given["name"])
    if given["verify"]:
        yield simple(way + "_ssl_verify", "on")
        yield simple(way + "_ssl_verify_depth", 3)
        yield simple(way + "_ssl_trusted_certificate", given["trusted"] or settings.trusted)
    if given["certificate"] and given["key"]:
        yield simple(way + "_ssl_certificate", given["certificate"])
        yield simple(way + "_ssl_certificate_key", given["key"])


def header(upstream: Upstream, name: str, value: str) -> Directive:
    """A header that the servers get in place of the client's; without a value none."""
    way = way_to(upstream)
    if way in ("fastcgi", "uwsgi"):
        key = "HTTP_" + name.upper().replace("-", "_")
        return simple(way + "_param", key, value, "if_not_empty")
    return simple(way + "_set_header", name, value)
