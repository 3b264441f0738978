# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of streams: what Nginx would refuse, and what would take another way than it seems."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from .derive_streams import OF_STREAMS
from .fields import Field
from .normal import StreamInput, UpstreamInput
from .read import endpoint
from .rules_scope import Scope
from .rules_tls import covered, known_facts
from .said import key_of
from .schema_streams import STREAM
from .view import all_ports_of, host_addresses, stream_ports

# Words of Nginx's own in a list of names.
_WORDS = ("default", "hostnames", "include", "volatile")
_OF_TCP = ("names", "tls", "proxy_protocol", "send_proxy", "half_close")
# What a stream without Nginx may have.
_OF_LVS = ("ports", "protocol", "vip", "by", "upstream")
# Variables that Nginx has both here and in HTTP, of which a hash can be.
VARIABLES = frozenset(
    {
        *("binary_remote_addr", "proxy_protocol_addr", "proxy_protocol_port", "remote_addr", "remote_port"),
        *("server_addr", "server_port", "ssl_client_fingerprint", "ssl_client_s_dn", "ssl_server_name"),
    }
)


def check_streams(scope: Scope) -> None:
    streams = scope.cluster["streams"] or {}
    for name, stream in sorted(streams.items()):
        path = "lvs_nginx_streams." + name
        scope.twice(path + ".ports", stream["ports"] or ())
        if stream["vip"] and scope.vips is not None:
            scope.known(path + ".vip", stream["vip"], scope.vips, "a VIP")
        _check_upstreams(scope, path, stream)
        _check_protocol(scope, path, stream)
        _check_names(scope, path, stream)
        _check_certificates(scope, path, stream)
        _check_clients(scope, path, stream)
        _check_way(scope, path, stream)
        _check_loops(scope, path, stream)
    _check_ports(scope, streams)
    for name, upstream in sorted((scope.cluster["upstreams"] or {}).items()):
        if upstream["protocol"] == OF_STREAMS:
            _check_method(scope, "lvs_nginx_upstreams." + name, upstream)
    _check_others(scope)


def _targets(path: str, stream: StreamInput) -> Iterator[tuple[str, str]]:
    """Where each upstream stands, and its name."""
    if stream["upstream"]:
        yield path + ".upstream", stream["upstream"]
    for key, name in sorted((stream["names"] or {}).items()):
        yield "%s.names.%s" % (path, key_of(key)), name


def _check_upstreams(scope: Scope, path: str, stream: StreamInput) -> None:
    known = scope.cluster["upstreams"]
    targets = list(_targets(path, stream))
    if not targets and scope.read_whole(path):
        scope.wrong(path + ".upstream", "is missing; must be one, as there are no names")
    for where, name in targets if known is not None else ():
        if not scope.known(where, name, known or {}, "an upstream"):
            continue
        upstream = (known or {})[name]
        if upstream["protocol"] not in (None, OF_STREAMS):
            what = "names %s, where protocol is %s; must be one with protocol stream"
            scope.wrong(where, what % (name, upstream["protocol"]))
        elif upstream["tls"] and stream["protocol"] == "udp":
            scope.wrong(where, "names %s, which has tls, but protocol is udp; must be one without tls" % name)
        elif upstream["tls"] and stream["names"]:
            what = "names %s, which has tls, but there are names, whose upstreams need not have it; must be one without"
            scope.wrong(where, what % name)
    # A server block of Nginx asks the name servers of one list.
    asking = [(where, name) for where, name in targets if known and name in known and known[name]["resolve"]]
    for where, name in asking[1:]:
        first = asking[0][1]
        if known and known[name]["resolve"] != known[first]["resolve"]:
            what = "names %s, whose resolve is not that of %s; must be the same for all upstreams of a stream"
            scope.wrong(where, what % (name, first))


def _given(stream: StreamInput, name: str) -> bool:
    """Whether a field is other than its default."""
    value: Any = stream.get(name)
    field: Field = STREAM.fields[name]
    return value is not None and value != field.default


def _check_protocol(scope: Scope, path: str, stream: StreamInput) -> None:
    for name in _OF_TCP:
        if stream["protocol"] == "udp" and _given(stream, name):
            scope.wrong("%s.%s" % (path, name), "is given, but protocol is udp; must be left out")
    if stream["protocol"] == "tcp" and stream["responses"] is not None:
        scope.wrong(path + ".responses", "is given, but protocol is tcp; must be with udp")
    for name in ("upload", "download"):
        value: Any = stream.get(name)
        if value and not int(value.rstrip("kmg")):
            scope.wrong("%s.%s" % (path, name), "is %s, which limits nothing; leave it out" % value)


def _expanded(names: Mapping[str, str]) -> list[str]:
    """As Nginx has them: `.example.com` is two."""
    found = []
    for name in map(str.lower, names):
        found += [name[1:], "*" + name] if name.startswith(".") else [name]
    return found


def _check_names(scope: Scope, path: str, stream: StreamInput) -> None:
    names = stream["names"] or {}
    scope.twice(path + ".names", _expanded(names))
    for name in sorted(names):
        if name.lower() in _WORDS:
            scope.wrong("%s.names.%s" % (path, name), "is a word of Nginx's own; must be a name of a host")


def _check_certificates(scope: Scope, path: str, stream: StreamInput) -> None:
    given, known = stream["tls"], scope.cluster["certificates"]
    if not given or known is None:
        return
    where = path + ".tls.certificate"
    scope.twice(where, given["certificate"] or ())
    scope.twice(path + ".tls.alpn", given["alpn"] or ())
    kinds: dict[str, str] = {}
    for name in dict.fromkeys(given["certificate"] or ()):
        if not scope.known(where, name, known, "a certificate"):
            continue
        own = known_facts(scope, name)
        for field, words in own["as_server"]:
            scope.wrong("lvs_certificates.%s.%s" % (name, field), words)
        other = kinds.setdefault(own["kind"] or name, name)
        if other != name:
            what = "has %s and %s, both of %s; must be one for each kind of key"
            scope.wrong(where, what % (other, name, own["kind"]))
        there = own["names"]
        for one in _expanded(stream["names"] or {}) if there is not None else ():
            if not covered(one, there or []):
                what = "has %s, but the certificate %s is for: %s"
                scope.wrong(path + ".names", what % (one, name, ", ".join(sorted(there or [])) or "none"))
    name, where = given["authority"] or "", path + ".tls.authority"
    if not name or not scope.known(where, name, known, "a certificate"):
        return
    if not known_facts(scope, name)["authority"]:
        scope.wrong(where, "names %s, which is not the certificate of an authority" % name)


def _check_clients(scope: Scope, path: str, stream: StreamInput) -> None:
    for name in ("allow", "deny"):
        listed: Any = stream.get(name)
        scope.twice("%s.%s" % (path, name), listed or ())
    for network in sorted({*(stream["allow"] or ())} & {*(stream["deny"] or ())}):
        scope.wrong(path + ".deny", "has %s, as allow; must be in one of them" % network)
    if stream["proxy_protocol"] and scope.cluster["trusted_proxies"] == []:
        what = "is true, but lvs_trusted_proxies is empty; must be with the proxies that are believed"
        scope.wrong(path + ".proxy_protocol", what)


def _check_way(scope: Scope, path: str, stream: StreamInput) -> None:
    """Past Nginx a client reaches the servers themselves."""
    if stream["by"] != "lvs":
        return
    for name in STREAM.fields:
        if name not in _OF_LVS and _given(stream, name):
            scope.wrong("%s.%s" % (path, name), "is given, but by is lvs, which passes Nginx; must be left out")
    if stream["vip"] is None and scope.read_whole(path + ".vip"):
        scope.wrong(path + ".vip", "is missing; must be the VIP, as by is lvs")
    upstream = (scope.cluster["upstreams"] or {}).get(stream["upstream"] or "")
    if upstream and not upstream["group"] and scope.read_whole("lvs_nginx_upstreams"):
        scope.wrong(
            path + ".upstream", "names %s, which has no group; must be one with, as by is lvs" % stream["upstream"]
        )
    for port in sorted({*(stream["ports"] or ())}) if upstream and upstream["port"] else ():
        if upstream and port != upstream["port"]:
            what = "has %d, but by is lvs, and upstream %s has port %d; must be the same, as LVS keeps it"
            scope.wrong(path + ".ports", what % (port, stream["upstream"], upstream["port"]))


def _check_ports(scope: Scope, streams: Mapping[str, StreamInput]) -> None:
    """A port belongs to one stream, or to sites; a service brings it."""
    owners: dict[tuple[str, int], str] = {}
    for name, site in sorted((scope.cluster["sites"] or {}).items()):
        for port in all_ports_of(site):
            owners.setdefault(("tcp", port), "lvs_nginx_sites." + name)
    if scope.cluster["nginx_status_port"]:
        owners[("tcp", scope.cluster["nginx_status_port"])] = "lvs_nginx_status_port"
    for name, stream in sorted(streams.items()):
        path, protocol = "lvs_nginx_streams." + name, stream["protocol"]
        if stream["by"] != "stream" or not protocol:
            continue
        brought = scope.view.ports_of(protocol)
        there = ", ".join(map(str, sorted(brought))) or "none"
        for port in sorted(set(stream["ports"] or ())):
            rival = owners.setdefault((protocol, port), path)
            if rival != path:
                scope.wrong(path + ".ports", "has %d, as %s; must be another" % (port, rival))
            elif port not in brought and scope.read_whole(("lvs_virtual_services", path)):
                what = "has %d, which no %s service brings to the real servers; give vip, or the port to one; the "
                what += "services bring: %s"
                scope.wrong(path + ".ports", what % (port, protocol.upper(), there))


def _check_loops(scope: Scope, path: str, stream: StreamInput) -> None:
    """A stream to Nginx of the node itself: by TCP to 127.0.0.1, as other addresses are looked at for all upstreams."""
    own = stream_ports(scope.cluster, stream["protocol"] or "tcp")
    here = {"127.0.0.1", "::1", "localhost"}
    if stream["protocol"] == "tcp":
        own |= {port for site in (scope.cluster["sites"] or {}).values() for port in all_ports_of(site)}
    else:
        hosts = [scope.hosts[host] for host in scope.cluster["real_servers"] if host in scope.hosts]
        here |= {address for host in hosts for address in host_addresses(host).values()}
    for where, name in _targets(path, stream):
        upstream = (scope.cluster["upstreams"] or {}).get(name)
        for server in (upstream["servers"] or ()) if upstream else ():
            if server["port"] in own and (server["address"] in here or str(server["address"]).startswith("127.")):
                what = "names %s with %s, where Nginx of the node listens itself; must be another program"
                scope.wrong(where, what % (name, endpoint(str(server["address"]), server["port"])))


def _check_method(scope: Scope, path: str, upstream: UpstreamInput) -> None:
    if upstream["method"] == "ip_hash":
        what = "is ip_hash, which Nginx has for HTTP only; must be another, or hash: $remote_addr"
        scope.wrong(path + ".method", what)
    if upstream["sticky"]:
        scope.wrong(path + ".sticky", "is given, but protocol is stream, which has no cookies; must be left out")
    key = upstream["hash"]["key"] if upstream["hash"] else ""
    for braced, bare in re.findall(r"\$(?:\{([^}]*)\}|([A-Za-z0-9_]+))", key or ""):
        if (braced or bare).lower() not in VARIABLES:
            what = "has $%s, which Nginx does not know of a stream; must be one of: %s"
            scope.wrong(path + ".hash.key", what % (braced or bare, ", ".join(sorted(VARIABLES))))


def _check_others(scope: Scope) -> None:
    """Nothing of HTTP goes to an upstream of streams."""
    upstreams = scope.cluster["upstreams"] or {}
    own = {name for name, one in upstreams.items() if one["protocol"] == OF_STREAMS}
    parts = {"lvs_nginx_sites": scope.cluster["sites"], "lvs_nginx_health": scope.cluster["nginx_health"]}
    for front, part in parts.items() if own else ():
        for path, name in _named(front, part):
            if name in own:
                scope.wrong(path, "names %s, where protocol is stream; must be one of another protocol" % name)


def _named(path: str, part: Any) -> Iterator[tuple[str, str]]:
    """Every `upstream` below a place, with its path."""
    if isinstance(part, Mapping):
        for key, value in sorted(part.items()):
            if key == "upstream" and isinstance(value, str):
                yield path + ".upstream", value
            else:
                yield from _named("%s.%s" % (path, key), value)
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _named("%s[%d]" % (path, number), value)
