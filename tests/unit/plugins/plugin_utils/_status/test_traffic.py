# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients of sites met: TLS, caches and limits, by the logs of all nodes."""

from __future__ import annotations

from typing import Any

import healthy
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import screen

FIRST, LATER = "2026-11-26T03:10:00+01:00", "2026-11-26T02:20:00+00:00"


def count(requests: int, since: str, **found: dict[str, int]) -> dict[str, Any]:
    return {"site": "www", "requests": requests, "since": since, "tls": {}, "cache": {}, "limits": {}, **found}


def test_nodes_are_added_up() -> None:
    model = model_of(with_changes({}))
    seen: Any = healthy.observations(model)
    seen["web1"]["report"]["traffic"] = [count(20, LATER, tls={"TLSv1.3": 9}, cache={"HIT": 4})]
    seen["web2"]["report"]["traffic"] = [count(30, FIRST, tls={"TLSv1.2": 3, "TLSv1.3": 2}, limits={"REJECTED": 7})]
    found = status(model, seen)
    assert found["clusters"]["default"]["traffic"] == [
        {
            "site": "www", "requests": 50, "since": FIRST, "nodes": ["web1", "web2"],
            "tls": {"TLSv1.3": 11, "TLSv1.2": 3}, "cache": {"HIT": 4}, "limits": {"REJECTED": 7},
        }
    ]  # fmt: skip
    lines = [" ".join(one.split()) for one in screen(found).splitlines()]
    assert "www 50 TLSv1.3 11, TLSv1.2 3 HIT 4 REJECTED 7" in lines


def test_without_any_of_it_there_is_no_table() -> None:
    model = model_of(with_changes({}))
    seen: Any = healthy.observations(model)
    seen["web1"]["report"]["traffic"] = [count(20, LATER)]
    assert "requests in the logs" not in screen(status(model, seen))


def test_logs_of_the_role_are_asked_for() -> None:
    """Not those of a format of somebody's own, nor of a sorry page."""
    changes = {
        "lvs_nginx_log_formats.short": {"fields": {"client": "$remote_addr"}},
        "lvs_nginx_sites.api": {"server_names": ["api.example"], "upstream": "app", "log": {"format": "short"}},
        "lvs_nginx_sites.own": {"server_names": ["own.example"], "upstream": "app", "log": {"path": "own.log"}},
    }
    model = model_of(with_changes({**changes, "lvs_nginx_on_directors": "sorry"}))
    asked = {host: questions(model, host, "status").get("traffic") for host in ("web1", "d1")}
    assert asked == {"web1": ["access.log", "own.log"], "d1": None}
