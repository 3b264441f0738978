# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers by their names: resolved while Nginx runs, by the name server that the inventory names."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Refused, Served

Tree = dict[str, Any]
UPSTREAM = "lvs_nginx_upstreams.app"
NAME = "app.example.com"


def by_name(port: int = 9001, **given: Any) -> Tree:
    resolve = {"name_servers": ["127.0.0.1"], "valid": 1}
    return {UPSTREAM: {"servers": ["%s:%d" % (NAME, port)], "resolve": resolve, **given}}


def test_a_name_is_resolved_while_nginx_runs(nginx: Served) -> None:
    nginx.names({})
    nginx.site(by_name(), nginx_worker_processes="1")
    nginx.names({NAME: ["10.0.0.7"]})
    assert any(nginx.ask("/a//%20b?c=d").status == 200 for _time in range(100_000))
    first = nginx.seen()[0]
    assert (first.at, first.target, first.header("Host")) == ("10.0.0.7", "/a//%20b?c=d", "example.com")
    nginx.names({NAME: ["10.0.0.8"]})
    assert any(nginx.ask().seen.at == "10.0.0.8" for _time in range(100_000))


@pytest.mark.parametrize(("ipv6", "found"), [(False, {"10.0.0.7"}), (True, {"10.0.0.7", "2001:db8::7"})])
def test_addresses_of_ipv6_are_used_where_that_is_wanted(nginx: Served, ipv6: bool, found: set[str]) -> None:
    nginx.names({NAME: ["10.0.0.7", "2001:db8::7"]})
    nginx.site(by_name(resolve={"name_servers": ["127.0.0.1"], "ipv6": ipv6}))
    assert {nginx.ask().seen.at for _time in range(20)} == found


def test_a_name_server_that_is_silent_is_given_up(nginx: Served) -> None:
    nginx.site(by_name(resolve={"name_servers": ["198.18.0.9"]}))
    assert nginx.ask().status == 502


def test_a_name_that_nobody_knows_is_502(nginx: Served) -> None:
    nginx.names({})
    nginx.site(by_name())
    assert (nginx.ask().status, nginx.seen()) == (502, [])


def test_another_address_of_the_name_is_tried(nginx: Served) -> None:
    nginx.names({NAME: ["198.18.0.9", "10.0.0.7"]})
    nginx.site(by_name(), nginx_proxy_connect_timeout=1)
    assert {nginx.ask().seen.at for _time in range(4)} == {"10.0.0.7"}


def test_a_path_is_rewritten_for_a_name(nginx: Served) -> None:
    nginx.names({NAME: ["10.0.0.7"]})
    nginx.site({**by_name(), "lvs_nginx_sites.www.routes": [{"path": "/in", "rewrite": {"strip": True}}]})
    assert nginx.ask("/in/a?b=c").seen.target == "/a?b=c"


@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi"])
def test_a_program_has_a_name(nginx: Served, protocol: str) -> None:
    nginx.start(9011, protocol)
    nginx.names({NAME: ["10.0.0.7"]})
    nginx.site(by_name(9011, protocol=protocol))
    assert nginx.ask("/a").seen.at == "10.0.0.7"


def test_without_that_nginx_does_not_start_where_a_name_is_unknown(nginx: Served) -> None:
    with pytest.raises(Refused, match="host not found in upstream"):
        nginx.site(by_name(resolve=None))
