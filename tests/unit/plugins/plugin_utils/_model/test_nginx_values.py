# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of Nginx: what is read, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.nginx_values import why_no_regex, why_not_whole

ROUTE = "lvs_nginx_sites.www.routes[0]"


@pytest.mark.parametrize(
    "line",
    [
        "proxy_buffering off;",
        "if ($arg_x) { set $y 1; }",
        "location /x { return 200 'a;}'; } gzip on;",
        'add_header X "a\\"b;{";',
        "set $a ${b}c;",
        "map $a $b {default 0; ~x 1;}",
    ],
)
def test_whole_directives(line: str) -> None:
    assert why_not_whole(line) == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("proxy_buffering off", "no ; at its end"),
        ("}", "closes a block"),
        ("a; } server {", "closes a block"),
        ("if ($a) {", "does not close"),
        ("a {b}", "does not close"),
        (";", "has ; where none"),
        ("{}", "has { where none"),
        ("a 'b;", "a quote that is not closed"),
        ('a "b"c;', "right behind one"),
        ("a; # b", "comment"),
        ("a b\\", "a quote"),
    ],
)
def test_lines_that_would_end_a_block_of_ours(line: str, why: str) -> None:
    assert why in why_not_whole(line)


@pytest.mark.parametrize("text", ["^/a(b|c){1,3}$", "(?i)^/x", "(?:a)(?=b)(?!c)", r"[\w.-]+\.php", "(?<=a)b", "a??"])
def test_expressions_that_both_read(text: str) -> None:
    assert why_no_regex(text) == ""


@pytest.mark.parametrize(
    "text", ["(", "a**", "(?P<x>a)", "(?<x>a)", "a++", r"\Aa", r"\1", "[[:a:]]", "a(?i)b", "a{,3}"]
)
def test_expressions_that_only_one_reads(text: str) -> None:
    assert why_no_regex(text)


def said(route: Any, **site: Any) -> list[str]:
    given = {"server_names": ["example.com"], "routes": [route], "upstream": "app", **site}
    return [one.message for one in build(with_changes({"lvs_nginx_sites.www": given})).mistakes]


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ({"path": "~("}, ROUTE + ".path is (, which is no regular expression: "),
        ({"path": "/a/../b"}, ROUTE + '.path is "/a/../b"; must be a path of printable ASCII'),
        (
            {"path": "~a", "exact": True},
            ROUTE + ".exact is true, but the path is a regular expression",
        ),
        ({"path": "/lvs-health", "exact": True}, ROUTE + ".path is /lvs-health, where Nginx answers the health checks"),
        ({"cookies": {"a b": "1"}}, ROUTE + ".cookies.a b is no name; must be the name of a cookie: "),
        ({"upstream": "nowhere"}, ROUTE + '.upstream names "nowhere", which is not an upstream; there are: app'),
        ({"upstream": "app", "answer": 404}, ROUTE + " has upstream and answer; must have one of them"),
        ({"answer": 301}, ROUTE + ".answer.status is 301; must be that of no redirect, which is redirect"),
        (
            {"answer": {"status": 204, "body": "x"}},
            ROUTE + ".answer.body is given, but an answer with status 204",
        ),
        ({"redirect": {}}, ROUTE + ".redirect says nowhere to go; must have to, scheme, host or path"),
        ({"redirect": "example.com"}, ROUTE + '.redirect.to is "example.com"; must begin with http://, https:// or /'),
        ({"rewrite": {"pattern": "a", "to": "/$1"}}, ROUTE + ".rewrite.to has $1, but pattern has 0 groups"),
        ({"rewrite": {"pattern": "a", "to": "https://b"}}, ROUTE + '.rewrite.to is "https://b"; must begin with /'),
        (
            {"redirect": "https://b.example?a=1"},
            ROUTE + '.redirect.to is "https://b.example?a=1"; must have a path before',
        ),
        (
            {"path": "/a", "redirect": {"path": "/a/b?c=1"}},
            ROUTE + '.redirect leads to "/a/b?c=1", which this route takes',
        ),
        ({"path": "/a", "redirect": "/a"}, ROUTE + '.redirect leads to "/a", which this route takes again; '),
        ({"redirect": {"host": "example.com"}}, ROUTE + ".redirect.host is example.com, a name of this site, whose"),
        (
            {"redirect": {"path": "/a$uri"}},
            ROUTE + ".redirect.path has $uri, in which a client can write lines of its own",
        ),
        (
            {"request_headers": {"set": {"X-User": "${remote_user}"}}},
            ROUTE + ".request_headers.set.X-User has $remote_user, in which a client can write lines of its own",
        ),
        ({"rewrite": {"pattern": "(a)", "to": "/${1}x"}}, ROUTE + ".rewrite.to has $1, which is no variable of Nginx"),
        ({"rewrite": {"strip": True}, "answer": 200}, ROUTE + ".rewrite is given, but nothing looks at the path"),
        ({"path": "/x", "request_headers": {"set": {"X": "$nothing"}}}, "has $nothing, which is no variable of Nginx"),
        (
            {"path": "/x", "request_headers": {"set": {"Connection": "close"}}},
            "has Connection, which Nginx writes",
        ),
        ({"path": "/x", "headers": {"X-A": "1", "x-a": "2"}}, ROUTE + ".headers.x-a is X-A in other letters"),
        ({"path": "/x", "clients": ["10.0.0.1/8"]}, "must be an address or a network without host bits"),
        ({"path": "/x", "extra": ["a; }"]}, ROUTE + ".extra[0] is a; }, which closes a block that it did not open"),
        ({"static": "/srv/../etc"}, ROUTE + '.static.root is "/srv/../etc"; must be an absolute path'),
        ({"static": "/srv/www", "redirect": {"scheme": "https"}}, ROUTE + " has static and redirect; must have one"),
        (
            {"static": {"root": "/srv", "fallback": "/x"}, "upstream": "app"},
            ROUTE + ".static.fallback is given beside an upstream, which gets what is no file",
        ),
        ({"basic_auth": "team"}, ROUTE + '.basic_auth.users names "team", which is not in lvs_nginx_users'),
        ({"basic_auth": {"realm": "x"}}, ROUTE + ".basic_auth.users is not given; must be a name in lvs_nginx_users"),
        ({"auth_request": {"path": "/x"}}, ROUTE + ".auth_request.upstream is not given; must be"),
        ({"auth_request": {"upstream": "no"}}, ROUTE + '.auth_request.upstream names "no", which is not an upstream'),
        ({"auth_request": {"upstream": "app", "headers": ["TE"]}}, ROUTE + ".auth_request.headers has te, which"),
        ({"allow": ["10.0.0.0/8"], "deny": ["10.0.0.0/8"]}, ROUTE + ".deny has 10.0.0.0/8, as allow"),
        ({"cors": {"origins": ["*"], "credentials": True}}, ROUTE + ".cors.credentials is true, but origins has *"),
        ({"cors": {"origins": ["*", "https://a.example"]}}, ROUTE + ".cors.origins has * beside others"),
        ({"cors": {"origins": ["https://a.example/"]}}, ROUTE + '.cors.origins[0] is "https://a.example/"; must be'),
        ({"cors": {"origins": []}}, ROUTE + ".cors.origins is empty"),
        ({"error_pages": {200: "/x"}}, ROUTE + ".error_pages.200 is no name; must be a status from 400 to 599"),
        ({"error_pages": {404: {"file": "/x", "text": "y"}}}, ROUTE + ".error_pages.404 has file and text"),
        ({"intercept_errors": True}, ROUTE + ".intercept_errors is true, but there are no error_pages"),
        ({"static": {"root": "/srv", "index": ["a", "a"]}}, ROUTE + ".static.index has a twice"),
        ({"answer": 404}, ROUTE + " takes every request that comes so far, so none reaches "),
    ],
)
def test_a_route_that_cannot_be_served(route: Any, words: str) -> None:
    assert [one for one in said(route) if words in one], said(route)


@pytest.mark.parametrize(
    "routes",
    [
        [{"path": "/"}, {"path": "/a"}],
        [{"path": "/a"}, {"path": "/a/b", "methods": ["GET"]}],
        [{"methods": ["GET"]}, {"path": "/a", "methods": ["GET"]}],
        [{"path": "/a/", "clients": ["10.0.0.0/8"]}, {"path": "/a/", "clients": ["10.0.0.0/8"], "headers": {"X": "1"}}],
    ],
)
def test_a_route_that_can_never_win(routes: Any) -> None:
    given = {"server_names": ["example.com"], "routes": routes, "upstream": "app"}
    found = [one.message for one in build(with_changes({"lvs_nginx_sites.www": given})).mistakes]
    what = "can never win: earlier routes take every request that it fits; must stand before them"
    assert found == ["lvs_nginx_sites.www.routes[1] " + what]


@pytest.mark.parametrize(
    "given", ["bob:$apr1$secret", {"bob": "$apr1$secret"}, {"bob": None}, {"bob": ["$apr1$secret"]}]
)
def test_no_error_quotes_a_hash(given: Any) -> None:
    mistakes = build(with_changes({"lvs_nginx_users": {"team": given}})).mistakes
    assert [one.path for one in mistakes] == ["lvs_nginx_users.team" + (".bob" if isinstance(given, dict) else "")]
    assert "$apr1" not in mistakes[0].message


def test_no_hash_is_in_the_model() -> None:
    users = {"team": {"bob": "$apr1$abcdefgh$" + 22 * "h"}}
    model = model_of(with_changes({"lvs_nginx_users": users, "lvs_nginx_sites.www.basic_auth": "team"}))
    assert model["hosts"]["web1"]["nginx"]["users"] == ["team"]
    assert 22 * "h" not in str(model)


def test_users_are_needed_on_each_real_server() -> None:
    changes = {"lvs_nginx_users": {"team": {}}, "web2:lvs_nginx_users": ...}
    what = "lvs_nginx_users is not set for real server web2, which needs the users in it"
    assert [one.message for one in build(with_changes(changes)).mistakes] == [what]


SITE = "lvs_nginx_sites.www"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {SITE + ".maintenance": {"bypass": ["10.0.0.0/8", "10.0.0.0/8"]}},
            SITE + ".maintenance.bypass has",
        ),
        ({SITE + ".maintenance": {"page": {"file": "/x", "text": "x"}}}, SITE + ".maintenance.page has file and text"),
        (
            {"lvs_nginx_sites.node": {"server_names": ["b.example"], "upstream": "app", "maintenance": True}},
            "lvs_nginx_sites.node.maintenance is given, but a file of the name node is for the whole node",
        ),
        ({SITE + ".aliases": ["example.com"]}, SITE + ".server_names has example.com twice"),
        (
            {SITE + ".aliases": ["a.example"], SITE + ".server_names": ["*.example.com"]},
            SITE + ".aliases are given, but the first of server_names is no plain name",
        ),
        (
            {SITE + ".aliases": ["b.example"], "lvs_nginx_sites.b": {"server_names": ["b.example"], "upstream": "app"}},
            SITE + ".server_names has b.example, as lvs_nginx_sites.b on the same port",
        ),
        ({"lvs_nginx_health": "no"}, 'lvs_nginx_health.upstream names "no", which is not an upstream'),
        ({SITE: {"server_names": ["example.com"]}}, SITE + " has nothing to serve; must have upstream, static or"),
        ({SITE: {"routes": [], "maintenance": {}, "error_pages": {}}}, SITE + " has nothing to serve; must have"),
    ],
)
def test_a_site_that_cannot_be_served(changes: dict[str, Any], words: str) -> None:
    said = [one.message for one in build(with_changes(changes)).mistakes]
    assert [one for one in said if one.startswith(words)], said


@pytest.mark.parametrize(
    "given",
    [
        {"upstream": "app"}, {"static": "/srv/www"}, {"routes": [{"answer": 404}]}, {"maintenance": True},
        {"error_pages": {404: {"text": "gone"}}}, {"extra": ["return 204;"]},
    ],
)  # fmt: skip
def test_a_site_that_has_something_to_serve(given: Any) -> None:
    assert build(with_changes({SITE: {"server_names": ["example.com"], **given}})).mistakes == []


def test_what_all_nodes_would_do_together_is_warned_of() -> None:
    changes = {"lvs_nginx_health": "app", "web1:lvs_nginx_maintenance": True}
    asked = "cluster default: lvs_nginx_health.upstream is app: where it fails, all real servers leave together"
    assert build(with_changes(changes)).warnings == [asked]
    both = {"web1:lvs_nginx_maintenance": True, "web2:lvs_nginx_maintenance": True}
    shut = "cluster default: lvs_nginx_maintenance is true for all real servers; none would serve"
    assert build(with_changes(both)).warnings == [shut]


@pytest.mark.parametrize("server", ["198.51.100.102:80", "198.51.100.103:80"])
def test_an_upstream_is_no_real_server_s_own_nginx(server: str) -> None:
    found = build(with_changes({"lvs_nginx_upstreams.app.servers": [server]})).mistakes
    host = "web1" if "102" in server else "web2"
    what = "has %s, where Nginx of real server %s serves sites itself; must be an application"
    assert [one.message for one in found] == ["lvs_nginx_upstreams.app.servers " + what % (server, host)]
    other = server.replace(":80", ":8080")
    assert build(with_changes({"lvs_nginx_upstreams.app.servers": [other]})).mistakes == []


def test_nor_is_a_group_that_has_them() -> None:
    changes = {"lvs_nginx_upstreams.app": {"group": "lvs_real_servers", "port": 80}}
    found = [one.message for one in build(with_changes(changes)).mistakes]
    assert [one for one in found if "where Nginx of real server web1 serves sites itself" in one], found


@pytest.mark.parametrize(
    "route",
    [
        {"path": "/a", "exact": True, "redirect": {"path": "/a/"}},
        {"path": "/a", "redirect": {"path": "/b"}},
        {"path": "/a", "methods": ["POST"], "redirect": {"path": "/a", "status": 303}},
        {"path": "/a", "redirect": {"host": "b.example"}},
        {"path": "/a", "redirect": {"scheme": "https"}},
    ],
)
def test_a_redirect_that_ends(route: Any) -> None:
    assert said(route) == []
