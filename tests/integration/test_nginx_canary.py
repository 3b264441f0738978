# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries on the real Nginx: who gets the new version, how many, and that each stays where it was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inventory import with_changes
from nginx_served import ONE_APP, Request, Served

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.sides import counted
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model import routes
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.sides import decided

Tree = dict[str, Any]
STABLE, CANARY = 9001, 9002
KEYS = ["client-%d" % number for number in range(10_000)]
# How many of the keys are in the canary, by what is asked for.
SPLIT = {1: 106, 10: 1033, 25: 2516, 50: 4973, 99: 9916}
# Nginx 1.18 ends a connection after so many requests.
MOST = 100


def site(canary: Tree, **others: Any) -> Tree:
    """The changes that give the site a canary."""
    return {
        "lvs_nginx_upstreams.next.servers": ["127.0.0.1:%d" % CANARY],
        "lvs_nginx_sites.www": {
            "server_names": ["example.com"],
            "upstream": "app",
            "canary": {"upstream": "next", **canary},
            **others,
        },
    }


def sides(nginx: Served, keys: Sequence[str]) -> dict[str, str]:
    """The side of each key, as Nginx says that it would send it."""
    found: list[str] = []
    for start in range(0, len(keys), MOST):
        asked = [Request(headers=[("X-Key", key)]).data for key in keys[start : start + MOST - 1]]
        asked.append(Request(headers=[("X-Key", keys[min(start + MOST, len(keys)) - 1]), ("Connection", "close")]).data)
        with nginx.connect() as client:
            client.send("".join(asked))
            found += re.findall(r"<(\w*)>", client.read())
    assert len(found) == len(keys)
    return dict(zip(keys, found))


def by_key(percent: float) -> Tree:
    """Clients are known by a header, and Nginx says the side instead of asking an application."""
    return site({"percent": percent, "by": "header:X-Key"}, routes=[{"extra": ["return 200 <$lvs_side>;"]}])


def test_the_split_is_as_asked_and_who_is_in_stays_in(nginx: Served) -> None:
    """Each percent is a reload, and the next one is asked of the other node."""
    before: set[str] = set()
    found = {}
    for number, percent in enumerate(SPLIT):
        nginx.site(by_key(percent), reload=bool(number), host=("web1", "web2")[number % 2])
        inside = {key for key, side in sides(nginx, KEYS).items() if side == "canary"}
        assert before <= inside
        found[percent], before = len(inside), inside
    assert found == SPLIT
    assert all(abs(count / 100 - percent) <= 1 for percent, count in found.items())


def test_a_share_has_two_decimals(nginx: Served) -> None:
    nginx.site(by_key(0.05))
    assert list(sides(nginx, KEYS).values()).count("canary") == 7


@pytest.mark.parametrize(("percent", "app"), [(0, STABLE), (100, CANARY)])
@pytest.mark.parametrize("listed", [{}, {"headers": {"X-None": "1"}}], ids=["by percent", "by headers"])
def test_nobody_and_everybody(nginx: Served, percent: int, app: int, listed: Tree) -> None:
    nginx.site(site({"percent": percent, **listed}))
    answers = nginx.ask_many([Request() for _time in range(50)])
    assert {one.app for one in answers} == {app}
    assert not any(one.all("Set-Cookie") for one in answers)


# What a request has, from where it comes, and where it goes whatever percent says.
ORDER = [
    ({"X-Release": "old", "Cookie": "release=new", "X-Other": "new"}, "203.0.113.1", STABLE),
    ({"X-Release": "new", "Cookie": "release=old"}, "203.0.113.200", CANARY),
    ({"X-Release": "else", "Cookie": "release=old"}, "203.0.113.1", STABLE),
    ({"Cookie": "a=b; release=new"}, "203.0.113.200", CANARY),
    ({"Cookie": "xrelease=new"}, "203.0.113.200", STABLE),
    ({}, "203.0.113.1", CANARY),
    ({"X-Other": "news"}, "198.51.100.9", CANARY),
    ({"X-Other": "new"}, "198.51.100.9", CANARY),
]


@pytest.mark.parametrize(("percent", "app"), [(0, STABLE), (100, CANARY)])
def test_headers_go_before_cookies_networks_and_percent(nginx: Served, percent: int, app: int) -> None:
    never = {"headers": {"X-Release": "old"}, "cookies": {"release": "old"}, "clients": ["203.0.113.128/25"]}
    listed = {"headers": {"X-Release": "new", "X-Other": "~new.?"}, "cookies": {"release": "new"}}
    nginx.site(site({"percent": percent, **listed, "clients": ["203.0.113.0/24"], "never": never}))
    asked = [Request(headers=list(headers.items()), source=source) for headers, source, _app in ORDER]
    assert [one.app for one in nginx.ask_many(asked)] == [app for _headers, _source, app in ORDER]
    assert nginx.ask(source="198.51.100.9").app == app


WHO = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.sampled_from(["1", "~[12]", "2"]), max_size=2),
        "cookies": st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["1", "~[12]", "2"]), max_size=2),
        "clients": st.lists(
            st.sampled_from(["192.0.2.0/24", "192.0.2.0/30", "192.0.2.1", "198.51.100.0/24"]), max_size=2, unique=True
        ),
    },
)
VALUES = st.sampled_from([None, "1", "2", "3"])
CLIENTS = st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.9", "198.51.100.7", "203.0.113.1"])


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    yes=WHO, never=WHO, percent=st.sampled_from([0, 100]),
    asked=st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES, CLIENTS), min_size=10, max_size=10),
)  # fmt: skip
def test_nginx_takes_the_side_that_the_model_says(
    nginx: Served, yes: Tree, never: Tree, percent: int, asked: list[tuple[Any, ...]]
) -> None:
    changes = site({**yes, "never": never, "percent": percent})
    model: Any = build(with_changes({**ONE_APP, **changes})).model
    assume(model is not None)
    nginx.site(changes)
    canary = model["hosts"]["web1"]["nginx"]["sites"][0]["routes"][0]["canary"]
    for *values, client in asked:
        pairs = zip(("X-A", "X-B", "a", "b"), values)
        given = [(name, value) for name, value in pairs if value is not None]
        headers = [one for one in given if one[0].startswith("X-")]
        jar = "; ".join("%s=%s" % one for one in given if not one[0].startswith("X-"))
        headers += [("Cookie", jar)] if jar else []
        seen = {name.lower(): value for name, value in headers}
        told = decided(canary, routes.Request("GET", "example.com", 80, "/", "", seen, client))
        assert told
        assert nginx.ask(headers=headers, source=client).app == {"canary": CANARY, "stable": STABLE}[told[0]], told


def jar(line: str | None) -> tuple[str, str]:
    """The cookie of a line Set-Cookie as the client sends it back."""
    assert line is not None
    return ("Cookie", "other=1; " + line.partition(";")[0])


def test_a_client_keeps_its_side_by_a_cookie(nginx: Served) -> None:
    """Across a reload with a larger share, and on the other node."""
    nginx.site(site({"percent": 50, "cookie_max_age": 600}))
    answers = nginx.ask_many([Request() for _time in range(60)])
    lines = [one.header("Set-Cookie") for one in answers]
    assert all(
        re.fullmatch("lvs_canary=[0-9a-f]{32}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax", str(one)) for one in lines
    )
    assert {one.app for one in answers} == {STABLE, CANARY}
    again = [Request(headers=[jar(line)]) for line in lines]
    for host, percent in (("web1", 50), ("web2", 50), ("web2", 60)):
        nginx.site(site({"percent": percent, "cookie_max_age": 600}), host=host, reload=True)
        kept = nginx.ask_many(again)
        assert not any(one.all("Set-Cookie") for one in kept)
        moved = [(one.app, two.app) for one, two in zip(answers, kept) if one.app != two.app]
        assert set(moved) <= ({(STABLE, CANARY)} if percent > 50 else set())


def test_a_cookie_that_is_not_ours_is_replaced(nginx: Served) -> None:
    nginx.site(site({"percent": 50, "cookie_name": "my.side", "cookie_max_age": 0}))
    for value in ("mine", "0" * 31, "0" * 33):
        line = str(nginx.ask(headers=[("Cookie", "my.side=" + value)]).header("Set-Cookie"))
        assert re.fullmatch("my.side=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax", line)
    assert not nginx.ask(headers=[("Cookie", "my.side=" + "0" * 32)]).all("Set-Cookie")


def test_a_client_keeps_its_side_by_its_address(nginx: Served) -> None:
    sources = ["192.0.2.%d" % number for number in range(1, 41)] * 2
    found = []
    for host in ("web1", "web2"):
        nginx.site(site({"percent": 50, "by": "client"}), host=host)
        found += nginx.ask_many([Request(source=source) for source in sources])
    apps = {source: {one.app for one, own in zip(found, sources * 2) if own == source} for source in sources}
    assert {len(one) for one in apps.values()} == {1}
    assert set().union(*apps.values()) == {STABLE, CANARY}
    assert not any(one.all("Set-Cookie") for one in found)


def test_a_client_without_the_header_is_known_by_its_address(nginx: Served) -> None:
    asked = [Request(source="192.0.2.%d" % number) for number in range(1, 41)]
    nginx.site(site({"percent": 50, "by": "header:X-User"}))
    without = [one.app for one in nginx.ask_many(asked)]
    nginx.site(site({"percent": 50, "by": "client"}))
    assert [one.app for one in nginx.ask_many(asked)] == without


def test_that_of_a_site_is_for_its_own_upstream(nginx: Served) -> None:
    routes: list[Tree] = [
        {"path": "/own", "upstream": "third"},
        {"path": "/inherits", "read_timeout": 5},
        {"path": "/back", "canary": {"upstream": "third", "percent": 100}},
        {"path": "/answer", "answer": 204},
    ]
    changes = site({"percent": 100}, routes=routes)
    nginx.site({**changes, "lvs_nginx_upstreams.third.servers": ["127.0.0.1:9003"]})
    found = {path: nginx.ask(path).app for path in ("/own", "/inherits", "/back", "/rest")}
    assert found == {"/own": 9003, "/inherits": CANARY, "/back": 9003, "/rest": CANARY}
    assert nginx.ask("/answer").status == 204


@pytest.mark.parametrize("conditions", [{}, {"methods": ["PATCH"]}], ids=["by path", "chosen"])
def test_the_canary_gets_the_request_as_it_was_sent(nginx: Served, conditions: Tree) -> None:
    nginx.site(site({"percent": 0, "headers": {"X-C": "1"}}, routes=[{"path": "/api", **conditions}]))
    answer = nginx.ask("/api//%7Ex/../y?a=%20;b&a", method="PATCH", headers=[("X-C", "1")], body="z" * 100_000)
    assert (answer.app, answer.seen.method, answer.seen.target) == (CANARY, "PATCH", "/api//%7Ex/../y?a=%20;b&a")
    assert (answer.seen.length, len(nginx.seen())) == (100_000, 1)


def test_a_path_is_rewritten_for_the_canary_as_well(nginx: Served) -> None:
    rewrite = {"pattern": "^/api/([a-z]+)/(.*)$", "to": "/$2/of/$1"}
    nginx.site(site({"percent": 50, "headers": {"X-C": "~(1|2)"}}, routes=[{"path": "/api", "rewrite": rewrite}]))
    asked = [Request("/api/shoe/7", headers=headers) for headers in ([], [("X-C", "1")]) for _time in range(20)]
    answers = nginx.ask_many(asked)
    assert {(one.app, one.seen.target) for one in answers} == {(STABLE, "/7/of/shoe"), (CANARY, "/7/of/shoe")}


def test_a_session_stays_on_its_server_of_the_canary(nginx: Served) -> None:
    changes = site({"percent": 0, "headers": {"X-C": "1"}})
    changes["lvs_nginx_upstreams.next.servers"].append("127.0.0.1:9003")
    nginx.site({**changes, "lvs_nginx_upstreams.next.sticky": {"cookie": "session"}})
    first = nginx.ask_many([Request(headers=[("X-C", "1")]) for _time in range(20)])
    again = [Request(headers=[("X-C", "1"), jar(one.header("Set-Cookie"))]) for one in first]
    assert {one.app for one in first} == {CANARY, 9003}
    assert [one.app for one in nginx.ask_many(again)] == [one.app for one in first]


def test_what_is_no_file_goes_to_the_canary(nginx: Served) -> None:
    nginx.site(site({"percent": 50, "headers": {"X-C": "1"}}, static="/etc/nginx"))
    answer = nginx.ask("/none", headers=[("X-C", "1")])
    assert (answer.app, len(answer.all("Set-Cookie"))) == (CANARY, 1)
    assert "http {" in nginx.ask("/nginx.conf", headers=[("X-C", "1")]).body
    assert [one["side"] for one in nginx.requests(count=2)] == ["canary", "canary"]


def test_the_log_and_the_application_are_told_the_side(nginx: Served) -> None:
    routes: list[Tree] = [{"name": "api", "path": "/api", "upstream": "app"}, {"path": "/no", "answer": 404}]
    told = {"set": {"X-Side": "$lvs_side"}}
    nginx.site(site({"percent": 0, "headers": {"X-C": "1"}}, routes=routes, request_headers=told))
    assert nginx.ask(headers=[("X-C", "1")]).seen.header("X-Side") == "canary"
    assert nginx.ask().seen.header("X-Side") == "stable"
    assert nginx.ask("/api").seen.header("X-Side") is None
    nginx.ask("/no")
    nginx.ask(raw="nonsense\r\n\r\n")
    logged = [(one["site"], one["route"], one["side"]) for one in nginx.requests(count=5)]
    assert sorted(logged) == [
        ("", "", ""), ("www", "1", ""), ("www", "api", ""), ("www", "rest", "canary"), ("www", "rest", "stable")
    ]  # fmt: skip


def test_status_reads_the_sides_and_their_errors_in_the_log(nginx: Served) -> None:
    nginx.site(site({"percent": 0, "headers": {"X-C": "1"}}))
    for path, headers in (
        ("/", []),
        ("/?status=404", [("X-C", "1")]),
        ('/"?status=503', [("X-C", "1"), ("Referer", "\xff")]),
    ):
        nginx.ask(path, headers=headers)
    nginx.down(CANARY)
    assert nginx.ask(headers=[("X-C", "1")]).status == 502
    found = counted(line.encode() for line in nginx.logs(count=4))
    assert [(one["side"], one["requests"], one["errors"]) for one in found] == [("canary", 3, 2), ("stable", 1, 0)]
    assert {(one["site"], one["route"]) for one in found} == {("www", "rest")}


FIELDS = {"side": "$lvs_side", "route": "$lvs_route", "site": "$lvs_site", "status": "$status"}


@pytest.mark.parametrize("log", [{"path": "www.log"}, {"path": "www.log", "format": "own"}])
def test_status_reads_a_log_of_the_site(nginx: Served, log: Tree) -> None:
    own = {"lvs_nginx_log_formats": {"own": {"fields": FIELDS}}}
    nginx.site({**own, **site({"percent": 0, "headers": {"X-C": "1"}}, log=log)})
    nginx.ask("/?status=503", headers=[("X-C", "1")])
    (found,) = counted(line.encode() for line in nginx.logs("www.log", count=1))
    assert (found["side"], found["requests"], found["errors"]) == ("canary", 1, 1)
