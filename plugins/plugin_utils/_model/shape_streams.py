# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of streams."""

from __future__ import annotations

from typing import Annotated, TypedDict

from .shape_upstreams import Raw


class StreamTlsSettings(TypedDict):
    """How Nginx ends TLS."""

    certificate: Annotated[list[str], "keys of lvs_certificates"]
    authority: Annotated[str | None, "who has issued the certificates that clients have to show; null: none"]
    alpn: list[str]


class StreamSettings(TypedDict):
    """A stream; times in seconds."""

    ports: list[int]
    protocol: str
    upstream: Annotated[str | None, "null: who asks for none of the names is sent away"]
    names: Annotated[dict[str, str], "upstreams by the name that a client asks for in TLS"]
    tls: Annotated[StreamTlsSettings | None, "null: it is passed on as it came"]
    proxy_protocol: Annotated[bool, "clients come by it"]
    send_proxy: Annotated[bool, "servers get it"]
    connect_timeout: float
    tries: int
    responses: int | None
    half_close: bool
    allow: list[str]
    deny: list[str]
    connections: Annotated[int | None, "of one client at a time"]
    upload: Annotated[str | None, "bytes in a second"]
    download: str | None
    log: bool


class Stream(StreamSettings):
    """A server block of Nginx for TCP or UDP."""

    name: str
    idle_timeout: float
    extra: list[Raw]
