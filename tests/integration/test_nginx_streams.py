# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP and UDP by the real Nginx: passed on by name, TLS ended, the PROXY protocol, who may come, what is logged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from certificates import authority, issued, pair
from inventory import model_of, with_changes
from nginx_served import Refused, Served
from nginx_streams import QUESTION, UDP, ask_dns, start_tls, subject, write

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.traffic import streams
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import probes

Tree = dict[str, Any]
OLD = ("1.18",)
COLLECTIONS = Path(__file__).resolve().parents[2] / ".ansible" / "collections"
NAMES = ("a.example", "b.example", "c.example")


def stream(upstream: Any = "127.0.0.1:9001", more: Tree | None = None, **given: Any) -> Tree:
    """The changes that make a stream at port 3306 to a server, or to what ``upstream`` says."""
    servers = upstream if isinstance(upstream, dict) else {"servers": [upstream]}
    made = {"ports": [3306], "vip": "web", "upstream": "raw", **given}
    return {"lvs_nginx_upstreams.raw": {"protocol": "stream", **servers}, "lvs_nginx_streams.sql": made, **(more or {})}


def connections(nginx: Served, count: int = 1) -> list[Tree]:
    return [json.loads(line) for line in nginx.logs("streams.log", count=count)]


# --- one upstream


def test_bytes_come_through_as_they_are(nginx: Served) -> None:
    assert nginx.site(stream()) == ""
    answer = nginx.ask("/a", port=3306, source="192.0.2.7")
    assert (answer.status, answer.seen.target, answer.seen.header("X-Real-IP")) == (200, "/a", None)
    (line,) = connections(nginx)
    told = {name: line[name] for name in ("client", "stream", "protocol", "port", "status", "upstream", "tls")}
    assert told == {
        "client": "192.0.2.7", "stream": "sql", "protocol": "TCP", "port": "3306", "status": "200",
        "upstream": "127.0.0.1:9001", "tls": "",
    }  # fmt: skip
    assert int(line["received"]) > 0


def test_sites_go_on_beside_it(nginx: Served) -> None:
    nginx.site(stream("127.0.0.1:9002"))
    assert (nginx.ask("/").app, nginx.ask("/", port=3306).app) == (9001, 9002)


def test_a_check_of_the_directors_is_no_line(nginx: Served) -> None:
    """It connects and says nothing."""
    nginx.site(stream())
    nginx.connect(port=3306).close()
    nginx.ask("/", port=3306)
    assert [line["received"] == "0" for line in connections(nginx)] == [False]


def test_without_a_log_there_is_none(nginx: Served) -> None:
    other = {"lvs_nginx_streams.other": {"ports": [3307], "vip": "web", "upstream": "raw"}}
    nginx.site(stream(log=False, more=other))
    nginx.ask("/", port=3306)
    nginx.ask("/", port=3307)
    assert [line["stream"] for line in connections(nginx)] == ["other"]


def test_a_server_that_is_down_is_passed_over(nginx: Served) -> None:
    servers = [{"address": "127.0.0.1", "port": 9011}, {"address": "127.0.0.1", "port": 9002, "backup": True}]
    nginx.site(stream({"servers": servers}))
    assert nginx.ask("/", port=3306).app == 9002
    nginx.site(stream({"servers": servers}, tries=1))
    assert nginx.ask("/", port=3306).status == 0


def test_so_many_servers_are_tried_and_no_more(nginx: Served) -> None:
    servers: list[Any] = ["127.0.0.1:9011", "127.0.0.1:9012", {"address": "127.0.0.1", "port": 9002, "backup": True}]
    nginx.site(stream({"servers": servers}, tries=2))
    assert nginx.ask("/", port=3306).status == 0
    nginx.site(stream({"servers": servers}, tries=3))
    assert nginx.ask("/", port=3306).app == 9002


def test_a_server_that_takes_no_connection_is_given_up(nginx: Served) -> None:
    servers = [{"address": "198.18.0.9", "port": 9001}, {"address": "127.0.0.1", "port": 9002, "backup": True}]
    nginx.site(stream({"servers": servers}, connect_timeout=0.2))
    nginx.ask("/", port=3306)
    (line,) = connections(nginx)
    assert (line["upstream"].split(", "), line["upstream_connect"].split(", ")[0]) == (
        ["198.18.0.9:9001", "127.0.0.1:9002"], "-",
    )  # fmt: skip


def test_a_hash_keeps_a_client_with_its_server(nginx: Served) -> None:
    servers = ["127.0.0.1:%d" % port for port in range(9001, 9005)]
    nginx.site(stream({"servers": servers, "hash": "$remote_addr"}))
    found = {
        source: {nginx.ask("/", port=3306, source=source).app for _time in range(4)}
        for source in ("192.0.2.%d" % number for number in range(1, 13))
    }
    assert {len(apps) for apps in found.values()} == {1}
    assert len(set.union(*found.values())) > 1


def test_an_idle_connection_ends(nginx: Served) -> None:
    nginx.site(stream("127.0.0.1:9010", idle_timeout=0.2))
    with nginx.connect(port=3306) as client:
        client.send("x")
        assert client.read() == ""


def test_a_reload_drops_no_open_connection(nginx: Served) -> None:
    nginx.site(stream())
    with nginx.connect(port=3306) as client:
        first = client.ask("/a").seen.connection
        nginx.site(stream("127.0.0.1:9002"), reload=True)
        assert nginx.ask("/b", port=3306).app == 9002
        again = client.ask("/c").seen
        assert (again.app, again.connection) == (9001, first)


def test_one_side_may_end_first(nginx: Served) -> None:
    if nginx.version in OLD:
        pytest.skip("needs Nginx 1.21.4")
    script = (
        "import socket; s = socket.create_connection(('127.0.0.1', 3306), 60)\n"
        "s.sendall(b'GET /?sleep=0.2 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')\n"
        "s.shutdown(socket.SHUT_WR)\nprint(len(s.makefile('rb').read()))\n"
    )
    nginx.site(stream(half_close=True))
    assert int(nginx.host("python3", "-c", script)) > 0


# --- who may come


def test_who_may_come(nginx: Served, tmp_path: Path) -> None:
    """The longest network decides, wherever it stands."""
    nginx.site(stream(allow=["192.0.2.0/24", "198.51.100.7"], deny=["192.0.2.128/25", "198.51.100.0/24"]))
    asked = {source: nginx.ask("/", port=3306, source=source).status for source in (
        "192.0.2.1", "192.0.2.129", "198.51.100.7", "198.51.100.8", "10.0.0.1"
    )}  # fmt: skip
    assert asked == {"192.0.2.1": 200, "192.0.2.129": 0, "198.51.100.7": 200, "198.51.100.8": 0, "10.0.0.1": 0}
    (tmp_path / "streams.log").write_text("\n".join([*nginx.logs("streams.log", count=5), ""]), encoding="utf-8")
    (counted,) = streams(["streams.log"], str(tmp_path))
    assert (counted["stream"], counted["connections"], counted["statuses"]) == ("sql", 5, {"200": 2, "403": 3})


def test_who_is_denied_alone(nginx: Served) -> None:
    nginx.site(stream(deny=["192.0.2.0/24"]))
    assert [nginx.ask("/", port=3306, source=one).status for one in ("192.0.2.1", "10.0.0.1")] == [0, 200]


def test_so_many_connections_of_one_client(nginx: Served) -> None:
    nginx.site(stream(connections=2))
    with nginx.connect(port=3306, source="192.0.2.1") as one, nginx.connect(port=3306, source="192.0.2.1") as other:
        assert (one.ask("/").status, other.ask("/").status) == (200, 200)
        assert nginx.ask("/", port=3306, source="192.0.2.1").status == 0
        assert nginx.ask("/", port=3306, source="192.0.2.2").status == 200
    assert sorted(line["status"] for line in connections(nginx, 4)) == ["200", "200", "200", "503"]


@pytest.mark.parametrize("way", ["upload", "download"])
def test_so_many_bytes_in_a_second(nginx: Served, way: str) -> None:
    """Of 3 rates the first is at once, and the rest needs two seconds."""
    rate: Tree = {way: "64k"}
    nginx.site(stream(**rate))
    size = 3 * 65536
    asked = {"target": "/?size=%d" % size} if way == "download" else {"method": "POST", "body": "x" * size}
    answer = nginx.ask(port=3306, **asked)
    assert answer.status == 200
    (line,) = connections(nginx)
    assert float(line["seconds"]) >= 1


# --- by name


def may_speak_tls(nginx: Served) -> None:
    if nginx.version in OLD:
        pytest.skip("needs Nginx 1.21.2, as connections could hang")


def by_name(nginx: Served, **given: Any) -> Tree:
    """Three applications that speak TLS, each with a certificate of its own."""
    for number, name in enumerate(NAMES, 9021):
        start_tls(nginx, number, name)
    upstreams = {
        "lvs_nginx_upstreams.app%d" % number: {"servers": ["127.0.0.1:%d" % number], "protocol": "stream"}
        for number in (9021, 9022, 9023)
    }
    made = {"ports": [443], "vip": "web", **given}
    return {**upstreams, "lvs_nginx_streams.tls": made}


def test_a_name_selects_the_upstream_and_its_own_certificate_is_shown(nginx: Served) -> None:
    names = {"A.example": "app9021", "*.b.example": "app9022", ".c.example": "app9023"}
    assert nginx.site(by_name(nginx, names=names, upstream="app9022")) == ""
    asked = ("a.example", "x.b.example", "c.example", "y.c.example", "other.example", "")
    assert {name: subject(nginx, 443, name) for name in asked} == {
        "a.example": "a.example", "x.b.example": "b.example", "c.example": "c.example", "y.c.example": "c.example",
        "other.example": "b.example", "": "b.example",
    }  # fmt: skip
    lines = connections(nginx, 6)
    assert {(line["name"], line["upstream"]) for line in lines} >= {("x.b.example", "127.0.0.1:9022")}
    answer = nginx.ask("/a", host="a.example", port=443, tls={"name": "a.example"})
    assert answer.seen.more["tls"]["name"] == "a.example"


def test_who_asks_for_another_name_is_sent_away(nginx: Served) -> None:
    nginx.site(by_name(nginx, names={"a.example": "app9021"}))
    assert [subject(nginx, 443, name) for name in ("a.example", "b.example", "")] == ["a.example", "", ""]


def test_a_name_whose_server_is_resolved_while_nginx_runs(nginx: Served) -> None:
    nginx.names({"db.example": ["127.0.0.1"]})
    resolve: Tree = {"servers": ["db.example:9021"], "resolve": {"name_servers": ["127.0.0.1"]}, "protocol": "stream"}
    nginx.site(
        {**by_name(nginx, names={"a.example": "far", "b.example": "app9022"}), "lvs_nginx_upstreams.far": resolve}
    )
    assert [subject(nginx, 443, name) for name in ("a.example", "b.example")] == ["a.example", "b.example"]
    assert "db.example" in nginx.names({})


def test_a_name_that_nobody_knows_takes_no_other_stream_along(nginx: Served) -> None:
    nginx.names({})
    resolve: Tree = {"servers": ["none.example:9021"], "resolve": {"name_servers": ["127.0.0.1"]}}
    other: Tree = {"lvs_nginx_upstreams.near": {"servers": ["127.0.0.1:9001"], "protocol": "stream"}}
    other["lvs_nginx_streams.near"] = {"ports": [3307], "vip": "web", "upstream": "near"}
    nginx.site(stream(resolve, other))
    assert [nginx.ask("/", port=port).status for port in (3306, 3307)] == [0, 200]


def test_names_of_any_length_and_a_thousand_streams(nginx: Served) -> None:
    long = ".".join(["x" * 60] * 4)
    made: Tree = {
        "lvs_nginx_streams.s%d" % number: {"ports": [10000 + number], "vip": "web", "upstream": "raw"}
        for number in range(1000)
    }
    names = {"n%d.%s" % (number, long): "raw" for number in range(1000)}
    made["lvs_nginx_streams.named"] = {"ports": [443], "vip": "web", "names": names}
    assert nginx.site(stream(more=made)) == ""
    assert nginx.ask("/", port=10999).status == 200


def test_dozens_of_streams_have_room(nginx: Served) -> None:
    made = {
        "lvs_nginx_streams.s%d" % number: {"ports": [10000 + number], "vip": "web", "names": {"a.example": "raw"}}
        for number in range(90)
    }
    assert nginx.site(stream(more=made)) == ""


# --- TLS ended here


def ended(nginx: Served, **given: Any) -> Tree:
    may_speak_tls(nginx)
    return stream(
        **{"tls": "www", **given}, more={"lvs_certificates": {"www": pair(*NAMES).both, "ca": authority().certificate}}
    )


def test_tls_ends_here(nginx: Served) -> None:
    assert nginx.site(ended(nginx)) == ""
    answer = nginx.ask("/a", port=3306, tls={"name": "a.example"})
    assert (answer.status, answer.seen.target) == (200, "/a")
    (line,) = connections(nginx)
    assert (line["tls"], line["name"]) == ("TLSv1.3", "a.example")
    assert nginx.ask("/", port=3306).status == 0


def test_its_protocols_are_those_of_all_tls(nginx: Served) -> None:
    nginx.site({**ended(nginx), "lvs_tls": {"profile": "modern"}})
    assert subject(nginx, 3306, "a.example", "-tls1_2") == ""
    nginx.site(ended(nginx))
    assert subject(nginx, 3306, "a.example", "-tls1_2") == "a.example"
    assert subject(nginx, 3306, "a.example", "-tls1_2", "-cipher", "AES128-SHA") == ""


def test_the_name_in_ended_tls_selects_the_upstream(nginx: Served) -> None:
    other = {"lvs_nginx_upstreams.other": {"servers": ["127.0.0.1:9002"], "protocol": "stream"}}
    nginx.site({**ended(nginx, names={"b.example": "other"}), **other})
    found = [nginx.ask("/", port=3306, tls={"name": name}).app for name in ("a.example", "b.example")]
    assert found == [9001, 9002]


def test_clients_show_a_certificate(nginx: Served) -> None:
    nginx.site(ended(nginx, tls={"certificate": "www", "authority": "ca"}))
    own = issued(by=authority(), subject="bob")
    bob, where = write(nginx, own.both), ("-connect", "127.0.0.1:3306")
    script = 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | timeout 60 openssl s_client -quiet "$@" 2>&1 || :'
    assert "HTTP/1.1 200" in nginx.host("sh", "-c", script, "sh", *where, "-cert", bob, "-key", bob)
    assert "HTTP/1.1 200" not in nginx.host("sh", "-c", script, "sh", *where)


def test_a_protocol_inside_of_tls_is_agreed_on(nginx: Served) -> None:
    nginx.site(ended(nginx, tls={"certificate": "www", "alpn": ["mqtt"]}))
    script = 'timeout 60 openssl s_client -connect 127.0.0.1:3306 -alpn "$1" 2>&1 </dev/null | grep "^ALPN protocol"'
    assert nginx.host("sh", "-c", script, "sh", "mqtt").strip() == "ALPN protocol: mqtt"


def test_tls_to_the_servers(nginx: Served) -> None:
    """Verified by the name, as for sites."""
    may_speak_tls(nginx)
    by_name(nginx)
    trusted = {"/etc/nginx/ca.pem": pair("a.example").certificate}
    for name, status in (("a.example", 200), ("b.example", 0)):
        tls = {"name": name, "trusted": "/etc/nginx/ca.pem"}
        nginx.site(stream({"servers": ["127.0.0.1:9021"], "tls": tls}), files=trusted)
        assert nginx.ask("/", port=3306).status == status


# --- the PROXY protocol


def test_servers_are_told_the_client(nginx: Served) -> None:
    nginx.site(stream("127.0.0.1:9010", send_proxy=True))
    nginx.ask("/", port=3306, source="192.0.2.7")
    (seen,) = nginx.seen(9010, count=1)
    assert seen.bytes.startswith("PROXY TCP4 192.0.2.7 127.0.0.1 ")


def test_the_client_is_the_one_that_a_trusted_proxy_names(nginx: Served) -> None:
    if nginx.version in OLD:
        pytest.skip("Debian 11 builds it without the module realip of streams")
    line = "PROXY TCP4 203.0.113.9 198.51.100.200 40000 3306\r\n"
    changes = stream("127.0.0.1:9010", proxy_protocol=True, send_proxy=True, deny=["192.0.2.0/24"])
    assert nginx.site({**changes, "lvs_trusted_proxies": ["192.0.2.7/32"]}) == ""
    raw = line + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert nginx.ask(raw=raw, port=3306, source="192.0.2.7").status == 200
    (seen,) = nginx.seen(9010, count=1)
    assert seen.bytes.startswith("PROXY TCP4 203.0.113.9 ")
    assert nginx.ask(raw=raw, port=3306, source="192.0.2.8").status == 0
    assert {one["client"] for one in connections(nginx, 2)} == {"203.0.113.9", "192.0.2.8"}


# --- UDP


def dns(**given: Any) -> Tree:
    made = {"ports": [5300], "protocol": "udp", "vip": "web", "upstream": "dns", **given}
    return {
        "lvs_nginx_upstreams.dns": {"servers": ["127.0.0.1:5353"], "protocol": "stream"},
        "lvs_nginx_streams.dns": made,
    }


def test_udp_answers_come_from_the_address_that_was_asked(nginx: Served) -> None:
    """The client is connected to the VIP, and takes answers of nobody else."""
    assert nginx.site(dns(responses=1)) == ""
    nginx.udp(5353)
    answers = ask_dns(nginx, "0001", "0002")
    assert [one[:4] for one in answers] == ["0001", "0002"]
    lines = connections(nginx, 2)
    assert {(line["stream"], line["protocol"], line["client"]) for line in lines} == {("dns", "UDP", "192.0.2.7")}


def test_after_so_many_answers_a_client_of_udp_is_done(nginx: Served) -> None:
    """Long before it has been idle for so long."""
    nginx.site(dns(responses=1, idle_timeout=600))
    nginx.udp(5353)
    ask_dns(nginx, "0001")
    assert [line["status"] for line in connections(nginx, 1)] == ["200"]


def test_udp_of_who_may_not_come_gets_no_answer(nginx: Served) -> None:
    nginx.site(dns(responses=1, deny=["192.0.2.0/24"]))
    nginx.udp(5353)
    with pytest.raises(RuntimeError):
        nginx.host("timeout", "1", "python3", "-c", UDP, "192.0.2.7", "5300", QUESTION % "0001")
    assert ask_dns(nginx, "0002", source="10.0.0.1")[0].startswith("0002")


def test_what_nginx_does_not_take_is_said(nginx: Served) -> None:
    with pytest.raises(Refused, match="proxy_nothing"):
        nginx.site(stream(extra=["proxy_nothing on;"]))


ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.probe import Probe, ask
print(json.dumps([ask(Probe(**one, timeout=60.0)) for one in json.loads(sys.argv[2])]))
"""


def test_what_a_stream_shows_is_seen_by_a_handshake(nginx: Served) -> None:
    """Also by the PROXY protocol, and where clients need certificates. A line tells of it where it is not let in."""
    if nginx.version in OLD:
        pytest.skip("a run refuses TLS of streams there")
    own = pair("example.com")
    certificates = {"www": own.both, "staff": authority("staff").certificate}
    kinds: dict[str, Tree] = {
        "plain": {"tls": "www"}, "asks": {"tls": {"certificate": "www", "authority": "staff"}},
        "proxied": {"tls": "www", "proxy_protocol": True}, "denied": {"tls": "www", "deny": ["127.0.0.0/8"]},
    }  # fmt: skip
    more: Tree = {"lvs_certificates": certificates, "lvs_trusted_proxies": ["127.0.0.1"]}
    for number, (name, given) in enumerate(kinds.items()):
        more["lvs_nginx_streams." + name] = {"ports": [4000 + number], "vip": "web", "upstream": "raw", **given}
    nginx.site(stream(more=more))
    mine = model_of(with_changes(stream(more=more)))["hosts"]["web1"]
    asked = [one for one in probes(mine) if one["name"].startswith("tls|stream ")]
    assert [one["name"].split()[1] for one in asked] == sorted(kinds)
    for one in asked:
        one.update(address="127.0.0.1", path=None, host=None)
        del one["timeout"]
    found = json.loads(nginx.host(sys.executable, "-c", ASK, str(COLLECTIONS), json.dumps(asked)))
    ends = {one["name"].split()[1]: one["expires"] for one in found}
    expires = int(own.made.not_valid_after_utc.timestamp())
    assert ends == {"asks": expires, "denied": None, "plain": expires, "proxied": expires}
    # What comes later is logged, so what came before would be.
    nginx.ask("/", port=3306)
    assert sorted(line["stream"] for line in connections(nginx, 3)) == ["asks", "denied", "sql"]
