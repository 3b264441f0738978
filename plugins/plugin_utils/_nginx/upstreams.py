# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upstream blocks of a host: the file conf.d/lvs-upstreams.conf as directives."""

from __future__ import annotations

from typing import Iterator

from .._model.shape_nginx import Nginx
from .._model.shape_upstreams import Upstream, UpstreamServer
from .directive import Directive, Line, Raw, block, simple, written
from .protocols import resolved_map
from .sticky import sticky_key, sticky_maps

_METHODS = {
    "least_conn": ("least_conn",),
    "ip_hash": ("ip_hash",),
    "random": ("random",),
    "random_two": ("random", "two"),
}


def upstreams_file(nginx: Nginx) -> str:
    """The text of conf.d/lvs-upstreams.conf. Raises LvsError for what cannot be written."""
    blocks = [*upstream_maps(nginx), *map(upstream_block, (one for one in nginx["upstreams"] if not one["resolve"]))]
    lines: list[Line] = [line for one in blocks for line in ("", one)]
    return written(lines or ["No upstream on this host."])


def upstream_maps(nginx: Nginx) -> list[Directive]:
    """Variables that the upstreams read."""
    sticky = [line for one in nginx["upstreams"] if one["sticky"] for line in sticky_maps(one["name"], one["sticky"])]
    return [*sticky, *(resolved_map(one) for one in nginx["upstreams"] if one["resolve"])]


def upstream_block(given: Upstream) -> Directive:
    """The method stands before the servers, as it says what these can be, and before keepalive, which wraps it."""
    lines: list[Line] = [
        simple("zone", given["name"], "%dk" % given["zone_kib"]),
        *_method(given),
        *(_server(server) for server in given["servers"]),
        *_keepalive(given),
        *(Raw(one["line"], one["source"]) for one in given["extra"]),
    ]
    return block("upstream", [given["name"]], lines)


def _method(given: Upstream) -> Iterator[Directive]:
    if given["sticky"]:
        yield simple("hash", "$" + sticky_key(given["name"]), "consistent")
    elif given["hash"]:
        yield simple("hash", given["hash"]["key"], *(["consistent"] if given["hash"]["consistent"] else []))
    elif given["method"] in _METHODS:
        yield simple(*_METHODS[given["method"]])


def _server(server: UpstreamServer) -> Directive:
    """What is Nginx's default is not written."""
    address, port = server["address"], server["port"]
    words = ["[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)]
    if server["weight"] != 1:
        words.append("weight=%d" % server["weight"])
    if server["max_fails"] != 1:
        words.append("max_fails=%d" % server["max_fails"])
    if server["fail_timeout"] != 10:
        words.append("fail_timeout=%ds" % server["fail_timeout"])
    if server["max_conns"]:
        words.append("max_conns=%d" % server["max_conns"])
    return simple("server", *words, *(name for name in ("backup", "down") if server[name]))


def _keepalive(given: Upstream) -> Iterator[Directive]:
    if not given["keepalive"]:
        return
    yield simple("keepalive", given["keepalive"])
    if given["keepalive_requests"] is not None:
        yield simple("keepalive_requests", given["keepalive_requests"])
    if given["keepalive_timeout"] is not None:
        yield simple("keepalive_timeout", "%ds" % given["keepalive_timeout"])
    if given["keepalive_time"] is not None:
        yield simple("keepalive_time", "%ds" % given["keepalive_time"])
