# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers that tell browsers what a page may not do, and clients that are too slow, on the real Nginx."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Answer, Request, Served
from nginx_sites import BY_PATH_AND_CHOSEN, CHOSEN, site

Tree = dict[str, Any]
BASIC = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def told(answer: Answer) -> dict[str, str]:
    """The headers of both profiles that an answer has; each stands once."""
    found = {name: answer.header(name) for name in STRICT}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(("profile", "wanted"), [("basic", BASIC), ("strict", STRICT), ("none", {})])
@BY_PATH_AND_CHOSEN
def test_all_that_a_client_gets_has_them(nginx: Served, condition: Tree, profile: str, wanted: dict[str, str]) -> None:
    files = {"/etc/nginx/www/a.txt": "a"}
    listed: list[Tree] = [
        {"path": "/api", "upstream": "app"}, {"path": "/answer", "answer": {"body": "a"}},
        {"path": "/redirect", "redirect": "https://a.example"}, {"path": "/static", "static": "/etc/nginx/www"},
        {"path": "/asked", "answer": {"body": "a"}, "auth_request": {"upstream": "app"}},
        {"path": "/error", "upstream": "app", "error_pages": {404: {"text": "none"}}, "intercept_errors": True},
        {"path": "/both", "static": "/etc/nginx/www", "upstream": "app", "rewrite": {"strip": True}},
    ]  # fmt: skip
    nginx.site(site(*({**one, **condition} for one in listed), security_headers=profile), files=files)
    asked = {
        "/api": 200, "/api?status=500": 500, "/answer": 200, "/redirect": 301, "/static/none": 404, "/asked": 200,
        "/error?status=404": 404, "/both/a.txt": 200, "/both/b": 200,
    }  # fmt: skip
    for target, status in asked.items():
        answer = nginx.ask(target, headers=CHOSEN)
        assert (answer.status, told(answer)) == (status, wanted), target


def test_the_application_knows_its_pages_better(nginx: Served) -> None:
    nginx.site(site(upstream="app", security_headers="strict"))
    answer = nginx.ask("/?header=X-Frame-Options:SAMEORIGIN&header=Content-Security-Policy:default-src%20*")
    assert told(answer) == {**STRICT, "X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": "default-src *"}
    assert told(nginx.ask("/")) == STRICT


def test_so_it_does_where_its_answer_is_kept(nginx: Served) -> None:
    nginx.run("sh", "-c", "rm -rf /var/lib/nginx/lvs-cache-*")
    changes = site(upstream="app", security_headers="basic", cache={"zone": "pages", "valid": {200: 3600}})
    nginx.site({**changes, "lvs_nginx_caches": {"pages": "10m"}})
    for target, wanted in (("/?header=X-Frame-Options:DENY", {**BASIC, "X-Frame-Options": "DENY"}), ("/", BASIC)):
        for status in ("MISS", "HIT"):
            answer = nginx.ask(target)
            assert (answer.header("X-Cache-Status"), told(answer)) == (status, wanted)


def test_what_the_operator_says_counts_most(nginx: Served) -> None:
    headers = {"set": {"x-frame-options": "DENY"}, "remove": ["Referrer-Policy"], "add": {"X-Part": "all"}}
    nginx.site(site(upstream="app", security_headers="basic", response_headers=headers))
    answer = nginx.ask("/?header=X-Frame-Options:SAMEORIGIN&header=Referrer-Policy:no-referrer")
    assert told(answer) == {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
    assert answer.header("X-Part") == "all"


def test_they_stand_beside_all_other_headers(nginx: Served) -> None:
    """Nginx has either those of a block or those of the block around it."""
    apps = {"lvs_nginx_upstreams.app": {"servers": ["127.0.0.1:9001", "127.0.0.1:9002"], "sticky": "sid"}}
    others = {"cors": {"origins": ["*"]}, "cache": "pages", "compression": True}
    changes = site(upstream="app", security_headers="basic", **others)
    nginx.site({**changes, **apps, "lvs_nginx_caches": {"pages": "10m"}}, nginx_node_header="X-Node")
    answer = nginx.ask()
    assert told(answer) == BASIC
    for name in ("Access-Control-Allow-Origin", "Set-Cookie", "X-Cache-Status", "X-Node"):
        assert answer.header(name), name


def test_a_route_has_its_own(nginx: Served) -> None:
    listed = [{"path": "/off", "security_headers": "none"}, {"path": "/strict", "security_headers": "strict"}]
    nginx.site(site(*listed, upstream="app", security_headers="basic"))
    assert [told(nginx.ask(path)) for path in ("/off", "/strict", "/")] == [{}, STRICT, BASIC]


# --- clients that are too slow


def test_a_request_has_to_come_in_time(nginx: Served) -> None:
    nginx.site(nginx_client_timeout=1)
    with nginx.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: example.com\r\nX-Sl")
        assert client.read() == ""
    assert nginx.requests(count=1)[0]["status"] == "408"


def test_a_body_has_to_go_on(nginx: Served) -> None:
    nginx.site(nginx_client_timeout=1)
    with nginx.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n\r\nhel")
        assert client.read() == ""
    assert (nginx.requests(count=1)[0]["status"], nginx.seen()) == ("408", [])


def test_an_answer_has_to_be_taken(nginx: Served) -> None:
    """Of a client that takes nothing the connection ends before the answer does."""
    nginx.site(nginx_client_timeout=1)
    with nginx.connect() as client:
        client.send(Request("/?size=30000000").data)
        assert int(nginx.requests(count=1)[0]["bytes"]) < 30_000_000
