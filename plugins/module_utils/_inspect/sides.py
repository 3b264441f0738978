# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the logs of Nginx say of canaries: requests and errors of each side, of the end of each file only."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Sequence

FOLDER = "/var/log/nginx"
# More is not read, however long the log is.
MOST_BYTES = 5_000_000
MOST_LINES = 10_000
# Unknown, deadline, not implemented, internal, not available, data lost: as 5xx of HTTP.
GRPC_FAULTS = ("2", "4", "12", "13", "14", "15")
SIDES = ("canary", "stable")


def sides(names: Sequence[str], folder: str = FOLDER) -> list[dict[str, Any]]:
    """``[{site, route, side, requests, errors, since}]`` of the last lines of each log, by their names.

    ``errors`` are answers with a status from 500 on, or with one of gRPC that says the like; ``since`` is the time of
    the first request as Nginx wrote it. A log that is not there has no lines.
    """
    return [count for name in names for count in counted(tail(os.path.join(folder, name)))]


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


def counted(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Of lines that are no JSON, as of another format, nothing is known."""
    counts: dict[tuple[str, str, str], dict[str, Any]] = {}
    for line in lines:
        # Most requests have no side, and to read JSON takes its time.
        if b'"side":""' in line or b'"side":' not in line:
            continue
        try:
            entry = json.loads(line.decode("utf-8", "replace"))
            site, route, side = (str(entry[name]) for name in ("site", "route", "side"))
            failed = int(entry["status"]) >= 500 or entry.get("grpc_status") in GRPC_FAULTS
        except (ValueError, KeyError, TypeError):
            continue
        if side not in SIDES:
            continue
        new = {"site": site, "route": route, "side": side, "requests": 0, "errors": 0, "since": entry.get("time")}
        count = counts.setdefault((site, route, side), new)
        count["requests"] += 1
        count["errors"] += failed
    return [count for _key, count in sorted(counts.items())]
