# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tunnels and NAT: what real servers get for them, and what cannot work."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
SERVICE = "lvs_virtual_services.web"
NAT = {SERVICE + ".forward": "nat"}
# Real servers on a network of their own, where the directors have their addresses, too.
INSIDE: Tree = {
    **NAT,
    "lvs_vips.web.addresses": ["192.0.2.200/24"],
    "lvs_vips.web.interface": "eth1",
    "lvs_vips.web.gateways": ["198.51.100.1/24"],
}
BOTH: Tree = {
    "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"],
    **{host + ":lvs_address6": "2001:db8::%d" % number for number, host in enumerate(("d1", "d2", "web1", "web2"), 1)},
}


def role(changes: Tree, host: str = "web1") -> Tree:
    found: Tree = model_of(with_changes(changes))["hosts"][host]["real_server"]
    return found


def test_direct_routing_needs_neither() -> None:
    assert (role({})["tunnels"], role({})["ways"]) == ([], [])


def test_a_tunnel_ends_at_the_address_of_its_family() -> None:
    assert role({SERVICE + ".forward": "tunnel", **BOTH})["tunnels"] == [
        {"interface": "lvs-ipip", "family": "inet", "address": "198.51.100.102"},
        {"interface": "lvs-ip6ip6", "family": "inet6", "address": "2001:db8::3"},
    ]


def test_in_one_network_answers_go_back_through_the_vip() -> None:
    assert role(NAT)["ways"] == [
        {
            "family": "inet",
            "address": "198.51.100.102",
            "gateway": "198.51.100.200",
            "table": 11200,
            "direct": ["198.51.100.100", "198.51.100.101"],
            "ports": [{"protocol": "tcp", "port": 80}],
        }
    ]


def test_in_another_network_they_go_through_the_gateway_that_moves_with_it() -> None:
    (way,) = role(INSIDE)["ways"]
    assert way["gateway"] == "198.51.100.1"
    instance = model_of(with_changes(INSIDE))["hosts"]["d1"]["director"]["instances"][0]
    assert [(one["address"], one["interface"], one["gateway"]) for one in instance["addresses"]] == [
        ("192.0.2.200/24", "eth1", False),
        ("198.51.100.1/24", "?", True),
    ]
    assert instance["track_interfaces"] == ["eth1"]


def test_no_service_listens_on_a_gateway_and_no_director_keeps_it_on_lo() -> None:
    director = model_of(with_changes(INSIDE))["hosts"]["d1"]["director"]
    assert [one["address"] for one in director["services"]] == ["192.0.2.200"]
    assert [one["address"] for one in director["handover"]["vips"]] == ["192.0.2.200"]


def test_each_gateway_has_a_table_of_its_own_and_each_port_a_rule() -> None:
    ways = role(
        {
            **NAT,
            **BOTH,
            "lvs_vips.dns": {"addresses": ["198.51.100.205/24"], "vrid": 52},
            "lvs_virtual_services.dns": {"vip": "dns", "ports": [53], "protocol": "udp", "forward": "nat"},
            "lvs_virtual_services.api": {"vip": "web", "ports": [8080, 8081], "real_port": 9000, "forward": "nat"},
        }
    )["ways"]
    assert [(one["gateway"], one["table"], [tuple(port.values()) for port in one["ports"]]) for one in ways] == [
        ("198.51.100.200", 11200, [("tcp", 80), ("tcp", 9000)]),
        ("198.51.100.205", 11201, [("udp", 53)]),
        ("2001:db8::200", 11202, [("tcp", 80), ("tcp", 9000)]),
    ]


NO_WAY = (
    "lvs_virtual_services.web.forward is nat, but real server %s is in no network of VIP web, through which its "
    "answers go back; give the VIP a gateway on its network (lvs_vips.web.gateways)"
)
OTHER_VIP = {"lvs_vips.api": {"addresses": ["198.51.100.205/24"]}}
WRONG: dict[str, tuple[Tree, list[str]]] = {
    "no way back": (
        {**NAT, "web2:lvs_address": "203.0.113.7"},
        [NO_WAY % "web2 (203.0.113.7)"],
    ),
    "a VIP that is in no network": (
        {**NAT, "lvs_vips.web.addresses": ["198.51.100.200/32"]},
        [NO_WAY % one for one in ("web1 (198.51.100.102)", "web2 (198.51.100.103)")],
    ),
    "a director that serves": (
        {**NAT, "group:lvs_real_servers": ["d1", "web1"], "lvs_nginx_on_directors": "real_server"},
        [
            "lvs_virtual_services.web.forward is nat, but real server d1 is a director, which cannot answer through "
            "another one; must be dr"
        ],
    ),
    "gateways without NAT": (
        {"lvs_vips.web.gateways": ["198.51.100.1/24"]},
        [
            "lvs_vips.web.gateways is given, but no service of the VIP has forward: nat, whose answers would go "
            "through it"
        ],
    ),
    "a gateway of the other family": (
        {**NAT, "lvs_vips.web.gateways": ["2001:db8::1/64"]},
        ["lvs_vips.web.gateways has an IPv6 address, but addresses has none; must be of the same family"],
    ),
    "a gateway that is a host": (
        {**NAT, "lvs_vips.web.gateways": ["198.51.100.102/24"]},
        ["lvs_vips.web.gateways has 198.51.100.102, the address of host web1"],
    ),
    "a gateway that is the VIP": (
        {**NAT, "lvs_vips.web.gateways": ["198.51.100.200/24"]},
        ["lvs_vips.web.gateways has 198.51.100.200, which is in lvs_vips.web.addresses"],
    ),
    "one port, two ways": (
        {**NAT, **OTHER_VIP, "lvs_virtual_services.api": {"vip": "api", "ports": [80], "forward": "nat"}},
        [
            "lvs_virtual_services.web has answers from TCP port 80 of real server %s go through 198.51.100.200, and "
            "lvs_virtual_services.api through 198.51.100.205; must have a real_port of its own, or the same VIP" % host
            for host in ("web1", "web2")
        ],
    ),
    "a way through itself": (
        {**NAT, "lvs_virtual_services.api": {"vip": "web", "ports": [8080]}},
        [
            "lvs_virtual_services.web.forward is nat, but real server %s has 198.51.100.200, through which its answers "
            "go, itself: lvs_virtual_services.api is dr; must be dr as well, or the VIP needs a gateway "
            "(lvs_vips.web.gateways)" % host
            for host in ("web1", "web2")
        ],
    ),
    "answers of UDP that cannot be told apart": (
        {
            **OTHER_VIP,
            SERVICE: {"vip": "web", "ports": [53], "protocol": "udp", "forward": "nat"},
            "lvs_virtual_services.api": {"vip": "api", "ports": [53], "protocol": "udp"},
            "lvs_nginx_sites": {},
        },
        [
            "lvs_virtual_services.web.forward is nat, but lvs_virtual_services.api sends to UDP port 53 of real server "
            "%s by dr; must be the same" % host
            for host in ("web1", "web2")
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_wrong(changes: Tree, expected: list[str]) -> None:
    _normal, mistakes, _warnings = normalise(with_changes(changes))
    assert [mistake.message for mistake in mistakes] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {**NAT, "lvs_virtual_services.api": {"vip": "web", "ports": [81], "real_port": 80, "forward": "nat"}},
        {**INSIDE, "lvs_virtual_services.api": {"vip": "web", "ports": [8080]}},
        {**NAT, **OTHER_VIP, "lvs_virtual_services.api": {"vip": "api", "ports": [80]}},
    ],
    ids=["one port by one way", "direct routing beside a gateway", "TCP by both ways"],
)
def test_what_goes_together(changes: Tree) -> None:
    _normal, mistakes, _warnings = normalise(with_changes(changes))
    assert [mistake.message for mistake in mistakes] == []
