# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PROXY protocol: a line of text in which a proxy says who the client is, before its first byte."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.shape_nginx import Nginx, Site
from .directive import Directive, block, geo, simple


def words(nginx: Nginx, port: int) -> list[str]:
    """Words of each `listen` of a port."""
    return ["proxy_protocol"] if port in nginx["proxy_ports"] else []


def client(nginx: Nginx, ports: Iterable[int]) -> Iterator[Directive]:
    """In a server block: the client is the one of that line, if a trusted proxy sent it."""
    if set(ports) & set(nginx["proxy_ports"]):
        yield simple("real_ip_header", "proxy_protocol")


def ports_of(site: Site) -> list[int]:
    """All of a site: they have the protocol or none does."""
    return [*site["ports"], *(site["tls"]["ports"] if site["tls"] else ())]


def trust(nginx: Nginx) -> Iterator[Directive]:
    """Whose headers are believed. What proxies of this protocol send of HTTP is the client's own."""
    networks = dict.fromkeys(nginx["trusted_proxies"], 1)
    if not nginx["proxy_ports"]:
        yield geo("$lvs_trusted", 0, networks, "$realip_remote_addr")
        return
    yield geo("$lvs_proxy", 0, networks, "$realip_remote_addr")
    rows = [simple("1,%d" % port, 0) for port in nginx["proxy_ports"]]
    yield block("map", ["$lvs_proxy,$server_port", "$lvs_trusted"], [simple("default", "$lvs_proxy"), *rows])
