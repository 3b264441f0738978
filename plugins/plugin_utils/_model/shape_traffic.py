# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of traffic."""

from __future__ import annotations

from typing import Annotated, TypedDict

from .shape_cache import Cache


class Compression(TypedDict):
    """Answers that are made smaller."""

    enabled: bool
    algorithms: Annotated[list[str], "gzip, brotli"]
    types: list[str]
    level: int
    min_length: int
    precompressed: bool


class RequestLimit(TypedDict):
    """How many requests in a time."""

    rate: Annotated[str, "10/s or 10/m"]
    key: str
    burst: int | None
    at_once: Annotated[int | None, "of the burst; null: all"]
    keys: int


class ConnectionLimit(TypedDict):
    """How many requests at the same time."""

    most: int
    key: str
    keys: int


class Bandwidth(TypedDict):
    """How fast an answer is sent, in bytes."""

    rate: str
    after: str | None


class LimitSettings(TypedDict):
    """How much one may ask of a node."""

    requests: list[RequestLimit]
    connections: list[ConnectionLimit]
    bandwidth: Bandwidth | None
    exempt: list[str]
    status: str
    dry_run: bool


class Limits(LimitSettings, total=False):
    """The same where it is known which requests are counted together."""

    place: Annotated[str | None, "name of the route that they are written in; null: in the site, for all of its routes"]


class Traffic(TypedDict, total=False):
    """What a site says for all of its routes, or a route for itself."""

    compression: Compression
    limits: Limits
    cache: Cache
    security_headers: str
