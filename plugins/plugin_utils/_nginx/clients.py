# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the client is: what a trusted proxy says of it, what an upstream is told, and the PROXY protocol."""

from __future__ import annotations

from typing import Iterator, Mapping

from .._model.shape_nginx import Nginx
from .directive import Line, block, simple
from .proxied import trust

# What an upstream is told. Direct routing keeps the client's address, so nothing that a client claims is carried on.
DIRECT: Mapping[str, str] = {
    "Host": "$host$lvs_port",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Host": "$host$lvs_port",
    "X-Forwarded-Port": "$server_port",
    "X-Forwarded-Proto": "$scheme",
    "X-Request-ID": "$request_id",
}
# The same, where a trusted proxy may be in front: what it says is kept.
BEHIND_PROXIES: Mapping[str, str] = {
    **DIRECT,
    "X-Forwarded-For": "$lvs_forwarded_for",
    "X-Forwarded-Host": "$lvs_forwarded_host",
    "X-Forwarded-Port": "$lvs_forwarded_port",
    "X-Forwarded-Proto": "$lvs_scheme",
    "X-Request-ID": "$lvs_request_id",
}
# What is kept of a header: its subject, the variable, the value for each pattern behind the 1 of a trusted proxy, and
# what holds for all others.
_KEPT: tuple[tuple[str, str, Mapping[str, str], str], ...] = (
    (
        "$http_x_forwarded_for",
        "$lvs_forwarded_for",
        {"~^1.": "$http_x_forwarded_for, $realip_remote_addr"},
        "$remote_addr",
    ),
    (
        "$http_x_forwarded_host",
        "$lvs_forwarded_host",
        {r"~^1[A-Za-z0-9._:\[\]-]+$": "$http_x_forwarded_host"},
        "$host$lvs_port",
    ),
    ("$http_x_forwarded_proto", "$lvs_scheme", {"~^1https?$": "$http_x_forwarded_proto"}, "$scheme"),
    (
        "$http_x_forwarded_port,$http_x_forwarded_proto",
        "$lvs_forwarded_port",
        {"~^1[0-9]{1,5},": "$http_x_forwarded_port", "1,https": "443"},
        "$server_port",
    ),
    (
        "$http_x_request_id",
        "$lvs_request_id",
        {"~^1[A-Za-z0-9._:+/=-]{1,128}$": "$http_x_request_id"},
        "$request_id",
    ),
)


def told(nginx: Nginx) -> Mapping[str, str]:
    """Header -> what an upstream is told."""
    return BEHIND_PROXIES if nginx["trusted_proxies"] else DIRECT


def trusted(nginx: Nginx) -> Iterator[Line]:
    """At the level of http: the client's address, and the variables of `BEHIND_PROXIES`."""
    if not nginx["trusted_proxies"]:
        return
    yield ""
    yield "From these networks only it is believed who the client is: the last address that is none of them."
    for network in nginx["trusted_proxies"]:
        yield simple("set_real_ip_from", network)
    yield simple("real_ip_header", "X-Forwarded-For")
    yield simple("real_ip_recursive", "on")
    yield "Nginx does not know the scheme and the port that clients use in front of a proxy."
    yield simple("absolute_redirect", "off")
    yield from trust(nginx)
    for subject, name, rows, default in _KEPT:
        yield block(
            "map",
            ["$lvs_trusted" + subject, name],
            [simple("default", default), *(simple(pattern, value) for pattern, value in rows.items())],
        )
