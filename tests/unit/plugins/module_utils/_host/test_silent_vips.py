# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs, the unit as a record, and the plan; what a kernel does with it is in the integration tests."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput
from ansible_collections.vipstack.lvs.plugins.module_utils._host.silent_vips import (
    Record,
    arp_sysctls,
    from_options,
    parse_unit,
    render_unit,
    text_of,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink.route import Address

V4 = Address("lo", "inet", "198.51.100.200", 32, "lo:0")
PLAIN = Address("lo", "inet", "198.51.100.201", 32, "lo")
V6 = Address("lo", "inet6", "2001:db8::200", 128)

BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": "a/b"}, "name is 'a/b'; allowed are letters, digits, dots, dashes and underscores"),
    ({"interface": "lo:0"}, "interface is 'lo:0'; must be the name of an interface, 1-15 characters"),
    ({"vips": [{"address": "web"}]}, "vips[0].address is 'web'; must be an IPv4 or IPv6 address"),
    ({"vips": [{"address": "192.0.2.0/24"}]}, "vips[0].address is '192.0.2.0/24'; must be an IPv4 or IPv6 address"),
    ({"vips": [{"address": "127.0.0.5"}]}, "vips[0].address is 127.0.0.5; must be an address that clients reach"),
    ({"vips": [{"address": "fe80::1"}]}, "vips[0].address is fe80::1; must be an address that clients reach"),
    ({"vips": [{"address": "198.51.100.1", "prefix": 33}]}, "vips[0].prefix is 33; must be 1-32"),
    ({"vips": [{"address": "2001:db8::1", "prefix": 0}]}, "vips[0].prefix is 0; must be 1-128"),
    (
        {"vips": [{"address": "198.51.100.1", "prefix": 24}]},
        "vips[0].prefix is 24; must be 32 on lo, where a network's addresses all become the host's own",
    ),
    (
        {"vips": [{"address": "2001:db8::1", "label": "lo:0"}]},
        "vips[0].label is 'lo:0'; an IPv6 address has none",
    ),
    (
        {"vips": [{"address": "198.51.100.1", "label": "eth0:0"}]},
        "vips[0].label is 'eth0:0'; must be lo:NAME, 15 characters at most",
    ),
    (
        {"vips": [{"address": "198.51.100.1", "label": "lo:0123456789abc"}]},
        "vips[0].label is 'lo:0123456789abc'; must be lo:NAME, 15 characters at most",
    ),
    (
        {"vips": [{"address": "2001:db8::1"}, {"address": "2001:DB8:0::1"}]},
        "vips[1].address is 2001:db8::1, which is there already",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("params", "text"), BAD)
def test_bad_input_is_named(params: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {"name": "x", "interface": "lo", "vips": [], "purge": True, **params}
    with pytest.raises(InvalidInput) as caught:
        from_options(**given)
    assert caught.value.problems == [text]


def test_all_mistakes_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        from_options("a b", "lo", [{"address": "x"}, {"address": "198.51.100.1", "prefix": 0}], True)
    assert len(caught.value.problems) == 3


def test_defaults() -> None:
    vips: list[dict[str, Any]] = [
        {"address": "198.51.100.201"},
        {"address": "2001:0db8::200", "prefix": None, "label": None},
    ]
    assert from_options("x", "lo", vips, True).vips == (PLAIN, V6)


def test_the_unit_records_what_it_brings() -> None:
    before = {"net.ipv4.conf.all.arp_ignore": "0", "net.ipv4.conf.vlan/5.arp_ignore": "2"}
    text = render_unit((V4, PLAIN, V6), "lo", before, "/sbin/ip")
    assert parse_unit(text) == Record((V4, PLAIN, V6), before)
    assert "ExecStart=/sbin/ip address replace 198.51.100.200/32 dev lo label lo:0\n" in text
    assert "ExecStart=/sbin/ip -6 address replace 2001:db8::200/128 dev lo nodad\n" in text


def test_a_unit_of_somebody_else_records_nothing() -> None:
    assert parse_unit("[Service]\nExecStart=/sbin/ip address replace 198.51.100.9/32 dev lo\n") == Record()
    assert parse_unit(None) == Record()


def test_an_interface_with_a_dot() -> None:
    assert "net.ipv4.conf.eth0/5.arp_ignore" in arp_sysctls("eth0.5")
    assert "/proc/sys/net/ipv4/conf/eth0.5/arp_ignore" in render_unit((), "eth0.5", {}, "/sbin/ip")


def test_text_of() -> None:
    assert text_of(V4) == "198.51.100.200/32 dev lo label lo:0"
    assert text_of(PLAIN) == "198.51.100.201/32 dev lo"
