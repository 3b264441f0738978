# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are kept and sent again, on the real Nginx."""

from __future__ import annotations

import contextlib
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inventory import model_of, with_changes
from nginx_served import ONE_APP, Answer, Request, Served
from nginx_sites import BY_PATH_AND_CHOSEN, CHOSEN, SITE

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._nginx.purge import command

Tree = dict[str, Any]
# Told to applications: how long their answer is good. One for a second is soon an old one.
GOOD, SHORT = "header=Cache-Control:max-age=3600", "header=Cache-Control:max-age=1"


@pytest.fixture(autouse=True)
def empty(nginx: Served) -> None:
    """Nothing that a test before this one has kept."""
    nginx.run("sh", "-c", "rm -rf /var/lib/nginx/lvs-cache-*")


def site(*listed: Tree, **others: Any) -> Tree:
    given = {"server_names": ["example.com"], "routes": list(listed), "upstream": "app", "cache": "pages", **others}
    return {SITE: given, "lvs_nginx_caches": {"pages": "10m"}}


def with_cache(**given: Any) -> Tree:
    return site(cache={"zone": "pages", **given})


def status(answer: Answer) -> str | None:
    return answer.header("X-Cache-Status")


def twice(nginx: Served, target: str = "/?" + GOOD, **rest: Any) -> list[str | None]:
    """What the cache did with two requests, one after the other."""
    return [status(nginx.ask(target, **rest)) for _number in range(2)]


def until_old(nginx: Served, target: str, **rest: Any) -> Answer:
    """The first answer that the cache has no longer as a good one."""
    while status(answer := nginx.ask(target, **rest)) == "HIT":
        pass
    return answer


@BY_PATH_AND_CHOSEN
def test_an_answer_is_kept(nginx: Served, condition: Tree) -> None:
    nginx.site(site({"path": "/a", "upstream": "app", **condition}))
    first, second = (nginx.ask("/a?" + GOOD, headers=CHOSEN) for _number in range(2))
    assert (status(first), status(second), first.body) == ("MISS", "HIT", second.body)
    assert len(nginx.seen()) == 1
    assert [one["cache"] for one in nginx.requests(count=2)] == ["MISS", "HIT"]


def test_a_hundred_clients_make_one_request(nginx: Served) -> None:
    nginx.site(with_cache(lock=600))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(nginx.connect()) for _number in range(100)]
        for client in clients:
            client.send(Request("/?hold=1&" + GOOD).data)
        nginx.seen(count=1)
        nginx.go(9001, 100)
        found = Counter(status(client.answer()) for client in clients)
    assert (found["MISS"], found["HIT"], len(nginx.seen())) == (1, 99, 1)


def test_without_a_lock_nobody_waits(nginx: Served) -> None:
    nginx.site(with_cache(lock=0))
    with nginx.connect() as first, nginx.connect() as second:
        for client in (first, second):
            client.send(Request("/?hold=1&" + GOOD).data)
        assert len(nginx.seen(count=2)) == 2
        nginx.go(9001, 2)


def test_a_lock_is_as_long_as_it_says(nginx: Served) -> None:
    """After a short one the second client is with the application as well. In a long one it is not, although another
    answer, which is good for a second, was old so often. Nginx alone has a lock of five seconds."""
    listed: list[Tree] = [{"path": "/short", "cache": {"zone": "pages", "lock": 0.05}}]
    nginx.site(site(*listed, cache={"zone": "pages", "lock": 600}))
    with contextlib.ExitStack() as stack:
        for target in ("/short?hold=1", "/long?hold=1"):
            first, second = (stack.enter_context(nginx.connect()) for _number in range(2))
            first.send(Request(target).data)
            while target not in [one.target for one in nginx.seen()]:
                pass
            second.send(Request(target).data)
        for _number in range(7):
            until_old(nginx, "/other?" + SHORT)
        found = Counter(one.target for one in nginx.seen())
        assert (found["/short?hold=1"], found["/long?hold=1"]) == (2, 1)
        nginx.go(9001, 4)


BROKEN = {
    "die": "die=1", "slow": "hold=1", "header": "header=X-Long:" + "x" * 9000,
    **{str(one): "status=%d" % one for one in (500, 502, 503, 504)},
}  # fmt: skip


@pytest.mark.parametrize("broken", ["down", *BROKEN])
def test_an_old_answer_is_sent_where_the_application_fails(nginx: Served, broken: str) -> None:
    nginx.site({**site(), SITE + ".read_timeout": 0.1})
    target = "/?" + SHORT
    before = nginx.ask(target)
    if broken == "down":
        nginx.down(9001)
    else:
        nginx.tell(9001, BROKEN[broken])
    after = until_old(nginx, target)
    assert (after.status, status(after), after.body) == (200, "STALE", before.body)


def test_nothing_old_is_sent_where_that_is_said(nginx: Served) -> None:
    nginx.site(with_cache(stale=False))
    nginx.ask("/?" + SHORT)
    nginx.down(9001)
    assert until_old(nginx, "/?" + SHORT).status == 502


def test_an_old_answer_is_sent_while_a_new_one_is_fetched(nginx: Served) -> None:
    """One client waits for the new one; the others have the old one, and the application is asked once."""
    nginx.site(site())
    before = nginx.ask("/a?" + SHORT)
    nginx.ask("/b?" + SHORT)
    until_old(nginx, "/b?" + SHORT)  # and so is /a
    nginx.forget()
    nginx.tell(9001, "hold=1")
    with nginx.connect() as first:
        first.send(Request("/a?" + SHORT).data)
        nginx.seen(count=1)
        found = [nginx.ask("/a?" + SHORT) for _number in range(5)]
        assert {(status(one), one.body) for one in found} == {("UPDATING", before.body)}
        assert len(nginx.seen()) == 1
        nginx.go(9001)
        assert status(first.answer()) == "EXPIRED"


def test_nobody_waits_for_what_is_fetched_in_the_background(nginx: Served) -> None:
    nginx.site(with_cache(background=True))
    target = "/?" + SHORT
    before = nginx.ask(target)
    nginx.tell(9001, "hold=1")
    old = until_old(nginx, target)
    assert (status(old), old.body) == ("STALE", before.body)
    assert [status(nginx.ask(target)) for _number in range(3)] == ["UPDATING"] * 3
    assert len(nginx.seen(count=2)) == 2
    nginx.tell(9001, "")
    nginx.go(9001)
    while (answer := nginx.ask(target)).body == before.body:
        pass
    assert answer.status == 200


def test_the_application_is_asked_whether_it_is_still_the_same(nginx: Served) -> None:
    nginx.site(with_cache(stale=False))
    target = "/?header=ETag:%221%22&" + SHORT
    body = nginx.ask(target).body
    nginx.tell(9001, "status=304")
    answer = until_old(nginx, target)
    assert nginx.seen()[-1].header("If-None-Match") == '"1"'
    assert (answer.status, status(answer), answer.body) == (200, "REVALIDATED", body)


@pytest.mark.parametrize("header", ["Set-Cookie:a=b", "Cache-Control:private", "Cache-Control:no-store", "Vary:*"])
def test_what_is_for_one_client_is_not_kept(nginx: Served, header: str) -> None:
    nginx.site(with_cache(valid={200: 3600}))
    assert twice(nginx, "/?header=" + header) == ["MISS", "MISS"]
    assert len(nginx.seen()) == 2


def test_what_says_nothing_is_kept_only_where_that_is_asked_for(nginx: Served) -> None:
    nginx.site(with_cache(valid={404: 3600}))
    assert (twice(nginx, "/a"), twice(nginx, "/a?status=404")) == (["MISS", "MISS"], ["MISS", "HIT"])
    # What the answer says itself counts more.
    assert twice(nginx, "/a?status=404&header=Cache-Control:no-cache") == ["MISS", "MISS"]


def test_a_password_gets_an_answer_of_its_own(nginx: Served) -> None:
    nginx.site(with_cache(valid={200: 3600}))
    for name in ("anna", "bob", "0"):
        answer = nginx.ask("/", headers=[("Authorization", name)])
        assert (answer.seen.header("Authorization"), status(answer)) == (name, "BYPASS")
    # Nobody else gets any of these, and nobody with a password gets that of the others.
    assert nginx.ask("/").seen.header("Authorization") is None
    assert nginx.ask("/", headers=[("Authorization", "anna")]).seen.header("Authorization") == "anna"


def test_a_password_may_be_for_the_same_answer(nginx: Served) -> None:
    nginx.site(with_cache(authorization=True))
    assert status(nginx.ask("/?" + GOOD, headers=[("Authorization", "anna")])) == "MISS"
    assert status(nginx.ask("/?" + GOOD)) == "HIT"


@pytest.mark.parametrize("value", ["1", "0", "a=b"])
def test_requests_may_be_left_out(nginx: Served, value: str) -> None:
    skip = {"headers": ["X-Preview"], "cookies": ["sid", "user_id"], "arguments": ["preview"]}
    nginx.site(with_cache(skip=skip))
    target = "/?" + GOOD
    assert twice(nginx, target) == ["MISS", "HIT"]
    for one in (("X-Preview", value), ("Cookie", "x=y; sid=" + value), ("Cookie", "user_id=%s; x=y" % value)):
        assert twice(nginx, target, headers=[one]) == ["BYPASS", "BYPASS"], one
    assert twice(nginx, target + "&preview=" + value) == ["BYPASS", "BYPASS"]
    assert twice(nginx, target, headers=[("Cookie", "x=y"), ("X-Other", value)]) == ["HIT", "HIT"]


def test_the_sides_of_a_canary_are_never_mixed(nginx: Served) -> None:
    apps = {"lvs_nginx_upstreams.next": {"servers": ["127.0.0.1:9002"]}}
    nginx.site({**site(canary={"upstream": "next", "percent": 0, "headers": {"X-Side": "next"}}), **apps})
    for found in ("MISS", "HIT"):
        for side, port in (("next", 9002), ("", 9001)):
            answer = nginx.ask("/?" + GOOD, headers=[("X-Side", side)])
            assert (answer.app, status(answer)) == (port, found)


def test_clients_keep_their_side_of_a_canary(nginx: Served) -> None:
    """By their share, each gets the answer of its own side, also after a reload that gives the canary all of them."""
    apps = {"lvs_nginx_upstreams.next": {"servers": ["127.0.0.1:9002"]}}
    asked = [Request("/?" + GOOD, source="192.0.2.%d" % number) for number in range(1, 60)]
    canary = {"upstream": "next", "percent": 50, "by": "client"}
    nginx.site({**site(canary=canary), **apps})
    first, second = ([one.app for one in nginx.ask_many(asked)] for _number in range(2))
    assert (first, set(first)) == (second, {9001, 9002})
    nginx.site({**site(canary={**canary, "percent": 100}), **apps}, reload=True)
    assert {one.app for one in nginx.ask_many(asked)} == {9002}
    assert len(nginx.seen()) == 2


def test_routes_never_share_an_answer(nginx: Served) -> None:
    listed: list[Tree] = [
        {"headers": {"X-Kind": "1"}, "request_headers": {"set": {"X-Tenant": "one"}}},
        {"headers": {"X-Kind": "2"}},
    ]
    nginx.site(site(*listed, request_headers={"set": {"X-Tenant": "all"}}))
    for tenant, kind in (("one", "1"), ("all", "2"), ("all", "3")):
        found = [nginx.ask("/?" + GOOD, headers=[("X-Kind", kind)]) for _number in range(2)]
        assert [status(one) for one in found] == ["MISS", "HIT"]
        assert {one.seen.header("X-Tenant") for one in found} == {tenant}
    # A route that comes to its place later has none of it, and the others keep theirs.
    listed.insert(0, {"headers": {"X-Kind": "4"}})
    nginx.site(site(*listed, request_headers={"set": {"X-Tenant": "all"}}), reload=True)
    after = [status(nginx.ask("/?" + GOOD, headers=[("X-Kind", kind)])) for kind in ("4", "1", "2", "3")]
    assert after == ["MISS", "HIT", "HIT", "HIT"]


def test_hosts_ports_and_queries_are_others(nginx: Served) -> None:
    nginx.site({**site(), SITE + ".server_names": ["example.com", "www.example.com"]})
    for host in ("example.com", "www.example.com", "example.com:8080"):
        for target in ("/?", "/a?", "/a?b&", "/A?"):
            found = [nginx.ask(target + GOOD, host=host) for _number in range(2)]
            assert [status(one) for one in found] == ["MISS", "HIT"]
            assert (found[1].seen.header("Host"), found[1].seen.target) == (host, target + GOOD)


def test_behind_a_proxy_schemes_are_others(nginx: Served) -> None:
    nginx.site({**site(), "lvs_trusted_proxies": ["10.0.0.0/8"]})
    for name, value in (("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "a.example"), ("X-Forwarded-Port", "81")):
        assert twice(nginx, source="10.0.0.1", headers=[(name, value)]) == ["MISS", "HIT"], name
    # What somebody else says is not heeded.
    assert twice(nginx) == ["MISS", "HIT"]
    assert twice(nginx, source="192.0.2.1", headers=[("X-Forwarded-Host", "evil.example")]) == ["HIT", "HIT"]


def test_a_key_of_its_own(nginx: Served) -> None:
    nginx.site(with_cache(key="$host $arg_id"))
    assert twice(nginx, "/a?id=1&" + GOOD) == ["MISS", "HIT"]
    assert twice(nginx, "/b?id=1&utm=x&" + GOOD) == ["HIT", "HIT"]
    assert twice(nginx, "/a?id=2&" + GOOD) == ["MISS", "HIT"]


def test_what_an_application_says_of_the_client_is_part_of_the_key(nginx: Served) -> None:
    asked = {"upstream": "auth", "path": "/in", "headers": ["X-User"]}
    nginx.site({**site(auth_request=asked), "lvs_nginx_upstreams.auth": {"servers": ["127.0.0.1:9002"]}})
    for user in ("anna", "bob"):
        nginx.tell(9002, "header=X-User:" + user)
        found = [nginx.ask("/?" + GOOD) for _number in range(2)]
        assert [(status(one), one.seen.header("X-User")) for one in found] == [("MISS", user), ("HIT", user)]
    nginx.tell(9002, "status=401")
    assert nginx.ask("/?" + GOOD).status == 401


def test_forms_of_an_answer_are_told_apart_by_vary(nginx: Served) -> None:
    nginx.site(site())
    target = "/?header=Vary:Accept-Language&" + GOOD
    for language in ("de", "en"):
        found = [nginx.ask(target, headers=[("Accept-Language", language)]) for _number in range(2)]
        assert [status(one) for one in found] == ["MISS", "HIT"]
        assert found[1].seen.header("Accept-Language") == language


def test_one_form_is_kept_and_compressed_for_each_client(nginx: Served) -> None:
    nginx.site(site(compression=True))
    target = "/?size=4000&header=Content-Type:text/css&" + GOOD
    takes = [("Accept-Encoding", "gzip")]
    small, plain, again = (nginx.ask(target, headers=headers) for headers in (takes, [], takes))
    assert [status(one) for one in (small, plain, again)] == ["MISS", "HIT", "HIT"]
    assert plain.body == "x" * 4000
    for one in (small, again):
        assert gzip.decompress(one.body.encode("latin-1")) == b"x" * 4000
    assert nginx.seen()[0].header("Accept-Encoding") is None


def test_an_application_that_compresses_may_do_so(nginx: Served) -> None:
    nginx.site(site(request_headers={"set": {"Accept-Encoding": "$http_accept_encoding"}}))
    nginx.ask("/?" + GOOD, headers=[("Accept-Encoding", "br")])
    assert nginx.seen()[0].header("Accept-Encoding") == "br"


def test_heads_and_ranges_are_of_the_whole(nginx: Served) -> None:
    nginx.site(site())
    head = nginx.ask("/?" + GOOD, method="HEAD")
    assert (status(head), nginx.seen()[0].method) == ("MISS", "GET")
    assert status(nginx.ask("/?" + GOOD)) == "HIT"
    target = "/b?size=100&header=Accept-Ranges:bytes&" + GOOD
    for found in ("MISS", "HIT"):
        answer = nginx.ask(target, headers=[("Range", "bytes=0-9")])
        assert (answer.status, answer.body, status(answer)) == (206, "x" * 10, found)
    assert nginx.seen()[1].header("Range") is None
    assert len(nginx.ask(target).body) == 100


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_reach_the_application(nginx: Served, method: str) -> None:
    nginx.site(with_cache(valid={200: 3600}))
    assert twice(nginx, "/") == ["MISS", "HIT"]
    nginx.ask("/", method=method, body="x")
    assert nginx.seen()[-1].method == method
    assert status(nginx.ask("/")) == "HIT"


def test_a_websocket_goes_through(nginx: Served) -> None:
    nginx.site(with_cache(valid={200: 3600}))
    nginx.ask("/")
    with nginx.connect() as client:
        assert client.upgrade("/").status == 101
        assert client.say("hello") == "hello"


def test_a_rare_one_is_not_kept(nginx: Served) -> None:
    nginx.site(with_cache(min_uses=3))
    assert [*twice(nginx), *twice(nginx)] == ["MISS", "MISS", "MISS", "HIT"]


def test_a_route_has_its_own_or_none(nginx: Served) -> None:
    listed: list[Tree] = [
        {"path": "/off", "cache": {"enabled": False}}, {"path": "/own", "cache": {"zone": "other", "show": False}},
        {"path": "/answer", "answer": 404},
    ]  # fmt: skip
    nginx.site({**site(*listed), "lvs_nginx_caches": {"pages": "10m", "other": {"size": "1g", "inactive": 60}}})
    assert (twice(nginx, "/off?" + GOOD), twice(nginx, "/own?" + GOOD)) == ([None, None], [None, None])
    assert [one.target.partition("?")[0] for one in nginx.seen()] == ["/off", "/off", "/own"]


def test_the_upstream_s_own_header_is_not_in_the_way(nginx: Served) -> None:
    nginx.site(site())
    assert nginx.ask("/?header=X-Cache-Status:HIT&" + GOOD).all("X-Cache-Status") == ["MISS"]


@BY_PATH_AND_CHOSEN
def test_what_is_no_file_is_kept_too(nginx: Served, condition: Tree) -> None:
    route = {"static": "/etc/nginx/www", "upstream": "app", **condition}
    nginx.site(site(route, upstream=None), files={"/etc/nginx/www/a.txt": "file"})
    assert twice(nginx, "/b?" + GOOD, headers=CHOSEN) == ["MISS", "HIT"]
    assert (nginx.ask("/a.txt", headers=CHOSEN).body, twice(nginx, "/a.txt", headers=CHOSEN)) == ("file", [None, None])


@BY_PATH_AND_CHOSEN
def test_headers_and_pages_are_those_of_the_route(nginx: Served, condition: Tree) -> None:
    """They are of the answer to each client, and no part of what is kept."""
    headers = {"set": {"X-Client": "$remote_addr"}, "remove": ["X-Inner"]}
    cors = {"origins": ["https://a.example", "https://b.example"]}
    pages = {404: {"text": "none"}}
    route = {"response_headers": headers, "cors": cors, "error_pages": pages, "intercept_errors": True, **condition}
    nginx.site(site(route))
    target = "/?header=X-Inner:1&header=Access-Control-Allow-Origin:https://c.example&" + GOOD
    for source, origin in (("192.0.2.1", "https://a.example"), ("192.0.2.2", "https://b.example")):
        answer = nginx.ask(target, source=source, headers=[*CHOSEN, ("Origin", origin)])
        assert (answer.header("X-Client"), answer.header("X-Inner")) == (source, None)
        assert answer.header("Access-Control-Allow-Origin") == origin
    assert status(answer) == "HIT"
    for _number in range(2):
        answer = nginx.ask("/none?status=404&" + GOOD, headers=CHOSEN)
        assert (answer.status, answer.body) == (404, "none")
    assert len([one for one in nginx.seen() if one.target.startswith("/none")]) == 1


def test_a_sticky_cookie_is_of_its_client(nginx: Served) -> None:
    apps = {"lvs_nginx_upstreams.app": {"servers": ["127.0.0.1:9001", "127.0.0.1:9002"], "sticky": "sid"}}
    nginx.site({**site(), **apps})
    first, second = (nginx.ask("/?" + GOOD) for _number in range(2))
    assert (status(first), status(second)) == ("MISS", "HIT")
    assert first.header("Set-Cookie") != second.header("Set-Cookie")


@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi"])
def test_other_protocols_have_caches_of_their_own(nginx: Served, protocol: str) -> None:
    nginx.start(9009, protocol)
    other = {"servers": ["127.0.0.1:9009"], "protocol": protocol}
    nginx.site({**site({"path": "/cgi", "upstream": "cgi"}), "lvs_nginx_upstreams.cgi": other})
    for target in ("/cgi", "/"):
        assert twice(nginx, target + "?" + GOOD, headers=[("Accept-Encoding", "br")]) == ["MISS", "HIT"], target
    told = dict(nginx.seen(9009)[0].headers)
    assert "HTTP_ACCEPT_ENCODING" not in told
    nginx.ask("/cgi?a&" + SHORT)
    nginx.down(9009)
    assert until_old(nginx, "/cgi?a&" + SHORT).status == 200


def test_a_cache_is_of_nginx_s_user_and_outlives_it(nginx: Served) -> None:
    nginx.site(site())
    path = "/var/lib/nginx/lvs-cache-proxy-pages"
    assert nginx.run("stat", "-c", "%U %a", path)[1].strip() == "www-data 700"
    assert twice(nginx) == ["MISS", "HIT"]
    nginx.site(site())
    while status(nginx.ask("/?" + GOOD)) != "HIT":
        pass  # it is read after the start
    changed = {"pages": {"size": "20m", "answers": 2000, "inactive": 60}}
    nginx.site({**site(), "lvs_nginx_caches": changed}, reload=True)
    nginx.site({**site(), "lvs_nginx_caches": changed, SITE + ".cache": {"enabled": False}}, reload=True)
    assert nginx.ask("/?" + GOOD).status == 200


def test_all_that_has_a_path_is_fetched_anew(nginx: Served) -> None:
    """By the command of the manual: the key stands in the file of an answer."""
    page = Path(__file__).resolve().parents[2] / "docs/nginx.md"
    (command,) = (line.strip() for line in page.read_text().splitlines() if line.startswith("    grep -rlaZE"))
    nginx.site(site())
    targets = ["/news?%s" % GOOD, "/news?a&" + GOOD, "/newsletter?" + GOOD, "/old/news?" + GOOD, "/?" + GOOD]
    for target in targets:
        nginx.ask(target)
    assert nginx.run("sh", "-c", command) == (0, "")
    assert [status(nginx.ask(target)) for target in targets] == ["MISS", "MISS", "HIT", "HIT", "HIT"]


@pytest.mark.parametrize(
    ("path", "missed", "said"),
    [
        ("/news", [True, True, False, False, False], "2"),
        ("/news*", [True, True, True, False, False], "3"),
        ("/n.ws", [False] * 5, "0"),
        ("/'; touch /x; '", [False] * 5, None),
        ("", [True] * 5, "5"),
    ],
)
def test_a_path_is_purged(nginx: Served, path: str, missed: list[bool], said: str | None) -> None:
    """By the command that purge.yml runs on each node."""
    nginx.site(site())
    targets = ["/news?%s" % GOOD, "/news?a&" + GOOD, "/newsletter?" + GOOD, "/old/news?" + GOOD, "/?" + GOOD]
    for target in targets:
        nginx.ask(target)
    mine = model_of(with_changes({**ONE_APP, **site()}))["hosts"]["web1"]["nginx"]
    if said is None:
        with pytest.raises(LvsError, match="must be as clients send it"):
            command(mine, "www", path)
        return
    status_of, words = nginx.run("sh", "-c", command(mine, "www", path))
    assert (status_of, words.strip()) == (0, said)
    assert [status(nginx.ask(target)) for target in targets] == ["MISS" if one else "HIT" for one in missed]


def test_what_is_deleted_is_fetched_anew(nginx: Served) -> None:
    nginx.site(site())
    assert twice(nginx) == ["MISS", "HIT"]
    assert nginx.run("find", "/var/lib/nginx/lvs-cache-proxy-pages", "-type", "f", "-delete") == (0, "")
    assert twice(nginx) == ["MISS", "HIT"]
    assert len(nginx.seen()) == 2
