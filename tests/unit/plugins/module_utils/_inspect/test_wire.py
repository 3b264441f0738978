# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames: what we ask and what we understand; a real wire is in the integration tests."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.wire import (
    Advert,
    arp_answer,
    arp_request,
    decode_packet,
    internet_checksum,
    neighbour_answer,
    neighbour_request,
)

MAC = bytes.fromhex("020000000001")

# Headers by hand: RFC 791, RFC 3768, RFC 5798, RFC 4302.
IPV4 = bytes.fromhex("45c0 0000 0000 0000 ff70 0000 c6336464 e0000012".replace(" ", ""))
V2 = bytes.fromhex("2133640101010000 c63364c8".replace(" ", "")) + b"s3cretpw"
V3 = bytes.fromhex("3133fe0100190000 c63364c8".replace(" ", ""))
AH = bytes.fromhex("7004000000000000 00000001".replace(" ", "")) + b"\0" * 12
IPV6 = bytes.fromhex("60000000001870ff") + ip_address("fe80::1").packed + ip_address("ff02::12").packed
V3_6 = bytes.fromhex("3134640100190000") + ip_address("2001:db8::200").packed


def test_version_2_with_a_password_that_stays_where_it_is() -> None:
    found = decode_packet(IPV4 + V2)
    assert found == Advert("198.51.100.100", "224.0.0.18", 2, 51, 100, "pass", 1.0, ("198.51.100.200",))
    assert "s3cret" not in repr(found)


def test_version_3() -> None:
    assert decode_packet(IPV4 + V3) == Advert(
        "198.51.100.100", "224.0.0.18", 3, 51, 254, "none", 0.25, ("198.51.100.200",)
    )


def test_version_3_over_ipv6() -> None:
    assert decode_packet(IPV6 + V3_6) == Advert("fe80::1", "ff02::12", 3, 52, 100, "none", 0.25, ("2001:db8::200",))


def test_version_2_within_ah() -> None:
    packet = IPV4[:9] + b"\x33" + IPV4[10:] + AH + b"\x21\x33\x64\x01\x02\x01\0\0" + bytes.fromhex("c63364c8")
    found = decode_packet(packet)
    assert found
    assert (found.vrid, found.auth) == (51, "ah")


def test_what_is_no_advert() -> None:
    assert decode_packet(IPV4[:9] + b"\x06" + IPV4[10:] + V3) is None  # TCP
    assert decode_packet(IPV4 + V3[:-1]) is None  # an address is cut
    assert decode_packet(IPV4 + b"\x41" + V3[1:]) is None  # version 4


def test_an_arp_request_names_no_sender() -> None:
    frame = arp_request(MAC, "198.51.100.200")
    assert frame[:14] == b"\xff" * 6 + MAC + b"\x08\x06"
    assert frame[28:32] == b"\0" * 4
    assert frame[38:] == bytes([198, 51, 100, 200])
    assert arp_answer(frame) is None


def test_an_arp_reply() -> None:
    frame = bytearray(arp_request(MAC, "0.0.0.0"))
    frame[21] = 2
    frame[28:32] = bytes([198, 51, 100, 200])
    assert arp_answer(bytes(frame)) == ("198.51.100.200", "02:00:00:00:00:01")


def test_a_neighbour_request_has_a_good_checksum() -> None:
    frame = neighbour_request(MAC, "fe80::1", "2001:db8::200")
    assert frame[:6] == bytes.fromhex("3333ff000200")
    header, body = frame[14:54], frame[54:]
    pseudo_header = header[8:40] + len(body).to_bytes(4, "big") + (58).to_bytes(4, "big")
    assert internet_checksum(pseudo_header + body) == 0
    assert neighbour_answer(frame) is None


@given(st.binary(max_size=100))
def test_any_bytes_are_understood_or_not(data: bytes) -> None:
    for decode in (decode_packet, arp_answer, neighbour_answer):
        decode(data)
        decode(IPV4 + data)
        decode(b"\xff" * 12 + b"\x08\x06" + data)
