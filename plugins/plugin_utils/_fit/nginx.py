# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the Nginx of a host knows all that its part of the model asks for."""

from __future__ import annotations

from typing import Iterator, Literal, Mapping

from ...module_utils._host.places import NGINX_CACHES
from .._model.nginx_values import bytes_of
from .._model.shape import HostSlice
from .._model.shape_cache import CacheZone
from .._model.shape_nginx import Site
from .._model.shape_streams import Stream
from .._model.shape_upstreams import Upstream
from .._model.ways import GRPC
from . import versions
from .request import BROTLI_MODULES, NGINX
from .shape import HostFacts, Problem
from .versions import Use, Version

# What was new with a version, where that is not the oldest one that a distribution has.
METHODS = {"random": (1, 15, 1), "random_two": (1, 15, 1)}
KEPT: tuple[tuple[Literal["keepalive_requests", "keepalive_timeout", "keepalive_time"], Version], ...] = (
    ("keepalive_requests", (1, 15, 3)),
    ("keepalive_timeout", (1, 15, 3)),
    ("keepalive_time", (1, 19, 10)),
)
GRPC_SINCE, GRPC_CHOSEN = (1, 13, 10), (1, 17, 8)
VARIABLE_RATE, DRY_RUN = (1, 17, 0), (1, 17, 6)
# Debian 11 builds streams of 1.18 without the module realip.
REAL_IP, HALF_CLOSE, ALPN = (1, 19, 0), (1, 21, 4), (1, 21, 4)
# Before, a stream does not see what came together with the end of a handshake: then both sides wait.
STREAM_TLS, HANGS = (1, 21, 2), "lets some connections hang with"


# Releases from which on a distribution has packages of the modules.
BROTLI = {"debian": 12, "ubuntu": 24}


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    nginx = mine["nginx"]
    if not nginx:
        return []
    grpc = {one["name"]: one for one in nginx["upstreams"] if one["protocol"] in GRPC}
    uses = [*_of_upstreams([*nginx["upstreams"], *nginx["stream_upstreams"]]), *_of_limits(nginx["sites"])]
    uses += [*_of_grpc(grpc, nginx["sites"]), *_of_streams(nginx["streams"], nginx["stream_upstreams"])]
    return [*versions.problems(NGINX, facts, uses), *_brotli(nginx["sites"], facts), *_caches(nginx["caches"], facts)]


def _brotli(sites: list[Site], facts: HostFacts) -> Iterator[Problem]:
    """Where the modules are neither there nor in a package."""
    if any(path in facts.get("paths", {}) for path in BROTLI_MODULES) or not facts.get("distribution_id"):
        return
    own, release = facts.get("distribution_id") or "", facts.get("release") or 0
    if release >= BROTLI.get(own, release + 1):
        return
    for site in sites:
        given = [route["handling"].get("compression") for route in site["routes"]]
        if any(one and one["enabled"] and "brotli" in one["algorithms"] for one in given):
            path = "compression.algorithms of lvs_nginx_sites.%s" % site["name"]
            words = "brotli, for which %s has no package" % (facts.get("distribution") or "%s %d" % (own, release))
            yield Problem(path, words, "gzip alone, or on Debian 12 or Ubuntu 24.04 or newer")


def _caches(caches: list[CacheZone], facts: HostFacts) -> Iterator[Problem]:
    """All that they may hold together, against the file system that they are on."""
    held = sum(bytes_of(one["size"]) for one in caches) // 2**20
    size = facts.get("cache_disk_mb")
    if caches and size is not None and held > size:
        names = ", ".join("%s %s" % (one["name"], one["size"]) for one in caches)
        words = "%d MB together (%s), but the file system of %s has %d MB" % (held, names, NGINX_CACHES, size)
        yield Problem("lvs_nginx_caches", words, "less, or on a larger one")


def _of_upstreams(upstreams: list[Upstream]) -> Iterator[Use]:
    for upstream in upstreams:
        path = "lvs_nginx_upstreams.%s." % upstream["name"]
        if upstream["method"] in METHODS:
            yield Use(path + "method", upstream["method"], METHODS[upstream["method"]])
        for name, since in KEPT:
            if upstream["keepalive"] and upstream[name] is not None:
                yield Use(path + name, str(upstream[name]), since)


def _of_limits(sites: list[Site]) -> Iterator[Use]:
    for site in sites:
        for route in site["routes"]:
            limits = route["handling"].get("limits")
            if not limits:
                continue
            place = "lvs_nginx_sites.%s" % site["name"] if limits["place"] is None else route["source"]
            if limits["dry_run"] and (limits["requests"] or limits["connections"]):
                yield Use(place + ".limits.dry_run", "true", DRY_RUN)
            if limits["bandwidth"] and limits["exempt"]:
                yield Use(place + ".limits.exempt", "beside bandwidth", VARIABLE_RATE)


def _of_grpc(upstreams: Mapping[str, Upstream], sites: list[Site]) -> Iterator[Use]:
    """The name of an upstream in a variable, which a canary and a name that is resolved need, is newer than gRPC."""
    for name, upstream in upstreams.items():
        path = "lvs_nginx_upstreams.%s." % name
        yield Use(path + "protocol", upstream["protocol"], GRPC_SINCE)
        if upstream["resolve"]:
            yield Use(path + "resolve", "with protocol %s" % upstream["protocol"], GRPC_CHOSEN)
    for site in sites:
        for route in site["routes"]:
            if route["canary"] and route["upstream"] in upstreams:
                own = route["canary"]["route"] is not None
                place = route["source"] if own else "lvs_nginx_sites.%s" % site["name"]
                yield Use(place + ".canary", "with upstream %s, which speaks gRPC" % route["upstream"], GRPC_CHOSEN)


def _of_streams(streams: list[Stream], upstreams: list[Upstream]) -> Iterator[Use]:
    for upstream in upstreams:
        if upstream["tls"]:
            yield Use("lvs_nginx_upstreams.%s.tls" % upstream["name"], "of a stream", STREAM_TLS, HANGS)
    for stream in streams:
        path = "lvs_nginx_streams.%s." % stream["name"]
        if stream["proxy_protocol"]:
            yield Use(path + "proxy_protocol", "true", REAL_IP)
        if stream["tls"]:
            yield Use(path + "tls", ", ".join(stream["tls"]["certificate"]), STREAM_TLS, HANGS)
        if stream["half_close"]:
            yield Use(path + "half_close", "true", HALF_CLOSE)
        if stream["tls"] and stream["tls"]["alpn"]:
            yield Use(path + "tls.alpn", ", ".join(stream["tls"]["alpn"]), ALPN)
