# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of requests on the real Nginx: each once and as it was sent; the client is served whatever becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Request, Seen, Served

Tree = dict[str, Any]
APP, COPY = 9001, 9002


def site(mirror: Any, server: str = "127.0.0.1:%d" % COPY, **others: Any) -> Tree:
    """The changes that give the site a mirror."""
    return {
        "lvs_nginx_upstreams.shadow.servers": [server],
        "lvs_nginx_sites.www": {"server_names": ["example.com"], "upstream": "app", "mirror": mirror, **others},
    }


def both(nginx: Served) -> tuple[Seen, Seen]:
    """The one request of each application."""
    found = nginx.seen(count=2)
    (told,), (copy,) = ([one for one in found if one.app == app] for app in (APP, COPY))
    return told, copy


@pytest.mark.parametrize("conditions", [{}, {"methods": ["PUT"]}], ids=["by path", "chosen"])
@pytest.mark.parametrize("action", [{}, {"static": "/var/www", "upstream": "app"}], ids=["upstream", "behind files"])
def test_a_copy_is_what_the_application_gets(nginx: Served, conditions: Tree, action: Tree) -> None:
    added = {"set": {"X-Own": "$request_id"}, "remove": ["X-Gone"]}
    nginx.site(site("shadow", routes=[{"path": "/api", **conditions, **action}], request_headers=added))
    sent = [("X-Gone", "1"), ("X-Kept", "2")]
    answer = nginx.ask("/api//%7Ex/../y?a=%20;b&a", method="PUT", headers=sent, body="z" * 100_000)
    told, copy = both(nginx)
    assert (answer.status, answer.app) == (200, APP)
    assert copy.version == told.version
    assert (copy.method, copy.target, copy.length) == ("PUT", "/api//%7Ex/../y?a=%20;b&a", 100_000)
    assert sorted(copy.headers) == sorted(told.headers)
    assert len(nginx.requests(count=1)) == 1


@pytest.mark.parametrize(
    ("rewrite", "target", "told"),
    [
        ({"strip": True}, "/api/x?q=1", "/x?q=1"),
        ({"strip": True, "add": "/v1"}, "/api/a%20b%3Fc", "/v1/a%20b%3Fc"),
        ({"pattern": "^/api/([a-z]+)/(.*)$", "to": "/$2/of/$1"}, "/api/shoe/7?c=1", "/7/of/shoe?c=1"),
        ({"pattern": "^/api/([a-z]+)/(.*)$", "to": "/$2/of/$1"}, "/api/7", "/api/7"),
    ],
)
@pytest.mark.parametrize("action", [{}, {"static": "/var/www", "upstream": "app"}], ids=["upstream", "behind files"])
def test_a_copy_has_the_path_that_the_application_sees(
    nginx: Served, action: Tree, rewrite: Tree, target: str, told: str
) -> None:
    nginx.site(site("shadow", routes=[{"path": "/api", "rewrite": rewrite, **action}]))
    assert nginx.ask(target).seen.target == told
    assert [one.target for one in both(nginx)] == [told, told]


def test_a_copy_without_its_body_waits_for_none(nginx: Served) -> None:
    nginx.site(site({"upstream": "shadow", "body": False}))
    with nginx.connect() as client:
        client.send(Request(method="POST", headers=[("Content-Length", "5")]).data)
        (copy,) = nginx.seen(count=1)
        client.send("hello")
        assert client.answer("POST").seen.body == "hello"
    assert (copy.app, copy.method, copy.length, copy.all("Content-Length")) == (COPY, "POST", 0, [])
    assert len(nginx.seen(count=2)) == 2


def test_a_large_body_is_copied_where_the_route_takes_it(nginx: Served) -> None:
    nginx.site(site("shadow", max_body="0"), nginx_client_max_body_size="1k")
    assert nginx.ask("/up", method="POST", body="x" * 5000).status == 200
    assert [one.length for one in both(nginx)] == [5000, 5000]


def test_a_copy_that_fails_goes_to_no_other_server(nginx: Served) -> None:
    changes = site("shadow")
    changes["lvs_nginx_upstreams.shadow.servers"].append("127.0.0.1:9003")
    nginx.site(changes)
    for app in (COPY, 9003):
        nginx.tell(app, "die=1")
    for number in range(4):
        assert nginx.ask("/%d" % number).app == APP
    copies = [one.target for one in nginx.seen(count=8) if one.app != APP]
    assert sorted(copies) == ["/0", "/1", "/2", "/3"]


def test_an_upgrade_is_not_copied(nginx: Served) -> None:
    nginx.site(site("shadow"))
    with nginx.connect() as client:
        assert client.upgrade("/chat").status == 101
        assert client.say("one") == "one"
    copy = next(one for one in nginx.seen(count=2) if one.app == COPY)
    assert (copy.all("Upgrade"), copy.all("Connection")) == ([], [])


def test_a_share_of_the_requests(nginx: Served) -> None:
    nginx.site(site({"upstream": "shadow", "percent": 25}))
    answers = nginx.ask_many([Request() for _time in range(2000)])
    assert {one.app for one in answers} == {APP}
    assert 400 <= len(nginx.seen(COPY)) <= 600


def test_no_share_is_no_mirror(nginx: Served) -> None:
    mirror = {"upstream": "shadow", "percent": 0}
    nginx.site(site("shadow", routes=[{"path": "/quiet", "mirror": mirror}]))
    assert nginx.ask("/quiet").app == APP
    assert nginx.ask("/").app == APP
    nginx.seen(count=3)
    assert [one.target for one in nginx.seen(COPY)] == ["/"]


@pytest.mark.parametrize("server", ["127.0.0.1:9099", "198.18.0.9:80", "127.0.0.1:%d" % COPY])
def test_whatever_becomes_of_a_copy_the_client_is_served(nginx: Served, server: str) -> None:
    """Refused, lost, or an error; also the next request of the same connection is answered."""
    nginx.site(site({"upstream": "shadow", "timeout": 0.1}, server))
    nginx.tell(COPY, "status=500")
    with nginx.connect() as client:
        answers = [client.ask("/%d" % number, method="POST", body="x") for number in range(3)]
    assert [(one.status, one.app, one.kept) for one in answers] == [(200, APP, True)] * 3


def test_a_copy_that_is_never_answered_ends(nginx: Served) -> None:
    nginx.site(site({"upstream": "shadow", "timeout": 0.2}))
    nginx.tell(COPY, "hold=1")
    with nginx.connect() as client:
        assert [client.ask("/%d" % number).app for number in range(3)] == [APP] * 3


def test_a_client_cannot_ask_for_the_copy(nginx: Served) -> None:
    nginx.site(site("shadow"))
    for path in ("//lvs/route-0/mirror", "/lvs/route-0/mirror", "/%2Flvs/route-0/mirror"):
        assert nginx.ask(path).app == APP
    seen = nginx.seen(count=6)
    assert sorted(one.target for one in seen if one.app == COPY) == sorted(one.target for one in seen if one.app == APP)
