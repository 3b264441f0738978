# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of Nginx's logs."""

from __future__ import annotations

from typing import TypedDict


class LogFormat(TypedDict):
    """Fields of JSON, or a line of text."""

    fields: dict[str, str]
    line: str | None


class Syslog(TypedDict):
    """A server of syslog, ADDRESS:PORT."""

    server: str
    facility: str
    tag: str


class Log(TypedDict):
    """The log of a site; ``sample`` in percent, ``errors`` the level of the error log."""

    enabled: bool
    format: str
    path: str
    syslog: Syslog | None
    sample: float | None
    errors: str | None
