# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the logs of Nginx say of sites: TLS, caches and limits, of the end of each file only."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Sequence

from .sides import FOLDER, tail

# Kind -> the fields of a line that tell it, and what in them tells nothing.
KINDS = {
    "tls": (("tls",), ("", "-")),
    "cache": (("cache",), ("", "-")),
    "limits": (("request_limit", "connection_limit"), ("", "-", "PASSED")),
}


def traffic(names: Sequence[str], folder: str = FOLDER) -> list[dict[str, Any]]:
    """``[{site, requests, since, tls, cache, limits}]`` of the last lines of each log, by their names.

    The last three are numbers of requests by what was logged. ``since`` is the time of the first request as Nginx wrote
    it.
    """
    return [count for name in names for count in sums(tail(os.path.join(folder, name)))]


def sums(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Of lines that are no JSON, or name no site, nothing is known."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            entry = json.loads(line.decode("utf-8", "replace"))
            site = str(entry["site"])
        except (ValueError, KeyError, TypeError):
            continue
        if not site:
            continue
        new = {"site": site, "requests": 0, "since": entry.get("time"), **{kind: {} for kind in KINDS}}
        one = found.setdefault(site, new)
        one["requests"] += 1
        for kind, (fields, nothing) in KINDS.items():
            for value in (str(entry.get(name, "")) for name in fields):
                if value not in nothing:
                    one[kind][value] = one[kind].get(value, 0) + 1
    return [one for _site, one in sorted(found.items())]
