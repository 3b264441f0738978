# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy the Nginx of each node is."""

from __future__ import annotations

from typing import Any

import healthy
import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import screen

Tree = Any
SAID = (
    "Active connections: 12 \nserver accepts handled requests\n 1200 1198 4711 \n"
    "Reading: 0 Writing: 3 Waiting: 9 \n"
)  # fmt: skip
NOTHING = {"connections": None, "idle": None, "requests": None, "dropped": None}


def seen(model: Tree, body: str) -> Tree:
    found = healthy.observations(model)
    found["web1"]["report"]["probes"].append({"name": "nginx-status", "body": body, "status": 200, "error": None})
    return found


def test_counters_are_read() -> None:
    model = healthy.model()
    found = status(model, seen(model, SAID))
    assert found["clusters"]["default"]["nodes"] == [
        {"host": "web1", "connections": 12, "idle": 9, "requests": 4711, "dropped": 2},
        {"host": "web2", **NOTHING},
    ]
    lines = [" ".join(one.split()) for one in screen(found).splitlines()]
    begin = lines.index("Nginx connections idle requests since its start dropped")
    assert lines[begin + 1 : begin + 3] == ["web1 12 9 4711 2", "web2 - - - -"]


@pytest.mark.parametrize("said", ["", "not found", SAID[:40]])
def test_what_is_no_counter_is_unknown(said: str) -> None:
    model = healthy.model()
    assert status(model, seen(model, said))["clusters"]["default"]["nodes"][0] == {"host": "web1", **NOTHING}


def test_a_host_that_was_not_seen_is_told() -> None:
    model = healthy.model()
    found = healthy.observations(model)
    del found["web1"]
    assert status(model, found)["clusters"]["default"]["nodes"][0] == {"host": "web1", **NOTHING}


def test_status_asks_and_verify_does_not() -> None:
    model = healthy.model()
    asked = {purpose: questions(model, "web1", purpose)["probes"] for purpose in ("status", "verify")}
    wanted = {"name": "nginx-status", "address": "127.0.0.1", "port": 8711, "path": "/lvs-status", "timeout": 2.0}
    assert [wanted in asked["status"], wanted in asked["verify"]] == [True, False]


def test_nobody_asks_where_nothing_counts() -> None:
    model = model_of(with_changes({"lvs_nginx_status_port": 0}))
    assert "nginx-status" not in str(questions(model, "web1", "status"))
    assert status(model, healthy.observations(model))["clusters"]["default"]["nodes"] == []
