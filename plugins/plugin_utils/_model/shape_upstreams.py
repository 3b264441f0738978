# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of upstreams: servers behind Nginx."""

from __future__ import annotations

from typing import Annotated, TypedDict


class Raw(TypedDict):
    """A line of Nginx as an operator wrote it."""

    line: str
    source: Annotated[str, "where it stands in the inventory"]


class UpstreamServer(TypedDict):
    """A server behind Nginx."""

    address: str
    port: int
    weight: int
    max_fails: int
    fail_timeout: int
    max_conns: Annotated[int, "0: no limit"]
    backup: bool
    down: bool


class Retries(TypedDict):
    """Other servers that a request may go to."""

    tries: int | None
    timeout: Annotated[float | None, "seconds"]
    faults: list[str]


class Hash(TypedDict):
    """What selects a server by a hash."""

    key: str
    consistent: bool


class Sticky(TypedDict):
    """The cookie that keeps a client with its server."""

    cookie: str
    path: str
    max_age: Annotated[int | None, "seconds"]
    secure: bool
    same_site: str


class Tls(TypedDict):
    """TLS to servers; files are those of the node."""

    name: str | None
    verify: bool
    trusted: Annotated[str | None, "null: that of the system"]
    certificate: str | None
    key: str | None


class FastCgi(TypedDict):
    """Scripts of FastCGI servers."""

    root: str
    script: str | None


class Resolve(TypedDict):
    """Who resolves the name of the one server while Nginx runs."""

    name_servers: list[str]
    valid: Annotated[int | None, "seconds; null: as long as the answer says"]
    ipv6: bool


class UpstreamSettings(TypedDict):
    """Servers behind Nginx."""

    servers: list[UpstreamServer]
    protocol: str
    tls: Annotated[Tls | None, "of https and grpcs only"]
    fastcgi: FastCgi | None
    params: dict[str, str]
    resolve: Resolve | None
    method: str
    hash: Hash | None
    sticky: Sticky | None
    keepalive: int
    keepalive_requests: int | None
    keepalive_timeout: Annotated[int | None, "seconds"]
    keepalive_time: Annotated[int | None, "seconds"]


class Upstream(UpstreamSettings):
    """Servers behind Nginx, by name."""

    name: str
    extra: list[Raw]
    zone_kib: Annotated[int, "memory that its servers need, shared by the workers"]
