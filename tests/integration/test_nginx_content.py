# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the node, and what a client gets in place of an answer, on the real Nginx."""

from __future__ import annotations

from typing import Any

from nginx_served import Request, Served
from nginx_sites import BY_PATH_AND_CHOSEN, CHOSEN, site

Tree = dict[str, Any]
CONDITION = {"headers": {"X-Kind": "1"}}
ROOT = "/etc/nginx/www"
# What stands in each file is its name.
NAMES = [
    "index.html", "about.html", "a.txt", "docs/index.html", "docs/a.txt", "empty/a.txt", ".env", "docs/.git/config",
    ".well-known/token", ".well-known/.hidden",
]  # fmt: skip
FILES = {"%s/%s" % (ROOT, name): name for name in NAMES} | {"/etc/nginx/secret": "secret"}


def files(nginx: Served, *listed: Tree, **others: Any) -> None:
    """Serve a site with files on the node."""
    nginx.site(site(*listed, **others), files=FILES)


@BY_PATH_AND_CHOSEN
def test_files_are_served_below_their_folder(nginx: Served, condition: Tree) -> None:
    files(nginx, {"static": {"root": ROOT, "extensions": ["html"]}, **condition})
    asked = {"/": "index.html", "/a.txt?b=c": "a.txt", "/about": "about.html", "/docs/": "docs/index.html",
             "/docs/../a.txt": "a.txt", "/%61.txt": "a.txt", "/.well-known/token": ".well-known/token"}  # fmt: skip
    for target, name in asked.items():
        answer = nginx.ask(target, headers=CHOSEN)
        assert (answer.status, answer.body) == (200, name), target
        assert answer.header("Content-Type") == {"html": "text/html", "txt": "text/plain"}.get(
            name.rpartition(".")[2], "application/octet-stream"
        )


@BY_PATH_AND_CHOSEN
def test_what_is_not_below_the_folder_or_hidden_is_not_there(nginx: Served, condition: Tree) -> None:
    files(nginx, {"static": ROOT, **condition})
    nginx.run("ln", "-s", "/etc/nginx/secret", ROOT + "/link")
    nginx.run("ln", "-s", "/etc/nginx", ROOT + "/up")
    for target in (
        "/none", "/empty/", "/about", "/index", "/.env", "/docs/.git/config", "/docs/%2egit/config",
        "/docs//.git/config", "/.well-known/.hidden", "/link", "/up/secret", "/up", "/x%0A/.git/config",
        "/a.txt/", "/docs/none",
    ):  # fmt: skip
        assert nginx.ask(target, headers=CHOSEN).status == 404, target
    for target in ("/../secret", "/..%2fsecret", "/%2e%2e/secret", "/docs/../../secret", "/docs/..%2f..%2fsecret"):
        assert nginx.ask(target, headers=CHOSEN).status == 400, target
    nginx.run("rm", ROOT + "/link", ROOT + "/up")


def test_a_file_whose_type_nobody_knows_is_no_page(nginx: Served) -> None:
    """What nobody knows is saved and not shown, so that it is no page with scripts."""
    more = {"%s/a.css" % ROOT: "a", "%s/a.none" % ROOT: "<script>"}
    nginx.site(site({"static": ROOT}), files={**FILES, **more})
    found = {path: nginx.ask(path).header("Content-Type") for path in ("/a.css", "/a.none", "/lvs-health")}
    assert found == {"/a.css": "text/css", "/a.none": "application/octet-stream", "/lvs-health": "text/plain"}


def test_links_are_followed_where_that_is_asked_for(nginx: Served) -> None:
    files(nginx, {"static": {"root": ROOT, "symlinks": True}})
    nginx.run("ln", "-s", "/etc/nginx/secret", ROOT + "/link")
    assert nginx.ask("/link").body == "secret"
    nginx.run("rm", ROOT + "/link")


@BY_PATH_AND_CHOSEN
def test_a_folder_gets_its_slash_under_the_name_and_port_of_the_client(nginx: Served, condition: Tree) -> None:
    route = {"path": "/app", "static": ROOT, "rewrite": {"strip": True}, **condition}
    files(nginx, route, {"static": ROOT, **condition})
    for asked, told in (("/app/docs?a=b", "/app/docs/?a=b"), ("/docs", "/docs/"), ("//docs", "//docs/")):
        answer = nginx.ask(asked, host="example.com:8080", headers=CHOSEN)
        assert (answer.status, answer.header("Location")) == (301, "http://example.com:8080" + told)
    assert nginx.ask("/app/docs/", headers=CHOSEN).body == "docs/index.html"
    assert nginx.ask("/app", headers=CHOSEN).body == "index.html"


@BY_PATH_AND_CHOSEN
def test_an_application_of_one_page_has_it_at_every_path(nginx: Served, condition: Tree) -> None:
    static = {"root": ROOT, "fallback": "/index.html", "cache_control": "public, max-age=60"}
    files(nginx, {"static": static, **condition})
    page, asset = nginx.ask("/users/7", headers=CHOSEN), nginx.ask("/a.txt", headers=CHOSEN)
    assert (page.status, page.body, page.header("Cache-Control")) == (200, "index.html", None)
    assert (asset.status, asset.body, asset.header("Cache-Control")) == (200, "a.txt", "public, max-age=60")
    assert page.header("Content-Type") == "text/html"


@BY_PATH_AND_CHOSEN
def test_an_application_gets_what_is_no_file(nginx: Served, condition: Tree) -> None:
    files(nginx, {"static": {"root": ROOT, "index": []}, "upstream": "app", **condition})
    assert nginx.ask("/a.txt", headers=CHOSEN).body == "a.txt"
    answer = nginx.ask("/api/x?y=z", method="POST", body="hello", headers=CHOSEN)
    assert (answer.seen.target, answer.seen.method, answer.seen.body) == ("/api/x?y=z", "POST", "hello")
    assert nginx.ask("/", headers=CHOSEN).seen.target == "/"


def test_an_application_may_name_a_file_for_its_answer(nginx: Served) -> None:
    files(nginx, {"path": "/docs", "static": ROOT}, {"static": {"root": ROOT}, "upstream": "app"})
    assert nginx.ask("/api?header=X-Accel-Redirect:/docs/").body == "docs/index.html"


def test_the_files_of_a_site_are_those_of_its_routes(nginx: Served) -> None:
    changed = {"path": "/docs", "response_headers": {"set": {"X-Part": "docs"}}}
    files(nginx, changed, {"path": "/api", "upstream": "app"}, static=ROOT)
    answer = nginx.ask("/docs/a.txt")
    assert (answer.body, answer.header("X-Part"), nginx.ask("/").body) == ("docs/a.txt", "docs", "index.html")
    assert nginx.ask("/api/x").seen.target == "/api/x"


PAGES = {404: {"text": "<p>$status: none</p>"}, "502": "/etc/nginx/www/errors/502.html", "503": "/etc/nginx/none.html"}
ERRORS = {"/etc/nginx/www/errors/502.html": "busy"}


@BY_PATH_AND_CHOSEN
def test_an_error_has_a_page_and_keeps_its_status(nginx: Served, condition: Tree) -> None:
    headers = {"set": {"X-Part": "all"}}
    listed = [{"path": "/api", "upstream": "app", **condition}, {"static": ROOT, **condition}]
    nginx.site(site(*listed, error_pages=PAGES, response_headers=headers), files={**FILES, **ERRORS})
    found = nginx.ask("/none?a=b", headers=CHOSEN, method="POST", body="x")
    assert (found.status, found.body, found.header("Content-Type")) == (404, "<p>404: none</p>", "text/html")
    assert found.header("X-Part") == "all"
    # An error of the application is its own.
    assert nginx.ask("/api/?status=404&body=mine", headers=CHOSEN).body == "mine"
    nginx.down(9001)
    for method in ("GET", "POST"):
        answer = nginx.ask("/api/", headers=CHOSEN, method=method)
        assert (answer.status, answer.body, answer.header("X-Part")) == (502, "busy", "all")
    assert nginx.ask("//lvs/route-0/502", headers=CHOSEN).status == 404


@BY_PATH_AND_CHOSEN
def test_errors_of_the_application_may_have_pages_as_well(nginx: Served, condition: Tree) -> None:
    route = {"upstream": "app", "error_pages": PAGES, "intercept_errors": True, **condition}
    nginx.site(site(route), files=ERRORS)
    for status, body in ((404, "<p>404: none</p>"), (502, "busy"), (500, "mine"), (200, "mine")):
        answer = nginx.ask("/?body=mine&status=%d" % status, headers=CHOSEN)
        assert (answer.status, answer.body) == (status, body)
    # A page whose file is not there takes nothing of the status away.
    assert nginx.ask("/?status=503", headers=CHOSEN).status == 503


def test_what_no_route_takes_has_the_page_of_its_site(nginx: Served) -> None:
    nginx.site(site({"path": "/api", "upstream": "app"}, error_pages=PAGES))
    assert (nginx.ask("/x").status, nginx.ask("/x").body) == (404, "<p>404: none</p>")


@BY_PATH_AND_CHOSEN
def test_events_come_one_after_another(nginx: Served, condition: Tree) -> None:
    nginx.site(site({"upstream": "app", "buffering": False, **condition}))
    with nginx.connect() as client:
        client.send(Request("/events?sse=3&hold=1", headers=CHOSEN).data)
        for number in (1, 2, 3):
            nginx.go(9001)
            assert "data: %d\n" % number in client.read("\n\n")


def test_an_answer_without_a_length_comes_piece_by_piece(nginx: Served) -> None:
    nginx.start(9002, "raw", answer="HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
    changes = site({"path": "/events", "upstream": "app", "buffering": False})
    nginx.site({**changes, "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9002"]})
    with nginx.connect() as client:
        client.send(Request("/events").data)
        client.read("data: 1\n")


@BY_PATH_AND_CHOSEN
def test_a_body_reaches_the_application_before_it_has_an_end(nginx: Served, condition: Tree) -> None:
    nginx.start(9003, "raw")
    route = {"upstream": "app", "request_buffering": False, **condition}
    nginx.site({**site(route), "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9003"]})
    with nginx.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: example.com\r\nX-Kind: 1\r\nContent-Length: 10\r\n\r\nhello")
        assert client.answer().status == 200
    assert nginx.seen(9003)[0].bytes.partition("\r\n\r\n")[2] in ("", "hello")


def test_a_websocket_lives_across_a_reload(nginx: Served) -> None:
    nginx.site()
    with nginx.connect() as client:
        assert client.upgrade("/chat").status == 101
        assert client.say("before") == "before"
        nginx.site({"lvs_nginx_sites.www.max_body": "1k"}, reload=True)
        assert client.say("after") == "after"


def test_a_route_has_a_time_limit_of_its_own(nginx: Served) -> None:
    nginx.site(site({"path": "/short", "read_timeout": 0.1}, upstream="app"))
    assert nginx.ask("/short?hold=1").status == 504
    with nginx.connect() as client:
        client.send(Request("/long?hold=1").data)
        nginx.seen(9001, count=2)
        nginx.go(9001, 2)
        assert client.answer().status == 200


def test_an_application_that_takes_nothing_is_given_up(nginx: Served) -> None:
    """One request waits for the usual time, and another one that comes later is over before."""
    nginx.start(9002, "deaf")
    changes = site({"path": "/short", "send_timeout": 0.2}, upstream="app")
    changes["lvs_nginx_upstreams.app.servers"] = ["127.0.0.1:9002"]
    nginx.site(changes, nginx_client_max_body_size="64m")
    body = "x" * 12_000_000
    with nginx.connect() as client:
        client.send(Request("/long", "POST", body=body).data)
        nginx.seen(count=1)
        assert nginx.ask("/short", method="POST", body=body).status == 504
        assert [one["request"] for one in nginx.requests(count=1)] == ["POST /short HTTP/1.1"]
