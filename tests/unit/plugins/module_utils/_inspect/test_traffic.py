# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ends of logs say of sites: TLS, caches, limits; and of streams."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.traffic import streams, sums, traffic


def line(site: str = "www", **fields: str) -> bytes:
    return json.dumps({"time": "2026-11-26T02:20:00+00:00", "site": site, **fields}).encode()


def test_requests_are_counted_by_what_is_in_the_log() -> None:
    lines = [
        line(tls="TLSv1.3", cache="HIT", request_limit="PASSED", connection_limit=""),
        line(tls="TLSv1.3", cache="", request_limit="REJECTED", connection_limit="-"),
        line(tls="", cache="MISS", request_limit="DELAYED", connection_limit="REJECTED"),
        line("api", tls="TLSv1.2"),
    ]
    since = "2026-11-26T02:20:00+00:00"
    assert sums(lines) == [
        {"site": "api", "requests": 1, "since": since, "tls": {"TLSv1.2": 1}, "cache": {}, "limits": {}},
        {
            "site": "www", "requests": 3, "since": since, "tls": {"TLSv1.3": 2}, "cache": {"HIT": 1, "MISS": 1},
            "limits": {"REJECTED": 2, "DELAYED": 1},
        },
    ]  # fmt: skip


def test_other_lines_count_nothing(tmp_path: Path) -> None:
    others = [b"192.0.2.1 - GET", b"[1]", b"7", b'{"site":"www"', b'{"status":"200"}', line(""), b"\xff"]
    (tmp_path / "access.log").write_bytes(b"\n".join([*others, b""]))
    assert traffic(["access.log", "none.log"], str(tmp_path)) == []


def test_connections_of_streams_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    times = ["2026-11-26T02:20:00+00:00", "2026-11-26T02:21:00+00:00"]
    lines = [
        {"time": times[0], "stream": "sql", "status": "200", "tls": ""},
        {"time": times[1], "stream": "sql", "status": "502", "tls": ""},
        {"time": times[1], "stream": "mqtt", "status": "200", "tls": "TLSv1.3"},
        {"time": times[1], "stream": "", "status": "200"},
        {"site": "www"},
    ]
    (tmp_path / "streams.log").write_text("".join(json.dumps(one) + "\n" for one in lines) + "cut {", encoding="utf-8")
    assert streams(["streams.log", "none.log"], str(tmp_path)) == [
        {"stream": "mqtt", "connections": 1, "since": times[1], "statuses": {"200": 1}, "tls": {"TLSv1.3": 1}},
        {"stream": "sql", "connections": 2, "since": times[0], "statuses": {"200": 1, "502": 1}, "tls": {}},
    ]
