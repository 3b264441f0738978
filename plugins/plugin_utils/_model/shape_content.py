# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of content and access."""

from __future__ import annotations

from typing import TypedDict


class Static(TypedDict):
    """Files of the node below a folder."""

    root: str
    index: list[str]
    extensions: list[str]
    fallback: str | None
    cache_control: str | None
    symlinks: bool


class BasicAuth(TypedDict):
    """Name and password."""

    enabled: bool
    users: str | None
    realm: str


class AuthRequest(TypedDict):
    """An application that is asked about each request."""

    enabled: bool
    upstream: str | None
    path: str
    headers: list[str]


class Cors(TypedDict):
    """What pages of other origins may do."""

    origins: list[str]
    methods: list[str]
    headers: list[str]
    expose: list[str]
    credentials: bool
    max_age: int


class ErrorPage(TypedDict):
    """What is sent with an error: a file or a text."""

    file: str | None
    text: str | None
    media_type: str


class Content(TypedDict, total=False):
    """What a site says for all of its routes, or a route for itself."""

    allow: list[str]
    deny: list[str]
    basic_auth: BasicAuth
    auth_request: AuthRequest
    cors: Cors
    error_pages: dict[str, ErrorPage]
    intercept_errors: bool
    buffering: bool
    request_buffering: bool


class Maintenance(TypedDict):
    """Maintenance of a site, now or by a file."""

    enabled: bool
    page: ErrorPage | None
    retry_after: int
    bypass: list[str]


class Health(TypedDict):
    """What the health address asks."""

    upstream: str
    path: str
    host: str | None
    timeout: float
