# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chains of a host are opened, by which rules, and what is still closed."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_TOO, model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._firewall import lines, script
from ansible_collections.vipstack.lvs.plugins.plugin_utils._firewall.plan import Plan, plan

INPUT = {"place": "nft inet filter input", "hook": "input", "opened": None}
FORWARD = {"place": "nft inet filter forward", "hook": "forward", "opened": None}
IPTABLES = {"place": "ip6tables INPUT", "hook": "input", "opened": None}


def planned(*closed: Any, host: Any = "d1", firewalld: Any = False, **changes: Any) -> Plan:
    firewall = model_of(with_changes(changes))["hosts"][host]["firewall"]
    return plan(firewall, {"closed": list(closed), "firewalld": firewalld, "policies": []})


def test_a_chain_that_drops_is_to_be_opened_and_then_it_is() -> None:
    first = planned(INPUT)
    assert first.is_needed
    assert first.closed == ["nft inet filter input"]
    assert planned({**INPUT, "opened": first.stamp}).closed == []


def test_another_service_is_another_stamp() -> None:
    opened = {**INPUT, "opened": planned(INPUT).stamp}
    ports = {"lvs_virtual_services.web.ports": [80, 81], "lvs_nginx_sites.www.ports": [80, 81]}
    assert planned(opened, **ports).closed == ["nft inet filter input"]


def test_what_passes_on_is_opened_for_nat_only() -> None:
    assert planned(FORWARD).closed == []
    assert not planned(FORWARD).is_needed
    nat = planned(FORWARD, **{"lvs_virtual_services.web.forward": "nat"})
    assert nat.closed == ["nft inet filter forward"]
    assert nat.rules["nftables inet through"] == ["ip saddr { 198.51.100.102, 198.51.100.103 } tcp sport { 80 } accept"]


def test_a_family_without_an_address_has_nothing_to_be_opened() -> None:
    assert not planned(IPTABLES).is_needed
    assert planned(IPTABLES, **V6_TOO).closed == ["ip6tables INPUT"]


def test_only_the_firewall_that_is_named_is_opened() -> None:
    ports = {"lvs_firewall": "iptables"}
    assert not planned(INPUT, firewalld=True, **ports).is_needed
    assert planned(INPUT, firewalld=True).closed == ["nft inet filter input", "firewalld policy vipstack-lvs"]


def test_none_closes_what_was_opened() -> None:
    none = planned({**INPUT, "opened": "0123456789ab"}, lvs_firewall="none")
    assert not none.is_needed
    assert none.closed == ["nft inet filter input"]


def test_a_host_that_was_not_asked_has_no_plan() -> None:
    firewall = model_of(with_changes({}))["hosts"]["d1"]["firewall"]
    assert plan(firewall, {})[1:3] == ([], [])
    assert not plan(firewall, {}).is_needed


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "ip saddr { 198.51.100.101 } ip daddr { 198.51.100.100 } meta l4proto 112 accept"),
        (
            {"lvs_vips.web.unicast": False},
            "ip saddr { 198.51.100.101 } ip daddr { 224.0.0.18 } meta l4proto 112 accept",
        ),
        ({}, "ip daddr { 198.51.100.200 } tcp dport { 80 } accept"),
    ],
)
def test_a_director_lets_in(changes: Any, rule: str) -> None:
    assert rule in planned(INPUT, **changes).rules["nftables inet in"]


@pytest.mark.parametrize(
    ("forward", "rules"),
    [
        (
            "dr",
            [
                "ip daddr { 198.51.100.200 } tcp dport { 80 } accept",
                "ip saddr { 198.51.100.100, 198.51.100.101 } ip daddr { 198.51.100.102 } tcp dport { 80 } accept",
            ],
        ),
        ("nat", ["ip daddr { 198.51.100.102 } tcp dport { 80 } accept"]),
        (
            "tunnel",
            [
                "ip daddr { 198.51.100.200 } tcp dport { 80 } accept",
                "ip saddr { 198.51.100.100, 198.51.100.101 } ip daddr { 198.51.100.102 } meta l4proto 4 accept",
                "ip saddr { 198.51.100.100, 198.51.100.101 } ip daddr { 198.51.100.102 } tcp dport { 80 } accept",
            ],
        ),
    ],
)
def test_a_real_server_lets_in(forward: str, rules: list[str]) -> None:
    changes = {"lvs_virtual_services.web.forward": forward}
    assert planned(INPUT, host="web1", **changes).rules["nftables inet in"] == rules


def test_neighbours_of_ipv6_are_let_in() -> None:
    rules = planned(INPUT, **V6_TOO).rules
    assert "icmpv6 type { 133, 134, 135, 136 } accept" in rules["nftables inet6 in"]
    assert "-p icmpv6 --icmpv6-type 135 -j ACCEPT" in rules["iptables inet6 in"]
    assert '<rule family="ipv6"><icmp-type name="neighbour-solicitation"/><accept/></rule>' in rules["firewalld in"]


def opening(**values: Any) -> Any:
    good = {"why": "", "way": "in", "family": "inet", "protocol": "tcp", "sources": [], "destinations": [], "ports": []}
    return {**good, "destinations": ["192.0.2.1"], "ports": [80], **values}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": ["192.0.2.1; drop"]},
        {"destinations": ["web1"]},
        {"ports": ["80 }"]},
        {"ports": [0]},
        {"protocol": "tcp accept"},
    ],
)
def test_nothing_but_addresses_ports_and_known_words_becomes_a_rule(wrong: Any) -> None:
    one = opening(**wrong)
    for write in (lines.nftables, lines.iptables):
        with pytest.raises(LvsError):
            write([one], "inet", "in")
    with pytest.raises(LvsError):
        lines.firewalld([one], "in")


def test_a_chain_with_a_strange_name_is_no_word_of_the_script() -> None:
    with pytest.raises(LvsError, match="has a name that no script takes"):
        script.chains([{"family": "inet", "table": "a;b", "chain": "c", "way": "in"}])


def test_only_the_question_of_a_ping_is_let_in() -> None:
    vip = {"addresses": ["198.51.100.200/24", "2001:db8::200/64"]}
    found = planned(host="web1", **{"lvs_virtual_services.web.check": "ping", "lvs_vips.web": vip, **V6_TOO})
    for family, source, icmp, number in (
        ("inet", "198.51.100.100", "icmp", 8),
        ("inet6", "2001:db8::100", "icmpv6", 128),
    ):
        assert any("%s type { %d } accept" % (icmp, number) in one for one in found.rules["nftables %s in" % family])
        end = "-p %s --%s-type %d -j ACCEPT" % (icmp, icmp, number)
        rules = found.rules["iptables %s in" % family]
        assert any(one.startswith("-s " + source) and one.endswith(end) for one in rules)
    assert sum('<icmp-type name="echo-request"/>' in one for one in found.rules["firewalld in"]) == 4
