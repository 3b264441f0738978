# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The streams of a host: the block `stream` of nginx.conf as directives."""

from __future__ import annotations

import ipaddress
from typing import Iterator, Mapping

from .._model.shape_nginx import Nginx
from .._model.shape_streams import Stream
from .._model.shape_upstreams import Upstream
from . import tls
from .directive import Directive, Line, Raw, block, simple, variable, written
from .protocols import resolved, resolved_map, resolver, to_tls
from .settings import Settings
from .upstreams import upstream_block

LOG = "/var/log/nginx/streams.log"
_FIELDS: Mapping[str, str] = {
    "time": "$time_iso8601",
    "client": "$remote_addr",
    "stream": "$lvs_stream",
    "protocol": "$protocol",
    "port": "$server_port",
    "name": "$lvs_stream_name",
    "status": "$status",
    "received": "$bytes_received",
    "sent": "$bytes_sent",
    "seconds": "$session_time",
    "upstream": "$upstream_addr",
    "upstream_connect": "$upstream_connect_time",
    "upstream_sent": "$upstream_bytes_sent",
    "upstream_received": "$upstream_bytes_received",
    "tls": "$ssl_protocol",
    "cipher": "$ssl_cipher",
}
_LONG, _MANY = 40, 200


def streams_block(nginx: Nginx, settings: Settings) -> str:
    """The text of the block; nothing without streams. Raises LvsError for what cannot be written."""
    if not nginx["streams"]:
        return ""
    upstreams = {one["name"]: one for one in nginx["stream_upstreams"]}
    lines: list[Line] = [
        *_room(nginx),
        *_log(nginx),
        *(line for line in tls.of_streams(nginx)),
        *(simple("set_real_ip_from", one) for one in _proxies(nginx)),
    ]
    blocks: list[Line] = [
        *(upstream_block(one) for one in upstreams.values() if not one["resolve"]),
        *(resolved_map(one) for one in upstreams.values() if one["resolve"]),
        *(one for stream in nginx["streams"] for one in _maps(stream, upstreams)),
        *(block("server", [], _server(nginx, one, upstreams, settings)) for one in nginx["streams"]),
    ]
    return written([block("stream", [], [*lines, *(line for one in blocks for line in ("", one))])])


def _proxies(nginx: Nginx) -> list[str]:
    return nginx["trusted_proxies"] if any(one["proxy_protocol"] for one in nginx["streams"]) else []


def _room(nginx: Nginx) -> Iterator[Directive]:
    """Nginx's tables of names and variables, where their own sizes do not do."""
    names = [name for one in nginx["streams"] for name in one["names"]]
    if any(len(name) > _LONG for name in names) or len(names) > _MANY:
        yield simple("map_hash_bucket_size", 512)
        yield simple("map_hash_max_size", 2048 << (len(names) // 512).bit_length())
    if len(nginx["streams"]) + len(nginx["stream_upstreams"]) > _MANY:
        yield simple("variables_hash_max_size", 1024 << (len(nginx["streams"]) // 128).bit_length())
    # A bucket of its own size has room for one name of ours.
    yield simple("variables_hash_bucket_size", 256)


def _log(nginx: Nginx) -> Iterator[Line]:
    """A connection with which nobody sent anything is a check of the directors."""
    if not any(one["log"] for one in nginx["streams"]):
        yield simple("access_log", "off")
        return
    ports = {
        "%s:%d" % (one["protocol"].upper(), port): one["name"] for one in nginx["streams"] for port in one["ports"]
    }
    rows = [simple("default", ""), *(simple(port, name) for port, name in ports.items())]
    yield block("map", ["$protocol:$server_port", "$lvs_stream"], rows)
    yield block("map", ["$ssl_server_name", "$lvs_stream_name"], [
        simple("default", "$ssl_server_name"), simple("", "$ssl_preread_server_name"),
    ])  # fmt: skip
    yield block("map", ["$status:$bytes_received:$bytes_sent", "$lvs_stream_logged"], [
        simple("default", 1), simple("~^(?:200|400):0:0$", 0),
    ])  # fmt: skip
    fields = ",".join('"%s":"%s"' % pair for pair in _FIELDS.items())
    yield simple("log_format", "lvs_stream", "escape=json", "{%s}" % fields)
    yield simple("access_log", LOG, "lvs_stream", "if=$lvs_stream_logged")


def _upstream_variable(stream: Stream) -> str:
    return "$" + variable("stream", stream["name"], "upstream")


def _clients(stream: Stream) -> str:
    """The zone in which the clients of a stream are counted."""
    return variable("stream", stream["name"], "clients")


def _maps(stream: Stream, upstreams: Mapping[str, Upstream]) -> Iterator[Directive]:
    """By the name that a client asks for."""
    if stream["names"]:
        asked = "$ssl_server_name" if stream["tls"] else "$ssl_preread_server_name"
        rows = [simple("hostnames"), simple("default", _target(stream["upstream"], upstreams))]
        rows += [simple(name, _target(upstream, upstreams)) for name, upstream in stream["names"].items()]
        yield block("map", [asked, _upstream_variable(stream)], rows)
    if stream["connections"]:
        # 64 bytes for each client.
        yield simple("limit_conn_zone", "$binary_remote_addr", "zone=%s:1m" % _clients(stream))


def _target(name: str | None, upstreams: Mapping[str, Upstream]) -> str:
    """What passes on to an upstream."""
    if name is None:
        return ""
    return "$" + resolved(upstreams[name]) if upstreams[name]["resolve"] else name


def _server(nginx: Nginx, stream: Stream, upstreams: Mapping[str, Upstream], settings: Settings) -> Iterator[Line]:
    for port in stream["ports"]:
        words = ["udp", "reuseport"] if stream["protocol"] == "udp" else ["backlog=%d" % nginx["limits"]["backlog"]]
        words += ["ssl"] if stream["tls"] else []
        words += ["proxy_protocol"] if stream["proxy_protocol"] else []
        yield simple("listen", port, *words)
        if nginx["ipv6"]:
            yield simple("listen", "[::]:%d" % port, *words)
    if not stream["log"] and any(one["log"] for one in nginx["streams"]):
        yield simple("access_log", "off")
    yield from _access(stream)
    yield from tls.stream_lines(nginx, stream)
    if stream["names"] and not stream["tls"]:
        yield simple("ssl_preread", "on")
    yield from _passed(stream, upstreams, settings)
    yield from (Raw(one["line"], one["source"]) for one in stream["extra"])


def _access(stream: Stream) -> Iterator[Directive]:
    """Nginx takes the first that has the client, so the longest networks stand first."""
    words = [*(("deny", one) for one in stream["deny"]), *(("allow", one) for one in stream["allow"])]
    for word, network in sorted(words, key=lambda one: -ipaddress.ip_network(one[1]).prefixlen):
        yield simple(word, network)
    if stream["allow"]:
        yield simple("deny", "all")
    if stream["connections"]:
        yield simple("limit_conn", _clients(stream), stream["connections"])


def _passed(stream: Stream, upstreams: Mapping[str, Upstream], settings: Settings) -> Iterator[Directive]:
    own = [upstreams[name] for name in dict.fromkeys([stream["upstream"], *stream["names"].values()]) if name]
    yield simple("proxy_pass", _upstream_variable(stream) if stream["names"] else _target(own[0]["name"], upstreams))
    asked = next((one["resolve"] for one in own if one["resolve"]), None)
    if asked:
        yield from resolver(asked)
    if own[0]["tls"] and not stream["names"]:
        yield simple("proxy_ssl", "on")
        yield from to_tls("proxy", own[0]["tls"], settings)
    yield simple("proxy_connect_timeout", "%dms" % round(stream["connect_timeout"] * 1000))
    yield simple("proxy_timeout", "%dms" % round(stream["idle_timeout"] * 1000))
    if stream["tries"] == 1:
        yield simple("proxy_next_upstream", "off")
    else:
        yield simple("proxy_next_upstream_tries", stream["tries"])
    if stream["responses"] is not None:
        yield simple("proxy_responses", stream["responses"])
    if stream["send_proxy"]:
        yield simple("proxy_protocol", "on")
    if stream["half_close"]:
        yield simple("proxy_half_close", "on")
    if stream["upload"]:
        yield simple("proxy_upload_rate", stream["upload"])
    if stream["download"]:
        yield simple("proxy_download_rate", stream["download"])
