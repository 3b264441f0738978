# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance of sites and nodes, health that asks an upstream, and names that are redirected, on the real Nginx."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Answer, Served

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
HEALTH = "/lvs-health"
FOLDER = "/etc/nginx/lvs-maintenance"
FILES = {"/etc/nginx/pages/later.html": "later", "/etc/nginx/www/index.html": "index"}
PAGE = {"page": "/etc/nginx/pages/later.html", "retry_after": 60, "bypass": ["192.0.2.0/24"]}
ROUTES = [
    {"path": "/gone", "answer": {"body": "in"}},
    {"path": "/files", "static": "/etc/nginx/www", "rewrite": {"strip": True}},
    {"path": "/chosen", "headers": {"X-Kind": "1"}, "upstream": "app"},
]


def site(maintenance: Any) -> Tree:
    names = {"server_names": ["example.com"], "upstream": "app"}
    return {SITE: {**names, "routes": ROUTES, "maintenance": maintenance}}


def closed(answer: Answer) -> bool:
    """Whether it is the page of the maintenance, and not an answer of the site."""
    if answer.status == 200:
        return False
    assert (answer.status, answer.header("Retry-After"), answer.header("Cache-Control")) == (503, "60", "no-store")
    assert answer.body == "later"
    return True


def ask_all(nginx: Served, source: str) -> set[bool]:
    """Whether requests of every kind meet the maintenance."""
    targets = ("/", "/gone", "/files/", "/chosen", "/LVS-health", "//lvs/x")
    asked = [nginx.ask(target, source=source, method="GET", headers=[("X-Kind", "1")]) for target in targets]
    return {closed(one) for one in [*asked, nginx.ask("/", source=source, method="POST", body="x")]}


def test_a_site_in_maintenance_has_its_page_and_is_healthy(nginx: Served) -> None:
    nginx.site(site({**PAGE, "enabled": True}), files=FILES)
    assert ask_all(nginx, "198.51.100.9") == {True}
    assert nginx.seen() == []
    assert ask_all(nginx, "192.0.2.9") == {False}
    assert nginx.ask(HEALTH).status == 200


def test_a_file_begins_and_ends_it_without_a_reload(nginx: Served) -> None:
    nginx.site(site(PAGE), files=FILES)
    workers = nginx.workers
    for made in (True, False):
        nginx.run(*(["touch"] if made else ["rm"]), FOLDER + "/www")
        assert ask_all(nginx, "198.51.100.9") == {made}
        assert ask_all(nginx, "192.0.2.9") == {False}
        assert nginx.ask(HEALTH).status == 200
    assert nginx.workers == workers


@pytest.mark.parametrize(
    ("given", "body"),
    [(True, "503 Service Temporarily Unavailable"), ({"enabled": True, "page": {"text": "$host"}}, "example.com")],
)
def test_a_page_need_not_be_a_file(nginx: Served, given: Any, body: str) -> None:
    nginx.site(site(given))
    answer = nginx.ask()
    assert (answer.status, answer.header("Retry-After"), body in answer.body) == (503, "300", True)


def test_an_upstream_that_is_busy_is_no_maintenance(nginx: Served) -> None:
    nginx.site(site(PAGE), files=FILES)
    answer = nginx.ask("/?status=503&body=busy")
    assert (answer.status, answer.body, answer.header("Retry-After")) == (503, "busy", None)


def test_a_node_in_maintenance_serves_and_is_not_healthy(nginx: Served) -> None:
    nginx.site()
    for made in (True, False):
        nginx.run(*(["touch"] if made else ["rm"]), FOLDER + "/node")
        assert [nginx.ask(HEALTH).status, nginx.ask("/").status] == [503 if made else 200, 200]
    nginx.site({"web1:lvs_nginx_maintenance": True})
    assert [nginx.ask(HEALTH).status, nginx.ask("/").status] == [503, 200]


def test_health_may_depend_on_an_upstream(nginx: Served) -> None:
    nginx.site({"lvs_nginx_health": {"upstream": "app", "path": "/ready"}})
    wanted = {200: 200, 204: 200, 404: 500, 500: 500, 503: 500, 403: 403}
    for said, status in wanted.items():
        nginx.tell(9001, "status=%d" % said)
        assert nginx.ask(HEALTH, headers=[("Cookie", "a=b")]).status == status, said
    assert {(one.target, one.header("Host"), one.length) for one in nginx.seen()} == {("/ready", "app", 0)}
    nginx.tell(9001, "status=200")
    assert nginx.ask(HEALTH).body == "ok\n"
    nginx.run("touch", FOLDER + "/node")
    assert nginx.ask(HEALTH).status == 503
    nginx.run("rm", FOLDER + "/node")
    nginx.down(9001)
    assert nginx.ask(HEALTH).status == 500


def test_health_that_asks_is_healthy_while_one_server_is(nginx: Served) -> None:
    servers = {"lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001", "127.0.0.1:9002"]}
    nginx.site({**servers, "lvs_nginx_health": {"upstream": "app", "host": "app.example.com"}})
    nginx.tell(9001, "status=503")
    assert {nginx.ask(HEALTH).status for _time in range(8)} == {200}
    assert {one.header("Host") for one in nginx.seen()} == {"app.example.com"}
    nginx.tell(9002, "hold=1")
    assert nginx.ask(HEALTH).status == 500


@pytest.mark.parametrize("status", [301, 308])
def test_aliases_are_redirected_to_the_first_name(nginx: Served, status: int) -> None:
    nginx.site({SITE: {"server_names": ["www.example.com", "w.example.com"], "upstream": "app",
                       "aliases": ["example.com", "*.example.org"], "alias_status": status}})  # fmt: skip
    for host in ("example.com:8080", "a.example.org:8080"):
        answer = nginx.ask("/a%20b?c=d", host=host)
        assert (answer.status, answer.header("Location")) == (status, "http://www.example.com:8080/a%20b?c=d")
    assert nginx.ask(HEALTH, host="example.com").status == 200
    assert [nginx.ask(host=host).status for host in ("www.example.com", "w.example.com", "other.example")] == [200] * 3
