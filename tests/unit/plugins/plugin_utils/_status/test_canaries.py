# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How canaries do: the logs of all nodes, summed up."""

from __future__ import annotations

from typing import Any

import healthy
import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import screen

Tree = Any
CANARY = {
    "lvs_nginx_upstreams.next.servers": ["192.0.2.1:80"],
    "lvs_nginx_sites.www.canary": {"upstream": "next", "percent": 25},
    "lvs_nginx_sites.www.routes": [
        {"name": "slow", "path": "/slow", "read_timeout": 600},
        {"name": "api", "path": "/api", "upstream": "app", "canary": {"upstream": "next", "percent": 0}},
    ],
}


@pytest.fixture
def model() -> Tree:
    return model_of(with_changes(CANARY))


@pytest.fixture
def seen(model: Tree) -> Tree:
    found = healthy.observations(model)
    later, first = "2026-11-26T02:20:00+00:00", "2026-11-26T03:10:00+01:00"
    found["web1"]["report"]["sides"] = [
        count("rest", "canary", 20, 1, later), count("slow", "canary", 10, 0, later),
        count("rest", "stable", 60, 0, later), count("api", "stable", 7, 7, later),
        {**count("rest", "canary", 1000, 1000, "2026-11-20T00:00:00+00:00"), "site": "other"},
    ]  # fmt: skip
    found["web2"]["report"]["sides"] = [count("rest", "canary", 10, 0, later), count("rest", "stable", 100, 2, first)]
    return found


def count(route: str, side: str, requests: int, errors: int, since: str) -> Tree:
    return {"site": "www", "route": route, "side": side, "requests": requests, "errors": errors, "since": since}


def canaries(model: Tree, seen: Tree) -> list[Tree]:
    found: list[Tree] = status(model, seen)["clusters"]["default"]["canaries"]
    return found


def test_all_nodes_and_all_routes_of_a_canary_count(model: Tree, seen: Tree) -> None:
    whole, api = canaries(model, seen)
    assert whole == {
        "site": "www", "route": None, "upstream": "next", "percent": 25, "share": 20.0,
        "since": "2026-11-26T03:10:00+01:00", "log": "access.log", "nodes": ["web1", "web2"],
        "sides": {"canary": {"requests": 40, "errors": 1}, "stable": {"requests": 160, "errors": 2}},
    }  # fmt: skip
    assert (api["route"], api["share"], api["sides"]["stable"]) == ("api", 0.0, {"requests": 7, "errors": 7})


def test_the_screen_tells_share_and_errors(model: Tree, seen: Tree) -> None:
    lines = [" ".join(one.split()) for one in screen(status(model, seen)).splitlines()]
    begin = lines.index("canary www 25 % of the clients to next: 20 % of the requests since 2026-11-26T03:10:00+01:00")
    assert lines[begin + 1 : begin + 4] == [
        "side requests answers with 5xx",
        "canary 40 1 (2.50 %)",
        "stable 160 2 (1.25 %)",
    ]
    assert [one for one in lines if one.startswith("canary www/api 0 %")]


def test_what_was_not_seen_is_told(model: Tree, seen: Tree) -> None:
    for host in ("web1", "web2"):
        seen[host]["report"]["sides"] = {"error": "PermissionError"}
    assert "25 % of the clients to next: no log was seen" in screen(status(model, seen))
    for host in ("web1", "web2"):
        seen[host]["report"]["sides"] = []
    assert "25 % of the clients to next: no request in the logs" in screen(status(model, seen))


def test_a_cluster_without_canaries_is_not_asked_and_says_nothing(model: Tree) -> None:
    assert questions(model, "web1", "status")["sides"] == ["access.log"]
    assert "sides" not in questions(model, "d1", "status")
    assert "sides" not in questions(model, "web1", "verify")
    plain = healthy.model()
    assert "sides" not in questions(plain, "web1", "status")
    assert canaries(plain, healthy.observations(plain)) == []
    assert "canary" not in screen(status(plain, healthy.observations(plain)))


FIELDS = {"site": "$lvs_site", "route": "$lvs_route", "side": "$lvs_side", "status": "$status", "at": "$msec"}


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (None, "access.log"),
        ({"path": "www.log"}, "www.log"),
        ({"path": "www.log", "sample": 10}, "www.log"),
        ({"format": "own", "path": "www.log"}, "www.log"),
        ({"format": "short"}, None),
        ("combined", None),
        ("text", None),
        ({"enabled": False}, None),
        ({"syslog": "192.0.2.9:514"}, None),
    ],
)
def test_the_log_of_the_site_is_read(log: Any, name: str | None) -> None:
    formats = {"own": {"fields": FIELDS}, "short": {"fields": {"site": "$host"}}, "text": {"line": "$status $lvs_side"}}
    model = model_of(with_changes({**CANARY, "lvs_nginx_sites.www.log": log, "lvs_nginx_log_formats": formats}))
    assert questions(model, "web1", "status").get("sides", []) == ([name] if name else [])
    found = status(model, healthy.observations(model))
    assert {one["log"] for one in found["clusters"]["default"]["canaries"]} == {name}
    assert ("no file tells of the site's requests" in screen(found)) is (name is None)
