# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chains drop what nobody lets in, by what nft and iptables print."""

from __future__ import annotations

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._host.firewall import Closed, of_iptables, of_nftables

CHAIN = """table %s {
    set ports {
        type inet_service
        elements = { 22, 80 }
    }

    chain %s {
        %s
    }
}
"""
HOOK = "type filter hook input priority filter; policy %s;"


def chain(policy: str, *rules: str, table: str = "inet filter", name: str = "input") -> str:
    return CHAIN % (table, name, "\n        ".join([HOOK % policy, *rules]))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (chain("drop"), ["nft inet filter input"]),
        (chain("accept"), []),
        (chain("accept", "tcp dport 22 accept", "reject with icmpx admin-prohibited"), ["nft inet filter input"]),
        (chain("accept", "counter packets 1 bytes 2 drop"), ["nft inet filter input"]),
        (chain("accept", "counter packets 1 bytes 2 jump theirs"), ["nft inet filter input"]),
        (chain("accept", "counter packets 1 bytes 2"), []),
        (chain("accept", "ip saddr @banned drop", table="inet bans"), []),
        (chain("drop", table="inet firewalld", name="filter_INPUT"), []),
        (chain("drop", table="bridge filter"), []),
        (chain("drop", table="ip filter", name="INPUT"), []),
        (chain("drop").replace("hook input", "hook output"), []),
        ("table inet empty {\n}\n" + chain("drop"), ["nft inet filter input"]),
        ("", []),
    ],
)
def test_chains_of_nftables(text: str, places: list[str]) -> None:
    assert [one.place for one in of_nftables(text, ("ip", "ip6"))] == places


def test_chains_with_the_names_of_iptables_are_its_own_only_where_it_reads_them() -> None:
    text = chain("drop", table="ip filter", name="INPUT")
    assert [one.place for one in of_nftables(text, ("ip6",))] == ["nft ip filter INPUT"]


def test_what_is_opened_in_a_chain_of_nftables() -> None:
    text = chain("drop", 'jump vipstack_lvs_in comment "vipstack.lvs 0123456789ab"', "tcp dport 22 accept")
    assert of_nftables(text, ("ip", "ip6")) == [Closed("nft inet filter input", "input", "0123456789ab")]
    ours_alone = chain("accept", 'jump vipstack_lvs_in comment "vipstack.lvs 0123456789ab"')
    assert of_nftables(ours_alone, ("ip", "ip6")) == []


@pytest.mark.parametrize(
    ("rules", "places"),
    [
        ("-P INPUT DROP\n-P FORWARD ACCEPT", ["iptables INPUT"]),
        ("-P INPUT ACCEPT\n-P FORWARD DROP", ["iptables FORWARD"]),
        ("-P INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT", []),
        ("-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited", ["iptables INPUT"]),
        ("-P INPUT ACCEPT\n-A INPUT -j THEIRS", ["iptables INPUT"]),
        ("-P INPUT ACCEPT\n-A INPUT -j LOG\n-A INPUT -j ACCEPT", []),
        ("-P INPUT ACCEPT\n-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd", []),
        ("", []),
    ],
)
def test_chains_of_iptables(rules: str, places: list[str]) -> None:
    assert [one.place for one in of_iptables("iptables", rules)] == places


def test_what_is_opened_in_a_chain_of_iptables() -> None:
    rules = '-P INPUT DROP\n-A INPUT -m comment --comment "vipstack.lvs 0123456789ab" -j VIPSTACK-LVS-IN'
    assert of_iptables("ip6tables", rules) == [Closed("ip6tables INPUT", "input", "0123456789ab")]
