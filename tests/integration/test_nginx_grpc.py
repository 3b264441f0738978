# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gRPC on the real Nginx: calls of each kind, errors that its clients read, and other servers only before a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from certificates import authority, issued, pair
from nginx_served import Served

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.sides import counted

Tree = dict[str, Any]
APP, OTHER = 9011, 9012
PLAIN_HTTP: Tree = {"tls": {}, "port": 80}


def site(servers: tuple[int, ...] = (APP,), upstream: Tree | None = None, **more: Any) -> Tree:
    """A site example.com that speaks gRPC with the applications at these ports."""
    return {
        "lvs_virtual_services.web.ports": [80, 443],
        "lvs_certificates": {"www": pair("example.com").both},
        "lvs_nginx_upstreams.rpc": {
            "servers": ["127.0.0.1:%d" % port for port in servers],
            "protocol": "grpc",
            **(upstream or {}),
        },
        "lvs_nginx_sites.www": {"server_names": ["example.com"], "upstream": "rpc", "tls": "www", **more},
    }


@pytest.fixture
def rpc(nginx: Served) -> Served:
    """Nginx with two applications of gRPC."""
    nginx.start(APP, "grpc")
    nginx.start(OTHER, "grpc")
    return nginx


def test_a_call_arrives_as_it_was_made(rpc: Served) -> None:
    assert rpc.site(site()) == ""
    metadata = [("x-user", "bob"), ("grpc-timeout", "9S"), ("x-request-id", "mine")]
    reply = rpc.grpc("/shop.Shop/Get%20it", "hello", source="192.0.2.7", metadata=metadata)
    assert (reply.status, reply.code, reply.messages[0], reply.error) == (200, 0, "hello", "")
    (seen,) = rpc.seen()
    assert (seen.method, seen.target, seen.more["messages"]) == ("POST", "/shop.Shop/Get%20it", ["hello"])
    wanted = {
        "x-user": "bob", "grpc-timeout": "9S", "te": "trailers", "content-type": "application/grpc",
        "host": "example.com", "x-real-ip": "192.0.2.7", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https",
        "x-forwarded-host": "example.com", "x-forwarded-port": "443",
    }  # fmt: skip
    assert {name: seen.header(name) for name in wanted} == wanted
    assert [one["id"] for one in rpc.requests(count=1)] == seen.all("x-request-id")


def test_a_call_has_what_an_application_that_is_asked_says_of_its_client(rpc: Served) -> None:
    changes = site(auth_request={"upstream": "login", "headers": ["X-User"]})
    changes["lvs_nginx_upstreams.login"] = {"servers": ["127.0.0.1:9001"]}
    rpc.site(changes)
    rpc.tell(9001, "header=X-User:bob")
    assert rpc.grpc("/a", "x", metadata=[("x-user", "root")]).code == 0
    assert [one.all("x-user") for one in rpc.seen(APP)] == [["bob"]]


def test_nobody_can_claim_a_certificate(rpc: Served) -> None:
    tls = {"certificate": "www", "client_certificates": {"authority": "staff", "mode": "optional"}}
    changes = site(tls=tls)
    changes["lvs_certificates"]["staff"] = authority("staff").certificate
    rpc.site(changes)
    assert rpc.grpc("/a", "x", metadata=[("x-ssl-client-subject", "CN=bob")]).code == 0
    assert rpc.seen()[0].all("x-ssl-client-subject") == []


def test_an_error_of_the_application_arrives(rpc: Served) -> None:
    rpc.site(site())
    assert rpc.grpc("/a", "x", metadata=[("x-do", "grpc-status=9")]).code == 9
    at_once = rpc.grpc("/a", "x", metadata=[("x-do", "grpc-status=5&only=1")])
    assert (at_once.code, at_once.messages) == (5, [])
    # What is no gRPC is the client's to read.
    other = rpc.grpc("/a", "x", metadata=[("x-do", "status=503")])
    assert (other.status, other.body) == (503, "<p>no gRPC")


def test_messages_go_both_ways_while_a_call_lasts(rpc: Served) -> None:
    rpc.site(site())
    with rpc.stream("/chat") as call:
        for number in range(1, 4):
            call.say("message %d" % number)
            assert call.heard(number).messages[-1] == "message %d" % number
        assert not call.heard(3).ended
        call.say(end=True)
        assert call.heard().code == 0


def test_a_call_goes_on_across_a_reload(rpc: Served) -> None:
    rpc.site(site())
    with rpc.stream("/chat") as call:
        call.say("before")
        call.heard(1)
        rpc.site(site((OTHER,)), reload=True)
        call.say("after")
        assert call.heard(2).messages == ["before", "after"]
        call.say(end=True)
        assert call.heard().code == 0
    rpc.grpc("/new", "x")
    assert [one.app for one in rpc.seen()] == [APP, OTHER]


def test_a_stream_may_be_longer_than_any_body(rpc: Served) -> None:
    rpc.site(site(), nginx_client_max_body_size="1k")
    long = ["x" * 800] * 4
    assert (rpc.grpc("/put", *long).code, rpc.seen()[0].length) == (0, 4 * 805)
    rpc.site(site(max_body="2k"), nginx_client_max_body_size="1m")
    assert rpc.grpc("/put", *long, metadata=[("x-do", "only=1")]).code == 8
    assert not rpc.seen()[-1].whole


def test_a_large_message_comes_back(rpc: Served) -> None:
    rpc.site(site())
    reply = rpc.grpc("/get", "y" * 200_000, metadata=[("x-do", "size=3000000")])
    assert (reply.code, list(map(len, reply.messages[:2]))) == (0, [200_000, 3_000_000])


def test_both_ends_may_be_silent_for_the_read_timeout(rpc: Served) -> None:
    """The upload has the end of every body, so that it tells when this has come."""
    routes = [{"path": "/upload", "upstream": "app", "request_buffering": False}]
    rpc.site(site(routes=routes, read_timeout=60), nginx_client_timeout=1)
    with rpc.stream("/chat") as call, rpc.connect(443, tls={"name": "example.com"}) as upload:
        call.say("before")
        call.heard(1)
        upload.send("POST /upload HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9\r\n\r\n")
        upload.read()
        call.say("after", end=True)
        reply = call.heard()
        assert (reply.code, reply.messages[:2]) == (0, ["before", "after"])


def test_a_server_that_says_nothing_is_a_deadline(rpc: Served) -> None:
    rpc.site(site(read_timeout=0.2))
    reply = rpc.grpc("/a", "x", metadata=[("x-do", "hold=1&only=1")])
    assert (reply.status, reply.code, reply.messages) == (200, 4, [])


# Of HTTP/2: a stream may have so many bytes, and the connection as well.
NO_LIMIT = "\0\0\6\4\0\0\0\0\0\0\4\x7f\xff\xff\xff\0\0\4\x08\0\0\0\0\0\x7f\xff\0\0"


def test_a_server_that_takes_nothing_is_a_deadline(rpc: Served) -> None:
    """One call waits for the usual time, and another one that comes later is over before."""
    rpc.start(APP, "deaf", answer=NO_LIMIT)
    rpc.site(site(routes=[{"path": "/short", "upstream": "rpc", "send_timeout": 0.2}]))
    with rpc.stream("/long") as call:
        call.say("x" * 12_000_000)
        rpc.seen(count=1)
        assert rpc.grpc("/short", "x" * 12_000_000).code == 4
        assert [one["request"] for one in rpc.requests(count=1)] == ["POST /short HTTP/2.0"]


@pytest.mark.parametrize("found_by", ["path", "header"])
def test_errors_of_nginx_are_of_grpc(rpc: Served, found_by: str) -> None:
    """Also where the route is chosen by more than its path."""
    given: Tree = {"upstream": "rpc", **({"headers": {"X-Kind": "a"}} if found_by == "header" else {})}
    routes = [
        {"path": "/secret", "deny": ["192.0.2.7"], **given},
        {"path": "/mine", "basic_auth": "team", **given},
        {"path": "/asked", "auth_request": {"upstream": "login"}, **given},
        {"path": "/lost", "auth_request": {"upstream": "nobody"}, **given},
        {"path": "/files", "static": "/srv", **given},
        {"path": "/few", "limits": {"requests": [{"rate": "1/m", "burst": 0}], "status": 503}, **given},
        {"path": "/cert", "client_certificate": "required", **given},
        {"path": "/gone", "response_headers": {"set": {"X-Own": "1"}}, **given, "upstream": "none"},
    ]
    made = authority("staff")
    tls = {"certificate": "www", "client_certificates": {"authority": "staff", "mode": "optional"}}
    changes = site(routes=routes, tls=tls)
    changes["lvs_certificates"]["staff"] = made.certificate
    changes["lvs_nginx_upstreams.none"] = {"servers": ["127.0.0.1:9013"], "protocol": "grpc"}
    changes["lvs_nginx_upstreams.nobody"] = {"servers": ["127.0.0.1:9014"]}
    changes["lvs_nginx_upstreams.login"] = {"servers": ["127.0.0.1:9001"]}
    changes["lvs_nginx_users"] = {"team": {"bob": "$apr1$abcdefgh$" + 22 * "x"}}
    rpc.tell(9001, "status=401")
    rpc.site(changes)
    found = {}
    for path in ("/secret", "/mine", "/asked", "/lost", "/files/.git", "/few", "/few", "/cert", "/gone"):
        reply = rpc.grpc(path + "/a.html", "x", source="192.0.2.7", metadata=[("x-kind", "a")])
        assert (reply.status, reply.header("content-type"), reply.error) == (200, "application/grpc", "")
        found[path] = reply
    assert {path: one.code for path, one in found.items()} == {
        "/secret": 7, "/mine": 16, "/asked": 16, "/lost": 13, "/files/.git": 12, "/few": 8, "/cert": 7, "/gone": 14,
    }  # fmt: skip
    assert (found["/gone"].header("x-own"), found["/gone"].header("grpc-message")) == ("1", "Nginx: 502")
    assert [one.target for one in rpc.seen() if one.app == APP] == ["/few/a.html"]


def test_what_no_route_takes_and_maintenance_are_of_http(rpc: Served) -> None:
    """Clients make a status of gRPC of it themselves."""
    changes = site(routes=[{"path": "/shop.Shop", "upstream": "rpc"}], upstream=None)
    changes["lvs_nginx_sites.www"] = {**changes["lvs_nginx_sites.www"], "upstream": None}
    rpc.site(changes)
    assert (rpc.grpc("/shop.Shop/Get", "x").code, rpc.grpc("/other", "x").status) == (0, 404)
    rpc.site(site(maintenance=True))
    assert (rpc.grpc("/a", "x").status, len(rpc.seen())) == (503, 1)


# --- servers


def test_a_call_that_no_server_got_goes_to_another_one(rpc: Served) -> None:
    rpc.site(site((9013, OTHER)))
    assert {rpc.grpc("/a", "x").code for _time in range(3)} == {0}


@pytest.mark.parametrize(("retries", "code"), [(None, 14), (3, 0)])
def test_so_many_servers_are_tried(rpc: Served, retries: Any, code: int) -> None:
    down = [{"address": "127.0.0.1", "port": port} for port in (9013, 9014)]
    last = {"address": "127.0.0.1", "port": OTHER, "backup": True}
    rpc.site(site(upstream={"servers": [*down, last]}, retries=retries))
    assert rpc.grpc("/a", "x").code == code


def test_a_server_that_cannot_be_reached_takes_the_time_to_connect(rpc: Served) -> None:
    """The next one has the call then, if there is time for another."""
    routes = [{"path": "/once", "upstream": "rpc", "retries": {"timeout": 0.1}}]
    lost = {"servers": ["198.18.0.2:80", {"address": "127.0.0.1", "port": OTHER, "backup": True}]}
    rpc.site(site(upstream=lost, connect_timeout=0.2, routes=routes))
    assert rpc.grpc("/a", "x").code == 0
    rpc.site(site(upstream=lost, connect_timeout=0.2, routes=routes))
    assert (rpc.grpc("/once", "x").code, len(rpc.seen())) == (4, 1)
    rpc.site(site(upstream=lost, connect_timeout=0.2, retries={"faults": ["error"]}))
    assert (rpc.grpc("/a", "x").code, len(rpc.seen())) == (4, 1)


def test_a_call_that_a_server_got_goes_nowhere_else(rpc: Served) -> None:
    rpc.site(site((APP, OTHER)))
    for port in (APP, OTHER):
        rpc.tell(port, "die=1")
    reply = rpc.grpc("/a", "x")
    assert (reply.status, reply.code, len(rpc.seen())) == (200, 14, 1)


def test_a_server_that_dies_in_the_middle_is_a_call_without_an_end(rpc: Served) -> None:
    rpc.site(site((APP, OTHER)))
    for port in (APP, OTHER):
        rpc.tell(port, "die=half")
    reply = rpc.grpc("/a", "x")
    assert (reply.messages, reply.code, len(rpc.seen())) == (["x"], None, 1)
    assert reply.error


def test_connections_to_servers_are_kept(rpc: Served) -> None:
    rpc.site(site(), nginx_worker_processes=1)
    for _time in range(4):
        rpc.grpc("/a", "x")
    assert [one.connection for one in rpc.seen()] == [1] * 4


def test_servers_speak_tls(rpc: Served, tmp_path: Path) -> None:
    """The newest TLS only; two more authorities stand behind the server."""
    above = authority("ca")
    first = issued("first", by=above, authority=True)
    second = issued("second", by=first, authority=True)
    own, client = issued("app.example.com", by=second), issued("node", by=above)
    chain = own.certificate + second.certificate + first.certificate
    for name, text in (("own.crt", chain), ("own.key", own.key), ("ca.crt", above.certificate)):
        (tmp_path / name).write_text(text)
    files = {
        "certificate": str(tmp_path / "own.crt"),
        "key": str(tmp_path / "own.key"),
        "alpn": ["h2"],
        "least": "TLSv1_3",
    }
    rpc.start(APP, "grpc", tls={**files, "least": "TLSv1_3", "clients": str(tmp_path / "ca.crt")})
    there = {"/etc/nginx/tls/ca.crt": above.certificate, "/etc/nginx/tls/other.crt": own.certificate}
    there |= {"/etc/nginx/tls/node.crt": client.certificate, "/etc/nginx/tls/node.key": client.key}
    shown = {"certificate": "/etc/nginx/tls/node.crt", "key": "/etc/nginx/tls/node.key"}
    tls = {"name": "app.example.com", "trusted": "/etc/nginx/tls/ca.crt", **shown}
    rpc.site(site(upstream={"protocol": "grpcs", "tls": tls}), files=there)
    assert rpc.grpc("/a", "x").code == 0
    assert rpc.seen()[0].more["tls"] == {"name": "app.example.com", "client": "node"}
    rpc.site(site(upstream={"protocol": "grpcs", "tls": {**tls, "name": "other.example"}}), files=there)
    assert (rpc.grpc("/a", "x").code, len(rpc.seen())) == (14, 1)


def test_a_server_s_name_is_resolved_when_it_is_needed(rpc: Served) -> None:
    rpc.names({"app.internal": ["127.0.0.1"]})
    given = {"servers": ["app.internal:%d" % APP], "resolve": {"name_servers": ["127.0.0.1"], "valid": 1}}
    rpc.site(site(upstream=given))
    assert rpc.grpc("/a", "x").code == 0
    assert "app.internal" in rpc.names({})


# --- routes


def test_routes_and_rewrites(rpc: Served) -> None:
    routes = [
        {"path": "/v1", "upstream": "rpc", "rewrite": {"strip": True}},
        {"path": "/web", "upstream": "app"},
        {"headers": {"X-Kind": "beta"}, "upstream": "beta"},
        {"path": "/files", "static": "/srv", "upstream": "rpc"},
    ]
    changes = site(routes=routes)
    changes["lvs_nginx_upstreams.beta"] = {"servers": ["127.0.0.1:%d" % OTHER], "protocol": "grpc"}
    rpc.site(changes, files={"/srv/files/a.txt": "a file"})
    assert rpc.grpc("/v1/shop.Shop/Get", "x").code == 0
    assert rpc.grpc("/shop.Shop/Get", "x", metadata=[("x-kind", "beta")]).code == 0
    assert rpc.grpc("/files/shop.Shop/Get", "x").code == 0
    assert [(one.app, one.target) for one in rpc.seen()] == [
        (APP, "/shop.Shop/Get"), (OTHER, "/shop.Shop/Get"), (APP, "/files/shop.Shop/Get"),
    ]  # fmt: skip
    tls = {"name": "example.com"}
    assert rpc.ask("/files/a.txt", port=443, tls=tls).body == "a file"
    # Directors and browsers speak HTTP/1.1 on the same port.
    assert rpc.ask("/web", port=443, tls=tls).seen.target == "/web"
    assert rpc.ask("/lvs-health", port=443, tls=tls).status == 200


def test_headers_of_a_route(rpc: Served) -> None:
    sent = {"set": {"X-Set": "1"}, "remove": ["X-Gone"]}
    got = {"set": {"X-Own": "2"}, "remove": ["X-Inner"]}
    rpc.site(site(request_headers=sent, response_headers=got))
    do = "header=X-Inner:1&header=X-Own:1"
    reply = rpc.grpc("/a", "x", metadata=[("x-gone", "1"), ("x-set", "0"), ("x-do", do)])
    assert (reply.header("x-inner"), reply.header("x-own")) == (None, "2")
    (seen,) = rpc.seen()
    assert (seen.header("x-set"), seen.header("x-gone")) == ("1", None)


def test_a_page_of_a_known_origin_may_call(rpc: Served) -> None:
    """What the server says of it goes to nobody."""
    rpc.site(site(cors={"origins": ["https://a.example"], "credentials": True, "expose": ["X-C"]}))
    names = ("Allow-Origin", "Allow-Credentials", "Expose-Headers", "Allow-Methods", "Allow-Headers", "Max-Age")
    do = "&".join("header=Access-Control-%s:x" % name for name in names)
    for origin, told in (("https://a.example", ["https://a.example", "true", "X-C"]), ("https://b.example", [])):
        reply = rpc.grpc("/a", "x", metadata=[("origin", origin), ("x-do", do)])
        found = [(name, value) for name, value in reply.headers if name.startswith("access-control-")]
        assert (reply.code, found) == (
            0, list(zip(("access-control-allow-origin", "access-control-allow-credentials",
                         "access-control-expose-headers"), told)),
        )  # fmt: skip


def test_a_canary_by_address(rpc: Served) -> None:
    canary = {"upstream": "next", "percent": 50, "by": "client", "headers": {"X-Next": "1"}}
    changes = site(canary=canary)
    changes["lvs_nginx_upstreams.next"] = {"servers": ["127.0.0.1:%d" % OTHER], "protocol": "grpc"}
    rpc.site(changes)
    for _time in range(2):
        for number in range(1, 11):
            rpc.grpc("/a", "x", source="192.0.2.%d" % number)
    sides = [one.app for one in rpc.seen()]
    assert (sides[:10], set(sides)) == (sides[10:], {APP, OTHER})
    rpc.forget()
    rpc.grpc("/a", "x", metadata=[("x-next", "1")])
    assert [one.app for one in rpc.seen()] == [OTHER]


def test_the_log_has_the_status_of_grpc_and_status_counts_it(rpc: Served) -> None:
    """Of a sample of nothing, only what failed is there."""
    canary = {"upstream": "next", "percent": 100, "by": "client"}
    changes = site(canary=canary, log={"sample": 0.01, "path": "www.log"})
    changes["lvs_nginx_upstreams.next"] = {"servers": ["127.0.0.1:9013", "127.0.0.1:%d" % OTHER], "protocol": "grpc"}
    rpc.site(changes)
    for do in ("grpc-status=5", "grpc-status=13", "grpc-status=3&only=1"):
        rpc.grpc("/a", "x", metadata=[("x-do", do)])
    rpc.down(OTHER)
    assert rpc.grpc("/a", "x").code == 14
    lines = rpc.logs("www.log", count=4)
    assert [json.loads(line)["grpc_status"] for line in lines] == ["5", "13", "3", "14"]
    (found,) = counted(line.encode() for line in lines)
    assert (found["side"], found["requests"], found["errors"]) == ("canary", 4, 2)
