# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every site does without a word about it: connections, failures, names that nobody knows, the sorry page."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Request, Served

TWO = {"lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001", "127.0.0.1:9002"]}
SORRY = {"lvs_nginx_on_directors": "sorry"}
SORRY_PAGE = {"/etc/nginx/lvs-sorry/sorry.html": "<h1>Back soon</h1>"}


def test_connections_to_an_application_are_kept(nginx: Served) -> None:
    nginx.site(nginx_worker_processes=1)
    for _time in range(5):
        assert nginx.ask("/").status == 200
    assert {one.connection for one in nginx.seen()} == {1}
    assert {one.version for one in nginx.seen()} == {"HTTP/1.1"}


def test_no_more_idle_connections_are_kept_than_told(nginx: Served) -> None:
    nginx.site({"lvs_nginx_upstreams.app.keepalive": 0}, nginx_worker_processes=1)
    for _time in range(3):
        assert nginx.ask("/").status == 200
    assert len({one.connection for one in nginx.seen()}) == 3


def test_a_dead_application_is_passed_over(nginx: Served) -> None:
    nginx.site(TWO)
    nginx.down(9001)
    answers = [nginx.ask("/") for _time in range(6)]
    assert {one.status for one in answers} == {200}
    assert {one.app for one in answers} == {9002}


@pytest.mark.parametrize(("method", "statuses", "asked"), [("GET", {200}, 2), ("POST", {502}, 1)])
def test_only_what_has_no_effect_is_tried_again(nginx: Served, method: str, statuses: set[int], asked: int) -> None:
    """An application that dies after it has the request may have done what it asks for."""
    nginx.site(TWO, nginx_worker_processes=1)
    nginx.tell(9001, "die=1")
    nginx.tell(9002, "die=1")
    assert nginx.ask("/", method=method, body="x" if method == "POST" else "").status == 502
    assert len(nginx.seen()) == asked
    nginx.fresh()
    nginx.site(TWO, nginx_worker_processes=1)
    nginx.tell(9001, "die=1")
    found = {nginx.ask("/", method=method).status for _time in range(2)}
    assert statuses <= found


def test_an_application_that_cannot_be_reached_is_given_up_soon(nginx: Served) -> None:
    """Packets to it get lost: the next server has the request after the time to connect, and the client its answer."""
    nginx.site(
        {"lvs_nginx_upstreams.app.servers": ["198.18.0.2:80", {"address": "127.0.0.1", "port": 9001, "backup": True}]},
        nginx_proxy_connect_timeout=1,
    )
    assert nginx.ask("/").app == 9001


@pytest.mark.parametrize("option", ["read_timeout", "nginx_proxy_read_timeout"])
def test_an_application_that_does_not_answer_is_given_up(nginx: Served, option: str) -> None:
    site = {"server_names": ["example.com"], "upstream": "app"}
    changes: dict[str, Any] = {"lvs_nginx_sites.www": {**site, **({option: 0.2} if option == "read_timeout" else {})}}
    others: dict[str, Any] = {} if option == "read_timeout" else {option: 1}
    nginx.site(changes, **others)
    assert nginx.ask("/?hold=1").status == 504


def test_a_redirected_name_is_of_its_site(nginx: Served) -> None:
    site = {"server_names": ["example.com"], "aliases": ["www.example.com"], "upstream": "app"}
    nginx.site({"lvs_nginx_sites.www": site})
    assert nginx.ask("/a", host="www.example.com").header("Location") == "http://example.com/a"
    assert [line["site"] for line in nginx.requests(count=1)] == ["www"]


def test_a_name_that_no_site_has_gets_no_answer(nginx: Served) -> None:
    """The directors' checks do, whatever name they ask for."""
    nginx.site({"lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app"}})
    assert nginx.ask("/", host="evil.example").error == "closed"
    assert nginx.ask("/", host="api.example.com").status == 200
    answer = nginx.ask("/lvs-health", host="evil.example")
    assert (answer.status, answer.body, answer.header("Content-Type")) == (200, "ok\n", "text/plain")
    assert len(nginx.seen()) == 1
    assert not [line for line in nginx.logs(count=2) if "lvs-health" in line]


def test_the_sorry_page_says_when_to_come_back(nginx: Served) -> None:
    nginx.site(SORRY, host="d1", files=SORRY_PAGE)
    for target, host in (("/a?b", "example.com"), ("/sorry.html", "anything.example")):
        answer = nginx.ask(target, host=host)
        assert (answer.status, answer.body) == (503, "<h1>Back soon</h1>")
        assert (answer.header("Retry-After"), answer.header("Cache-Control")) == ("30", "no-store")
    assert nginx.ask("/lvs-health").status == 200


def test_nobody_is_told_the_version_and_a_body_has_its_limit(nginx: Served) -> None:
    nginx.site(nginx_client_max_body_size="1k")
    answer = nginx.ask("/", method="POST", body="x" * 1025)
    assert (answer.status, answer.header("Server")) == (413, "nginx")
    assert "nginx/" not in answer.body


def test_a_node_shows_its_name_where_it_is_told_to(nginx: Served) -> None:
    nginx.site(nginx_node_header="X-Node")
    assert nginx.ask("/?status=404").header("X-Node") == "web1"


def test_requests_are_shared_by_the_servers_of_an_upstream(nginx: Served) -> None:
    nginx.site(TWO, nginx_worker_processes=1)
    answers = nginx.ask_many([Request("/") for _time in range(20)], connections=1)
    assert [sum(one.app == port for one in answers) for port in (9001, 9002)] == [10, 10]


def test_an_application_is_told_who_asks_and_nothing_that_a_client_claims(nginx: Served) -> None:
    nginx.site()
    claimed = [("X-Forwarded-For", "10.9.9.9"), ("X-Request-ID", "mine"), ("X-Forwarded-Proto", "https")]
    told = nginx.ask("/", source="192.0.2.7", headers=claimed).seen
    assert told.all("X-Forwarded-For") == ["192.0.2.7"]
    assert told.all("X-Forwarded-Proto") == ["http"]
    (line,) = nginx.requests(count=1)
    assert told.all("X-Request-ID") == [line["id"]] != ["mine"]
    assert (line["client"], line["status"], line["upstream"]) == ("192.0.2.7", "200", "127.0.0.1:9001")


def test_an_idle_connection_is_closed(nginx: Served) -> None:
    nginx.site(nginx_keepalive_timeout=1)
    with nginx.connect() as client:
        assert client.ask("/").kept
        assert client.read() == ""


def test_an_old_worker_does_not_stay_for_ever(nginx: Served) -> None:
    nginx.site(nginx_worker_shutdown_timeout=1)
    with nginx.connect() as client:
        assert client.upgrade("/").status == 101
        assert client.say("a") == "a"
        nginx.site(nginx_worker_shutdown_timeout=1, reload=True)
        assert client.read() == ""


@pytest.mark.parametrize("asked", ["h2c", "H2C", "websocket, h2c"])
def test_no_upgrade_to_http_2_goes_past_the_routes(nginx: Served, asked: str) -> None:
    """The application would take requests over that connection of which Nginx sees none."""
    nginx.site()
    headers = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", asked), ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
    told = nginx.ask("/", headers=headers).seen
    assert (told.all("Upgrade"), told.all("Connection")) == ([], [])
