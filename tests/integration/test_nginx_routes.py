# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes on the real Nginx: the one that wins is the one that the model says, and a request arrives as it was sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inventory import V6_TOO, model_of, with_changes
from nginx_served import Request, Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model import routes
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"


def site(*listed: Tree, **others: Any) -> Tree:
    """The changes that give the site these routes."""
    return {SITE: {"server_names": ["example.com"], "upstream": "app", "routes": list(listed), **others}}


PATHS = ["/", "/a", "/a/", "/a/b", "/ab", "/a.b", "~^/a", "~b$", "~(?i)^/A/", "~^/a/[^/]+$"]
TARGETS = ["/", "/a", "/a/", "/a/b", "/ab", "/a.b", "/b", "/A/b", "/a//b", "/%61/b", "/a/./b", "/x/../a/", "/a/b/c"]
ROUTES = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(PATHS),
        "exact": st.booleans(),
        "methods": st.lists(st.sampled_from(["GET", "POST", "DELETE"]), min_size=1, max_size=2, unique=True),
        "headers": st.sampled_from([{"X-Kind": "1"}, {"x-kind": "~a+"}, {"X-Kind": "a.b"}, {"User-Agent": "~(?i)bot"}]),
        "cookies": st.sampled_from([{"kind": "1"}, {"kind": "~[ab]"}, {"a-b": "x=y"}, {"kind": "1", "a-b": "~.*"}]),
        "query": st.sampled_from([{"v": "2"}, {"v": "~[12]"}, {"a-b": "%20"}, {"v": "~.*"}]),
        "clients": st.sampled_from([["192.0.2.0/29"], ["198.51.100.7"], ["192.0.2.0/28", "2001:db8::/64"]]),
    },
)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "DELETE"]),
        "path": st.sampled_from(TARGETS),
        "query": st.sampled_from(["", "v=2", "v=1&a-b=%20", "xv=2", "v=22", "a=&v=2", "v=", "v"]),
        "kind": st.sampled_from([None, "1", "aa", "a.b", "axb", "1 "]),
        "agent": st.sampled_from(["curl", "a Bot"]),
        "cookie": st.sampled_from(
            [None, "kind=1", "a=1; kind=b", "kind=11", "xkind=1", "a-b=x=y; kind=1", "kind=1;a-b="]
        ),
        "client": st.sampled_from(["192.0.2.1", "192.0.2.9", "198.51.100.7"]),
    }
)


def headers(drawn: Tree) -> list[tuple[str, str]]:
    found = [("User-Agent", drawn["agent"])]
    found += [("X-Kind", drawn["kind"])] if drawn["kind"] is not None else []
    return found + ([("Cookie", drawn["cookie"])] if drawn["cookie"] is not None else [])


def seen(drawn: Tree) -> routes.Request:
    """The request as the model sees it: Nginx takes blanks from the ends of a header."""
    return routes.Request(
        method=drawn["method"],
        host="example.com",
        port=80,
        path=routes.clean_path(drawn["path"]),
        query=drawn["query"],
        headers={name.lower(): value.strip() for name, value in headers(drawn)},
        client=drawn["client"],
    )


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(listed=st.lists(ROUTES, min_size=1, max_size=5), asked=st.lists(REQUESTS, min_size=10, max_size=10))
def test_nginx_takes_the_route_that_the_model_says(nginx: Served, listed: list[Tree], asked: list[Tree]) -> None:
    answering = [{**one, "answer": {"body": "route %d" % index}} for index, one in enumerate(listed)]
    changes = {SITE: {"server_names": ["example.com"], "routes": answering}}
    model = build(with_changes(changes)).model
    assume(model is not None)
    nginx.site(changes)
    told: Any = model_of(with_changes(changes))["hosts"]["web1"]["nginx"]["sites"][0]["routes"]
    for drawn in asked:
        won = routes.winner(told, seen(drawn))
        target = drawn["path"] + ("?" + drawn["query"] if drawn["query"] else "")
        got = nginx.ask(target, method=drawn["method"], headers=headers(drawn), source=drawn["client"])
        wanted = (404, None) if won is None else (200, "route %d" % won)
        assert (got.status, got.body if got.status == 200 else None) == wanted, drawn


CONDITION = {"headers": {"X-Kind": "1"}}


@pytest.mark.parametrize("condition", [{}, CONDITION], ids=["by path", "chosen"])
def test_a_request_reaches_its_application_as_it_was_sent(nginx: Served, condition: Tree) -> None:
    """Also where a named location was chosen: method, body, path and query are those of the client."""
    nginx.site(site({"path": "/api", "upstream": "app", **condition}))
    sent = [("X-Kind", "1"), ("Content-Type", "text/x")]
    answer = nginx.ask("/api//%7Ex/../y?a=%20;b&a", method="PATCH", headers=sent, body="z" * 100_000)
    assert (answer.status, answer.seen.method, answer.seen.target) == (200, "PATCH", "/api//%7Ex/../y?a=%20;b&a")
    assert (answer.seen.length, answer.seen.header("Content-Type")) == (100_000, "text/x")
    assert len(nginx.seen()) == 1


@pytest.mark.parametrize(
    ("rewrite", "sent", "told"),
    [
        ({"strip": True}, "/api/x?q=1", "/x?q=1"),
        ({"strip": True}, "/api", "/"),
        ({"strip": True}, "/api/", "/"),
        ({"strip": True}, "/api/a%20b%0Ac", "/a%20b%0Ac"),
        ({"strip": True, "add": "/v1"}, "/api/x", "/v1/x"),
        ({"add": "/v1/"}, "/api/x", "/v1/api/x"),
        ({"pattern": "^/api/([a-z]+)/(.*)$", "to": "/$2/of/$1"}, "/api/shoe/7?c=1", "/7/of/shoe?c=1"),
        ({"pattern": "^/api/([a-z]+)/(.*)$", "to": "/$2/of/$1"}, "/api/7", "/api/7"),
    ],
)
@pytest.mark.parametrize("condition", [{}, CONDITION], ids=["by path", "chosen"])
def test_a_path_is_rewritten(nginx: Served, condition: Tree, rewrite: Tree, sent: str, told: str) -> None:
    nginx.site(site({"path": "/api", "rewrite": rewrite, **condition}))
    assert nginx.ask(sent, headers=[("X-Kind", "1")]).seen.target == told


@pytest.mark.parametrize(
    ("redirect", "asked", "status", "location"),
    [
        ("https://www.example.com", "/a?b=1", 301, "https://www.example.com/a?b=1"),
        ("https://www.example.com/new", "/a?b=1", 301, "https://www.example.com/new"),
        ({"host": "www.example.com", "status": 308}, "/a?b=1", 308, "http://www.example.com:8080/a?b=1"),
        ({"scheme": "https"}, "/a", 301, "https://example.com:8080/a"),
        ({"path": "/new", "status": 302}, "/a?b=1", 302, "http://example.com:8080/new"),
        ({"path": "/new$request_uri"}, "/a?b=1", 301, "http://example.com:8080/new/a?b=1"),
    ],
)
def test_a_redirect_keeps_what_it_does_not_name(
    nginx: Served, redirect: Any, asked: str, status: int, location: str
) -> None:
    nginx.site(site({"path": "/a", "redirect": redirect}, upstream=None))
    answer = nginx.ask(asked, host="example.com:8080")
    assert (answer.status, answer.header("Location")) == (status, location)


def test_headers_are_set_and_removed_both_ways(nginx: Served) -> None:
    nginx.site(
        site(
            {
                "request_headers": {
                    "set": {"X-Real-IP": "$remote_addr:x", "X-New": 'a "b" {c};'},
                    "remove": ["X-Gone"],
                },
                "response_headers": {"set": {"X-Powered-By": "us"}, "add": {"X-More": "1"}, "remove": ["X-Inner"]},
            },
            upstream="app",
        )
    )
    asked = "/?header=X-Inner:1&header=X-Powered-By:them&header=X-More:2&status=500"
    answer = nginx.ask(asked, headers=[("X-Gone", "1"), ("X-New", "2")])
    told = answer.seen
    assert (told.all("X-Real-IP"), told.all("X-New"), told.all("X-Gone")) == (["127.0.0.1:x"], ['a "b" {c};'], [])
    assert (answer.all("X-Powered-By"), answer.all("X-Inner")) == (["us"], [])
    assert sorted(answer.all("X-More")) == ["1", "2"]


def test_a_body_is_bounded_by_route(nginx: Served) -> None:
    nginx.site(site({"path": "/up/", "max_body": "2k"}, max_body="1k"))
    sizes = [("/", 1024), ("/", 1025), ("/up/", 2048), ("/up/", 2049)]
    assert [nginx.ask(path, method="POST", body="x" * size).status for path, size in sizes] == [200, 413, 200, 413]


def test_raw_lines_stand_at_every_level(nginx: Served) -> None:
    nginx.site(
        {
            **site({"path": "/a", "extra": ["add_header X-Route $lvs_raw;"]}, extra=["set $lvs_server s;"]),
            "lvs_nginx_extra": ["map $host $lvs_raw { default 'h;{'; }"],
            "lvs_nginx_upstreams.app.extra": ["hash $http_x_key;"],
            "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001", "127.0.0.1:9002"],
        }
    )
    answers = nginx.ask_many([Request("/a", headers=[("X-Key", "same")]) for _time in range(8)])
    assert {one.header("X-Route") for one in answers} == {"h;{"}
    assert len({one.app for one in answers}) == 1


@pytest.mark.parametrize(("network", "wins"), [("0.0.0.0/0", (True, False)), ("::/0", (False, True))])
def test_all_addresses_of_a_family_are_a_network(nginx: Served, network: str, wins: tuple[bool, bool]) -> None:
    both = {"lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"]}
    changes = {**V6_TOO, **both, **site({"clients": [network], "answer": 202}, {"answer": 203}, upstream=None)}
    assert nginx.site(changes) == ""
    answers = [nginx.ask(source=source).status for source in ("192.0.2.1", "2001:db8::1")]
    assert answers == [202 if won else 203 for won in wins]


@pytest.mark.parametrize("default", ["1k", "1m"])
def test_the_largest_body_is_that_of_the_route_that_is_chosen(nginx: Served, default: str) -> None:
    """Its length is looked at before a header has chosen the route; a body in chunks is counted."""
    routes: list[Tree] = [
        {"headers": {"X-Kind": "a"}, "max_body": "2049", "error_pages": {413: {"text": "too much"}}},
        {"headers": {"X-Kind": "b"}, "max_body": "0"},
    ]
    nginx.site(site(*routes, max_body="100k"), nginx_client_max_body_size=default)

    def put(size: int, kind: str, chunked: bool = False) -> int:
        headers = [("X-Kind", kind), *([("Transfer-Encoding", "chunked")] if chunked else [])]
        body = "%x\r\n%s\r\n0\r\n\r\n" % (size, "x" * size) if chunked else "x" * size
        return nginx.ask("/up", method="POST", headers=headers, body=body).status

    for chunked in (False, True):
        found = [put(size, kind, chunked) for kind, size in (("a", 2049), ("b", 200_000), ("c", 102_400))]
        assert found == [200, 200, 200]
        found = [put(size, kind, chunked) for kind, size in (("a", 2050), ("a", 20000), ("c", 102_401))]
        assert found == [413, 413, 413]
    assert nginx.ask("/up", method="POST", headers=[("X-Kind", "a")], body="x" * 3000).body == "too much"


def test_a_large_body_is_no_reason_for_another_answer(nginx: Served) -> None:
    """Of what is asked, of pages and of maintenance, which have locations of their own."""
    own = {"deny": ["127.0.0.1"], "error_pages": {403: {"text": "not you"}}}
    asked = {"path": "/asked", "auth_request": {"upstream": "app"}}
    sizes = {"max_body": "8k", "maintenance": {"bypass": ["127.0.0.1"], "page": {"text": "later"}, "enabled": True}}
    nginx.site(site(asked, {"path": "/own", **own}, **sizes), nginx_client_max_body_size="1k")
    sent = {"method": "POST", "body": "x" * 5000}
    assert (nginx.ask("/asked", **sent).status, nginx.ask("/asked", **sent).seen.length) == (200, 5000)
    assert (nginx.ask("/own", **sent).status, nginx.ask("/own", **sent).body) == (403, "not you")
    closed = nginx.ask("/asked", source="192.0.2.7", **sent)
    assert (closed.status, closed.body) == (503, "later")


def test_a_few_routes_have_room_for_their_variables(nginx: Served) -> None:
    """Nginx 1.18 complains of some numbers of them, and not of others."""
    for count in range(1, 12):
        listed: list[Tree] = [{"path": "/r%d" % n, "headers": {"X-%d" % n: "a"}, "answer": 202} for n in range(count)]
        assert nginx.site(site(*listed)) == ""


def test_an_answer_has_its_type_whatever_the_path_ends_with(nginx: Served) -> None:
    nginx.site(site({"path": "/a.json", "answer": {"body": "b", "media_type": "text/csv"}}))
    assert nginx.ask("/a.json").header("Content-Type") == "text/csv"


def test_a_header_of_nginx_itself_is_there_once(nginx: Served) -> None:
    """What a site says of it is for answers of its upstreams."""
    routes: list[Tree] = [
        {"path": "/files", "static": "/srv", "upstream": "app"},
        {"path": "/own", "answer": {"body": "a", "media_type": "text/csv"}},
        {"path": "/gone", "deny": ["0.0.0.0/0"], "error_pages": {403: {"text": "no"}}},
        {"path": "/away", "redirect": "https://b.example/"},
    ]
    set_to = {"Content-Type": "text/x-own", "Location": "/elsewhere", "X-Own": "1"}
    nginx.site(site(*routes, response_headers={"set": set_to}), files={"/srv/files/a.txt": "a"})
    found = {path: nginx.ask(path) for path in ("/", "/files/a.txt", "/files/b", "/own", "/gone", "/away")}
    assert {path: one.all("Content-Type") for path, one in found.items()} == {
        "/": ["text/x-own"], "/files/a.txt": ["text/plain"], "/files/b": ["text/x-own"], "/own": ["text/csv"],
        "/gone": ["text/html"], "/away": ["text/html"],
    }  # fmt: skip
    assert found["/away"].all("Location") == ["https://b.example/"]
    assert {one.header("X-Own") for one in found.values()} == {"1"}
