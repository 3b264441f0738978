# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of streams, by the logs of all nodes."""

from __future__ import annotations

from typing import Any

import healthy
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import screen

FIRST, LATER = "2026-11-26T03:10:00+01:00", "2026-11-26T02:20:00+00:00"
RAW = {"servers": ["192.0.2.9:3306"], "protocol": "stream"}


def model() -> Any:
    ports = {"sql": 3306, "idle": 3307, "quiet": 3308}
    changes: dict[str, Any] = {"lvs_nginx_upstreams.raw": RAW}
    for name, port in ports.items():
        changes["lvs_virtual_services." + name] = {"vip": "web", "ports": [port]}
        changes["lvs_nginx_streams." + name] = {"ports": [port], "upstream": "raw", "log": name != "quiet"}
    return model_of(with_changes(changes))


def count(stream: str, connections: int, since: str, **found: dict[str, int]) -> dict[str, Any]:
    return {"stream": stream, "connections": connections, "since": since, "statuses": {}, "tls": {}, **found}


def test_nodes_are_added_up_and_what_nobody_used_is_told() -> None:
    found = model()
    seen: Any = healthy.observations(found)
    gone = count("gone", 9, LATER)
    seen["web1"]["report"]["streams"] = [gone, count("sql", 20, LATER, statuses={"200": 19, "502": 1})]
    seen["web2"]["report"]["streams"] = [count("sql", 3, FIRST, statuses={"200": 3}, tls={"TLSv1.3": 3})]
    told = status(found, seen)
    assert told["clusters"]["default"]["streams"] == [
        {"stream": "idle", "connections": 0, "since": None, "nodes": [], "statuses": {}, "tls": {}},
        {
            "stream": "sql", "connections": 23, "since": FIRST, "nodes": ["web1", "web2"],
            "statuses": {"200": 22, "502": 1}, "tls": {"TLSv1.3": 3},
        },
    ]  # fmt: skip
    lines = [" ".join(one.split()) for one in screen(told).splitlines()]
    begin = lines.index("stream connections in the logs status TLS")
    assert lines[begin + 1 : begin + 3] == ["idle 0 - -", "sql 23 200 22, 502 1 TLSv1.3 3"]


def test_nodes_with_streams_are_asked_for_their_log() -> None:
    found = model()
    asked = {host: questions(found, host, "status").get("streams") for host in ("web1", "d1")}
    assert asked == {"web1": ["streams.log"], "d1": None}
    assert "streams" not in questions(found, "web1", "verify")


def test_without_streams_there_is_no_table() -> None:
    found = model_of(with_changes({}))
    assert questions(found, "web1", "status").get("streams") is None
    assert "connections in the logs" not in screen(status(found, healthy.observations(found)))
