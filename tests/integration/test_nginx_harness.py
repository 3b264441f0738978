# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixture `nginx` itself: what its applications, its clients and its Nginx do is what a test is told."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from pathlib import Path

import pytest
from inventory import V6_TOO
from nginx_served import Refused, Request, Served

TWO_APPS = {"lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001", "127.0.0.1:9002"]}
BOTH_FAMILIES = {**V6_TOO, "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"]}
PLAIN = """
error_log /var/log/nginx/error.log;
events {}
http {
    access_log off;
    server {
        listen 80;
        location / { proxy_pass http://127.0.0.1:9010; }
        location /dead { proxy_pass http://127.0.0.1:9011; }
        location /lost { proxy_connect_timeout 1ms; proxy_pass http://198.18.0.9; }
        location /events { proxy_buffering off; proxy_pass http://127.0.0.1:9001; }
        location /here { return 200 here; }
    }
}
"""


def serve(nginx: Served, text: str = PLAIN) -> None:
    nginx.serve({"/etc/nginx/nginx.conf": text})


def test_the_version_is_the_one_that_is_named(nginx: Served) -> None:
    assert "nginx/" + nginx.version in nginx.run("nginx", "-v")[1]


def test_a_request_arrives_with_its_headers_in_order_and_with_repeats(nginx: Served) -> None:
    nginx.site()
    answer = nginx.ask("/a?b=c", method="POST", headers=[("X-B", "1"), ("X-A", "2"), ("X-B", "3")], body="hello")
    seen = answer.seen
    assert (answer.status, answer.app, seen.method, seen.target, seen.body) == (200, 9001, "POST", "/a?b=c", "hello")
    assert [pair for pair in seen.headers if pair[0] in ("X-A", "X-B")] == [("X-B", "1"), ("X-A", "2"), ("X-B", "3")]
    assert nginx.seen() == [seen]


@pytest.mark.parametrize("source", ["192.0.2.7", "10.1.2.3", "198.51.100.9", "2001:db8:7::9"])
def test_clients_come_from_the_addresses_that_they_name(nginx: Served, source: str) -> None:
    nginx.site(BOTH_FAMILIES)
    assert nginx.ask(source=source).seen.header("X-Real-IP") == source


def test_an_application_is_told_what_to_answer(nginx: Served) -> None:
    nginx.site()
    answer = nginx.ask("/?status=503&header=X-One:1&header=X-One:2&body=busy")
    assert (answer.status, answer.all("x-one"), answer.body) == (503, ["1", "2"], "busy")
    assert nginx.ask(headers=[("X-Do", "status=404")]).status == 404
    nginx.tell(9001, "status=500")
    assert nginx.ask().status == 500
    assert nginx.ask("/?size=100000").body == 100000 * "x"


def test_an_application_that_is_down_is_not_asked(nginx: Served) -> None:
    nginx.site(TWO_APPS)
    nginx.down(9001)
    assert {nginx.ask().app for _time in range(4)} == {9002}
    nginx.down(9002)
    assert nginx.ask().status == 502
    assert {one.app for one in nginx.seen()} == {9002}


def test_every_application_that_dies_over_a_request_has_seen_it(nginx: Served) -> None:
    nginx.site(TWO_APPS)
    assert nginx.ask("/?die=1").status == 502
    assert sorted(one.app for one in nginx.seen(count=2)) == [9001, 9002]


def test_an_answer_that_is_cut_is_told(nginx: Served) -> None:
    nginx.site()
    answer = nginx.ask("/?die=half&body=0123456789")
    assert (answer.status, answer.error, answer.body, answer.kept) == (200, "cut", "01234", False)


def test_a_server_that_is_not_there_and_one_that_says_nothing(nginx: Served) -> None:
    serve(nginx)
    assert [nginx.ask(path).status for path in ("/dead", "/lost")] == [502, 504]
    assert nginx.seen() == []


def test_the_recorder_has_the_bytes(nginx: Served) -> None:
    serve(nginx)
    assert nginx.ask("/x", headers=[("X-A", "1")]).status == 200
    (seen,) = nginx.seen(9010)
    assert seen.bytes.startswith("GET /x HTTP/1.0\r\nHost: 127.0.0.1:9010\r\n")
    assert "\r\nX-A: 1\r\n" in seen.bytes


def test_a_request_that_is_malformed_reaches_no_application(nginx: Served) -> None:
    nginx.site()
    answer = nginx.ask(raw="GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
    assert (answer.status, answer.kept, nginx.seen()) == (400, False, [])


def test_a_connection_is_kept(nginx: Served) -> None:
    nginx.site()
    with nginx.connect(source="192.0.2.1") as client:
        answers = [client.ask("/%d" % number) for number in range(3)]
        assert [one.kept for one in answers] == [True, True, True]
        assert client.ask(headers=[("Connection", "close")]).kept is False
        assert client.read() == ""
    assert {one.connection for one in nginx.seen()} == {1}


def test_requests_in_one_piece_are_answered_one_by_one(nginx: Served) -> None:
    nginx.site()
    with nginx.connect() as client:
        client.send(Request("/1").data + Request("/2").data)
        assert [client.answer().seen.target for _time in range(2)] == ["/1", "/2"]


def test_no_answer_is_told_with_its_reason(nginx: Served) -> None:
    assert (nginx.ask().status, nginx.ask().error) == (0, "refused")
    nginx.site({"lvs_nginx_sites.www.default": False})
    assert (nginx.ask(host="other.example").status, nginx.ask(host="other.example").error) == (0, "closed")


def test_a_websocket_goes_through(nginx: Served) -> None:
    nginx.site()
    with nginx.connect() as client:
        assert client.upgrade("/chat").status == 101
        assert [client.say("one"), client.say(300 * "two")] == ["one", 300 * "two"]


def test_events_come_one_after_another(nginx: Served) -> None:
    serve(nginx)
    with nginx.connect() as client:
        client.send(Request("/events?sse=2&hold=1").data)
        for number in (1, 2):
            nginx.go(9001)
            assert "data: %d\n" % number in client.read("\n\n")


def test_a_request_is_held_over_a_reload(nginx: Served) -> None:
    nginx.site()
    before = nginx.workers
    with nginx.connect() as client:
        client.send(Request("/?hold=1").data)
        nginx.seen(count=1)
        nginx.site(TWO_APPS, reload=True)
        nginx.go(9001)
        assert client.answer().app == 9001
    assert not set(before) & set(nginx.workers)
    assert {nginx.ask().app for _time in range(4)} == {9001, 9002}


def test_files_that_nginx_refuses_are_told_and_the_old_ones_go_on(nginx: Served) -> None:
    serve(nginx)
    with pytest.raises(Refused, match='unknown directive "bogus"'):
        serve(nginx, "bogus;")
    assert nginx.ask("/here").body == "here"


def test_a_reload_that_fails_is_told(nginx: Served) -> None:
    serve(nginx)
    with pytest.raises(Refused, match="bind"):
        nginx.serve({"/etc/nginx/nginx.conf": PLAIN.replace("80;", "80; listen 9001;")}, reload=True)


def test_files_of_the_call_before_are_gone(nginx: Served) -> None:
    before = nginx.run("cat", "/etc/nginx/nginx.conf")
    nginx.site(files={"/etc/nginx/conf.d/more.conf": "# more\n"})
    assert nginx.run("test", "-e", "/etc/nginx/conf.d/more.conf")[0] == 0
    serve(nginx)
    assert nginx.run("test", "-e", "/etc/nginx/conf.d/more.conf")[0] == 1
    nginx.fresh()
    assert nginx.run("cat", "/etc/nginx/nginx.conf") == before


def test_the_log_has_the_requests_since_the_start(nginx: Served) -> None:
    for target in ("/1", "/2"):
        nginx.site()
        nginx.ask(target)
        assert [one["request"] for one in nginx.requests(count=1)] == ["GET %s HTTP/1.1" % target]


def test_many_requests_are_answered_in_their_order(nginx: Served) -> None:
    nginx.site(TWO_APPS)
    requests = [Request("/%d" % number, source="192.0.2.%d" % (number % 5 + 1)) for number in range(1000)]
    seen = [answer.seen for answer in nginx.ask_many(requests)]
    assert [(one.target, one.header("X-Real-IP")) for one in seen] == [(one.target, one.source) for one in requests]
    assert Counter(one.app for one in seen) == {9001: 500, 9002: 500}
    assert len(nginx.seen()) == 1000


def test_nothing_is_left_at_the_end(nginx: Served) -> None:
    """Its processes end, and with the last one its namespaces."""
    with Served(nginx.tree, nginx.version) as other:
        other.site()
        apart = other.host("readlink", "/proc/self/ns/pid").strip()
        assert apart in _process_namespaces()
    assert apart not in _process_namespaces()


def _process_namespaces() -> set[str]:
    """Of all processes of this machine."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/ns/pid"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(place))
    return found
