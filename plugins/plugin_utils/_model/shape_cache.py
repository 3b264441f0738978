# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of caches."""

from __future__ import annotations

from typing import Annotated, TypedDict


class CacheZoneSettings(TypedDict):
    """A cache on the disk of a node."""

    size: str
    answers: int
    inactive: Annotated[int, "seconds"]


class CacheZone(CacheZoneSettings):
    """One for answers of one protocol."""

    name: str
    way: Annotated[str, "front of the names of Nginx's directives: proxy, fastcgi or uwsgi"]
    memory_kib: int


class Skip(TypedDict):
    """Names; a request that has one of them is not answered from a cache."""

    headers: list[str]
    cookies: list[str]
    arguments: list[str]


class Cache(TypedDict):
    """Which answers are kept, and for how long; times in seconds."""

    enabled: bool
    zone: str | None
    key: str | None
    valid: Annotated[dict[str, int], "by status"]
    stale: bool
    background: bool
    lock: float
    min_uses: int
    skip: Skip
    authorization: bool
    show: bool
