# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the logs of Nginx say of sites and streams, of the end of each file only."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Mapping, Sequence, Tuple

from .sides import FOLDER, tail

# Kind -> the fields of a line that tell it, and what in them tells nothing.
Kinds = Mapping[str, Tuple[Tuple[str, ...], Tuple[str, ...]]]
KINDS: Kinds = {
    "tls": (("tls",), ("", "-")),
    "cache": (("cache",), ("", "-")),
    "limits": (("request_limit", "connection_limit"), ("", "-", "PASSED")),
}
STREAM_KINDS: Kinds = {"statuses": (("status",), ("",)), "tls": (("tls",), ("", "-"))}


def traffic(names: Sequence[str], folder: str = FOLDER) -> list[dict[str, Any]]:
    """``[{site, requests, since, tls, cache, limits}]`` of the last lines of each log, by their names.

    The last three are numbers of requests by what was logged. ``since`` is the time of the first request as Nginx wrote
    it.
    """
    return [count for name in names for count in sums(tail(os.path.join(folder, name)))]


def streams(names: Sequence[str], folder: str = FOLDER) -> list[dict[str, Any]]:
    """``[{stream, connections, since, statuses, tls}]``, likewise. ``since``: when the first of them ended."""
    found = (tail(os.path.join(folder, name)) for name in names)
    return [count for lines in found for count in _sums(lines, "stream", "connections", STREAM_KINDS)]


def sums(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Of lines that are no JSON, or name no site, nothing is known."""
    return _sums(lines, "site", "requests", KINDS)


def _sums(lines: Iterable[bytes], key: str, counter: str, kinds: Kinds) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            entry = json.loads(line.decode("utf-8", "replace"))
            name = str(entry[key])
        except (ValueError, KeyError, TypeError):
            continue
        if not name:
            continue
        one = found.setdefault(
            name, {key: name, counter: 0, "since": entry.get("time"), **{kind: {} for kind in kinds}}
        )
        one[counter] += 1
        for kind, (fields, nothing) in kinds.items():
            for value in (str(entry.get(field, "")) for field in fields):
                if value not in nothing:
                    one[kind][value] = one[kind].get(value, 0) + 1
    return [one for _name, one in sorted(found.items())]
