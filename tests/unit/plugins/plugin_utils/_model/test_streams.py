# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams: the services that they bring, where they are served, and all that is refused with its path."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import Tree, model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

SQL: Tree = {
    "lvs_nginx_upstreams.db": {"servers": ["192.0.2.61:5432"], "protocol": "stream"},
    "lvs_nginx_streams.sql": {"ports": [5432], "vip": "web", "upstream": "db"},
}
STREAM, DB = "lvs_nginx_streams.sql", "lvs_nginx_upstreams.db"


def mistakes(changes: Tree) -> list[str]:
    return [one.message for one in build(with_changes({**SQL, **changes})).mistakes]


def services(model: Any) -> dict[tuple[str, str, int], Any]:
    return {(one["service"], one["protocol"], one["port"]): one for one in model["hosts"]["d1"]["director"]["services"]}


def test_a_stream_with_a_vip_brings_its_service() -> None:
    model = model_of(with_changes(SQL))
    one = services(model)["sql", "tcp", 5432]
    assert (one["address"], one["check"]["type"], one["sorry_server"]) == ("198.51.100.200", "tcp", None)
    assert [server["host"] for server in one["real_servers"]] == ["web1", "web2"]
    (stream,) = model["hosts"]["web1"]["nginx"]["streams"]
    assert (stream["name"], stream["ports"], stream["idle_timeout"]) == ("sql", [5432], 600)
    opened = [one["ports"] for one in model["hosts"]["web1"]["firewall"]["openings"] if one["protocol"] == "tcp"]
    assert opened[0] == [80, 5432]


def test_a_service_that_is_there_stays_as_it_is() -> None:
    own = {"vip": "web", "ports": [5432], "scheduler": "lc"}
    model = model_of(with_changes({**SQL, "lvs_virtual_services.data": own}))
    found = services(model)
    assert (sorted(found), found["data", "tcp", 5432]["scheduler"]) == (
        [("data", "tcp", 5432), ("web", "tcp", 80)],
        "lc",
    )


def test_only_what_lacks_a_service_gets_one() -> None:
    changes = {"lvs_virtual_services.data": {"vip": "web", "ports": [5432]}, STREAM + ".ports": [5432, 5433]}
    found = services(model_of(with_changes({**SQL, **changes})))
    assert [(name, port) for name, _protocol, port in sorted(found)] == [("data", 5432), ("sql", 5433), ("web", 80)]


def test_udp_is_a_service_of_its_own() -> None:
    dns = {"ports": [53], "protocol": "udp", "vip": "web", "upstream": "db", "responses": 1}
    model = model_of(with_changes({**SQL, "lvs_nginx_streams.dns": dns}))
    assert services(model)["dns", "udp", 53]["check"]["type"] == "none"
    told = {one["name"]: (one["protocol"], one["idle_timeout"]) for one in model["hosts"]["web1"]["nginx"]["streams"]}
    assert told == {"dns": ("udp", 30), "sql": ("tcp", 600)}
    assert ("udp", [53]) in [(one["protocol"], one["ports"]) for one in model["hosts"]["web1"]["firewall"]["openings"]]


def test_one_word_lets_it_go_past_nginx() -> None:
    changes = {
        DB: {"group": "db_servers", "port": 5432, "protocol": "stream"},
        "group:db_servers": ["web2"],
        STREAM + ".by": "lvs",
    }
    model = model_of(with_changes({**SQL, **changes}))
    assert [one["host"] for one in services(model)["sql", "tcp", 5432]["real_servers"]] == ["web2"]
    assert model["hosts"]["web2"]["nginx"]["streams"] == []


def test_streams_need_no_site() -> None:
    model = model_of(with_changes({**SQL, "lvs_nginx_sites": {}, "lvs_virtual_services": {}}))
    nginx = model["hosts"]["web1"]["nginx"]
    assert ([one["name"] for one in nginx["streams"]], nginx["sites"], nginx["tls"]) == (["sql"], [], None)


def test_without_services_the_holder_of_the_vip_serves_them() -> None:
    changes = {
        "lvs_virtual_services": {}, "lvs_nginx_on_directors": "real_server", STREAM + ".vip": ...,
        "lvs_nginx_streams.dns": {"ports": [53], "protocol": "udp", "upstream": "db"},
        "group:lvs_real_servers": [],
    }  # fmt: skip
    model = model_of(with_changes({**SQL, **changes}))
    assert [one["name"] for one in model["hosts"]["d1"]["nginx"]["streams"]] == ["dns", "sql"]
    opened = {(one["protocol"], port) for one in model["hosts"]["d1"]["firewall"]["openings"] for port in one["ports"]}
    assert opened == {("tcp", 80), ("tcp", 5432), ("udp", 53)}


def test_sites_get_no_upstream_of_streams_in_their_file() -> None:
    nginx = model_of(with_changes(SQL))["hosts"]["web1"]["nginx"]
    assert ([one["name"] for one in nginx["upstreams"]], [one["name"] for one in nginx["stream_upstreams"]]) == (
        ["app"], ["db"],
    )  # fmt: skip


TLS = {"certificate": {"on_node": True, "certificate": "/etc/ssl/a.pem"}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({STREAM + ".ports": []}, STREAM + ".ports is empty"),
        ({STREAM + ".ports": [5432, 5432]}, STREAM + ".ports has 5432 twice"),
        ({STREAM + ".ports": [80]}, STREAM + ".ports has 80, as lvs_nginx_sites.www; must be another"),
        ({STREAM + ".ports": [8711]}, STREAM + ".ports has 8711, as lvs_nginx_status_port; must be another"),
        (
            {"lvs_nginx_streams.t": {"ports": [5432], "vip": "web", "upstream": "db"}},
            "lvs_nginx_streams.t.ports has 5432, as lvs_nginx_streams.sql; must be another",
        ),
        (
            {"lvs_nginx_streams.SQL": {"ports": [5433], "vip": "web", "upstream": "db"}},
            "lvs_nginx_streams.sql is lvs_nginx_streams.SQL in other letters; must be another name",
        ),
        (
            {STREAM + ".vip": ...},
            STREAM + ".ports has 5432, which no TCP service brings to the real servers; give vip, or the port to one; "
            "the services bring: 80",
        ),
        ({STREAM + ".vip": "zz"}, STREAM + '.vip names "zz", which is not a VIP; there are: web'),
        (
            {"lvs_virtual_services.sql": {"vip": "web", "ports": [5433]}},
            STREAM + ".vip is given, but lvs_virtual_services.sql is there without port 5432; give it the port, or the "
            "stream another name",
        ),
        ({STREAM + ".upstream": ...}, STREAM + ".upstream is missing; must be one, as there are no names"),
        ({STREAM + ".upstream": "zz"}, STREAM + '.upstream names "zz", which is not an upstream; there are: app, db'),
        (
            {STREAM + ".upstream": "app"},
            STREAM + ".upstream names app, where protocol is http; must be one with protocol stream",
        ),
        (
            {STREAM + ".names": {"a.example": "app"}},
            STREAM + ".names.a.example names app, where protocol is http; must be one with protocol stream",
        ),
        ({STREAM + ".names": {"a.example": "db", "A.example": "db"}}, STREAM + ".names has a.example twice"),
        ({STREAM + ".names": {".a.example": "db", "*.a.example": "db"}}, STREAM + ".names has *.a.example twice"),
        (
            {STREAM + ".names": {"default": "db"}},
            STREAM + ".names.default is a word of Nginx's own; must be a name of a host",
        ),
        ({STREAM + ".protocol": "udp", STREAM + ".send_proxy": True}, STREAM + ".send_proxy is given, but "
            "protocol is udp; must be left out"),
        ({STREAM + ".protocol": "udp", STREAM + ".proxy_protocol": True}, STREAM + ".proxy_protocol is given, "
            "but protocol is udp; must be left out"),
        ({STREAM + ".protocol": "udp", STREAM + ".names": {"a": "db"}}, STREAM + ".names is given, but protocol "
            "is udp; must be left out"),
        ({STREAM + ".responses": 1}, STREAM + ".responses is given, but protocol is tcp; must be with udp"),
        (
            {DB: {"servers": ["a.example:1"], "protocol": "stream", "resolve": {"name_servers": ["192.0.2.1"]}},
             "lvs_nginx_upstreams.far": {"servers": ["b.example:1"], "protocol": "stream",
                                         "resolve": {"name_servers": ["192.0.2.2"]}},
             STREAM + ".names": {"b.example": "far"}},
            STREAM + ".names.b.example names far, whose resolve is not that of db; must be the same for all "
            "upstreams of a stream",
        ),
        ({STREAM + ".upload": "0"}, STREAM + ".upload is 0, which limits nothing; leave it out"),
        ({STREAM + ".allow": ["192.0.2.1", "192.0.2.1"]}, STREAM + ".allow has 192.0.2.1/32 twice"),
        (
            {STREAM + ".allow": ["192.0.2.1"], STREAM + ".deny": ["192.0.2.1/32"]},
            STREAM + ".deny has 192.0.2.1/32, as allow; must be in one of them",
        ),
        (
            {STREAM + ".proxy_protocol": True},
            STREAM + ".proxy_protocol is true, but lvs_trusted_proxies is empty; must be with the proxies that "
            "are believed",
        ),
        (
            {STREAM + ".proxy_protocol": True, "lvs_trusted_proxies": ["192.0.2.7"],
             "lvs_virtual_services.data": {"vip": "web", "ports": [5432], "check": "http"}},
            "lvs_virtual_services.data.check.type is http, but port 5432 of lvs_nginx_streams.sql expects the PROXY "
            "protocol, which Keepalived does not speak; must be auto or tcp or dns or udp or ping or script or none",
        ),
        ({STREAM + ".tls": "zz"}, STREAM + '.tls.certificate names "zz", which is not a certificate; there are: none'),
        ({STREAM + ".by": "lvs"}, STREAM + ".upstream names db, which has no group; must be one with, as by is lvs"),
        (
            {STREAM + ".by": "lvs", STREAM + ".allow": ["192.0.2.1"]},
            STREAM + ".allow is given, but by is lvs, which passes Nginx; must be left out",
        ),
        (
            {STREAM + ".by": "lvs", STREAM + ".vip": ..., "lvs_virtual_services.web.ports": [80, 5432]},
            STREAM + ".vip is missing; must be the VIP, as by is lvs",
        ),
        (
            {STREAM + ".by": "lvs", DB: {"group": "lvs_real_servers", "port": 5433, "protocol": "stream"}},
            STREAM + ".ports has 5432, but by is lvs, and upstream db has port 5433; must be the same, as LVS keeps it",
        ),
        ({DB + ".method": "ip_hash"}, DB + ".method is ip_hash, which Nginx has for HTTP only; must be another, "
            "or hash: $remote_addr"),
        ({DB + ".sticky": "sid"}, DB + ".sticky is given, but protocol is stream, which has no cookies; must be "
            "left out"),
        (
            {DB + ".hash": "$cookie_a"},
            DB + ".hash.key has $cookie_a, which Nginx does not know of a stream; must be one of: binary_remote_addr, "
            "proxy_protocol_addr, proxy_protocol_port, remote_addr, remote_port, server_addr, server_port, "
            "ssl_client_fingerprint, ssl_client_s_dn, ssl_server_name",
        ),
        ({DB + ".keepalive_time": 5}, DB + ".keepalive_time is given, but protocol is stream, which "
            "closes each connection"),
        ({DB + ".fastcgi": "/srv"}, DB + ".fastcgi is given, but protocol is stream; must be fastcgi"),
        ({DB + ".servers": ["127.0.0.1:80"]}, STREAM + ".upstream names db with 127.0.0.1:80, where Nginx of "
            "the node listens itself; must be another program"),
        ({DB + ".servers": ["127.0.0.1:5432"]}, STREAM + ".upstream names db with 127.0.0.1:5432, where Nginx "
            "of the node listens itself; must be another program"),
        (
            {DB + ".servers": ["198.51.100.103:5432"]},
            DB + ".servers has 198.51.100.103:5432, where Nginx of real server web2 serves sites itself; must "
            "be an application",
        ),
        (
            {DB + ".servers": ["198.51.100.103:53"],
             "lvs_nginx_streams.d": {"ports": [53], "protocol": "udp", "vip": "web", "upstream": "db"}},
            "lvs_nginx_streams.d.upstream names db with 198.51.100.103:53, where Nginx of the node listens "
            "itself; must be another program",
        ),
        ({"lvs_nginx_sites.www.upstream": "db"}, "lvs_nginx_sites.www.upstream names db, where protocol is "
            "stream; must be one of another protocol"),
        (
            {"lvs_nginx_sites.www.routes": [{"path": "/a", "mirror": "db"}]},
            "lvs_nginx_sites.www.routes[0].mirror.upstream names db, where protocol is stream; must be one of "
            "another protocol",
        ),
        (
            {"lvs_nginx_health": {"upstream": "db"}},
            "lvs_nginx_health.upstream names db, where protocol is stream; must be one of another protocol",
        ),
        (
            {"lvs_nginx_limits": {"local_ports": {"first": 5000, "last": 9000}}, "lvs_nginx_status_port": 0},
            "lvs_nginx_limits.local_ports is 5000 to 9000, which has port 5432 of lvs_nginx_streams.sql; must "
            "be ports of no stream",
        ),
        (
            {"lvs_virtual_services.sql": {"vip": "web", "ports": [5432, 5433]}},
            "lvs_virtual_services.sql.ports has 5433, which no site has, beside 5432 of lvs_nginx_streams.sql; "
            "give it to the "
            "site as well, and a port of another program must be in a service of its own",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(changes: Tree, said: str) -> None:
    assert said in mistakes(changes)


def test_tls_of_an_upstream_goes_with_one_upstream_of_tcp() -> None:
    tls = {DB + ".tls": {"name": "db.example"}}
    assert mistakes(tls) == []
    assert mistakes({DB + ".tls": {"verify": True}}) == [
        DB + ".tls.name is missing; must be the name in the certificates of the servers, which have not one name "
        "themselves"
    ]
    (said,) = mistakes({**tls, STREAM + ".names": {"a.example": "db"}, STREAM + ".upstream": ...})
    assert said.startswith(STREAM + ".names.a.example names db, which has tls, but there are names")
    assert mistakes({**tls, STREAM + ".protocol": "udp"}) == [
        STREAM + ".upstream names db, which has tls, but protocol is udp; must be one without tls"
    ]
