# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sticky sessions on the real Nginx: a client stays with its server, on every node, also when others die."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from nginx_served import Request, Served

Tree = dict[str, Any]
UPSTREAM = "lvs_nginx_upstreams.app"


def sticky(*ports: int, **others: Any) -> Tree:
    return {
        UPSTREAM + ".servers": ["127.0.0.1:%d" % port for port in ports],
        UPSTREAM + ".sticky": {"cookie": "sid", **others},
    }


def first_visits(nginx: Served, count: int) -> dict[str, int]:
    """The cookie that each new client got -> the application that answered it."""
    found = {}
    for answer in nginx.ask_many([Request("/") for _time in range(count)]):
        value, _sep, words = (answer.header("Set-Cookie") or "").removeprefix("sid=").partition("; ")
        assert words == "Path=/; HttpOnly; SameSite=Lax"
        found[value] = answer.app
    return found


def again(nginx: Served, cookies: list[str]) -> dict[str, int]:
    """Where clients with these cookies come to; none gets another one."""
    answers = nginx.ask_many([Request(headers=[("Cookie", "a=b; sid=%s" % value)]) for value in cookies])
    assert [one.header("Set-Cookie") for one in answers] == [None] * len(cookies)
    return {value: one.app for value, one in zip(cookies, answers)}


def test_a_thousand_clients_stay(nginx: Served) -> None:
    nginx.site(sticky(9001, 9002, 9003, 9004))
    before = first_visits(nginx, 1000)
    assert len(before) == 1000
    shares = Counter(before.values())
    assert sorted(shares) == [9001, 9002, 9003, 9004]
    assert min(shares.values()) > 150
    assert again(nginx, list(before)) == before
    nginx.site(sticky(9001, 9002, 9003, 9004), reload=True)
    assert again(nginx, list(before)) == before


def test_a_new_server_moves_only_clients_of_its_own(nginx: Served) -> None:
    nginx.site(sticky(9001, 9002, 9003))
    before = first_visits(nginx, 300)
    nginx.site(sticky(9004, 9001, 9002, 9003), reload=True)
    after = again(nginx, list(before))
    assert {app for value, app in after.items() if app != before[value]} == {9004}


def test_every_node_selects_the_same_server(nginx: Served) -> None:
    nginx.site(sticky(9001, 9002, 9003))
    before = first_visits(nginx, 300)
    nginx.site(sticky(9001, 9002, 9003), host="web2")
    assert again(nginx, list(before)) == before


def test_clients_of_a_server_that_died_go_to_others_and_come_back(nginx: Served) -> None:
    """The others stay where they are."""
    nginx.site({**sticky(9001, 9002, 9003), UPSTREAM + ".servers": [
        {"address": "127.0.0.1", "port": port, "fail_timeout": 1} for port in (9001, 9002, 9003)
    ]})  # fmt: skip
    before = first_visits(nginx, 300)
    nginx.down(9002)
    meanwhile = again(nginx, list(before))
    assert {value: app for value, app in meanwhile.items() if before[value] != 9002} == {
        value: app for value, app in before.items() if app != 9002
    }
    assert set(meanwhile.values()) == {9001, 9003}
    nginx.up(9002)
    # Nginx asks it again when fail_timeout is over.
    mine = [("Cookie", "sid=%s" % next(value for value, app in before.items() if app == 9002))]
    assert any(nginx.ask(headers=mine).app == 9002 for _time in range(100_000))
    assert again(nginx, list(before)) == before


def test_a_client_gets_its_cookie_with_any_answer(nginx: Served) -> None:
    nginx.site(sticky(9001, path="/shop", max_age=3600, secure=True, same_site="none"))
    answer = nginx.ask("/?status=500&header=Set-Cookie:own=1")
    own, mine = answer.all("Set-Cookie")
    assert (answer.status, own, len(mine.partition(";")[0])) == (500, "own=1", len("sid=") + 32)
    assert mine.partition("; ")[2] == "Path=/shop; Max-Age=3600; Secure; HttpOnly; SameSite=None"


@pytest.mark.parametrize("name", ["SID", "s_1"])
def test_the_name_of_the_cookie_is_kept(nginx: Served, name: str) -> None:
    nginx.site(sticky(9001, 9002, cookie=name))
    answer = nginx.ask()
    value = (answer.header("Set-Cookie") or "").partition(";")[0]
    assert value.startswith(name + "=")
    assert {nginx.ask(headers=[("Cookie", value)]).app for _time in range(8)} == {answer.app}


def test_a_route_to_another_upstream_gives_no_cookie(nginx: Served) -> None:
    nginx.site(
        {
            **sticky(9001, 9002),
            "lvs_nginx_upstreams.other.servers": ["127.0.0.1:9003"],
            "lvs_nginx_sites.www.routes": [
                {"path": "/other", "upstream": "other"},
                {"path": "/on", "headers": {"X-Kind": "1"}},
                {"path": "/here", "answer": 200},
            ],
        }
    )
    assert nginx.ask("/other").header("Set-Cookie") is None
    assert nginx.ask("/here").header("Set-Cookie") is None
    assert nginx.ask("/on", headers=[("X-Kind", "1")]).header("Set-Cookie") is not None
