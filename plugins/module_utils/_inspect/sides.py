# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the access log of Nginx says of canaries: requests and errors of each side, of the end of the file only."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable

LOG = "/var/log/nginx/access.log"
# More is not read, however long the log is.
MOST_BYTES = 5_000_000
MOST_LINES = 10_000
SIDES = ("canary", "stable")


def sides(path: str = LOG) -> dict[str, Any]:
    """``{since, counts: [{site, route, side, requests, errors}]}`` of the last lines of the log.

    ``since`` is the time of the first of them as Nginx wrote it, None where no line has a side; ``errors`` are answers
    with a status from 500 on. A log that is not there has no lines.
    """
    return counted(tail(path))


def tail(path: str) -> list[bytes]:
    """The last whole lines of a file."""
    try:
        with open(path, "rb") as log:
            start = max(0, os.fstat(log.fileno()).st_size - MOST_BYTES)
            # From one byte before: a line that begins there is whole.
            log.seek(max(0, start - 1))
            read = log.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    lines = read.split(b"\n")
    return lines[bool(start) : -1][-MOST_LINES:]


def counted(lines: Iterable[bytes]) -> dict[str, Any]:
    """Of lines that are no JSON, as of another format, nothing is known."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    since = None
    for line in lines:
        # Most requests have no side, and to read JSON takes its time.
        if b'"side":""' in line or b'"side":' not in line:
            continue
        try:
            entry = json.loads(line.decode("utf-8", "replace"))
            key = (str(entry["site"]), str(entry["route"]), str(entry["side"]))
            failed = int(entry["status"]) >= 500
        except (ValueError, KeyError, TypeError):
            continue
        if key[2] not in SIDES:
            continue
        since = since or entry.get("time")
        count = counts.setdefault(key, [0, 0])
        count[0] += 1
        count[1] += failed
    return {
        "since": since,
        "counts": [
            {"site": site, "route": route, "side": side, "requests": requests, "errors": errors}
            for (site, route, side), (requests, errors) in sorted(counts.items())
        ],
    }
