# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come, and what pages of other origins may do, on the real Nginx."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from nginx_served import Answer, Served
from nginx_sites import BY_PATH_AND_CHOSEN, CHOSEN, site

from ansible_collections.vipstack.lvs.plugins.filter.render import nginx_user_files
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.listed import ListFile

Tree = dict[str, Any]
# What a route does with a request that is let in, and what the client then has.
ACTIONS = pytest.mark.parametrize(
    ("action", "status"),
    [({"upstream": "app"}, 200), ({"answer": {"body": "in"}}, 200), ({"redirect": "https://a.example"}, 301),
     ({"static": "/etc/nginx/www"}, 200)],
    ids=["upstream", "answer", "redirect", "static"],
)  # fmt: skip
FILES = {"/etc/nginx/www/index.html": "in"}
# All of the password pw.
HASHES = {
    "apr1": "$apr1$abcdefgh$5VEbMkemELfbhC5ck.U.z1",
    "sha256": "$5$abcdefgh$ijtOJ//yvc/9bq1g0llFn9dB688BwBDRD90DlKKSKE1",
    "sha512": "$6$abcdefgh$KQeXafAQAaOoKTevphVU215RvJdgzyfASRasIOuh12hO8u0r1bGW92ZnTmC9IjsiQ8VPiTXBiZF49dFL1U4wX/",
    "bcrypt": "$2b$04$abcdefghijklmnopqrstuuyvPXIbu7xe6/CED2DzX8z6Si09MlzlW",
    "yescrypt": "$y$j75$abcdefgh$ucNXpbrNU2P3.RvS.JhIZXR6f2/HEKzl78QXiIdPQ76",
}
USERS = {"lvs_nginx_users": {"team": HASHES, "none": {}}}
AUTH = {"lvs_nginx_upstreams.auth.servers": ["127.0.0.1:9002"], "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001"]}


def named(user: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


@ACTIONS
@BY_PATH_AND_CHOSEN
def test_networks_are_let_in_or_not(nginx: Served, condition: Tree, action: Tree, status: int) -> None:
    route = {"allow": ["192.0.2.0/24", "198.51.100.1"], "deny": ["192.0.2.0/28"], **action, **condition}
    nginx.site(site(route), files=FILES)
    asked = {"192.0.2.100": status, "198.51.100.1": status, "192.0.2.1": 403, "203.0.113.1": 403}
    assert {one: nginx.ask(source=one, headers=CHOSEN).status for one in asked} == asked


def test_a_route_has_its_own_networks_and_health_is_for_all(nginx: Served) -> None:
    nginx.site(site({"path": "/open", "deny": []}, {"path": "/shut", "allow": ["10.0.0.0/8"]}, upstream="app",
                    deny=["192.0.2.0/24"]))  # fmt: skip
    statuses = {path: nginx.ask(path, source="192.0.2.1").status for path in ("/", "/open", "/shut", "/lvs-health")}
    assert statuses == {"/": 403, "/open": 200, "/shut": 403, "/lvs-health": 200}
    assert [nginx.ask(path, source="10.0.0.1").status for path in ("/", "/shut")] == [200, 200]


def test_networks_of_a_file_are_let_in(nginx: Served) -> None:
    lines = ["# offices", *("10.%d.%d.0/24" % (one // 256, one % 256) for one in range(5000)), "192.0.2.0/24 # guests"]
    nginx.site(site(upstream="app", allow=[ListFile("offices.txt", "\n".join(lines)), "203.0.113.7"]))
    asked = {"10.0.0.1": 200, "10.19.135.9": 200, "10.19.136.9": 403, "192.0.2.9": 200, "203.0.113.7": 200,
             "203.0.113.8": 403}  # fmt: skip
    assert {one: nginx.ask(source=one).status for one in asked} == asked


@ACTIONS
@BY_PATH_AND_CHOSEN
def test_a_password_is_asked_for(nginx: Served, condition: Tree, action: Tree, status: int) -> None:
    nginx.site(
        {**USERS, **site({"basic_auth": {"users": "team", "realm": "Team only"}, **action, **condition})}, files=FILES
    )
    for headers in ([], [named("apr1", "no")], [named("nobody", "pw")]):
        answer = nginx.ask(headers=CHOSEN + headers)
        assert (answer.status, answer.header("WWW-Authenticate")) == (401, 'Basic realm="Team only"')
    for user in HASHES:
        assert nginx.ask(headers=[*CHOSEN, named(user, "pw")]).status == status, user


def test_a_route_may_be_open_where_its_site_is_not(nginx: Served) -> None:
    nginx.site(
        {**USERS, **site({"path": "/open", "basic_auth": {"enabled": False}}, upstream="app", basic_auth="team")}
    )
    assert [nginx.ask(path).status for path in ("/", "/open", "/lvs-health")] == [401, 200, 200]


def test_files_of_users_are_for_the_group_of_nginx() -> None:
    (made,) = nginx_user_files(USERS["lvs_nginx_users"], ["team"], "www-data")
    assert (made["path"], made["mode"], made["group"]) == ("lvs-users/team", "0640", "www-data")


@ACTIONS
@BY_PATH_AND_CHOSEN
def test_an_application_is_asked_who_may_come(nginx: Served, condition: Tree, action: Tree, status: int) -> None:
    nginx.site(
        {**AUTH, **site({"auth_request": {"upstream": "auth", "path": "/check"}, **action, **condition})}, files=FILES
    )
    wanted = {200: status, 204: status, 401: 401, 403: 403, 404: 500, 500: 500, 503: 500}
    for said, seen in wanted.items():
        nginx.tell(9002, "status=%d&header=WWW-Authenticate:Bearer" % said)
        answer = nginx.ask("/?b=c", headers=CHOSEN)
        assert (answer.status, answer.header("WWW-Authenticate")) == (seen, "Bearer" if seen == 401 else None), said
    nginx.down(9002)
    assert nginx.ask(headers=CHOSEN).status == 500


def test_what_is_asked_and_what_the_upstream_is_told(nginx: Served) -> None:
    question = {"upstream": "auth", "path": "/check", "headers": ["X-User", "X-Group"]}
    nginx.site({**AUTH, **site({"auth_request": question, "upstream": "app"})})
    nginx.tell(9002, "header=X-User:bob&header=X-Other:1")
    sent = [("X-User", "root"), ("x-group", "wheel"), ("X-Other", "2"), ("Cookie", "a=b")]
    answer = nginx.ask("/a?b=c", method="PUT", body="hello", headers=sent, source="192.0.2.1")
    told, (asked,) = answer.seen, nginx.seen(9002)
    assert (told.target, told.body, told.all("X-User"), told.all("X-Group")) == ("/a?b=c", "hello", ["bob"], [])
    assert (told.header("X-Other"), answer.header("X-User")) == ("2", None)
    assert (asked.method, asked.target, asked.length, asked.all("Content-Length")) == ("GET", "/check", 0, [])
    assert (asked.header("X-Original-URI"), asked.header("X-Original-Method")) == ("/a?b=c", "PUT")
    assert (asked.header("X-Real-IP"), asked.header("Cookie"), asked.all("X-User")) == ("192.0.2.1", "a=b", [])
    nginx.forget()
    chunked = "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert nginx.ask(raw=chunked).seen.body == "hello"
    (asked,) = nginx.seen(9002)
    assert (asked.length, asked.all("Content-Length"), asked.all("Transfer-Encoding")) == (0, [], [])
    assert [nginx.ask(path).seen.target for path in ("//lvs/route-0/auth", "/lvs/route-0/auth")] == [
        "//lvs/route-0/auth", "/lvs/route-0/auth"
    ]  # fmt: skip


CORS = {
    "origins": ["https://a.example", "~https://[a-z]+\\.b\\.example"], "methods": ["GET", "PUT"],
    "headers": ["X-A", "X-B"], "expose": ["X-C"], "credentials": True, "max_age": 60,
}  # fmt: skip


# What an application says of it.
ITS_OWN = "&".join(
    "header=Access-Control-%s:x" % name
    for name in ("Allow-Origin", "Allow-Credentials", "Expose-Headers", "Allow-Methods", "Allow-Headers", "Max-Age")
)


def allowed(answer: Answer) -> dict[str, str]:
    front = "Access-Control-"
    found = [(name.removeprefix(front), value) for name, value in answer.headers if name.startswith(front)]
    assert len(found) == len(dict(found)), found
    return dict(found)


@BY_PATH_AND_CHOSEN
@pytest.mark.parametrize("origin", ["https://a.example", "https://x.b.example"])
def test_a_page_of_a_known_origin_may_use_it(nginx: Served, condition: Tree, origin: str) -> None:
    nginx.site(site({"cors": CORS, "upstream": "app", **condition}))
    for do in ("status=200", "status=503"):
        answer = nginx.ask("/?%s&%s" % (ITS_OWN, do), headers=[*CHOSEN, ("Origin", origin)])
        assert allowed(answer) == {"Allow-Origin": origin, "Allow-Credentials": "true", "Expose-Headers": "X-C"}
        assert answer.all("Vary") == ["Origin"]
    nginx.down(9001)
    assert allowed(nginx.ask(headers=[*CHOSEN, ("Origin", origin)]))["Allow-Origin"] == origin


@BY_PATH_AND_CHOSEN
@pytest.mark.parametrize(
    "origin", ["https://a.example.com", "http://a.example", "https://axexample", "https://x.b.example:1", "null", None]
)
def test_a_page_of_another_origin_is_told_nothing(nginx: Served, condition: Tree, origin: str | None) -> None:
    nginx.site(site({"cors": CORS, "upstream": "app", **condition}))
    headers = [*CHOSEN, *([("Origin", origin)] if origin else [])]
    answer = nginx.ask("/?" + ITS_OWN, headers=headers)
    assert (answer.status, allowed(answer), answer.all("Vary")) == (200, {}, ["Origin"])
    asked = nginx.ask(method="OPTIONS", headers=[*headers, ("Access-Control-Request-Method", "PUT")])
    assert (asked.status, allowed(asked)) == ((204, {}) if origin else (200, {}))


@BY_PATH_AND_CHOSEN
def test_a_question_before_a_request_is_answered_here(nginx: Served, condition: Tree) -> None:
    """Also where a password is needed, which a browser does not send with it. Other OPTIONS go to the upstream."""
    nginx.site({**USERS, **site({"cors": CORS, "upstream": "app", "basic_auth": "team", **condition})})
    origin = [*CHOSEN, ("Origin", "https://a.example")]
    answer = nginx.ask(method="OPTIONS", headers=[*origin, ("Access-Control-Request-Method", "PUT")])
    assert (answer.status, nginx.seen()) == (204, [])
    assert allowed(answer) == {
        "Allow-Origin": "https://a.example", "Allow-Credentials": "true", "Allow-Methods": "GET, PUT",
        "Allow-Headers": "X-A, X-B", "Max-Age": "60",
    }  # fmt: skip
    assert nginx.ask(method="OPTIONS", headers=[*origin, named("apr1", "pw")]).seen.method == "OPTIONS"
    assert allowed(nginx.ask(headers=origin))["Allow-Origin"] == "https://a.example"


def test_all_origins_may_be_allowed(nginx: Served) -> None:
    nginx.site(site({"cors": {"origins": ["*"]}, "answer": 200}))
    answer = nginx.ask(headers=[("Origin", "https://any.example")])
    assert (allowed(answer), answer.all("Vary")) == ({"Allow-Origin": "*"}, [])


def test_a_site_of_a_long_name_may_ask_who_comes(nginx: Served) -> None:
    """What the application says is in variables with that name, for which Nginx's own table has no room."""
    name = "n" * 63
    asked = {"upstream": "app", "headers": ["X-User"]}
    changes = {"lvs_nginx_sites": {name: {"server_names": ["a.example"], "upstream": "app", "auth_request": asked}}}
    nginx.site(changes)
    assert nginx.ask("/", host="a.example").status == 200
