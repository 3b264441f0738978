# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one may ask of a node, on the real Nginx. A rate of one request a minute is none that a test sees come."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import pytest
from nginx_served import Request, Served
from nginx_sites import BY_PATH_AND_CHOSEN, CHOSEN, site

Tree = dict[str, Any]
ACTIONS = pytest.mark.parametrize(
    ("action", "status"),
    [({"upstream": "app"}, 200), ({"answer": {"body": "in"}}, 200), ({"redirect": "https://a.example"}, 301),
     ({"static": "/etc/nginx/www"}, 200), ({"static": "/etc/nginx/none", "upstream": "app"}, 200)],
    ids=["upstream", "answer", "redirect", "static", "static and upstream"],
)  # fmt: skip
FILES = {"/etc/nginx/www/index.html": "in"}


def of(rate: str = "1/m", burst: int = 0, **others: Any) -> Tree:
    return {"requests": [{"rate": rate, "burst": burst, **others}]}


def statuses(nginx: Served, count: int, *targets: str, **rest: Any) -> Counter[int]:
    """Of so many requests at once, taking turns between targets."""
    asked = [Request((targets or ("/",))[number % max(1, len(targets))], **rest) for number in range(count)]
    return Counter(one.status for one in nginx.ask_many(asked))


@ACTIONS
@BY_PATH_AND_CHOSEN
def test_of_twenty_at_once_a_burst_of_five_lets_six_in(
    nginx: Served, condition: Tree, action: Tree, status: int
) -> None:
    nginx.site(site({"limits": of(burst=5), **action, **condition}), files=FILES)
    assert statuses(nginx, 20, headers=CHOSEN) == {status: 6, 429: 14}
    # Somebody else is none of them, and the node is healthy for all.
    assert statuses(nginx, 20, headers=CHOSEN, source="192.0.2.1") == {status: 6, 429: 14}
    assert statuses(nginx, 20, "/lvs-health") == {200: 20}


def test_what_is_too_much_reaches_no_application(nginx: Served) -> None:
    nginx.site(site(upstream="app", limits=of(burst=5)))
    statuses(nginx, 20)
    assert len(nginx.seen()) == 6
    found = Counter((one["status"], one["request_limit"], one["connection_limit"]) for one in nginx.requests(count=20))
    assert found == {("200", "PASSED", ""): 6, ("429", "REJECTED", ""): 14}


def test_a_burst_is_as_much_as_the_rate_by_itself(nginx: Served) -> None:
    nginx.site(site(upstream="app", limits={"requests": ["7/m"]}))
    assert statuses(nginx, 20) == {200: 8, 429: 12}


@pytest.mark.parametrize("at_once", [0, 2])
def test_a_part_of_a_burst_waits(nginx: Served, at_once: int) -> None:
    """Whoever waits is with no application, and neither answered nor refused; the error log says so at once."""
    nginx.site(site(upstream="app", limits=of(burst=5, at_once=at_once), log={"errors": "warn"}))
    assert statuses(nginx, 1 + at_once) == {200: 1 + at_once}
    with contextlib.ExitStack() as stack:
        for number in range(5 - at_once):
            stack.enter_context(nginx.connect()).send(Request().data)
            nginx.logs("error.log", count=number + 1)
        assert (nginx.ask().status, len(nginx.seen())) == (429, 1 + at_once)
        lines = nginx.logs("error.log", count=6 - at_once)
    assert [("delaying" in line, "limiting" in line) for line in lines] == [(True, False)] * (5 - at_once) + [
        (False, True)
    ]


def test_a_fast_rate_lets_everything_in(nginx: Served) -> None:
    """By the second and not by the minute: at 1000 a second a thousand may come at once."""
    nginx.site(site(upstream="app", limits={"requests": ["1000/s"]}))
    assert statuses(nginx, 200) == {200: 200}


def test_a_site_counts_for_all_routes_and_a_route_for_itself(nginx: Served) -> None:
    listed: list[Tree] = [
        {"path": "/a"}, {"path": "/b", "headers": {"X-Kind": "1"}}, {"path": "/own", "limits": of(burst=1)},
        {"path": "/free", "limits": {}},
    ]  # fmt: skip
    nginx.site(site(*listed, upstream="app", limits=of(burst=5)))
    assert statuses(nginx, 20, "/a", "/b", "/", headers=CHOSEN) == {200: 6, 429: 14}
    assert statuses(nginx, 20, "/own") == {200: 2, 429: 18}
    assert statuses(nginx, 20, "/free") == {200: 20}


def test_what_is_counted_together(nginx: Served) -> None:
    limits = [{"rate": "1/m", "burst": 1, "key": "$http_x_user"}, {"rate": "1/m", "burst": 9, "key": "all"}]
    nginx.site(site(upstream="app", limits={"requests": limits}))
    for user in ("anna", "bob"):
        found = statuses(nginx, 4, headers=[("X-User", user)], source="192.0.2.%d" % len(user))
        assert found == {200: 2, 429: 2}, user
    # Who has no name is not counted by it. What one limit refuses does not count for the next.
    assert statuses(nginx, 20) == {200: 6, 429: 14}


def test_networks_may_be_exempt(nginx: Served) -> None:
    limits = {**of(), "connections": [1], "bandwidth": "1k", "exempt": ["192.0.2.0/24", "203.0.113.1"]}
    nginx.site(site(upstream="app", limits=limits))
    for source in ("192.0.2.1", "203.0.113.1"):
        assert statuses(nginx, 20, "/?size=100000", source=source) == {200: 20}, source
    assert statuses(nginx, 3, source="198.51.100.1")[200] == 1


def test_behind_a_proxy_clients_are_counted_and_not_the_proxy(nginx: Served) -> None:
    nginx.site({**site(upstream="app", limits=of()), "lvs_trusted_proxies": ["10.0.0.0/8"]})
    for client in ("192.0.2.1", "192.0.2.2"):
        said = [("X-Forwarded-For", client)]
        assert statuses(nginx, 3, source="10.0.0.1", headers=said) == {200: 1, 429: 2}
    # Others are not asked who they are.
    said = [("X-Forwarded-For", "192.0.2.3")]
    assert statuses(nginx, 3, source="198.51.100.1", headers=said) == {200: 1, 429: 2}
    assert nginx.ask(source="198.51.100.1", headers=[("X-Forwarded-For", "192.0.2.4")]).status == 429


@ACTIONS
@BY_PATH_AND_CHOSEN
def test_so_many_requests_at_the_same_time(nginx: Served, condition: Tree, action: Tree, status: int) -> None:
    listed = [{"path": "/slow", "upstream": "app", **condition}, {**action, **condition}]
    nginx.site(site(*listed, limits={"connections": [2]}), files=FILES)
    with nginx.connect() as first, nginx.connect() as second:
        for client in (first, second):
            client.send(Request("/slow?hold=1", headers=CHOSEN).data)
        nginx.seen(count=2)
        assert nginx.ask(headers=CHOSEN).status == 429
        assert nginx.requests(count=1)[0]["connection_limit"] == "REJECTED"
        assert nginx.ask(headers=CHOSEN, source="192.0.2.1").status == status
        nginx.go(9001, 2)
        assert (first.answer().status, second.answer().status) == (200, 200)
    assert nginx.ask(headers=CHOSEN).status == status


@pytest.mark.parametrize("limit", [of(), {"connections": [1]}], ids=["requests", "connections"])
@pytest.mark.parametrize("status", [503, 444])
def test_the_status_is_the_one_that_is_given(nginx: Served, limit: Tree, status: int) -> None:
    nginx.site(site(upstream="app", limits={**limit, "status": status}))
    with nginx.connect() as client:
        client.send(Request("/?hold=1").data)
        nginx.seen(count=1)
        answer = nginx.ask()
        assert (answer.status, answer.error) == ((0, "closed") if status == 444 else (503, ""))


@pytest.mark.parametrize("limit", [of(), {"connections": [1]}], ids=["requests", "connections"])
def test_a_dry_run_refuses_nothing_and_says_so(nginx: Served, limit: Tree) -> None:
    nginx.site(site(upstream="app", limits={**limit, "dry_run": True}))
    with nginx.connect() as client:
        client.send(Request("/?hold=1").data)
        nginx.seen(count=1)
        assert nginx.ask().status == 200
        (line,) = nginx.requests(count=1)
        assert "REJECTED_DRY_RUN" in (line["request_limit"], line["connection_limit"])


@BY_PATH_AND_CHOSEN
def test_what_is_too_much_has_its_page_and_headers(nginx: Served, condition: Tree) -> None:
    route = {"upstream": "app", "error_pages": {429: {"text": "slowly"}}, **condition}
    others = {"response_headers": {"set": {"X-Part": "all"}}, "cors": {"origins": ["*"]}}
    nginx.site(site(route, limits=of(), **others))
    nginx.ask(headers=CHOSEN)
    answer = nginx.ask(headers=CHOSEN)
    assert (answer.status, answer.body, answer.header("X-Part")) == (429, "slowly", "all")
    assert answer.header("Access-Control-Allow-Origin") == "*"


def test_passwords_cannot_be_tried_without_end(nginx: Served) -> None:
    asked = {"upstream": "app", "path": "/no?status=401"}
    nginx.tell(9001, "status=401")
    nginx.site(site(upstream="app", auth_request={**asked, "path": "/no"}, limits=of(burst=5)))
    assert statuses(nginx, 20) == {401: 6, 429: 14}


@BY_PATH_AND_CHOSEN
def test_an_answer_is_sent_at_its_speed(nginx: Served, condition: Tree) -> None:
    """Nginx logs the speed that it has sent an answer with. At 1024 bytes a second this one would take half an hour if
    the first of it did not go at full speed."""
    log = {"lvs_nginx_log_formats": {"speed": {"line": "$limit_rate"}}}
    files = {"/etc/nginx/www/a.txt": "a" * 1_800_000}
    bandwidth = {"rate": "1k", "after": "2m"}
    listed: list[Tree] = [
        {"path": "/api", "upstream": "app"}, {"path": "/fast", "upstream": "app", "limits": {"bandwidth": "1g"}},
        {"static": "/etc/nginx/www", "upstream": "app"},
    ]  # fmt: skip
    changes = site(*({**one, **condition} for one in listed), limits={"bandwidth": bandwidth}, log={"format": "speed"})
    nginx.site({**changes, **log}, files=files)
    for number, target in enumerate(("/api?size=1800000", "/a.txt", "/none?size=1800000", "/fast?size=9"), 1):
        answer = nginx.ask(target, headers=CHOSEN)
        assert (answer.status, answer.error) == (200, "")
        nginx.logs(count=number)
    assert nginx.logs(count=4) == ["1024", "1024", "1024", str(2**30)]


@pytest.mark.parametrize("key", ["$remote_addr", "$arg_k"])
@pytest.mark.parametrize("kind", ["requests", "connections"])
def test_all_keys_have_room(nginx: Served, key: str, kind: str) -> None:
    """The first of them is still known when the last has come. Where there is no room, Nginx forgets requests, and
    refuses connections."""
    one = {"most": 1} if kind == "connections" else {"rate": "1/m", "burst": 0}
    nginx.site(site(upstream="app", limits={kind: [{**one, "keys": 1000, "key": key}]}))
    asked = [
        Request("/?k=%0170d" % number, source="10.0.%d.%d" % (number // 250, number % 250 + 1))
        for number in range(1000)
    ]  # fmt: skip
    if kind == "requests":
        assert Counter(one.status for one in nginx.ask_many(asked)) == {200: 1000}
        assert Counter(one.status for one in nginx.ask_many(asked)) == {429: 1000}
        return
    held = [nginx.connect(source=one.source) for one in asked]
    for client, request in zip(held, asked, strict=True):
        client.send(Request(request.target + "&hold=1").data)
    assert len(nginx.seen(count=1000)) == 1000
    nginx.go(9001, 1000)
    for client in held:
        client.close()


def test_a_reload_changes_what_is_counted(nginx: Served) -> None:
    """Nginx refuses to reload where a zone gets another key."""
    for limits in (
        of(), of(rate="2/m"), of(key="$http_x_user"), {**of(), "exempt": ["10.0.0.0/8"]}, of(keys=2000),
        {"connections": [1]}, {"connections": [{"most": 1, "key": "all"}]}, of(burst=1),
    ):  # fmt: skip
        nginx.site(site(upstream="app", limits=limits), reload=bool(nginx.workers))
    assert statuses(nginx, 9, source="192.0.2.7") == {200: 2, 429: 7}
