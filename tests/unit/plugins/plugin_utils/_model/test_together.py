# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several ports as one service: what the model makes of them, what directors get, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_TOO, model_of, with_changes
from rendering import everything

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.drain import pattern
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.asked import asked
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.request import told

WEB = "lvs_virtual_services.web"
BOTH = {WEB + ".ports": [80, 8080], WEB + ".together": True, "lvs_nginx_sites.www.ports": [80, 8080]}


def model(changes: dict[str, Any]) -> Any:
    return model_of(with_changes({**BOTH, **changes}))


def services(changes: dict[str, Any]) -> Any:
    return model(changes)["hosts"]["d1"]["director"]["services"]


def files(changes: dict[str, Any]) -> dict[str, str]:
    return everything(model(changes), "d1", {})


def test_all_ports_are_one_service() -> None:
    (one,) = services({})
    assert (one["name"], one["ports"], one["scheduler_flags"]) == ("web-together", [80, 8080], ["mh-fallback"])
    assert [server["port"] for server in one["real_servers"]] == [0, 0]
    assert (one["check"]["type"], one["check"]["port"]) == ("http", 80)


def test_a_mark_is_the_service_s_own_and_stays() -> None:
    """Other services, other ports and another order change none."""
    other = {**BOTH, "lvs_virtual_services.api": {"vip": "web", "ports": [81, 82], "together": True}}
    marks = {one["name"]: one["fwmark"] for one in services(other)}
    assert (len({*marks.values()}), {mark >> 24 for mark in marks.values()}) == (2, {0x6C})
    (alone,) = services({WEB + ".ports": [8080, 80]})
    assert alone["fwmark"] == marks["web-together"]


def test_each_address_has_its_own_mark() -> None:
    found = services({**V6_TOO, "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"]})
    assert [one["name"] for one in found] == ["web-together", "web-together-v6"]
    assert len({one["fwmark"] for one in found}) == 2


@pytest.mark.parametrize(
    ("forward", "method", "option"), [("dr", "DR", "-g"), ("tunnel", "TUN", "-i"), ("nat", "NAT", "-m")]
)
def test_directors_know_packets_by_their_mark(forward: str, method: str, option: str) -> None:
    changes = {WEB + ".forward": forward}
    (one,) = services(changes)
    found = files(changes)
    conf = " ".join(found["/etc/keepalived/keepalived.conf"].split())
    start = "virtual_server fwmark %d { ip_family inet lvs_sched mh lvs_method %s mh-fallback delay_loop 1"
    assert start % (one["fwmark"], method) in conf
    assert "real_server 198.51.100.102 {" in conf
    assert "connect_port 80" in conf
    assert found["/etc/ipvsadm.rules"].splitlines() == [
        "-A -f %d -s mh -b mh-fallback" % one["fwmark"],
        "-a -f %d -r 198.51.100.102 %s -w 1" % (one["fwmark"], option),
        "-a -f %d -r 198.51.100.103 %s -w 1" % (one["fwmark"], option),
    ]
    assert found["/etc/keepalived/lvs-services"] == "FWM  %08X \n" % one["fwmark"]
    rule = "ip daddr { 198.51.100.200 } tcp dport { 80, 8080 } meta mark set %d" % one["fwmark"]
    assert rule in found["/etc/vipstack-lvs/marks.nft"].splitlines()


def test_ipv6_is_told_where_a_mark_does_not() -> None:
    changes = {**V6_TOO, "lvs_vips.web.addresses": ["2001:db8::200/64"]}
    (one,) = services(changes)
    found = files(changes)
    assert "-A -f %d -6 -s mh" % one["fwmark"] in found["/etc/ipvsadm.rules"]
    assert "-a -f %d -6 -r [2001:db8::102] -g" % one["fwmark"] in found["/etc/ipvsadm.rules"]
    assert "ip_family inet6" in found["/etc/keepalived/keepalived.conf"]
    assert "ip6 daddr { 2001:db8::200 } tcp dport" in found["/etc/vipstack-lvs/marks.nft"]


def test_the_sorry_page_is_that_of_the_directors_where_they_serve_all_ports() -> None:
    sorry = {"lvs_nginx_on_directors": "sorry"}
    assert services(sorry)[0]["sorry_server"] == {"address": "127.0.0.1", "port": 0}
    assert "sorry_server 127.0.0.1\n" in files(sorry)["/etc/keepalived/keepalived.conf"]


def test_every_port_is_open_and_drained_and_asked_for() -> None:
    found = model({WEB + ".forward": "nat"})
    ports = {
        (one["why"], *one["ports"]) for host in ("d1", "web1") for one in found["hosts"][host]["firewall"]["openings"]
    }
    assert {("clients of web", 80, 8080), ("answers of web", 80, 8080)} <= ports
    assert ("clients of web", 80, 8080) in ports
    director = found["hosts"]["d1"]["director"]
    assert pattern(director, "web1", ["web"]) == " (C6336466 0050|C6336466 1F90) (ESTABLISHED|UDP)"
    assert "web1, web2, port 8080:" in told(found, asked("http://example.com:8080/"))


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({WEB + ".real_port": 80, WEB + ".ports": [80]},
     [".real_port is given, but together is true, which keeps each port; must be left out"]),
    ({WEB + ".sorry_server": "198.51.100.9:80", WEB + ".ports": [80]},
     [".sorry_server is given, but together is true, which has only the directors' Nginx for that; must be left out"]),
    ({WEB + ".one_packet": True, WEB + ".protocol": "udp"},
     [".one_packet is given, but together is true, which keeps a client's packets together; must be left out"]),
    ({WEB + ".scheduler": "rr"},
     [".scheduler is rr, but together is true, so a client needs one real server; must be mh or sh, "
      "or have persistence"]),
    ({WEB + ".scheduler_flags": ["mh-port"]},
     [".scheduler_flags has mh-port, which selects anew for each connection, but together is true; "
      "must be without it"]),
    ({WEB + ".upper_threshold": 9},
     [".upper_threshold is 9, but together is true, and a full real server would part a client's ports; must be left "
      "out, or have persistence, or scheduler_flags without mh-fallback"]),
    ({WEB + ".upper_threshold": 9, WEB + ".scheduler": "sh", WEB + ".scheduler_flags": ["sh-fallback"]},
     [".upper_threshold is 9, but together is true, and a full real server would part a client's ports; must be left "
      "out, or have persistence, or scheduler_flags without sh-fallback"]),
    ({WEB + ".upper_threshold": 9, WEB + ".scheduler": "sh"}, []),
    ({WEB + ".upper_threshold": 9, WEB + ".scheduler_flags": []}, []),
    ({WEB + ".upper_threshold": 9, WEB + ".persistence": 300}, []),
    ({WEB + ".scheduler": "rr", WEB + ".persistence": 300}, []),
    ({WEB + ".scheduler": "sh"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "messages"), REFUSED, ids=[" ".join(one) for one, _messages in REFUSED])
def test_what_would_part_a_client_s_ports_is_refused(changes: dict[str, Any], messages: list[str]) -> None:
    found = build(with_changes({**BOTH, **changes})).mistakes
    assert [one.message for one in found] == [WEB + message for message in messages]


def test_two_services_with_one_mark_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "ansible_collections.vipstack.lvs.plugins.plugin_utils._model.view.mark_of"
    monkeypatch.setattr(module, lambda _name, _address: 7)
    other = {"lvs_virtual_services.api": {"vip": "web", "ports": [81, 82], "together": True}}
    assert [one.message for one in build(with_changes({**BOTH, **other})).mistakes] == [
        WEB + " has at 198.51.100.200 the firewall mark 0x7 of lvs_virtual_services.api at 198.51.100.200; must have "
        "another name"
    ]


def test_two_addresses_with_one_mark_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "ansible_collections.vipstack.lvs.plugins.plugin_utils._model.view.mark_of"
    monkeypatch.setattr(module, lambda _name, _address: 7)
    two = {"lvs_vips.web.addresses": ["198.51.100.200/24", "198.51.100.210/24"]}
    assert [one.message for one in build(with_changes({**BOTH, **two})).mistakes] == [
        WEB + " has at 198.51.100.210 the firewall mark 0x7 of lvs_virtual_services.web at 198.51.100.200; must have "
        "another name"
    ]
