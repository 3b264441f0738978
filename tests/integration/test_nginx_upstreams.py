# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams on the real Nginx: which server gets a request, and over which connection."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from nginx_served import Client, Refused, Request, Served

Tree = dict[str, Any]
UPSTREAM = "lvs_nginx_upstreams.app"


def upstream(*ports: int, servers: dict[int, Tree] | None = None, **others: Any) -> Tree:
    """The changes that give the upstream applications at these ports; ``servers``: what is said of some of them."""
    told = servers or {}
    listed = [{"address": "127.0.0.1", "port": port, **told.get(port, {})} for port in ports]
    return {UPSTREAM: {"servers": listed, **others}}


def apps(nginx: Served, requests: list[Request], connections: int = 1) -> list[int]:
    """The application that answered each request."""
    return [answer.app for answer in nginx.ask_many(requests, connections)]


PLAIN = [Request() for _time in range(120)]


def test_servers_take_turns_by_their_weight(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, 9003, servers={9001: {"weight": 4}}))
    assert Counter(apps(nginx, PLAIN)) == {9001: 80, 9002: 20, 9003: 20}


def test_a_server_that_is_down_gets_nothing(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, 9003, servers={9002: {"down": True}}))
    assert Counter(apps(nginx, PLAIN)) == {9001: 60, 9003: 60}


def test_a_backup_gets_requests_when_all_others_are_out(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, servers={9002: {"backup": True}}))
    assert set(apps(nginx, PLAIN)) == {9001}
    nginx.down(9001)
    assert set(apps(nginx, PLAIN)) == {9002}


@pytest.mark.parametrize("method", ["round_robin", "least_conn", "ip_hash", "random", "random_two"])
def test_a_server_has_so_many_connections_and_no_more(nginx: Served, method: str) -> None:
    """The one that is full is passed over, and the next one takes what comes."""
    limits = {port: {"max_conns": 2} for port in (9001, 9002)}
    nginx.site(upstream(9001, 9002, servers=limits, method=method, keepalive=0))
    clients = [nginx.connect() for _time in range(4)]
    for one in clients:
        one.send(Request("/?hold=1").data)
    assert Counter(one.app for one in nginx.seen(count=4)) == {9001: 2, 9002: 2}
    assert nginx.ask().status == 502
    for port in (9001, 9002):
        nginx.go(port, 2)
    assert [one.answer().status for one in clients] == [200] * 4


@pytest.mark.parametrize("method", ["least_conn", "random_two"])
def test_a_server_that_is_busy_is_passed_over(nginx: Served, method: str) -> None:
    """Of two servers `random_two` looks at both; one that was drawn at random would get half."""
    nginx.site(upstream(9001, 9002, method=method))
    nginx.tell(9001, "hold=1")
    clients: list[Client] = []
    while not nginx.seen(9001):
        clients.append(nginx.connect())
        clients[-1].send(Request().data)
        nginx.seen(count=len(clients))
    assert set(apps(nginx, PLAIN)) == {9002}


def test_a_server_is_drawn_at_random(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, method="random"))
    got = apps(nginx, PLAIN)
    assert set(got) == {9001, 9002}
    assert got not in ([9001, 9002] * 60, [9002, 9001] * 60)


CLIENTS = [Request(source="10.0.%d.7" % number) for number in range(60)]
KEYS = [Request(headers=[("X-Key", "key %d" % number)]) for number in range(600)]


def test_a_client_keeps_its_server_by_its_address(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, 9003, method="ip_hash"))
    before = apps(nginx, CLIENTS)
    assert (set(before), apps(nginx, CLIENTS)) == ({9001, 9002, 9003}, before)
    nginx.site(upstream(9001, 9002, 9003, method="ip_hash", servers={9002: {"down": True}}))
    assert all(now == then for now, then in zip(apps(nginx, CLIENTS), before) if then != 9002)


@pytest.mark.parametrize("consistent", [True, False])
def test_a_key_keeps_its_server(nginx: Served, consistent: bool) -> None:
    by_key: Tree = {"hash": {"key": "$http_x_key", "consistent": consistent}}
    nginx.site(upstream(9001, 9002, 9003, **by_key))
    before = apps(nginx, KEYS)
    assert (set(before), apps(nginx, KEYS)) == ({9001, 9002, 9003}, before)
    nginx.site(upstream(9001, 9002, 9003, 9004, **by_key))
    moved = [now for now, then in zip(apps(nginx, KEYS), before) if now != then]
    assert (set(moved) == {9004}) == consistent


def test_a_new_server_gets_its_share_by_steps(nginx: Served) -> None:
    """Each step is a reload, and moves only clients that the new one gets."""
    before: list[int] = []
    shares = []
    for weight in (0, 1, 3, 10):
        ports = (9001, 9002) if not weight else (9001, 9002, 9003)
        weights = {9001: {"weight": 10}, 9002: {"weight": 10}, 9003: {"weight": weight}}
        nginx.site(upstream(*ports, servers=weights, hash="$http_x_key"), reload=bool(before))
        now = apps(nginx, KEYS)
        assert {new for new, old in zip(now, before) if new != old} <= {9003}
        shares.append(now.count(9003))
        before = now
    assert 0 == shares[0] < shares[1] < shares[2] < shares[3], shares


def test_a_thousand_servers_have_room(nginx: Served) -> None:
    servers = [*("10.0.%d.%d:9001" % divmod(number, 250) for number in range(1000))]
    for method in ("round_robin", "ip_hash"):
        assert nginx.site({UPSTREAM: {"servers": servers, "method": method}}) == ""
        assert nginx.ask().status == 200


def test_requests_without_a_key_take_turns(nginx: Served) -> None:
    nginx.site(upstream(9001, 9002, hash="$http_x_key"))
    assert Counter(apps(nginx, PLAIN)) == {9001: 60, 9002: 60}


def test_a_connection_to_a_server_is_used_again(nginx: Served) -> None:
    nginx.site(upstream(9001), nginx_worker_processes="1")
    apps(nginx, PLAIN[:60])
    assert {one.connection for one in nginx.seen()} == {1}
    nginx.forget()
    nginx.site(upstream(9001, keepalive=0), nginx_worker_processes="1")
    apps(nginx, PLAIN[:60])
    assert len({one.connection for one in nginx.seen()}) == 60


def test_a_connection_is_used_for_so_many_requests(nginx: Served) -> None:
    nginx.site(upstream(9001, keepalive_requests=40), nginx_worker_processes="1")
    apps(nginx, PLAIN)
    assert Counter(one.connection for one in nginx.seen()) == {1: 40, 2: 40, 3: 40}


def test_an_idle_connection_is_closed_in_time(nginx: Served) -> None:
    """The server sees its end, though the client's connection goes on."""
    nginx.start(9011, "raw", answer="HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    nginx.site(upstream(9011, keepalive_timeout=1), nginx_worker_processes="1")
    nginx.ask()
    assert nginx.host("ss", "-Htn", "state", "established", "dport = :9011").count("\n") == 1
    assert closed(nginx, 9011)


def test_an_old_connection_is_closed(nginx: Served) -> None:
    """A server behind a balancer of its own is seen anew. What 1.18 does not know, a run refuses before."""
    if nginx.version == "1.18":
        with pytest.raises(Refused, match='unknown directive "keepalive_time"'):
            nginx.site(upstream(9001, keepalive_time=1))
        return
    nginx.site(upstream(9001, keepalive_time=1), nginx_worker_processes="1")
    used = []
    for _request in range(1000):
        nginx.ask()
        used = [one.connection for one in nginx.seen()]
        if used[-1] > 1:
            break
        nginx.host("sleep", "0.1")
    assert (used[:2], used[-1]) == ([1, 1], 2)


def closed(nginx: Served, port: int) -> bool:
    """Waits until no connection to a port is there; a minute is what Nginx itself has for idle ones."""
    return nginx.host("sh", "-c", WAIT % port).strip() == "closed"


WAIT = """
for _ in $(seq 150); do
    ss -Htn state established "dport = :%d" | grep -q . || { echo closed; exit; }
    sleep 0.2
done
echo open
"""
