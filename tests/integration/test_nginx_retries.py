# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retries on the real Nginx: another server gets a request, but none that may have had an effect."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Served

Tree = dict[str, Any]


def retrying(*ports: int, retries: Any = None, **others: Any) -> Tree:
    """The servers take turns, and none is taken out for its failures."""
    servers = [{"address": "127.0.0.1", "port": port, "max_fails": 0} for port in ports]
    site = {"server_names": ["example.com"], "upstream": "app", "retries": retries, **others}
    return {"lvs_nginx_upstreams.app.servers": servers, "lvs_nginx_sites.www": site}


SAFE, UNSAFE = ["GET", "HEAD", "PUT", "DELETE"], ["POST", "PATCH", "LOCK"]


@pytest.mark.parametrize("method", [*SAFE, *UNSAFE])
def test_a_server_dies_before_its_answer(nginx: Served, method: str) -> None:
    nginx.site(retrying(9001, 9002))
    nginx.tell(9001, "die=1")
    answers = [nginx.ask(method=method, body="" if method in SAFE[:2] else "x").status for _time in range(8)]
    if method in SAFE:
        assert set(answers) == {200}
    else:
        assert (set(answers), len(nginx.seen())) == ({200, 502}, 8)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_dies_within_its_answer(nginx: Served, method: str) -> None:
    """The client has a part of it, so nobody else can begin."""
    nginx.site(retrying(9001, 9002))
    for port in (9001, 9002):
        nginx.tell(port, "die=half")
    answers = [nginx.ask(method=method) for _time in range(4)]
    assert [(one.status, one.error) for one in answers] == [(200, "cut")] * 4
    assert len(nginx.seen()) == 4


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_reached_nobody_goes_to_another_server(nginx: Served, method: str) -> None:
    nginx.site(retrying(9001, 9002))
    nginx.down(9001)
    assert [nginx.ask(method=method).app for _time in range(6)] == [9002] * 6
    assert len(nginx.seen()) == 6


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 504)])
def test_a_server_that_is_silent(nginx: Served, method: str, status: int) -> None:
    nginx.site(retrying(9001, 9002, read_timeout=0.2))
    nginx.tell(9001, "hold=1")
    answers = [nginx.ask(method=method).status for _time in range(4)]
    assert set(answers) == {200, status}


def test_one_server_gets_a_request_once(nginx: Served) -> None:
    nginx.site(retrying(9001, retries=5))
    nginx.tell(9001, "die=1")
    assert [nginx.ask().status for _time in range(3)] == [502] * 3
    assert len(nginx.seen()) == 3


@pytest.mark.parametrize(("retries", "tried"), [(None, 2), (1, 1), (3, 3), ({"tries": 2}, 2)])
def test_so_many_servers_are_tried(nginx: Served, retries: Any, tried: int) -> None:
    nginx.site(retrying(9001, 9002, 9003, 9004, retries=retries))
    assert nginx.ask("/?die=1").status == 502
    assert len(nginx.seen(count=tried)) == tried


def test_no_server_is_tried_when_the_time_is_over(nginx: Served) -> None:
    silent = {"read_timeout": 0.3}
    for seconds, tried in ((0.1, 1), (60, 2)):
        nginx.forget()
        nginx.site(retrying(9001, 9002, retries={"tries": 2, "timeout": seconds}, **silent))
        assert nginx.ask("/?hold=1").status == 504
        assert len(nginx.seen()) == tried


@pytest.mark.parametrize("status", [403, 404, 429, 500, 502, 503, 504])
def test_a_status_goes_to_another_server_where_it_is_named(nginx: Served, status: int) -> None:
    nginx.site(retrying(9001, 9002, retries={"faults": ["http_%d" % status]}))
    nginx.tell(9001, "status=%d" % status)
    assert {nginx.ask().status for _time in range(4)} == {200}
    assert {nginx.ask(method="POST").status for _time in range(4)} == {200, status}
    nginx.site(retrying(9001, 9002))
    assert {nginx.ask().status for _time in range(4)} == {200, status}


def test_only_what_is_named_goes_to_another_server(nginx: Served) -> None:
    nginx.site(retrying(9001, 9002, retries={"faults": ["timeout"]}))
    nginx.tell(9001, "die=1")
    assert {nginx.ask().status for _time in range(4)} == {200, 502}


def test_an_answer_that_is_none_goes_to_another_server_where_that_is_named(nginx: Served) -> None:
    nginx.start(9001, "raw", answer="HTTP/1.1 200 OK\r\nX\0: 1\r\n\r\n")
    nginx.site(retrying(9001, 9002, retries={"faults": ["invalid_header"]}))
    assert {nginx.ask().status for _time in range(4)} == {200}
    nginx.site(retrying(9001, 9002))
    assert {nginx.ask().status for _time in range(4)} == {200, 502}


def test_a_route_has_retries_of_its_own(nginx: Served) -> None:
    nginx.site(retrying(9001, 9002, 9003, retries=1, routes=[{"path": "/more", "retries": 3}]))
    for path, tried in (("/", 1), ("/more", 3)):
        nginx.forget()
        nginx.ask(path + "?die=1")
        assert len(nginx.seen(count=tried)) == tried
