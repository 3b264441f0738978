# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links and addresses: bytes there and back, and what this machine's kernel says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._netlink.generic import MalformedMessage
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink.route import (
    Address,
    RouteSocket,
    decode_address,
    decode_gateway,
    decode_link,
    encode_address,
)


@pytest.mark.parametrize(
    "address",
    [
        Address("lo", "inet", "198.51.100.200", 32, "lo:0"),
        Address("lo", "inet", "198.51.100.200", 24),
        Address("lo", "inet6", "2001:db8::200", 128),
    ],
)
def test_an_address_there_and_back(address: Address) -> None:
    assert decode_address(encode_address(address, 1), {1: "lo"}) == address


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    for decode in (decode_link, decode_gateway, lambda payload: decode_address(payload, {})):
        try:
            decode(data)
        except MalformedMessage:
            continue


def test_this_machine_has_a_loopback() -> None:
    with RouteSocket() as route:
        links = route.links()
        addresses = route.addresses(links)
    lo = next(link for link in links if link.name == "lo")
    assert (lo.index, lo.loopback, lo.mac) == (1, True, "00:00:00:00:00:00")
    assert Address("lo", "inet", "127.0.0.1", 8, "lo", "host") in addresses
