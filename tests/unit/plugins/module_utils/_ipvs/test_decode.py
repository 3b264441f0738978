# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decoding: what is encoded is decoded, and no bytes make it say what is not so."""

from __future__ import annotations

import random
import struct
from typing import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipvs_model import dumped_destination
from ipvs_strategies import (
    daemons,
    services,
    timeouts,
)

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import decode, encode, protocol
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    DestinationConfig,
    DestinationKey,
    Persistence,
    Service,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink import generic as netlink

WEB = ServiceKey("inet", "tcp", "192.0.2.10", 80, 0)


@given(services())
def test_a_service_there_and_back(service: Service) -> None:
    payload = protocol.header(protocol.NEW_SERVICE) + encode.encode_service(service.key, service.config)
    assert decode.decode_service(payload)[:2] == (service.key, service.config)


@given(services())
def test_destinations_there_and_back(service: Service) -> None:
    for key, config in service.destinations.items():
        payload = protocol.header(protocol.NEW_DEST) + encode.encode_destination(key, config)
        assert decode.decode_destination(payload, service.key.family) == (key, config)


@given(services())
def test_a_dumped_destination_reads_the_same_in_one_go_and_one_by_one(service: Service) -> None:
    for key, config in service.destinations.items():
        payload = dumped_destination(key, config)
        assert decode.decode_destination(payload, "inet") == (key, config)
        assert (decode._plain_destination(payload) is None) == (config.forward == "tunnel")
        # With one attribute more in front it is not in the usual order.
        nested = netlink.attribute(99, b"") + payload[protocol.HEADER_BYTES + 4 :]
        assert decode.decode_destination(protocol.header(5) + netlink.nest(protocol.TOP_DEST, nested), "inet") == (
            key,
            config,
        )


@given(st.sampled_from(["master", "backup"]), daemons)
def test_a_daemon_there_and_back(role: str, daemon: SyncDaemon) -> None:
    payload = protocol.header(protocol.NEW_DAEMON) + encode.encode_daemon(role, daemon)
    assert decode.decode_daemon(payload) == (role, daemon)


@given(timeouts)
def test_timeouts_there_and_back(values: Timeouts) -> None:
    assert decode.decode_timeouts(protocol.header(protocol.SET_CONFIG) + encode.encode_timeouts(values)) == values


def test_an_ipv6_netmask_is_a_prefix_in_host_order() -> None:
    key = ServiceKey("inet6", "tcp", "2001:db8::10", 80, 0)
    encoded = encode.encode_service(key, ServiceConfig("rr", persistence=Persistence(60, 64)))
    found = netlink.parse_attributes(netlink.parse_attributes(encoded)[protocol.TOP_SERVICE])
    assert found[protocol.SVC_NETMASK] == struct.pack("=I", 64)


def test_the_flag_that_belongs_to_the_kernel_is_not_configuration() -> None:
    payload = bytearray(protocol.header(1) + encode.encode_service(WEB, ServiceConfig("rr")))
    place = bytes(payload).index(struct.pack("=HH", 12, 7)) + 4
    payload[place] |= 0x2  # HASHED
    assert decode.decode_service(bytes(payload))[1] == ServiceConfig("rr")


def test_a_destination_without_a_family_has_the_services() -> None:
    inner = netlink.parse_attributes(
        encode.encode_destination(DestinationKey("2001:db8::1", 80), DestinationConfig("dr", 1))
    )
    found = netlink.parse_attributes(inner[protocol.TOP_DEST])
    del found[protocol.DEST_ADDR_FAMILY]
    nested = netlink.nest(protocol.TOP_DEST, *[netlink.attribute(kind, data) for kind, data in found.items()])
    assert decode.decode_destination(protocol.header(5) + nested, "inet6")[0] == DestinationKey("2001:db8::1", 80)


def test_counters_come_from_the_wide_attribute_where_both_are_there() -> None:
    wide = netlink.nest(12, netlink.attribute(1, struct.pack("=Q", 2**40)), netlink.attribute(11, b""))
    narrow = netlink.nest(10, netlink.u32(1, 7))
    both = netlink.parse_attributes(wide + narrow)
    assert decode.decode_counters(both, 12, 10)["connections"] == 2**40
    assert decode.decode_counters(netlink.parse_attributes(narrow), 12, 10)["connections"] == 7
    assert set(decode.decode_counters({}, 12, 10).values()) == {0}


# --- broken bytes ---------------------------------------------------------------------------------------------------

Decoder = Callable[[bytes], object]


SAMPLES: list[tuple[Decoder, bytes]] = [
    (
        lambda data: decode.decode_service(data)[:2],
        protocol.header(1)
        + encode.encode_service(WEB, ServiceConfig("wrr", 0x18, False, Persistence(300, 0xFFFFFF00), "sip")),
    ),
    (
        lambda data: decode.decode_service(data)[:2],
        protocol.header(1) + encode.encode_service(ServiceKey("inet6", "", "", 0, 7), ServiceConfig("mh")),
    ),
    (
        lambda data: decode.decode_destination(data, "inet"),
        protocol.header(5)
        + encode.encode_destination(
            DestinationKey("198.51.100.11", 80), DestinationConfig("tunnel", 3, 20, 10, Tunnel("gue", 6080, "csum"))
        ),
    ),
    (
        lambda data: decode.decode_destination(data, "inet6"),
        protocol.header(5) + encode.encode_destination(DestinationKey("2001:db8::1", 0), DestinationConfig("nat", 0)),
    ),
    (
        lambda data: decode.decode_destination(data, "inet"),
        dumped_destination(DestinationKey("198.51.100.11", 80), DestinationConfig("dr", 3, 20, 10)),
    ),
    (
        lambda data: decode.decode_destination(data, "inet6"),
        dumped_destination(DestinationKey("2001:db8::1", 80), DestinationConfig("tunnel", 1, 0, 0, Tunnel("gre"))),
    ),
    (decode.decode_daemon, protocol.header(9) + encode.encode_daemon("master", SyncDaemon("eth0", 1, 1400))),
    (decode.decode_timeouts, protocol.header(12) + encode.encode_timeouts(Timeouts(900, 120, 300))),
    (decode.decode_info, protocol.header(15) + netlink.u32(1, 0x010201) + netlink.u32(2, 4096)),
]


def _unknown_attribute(chance: random.Random) -> bytes:
    return netlink.attribute(chance.randrange(40, 0x3FFF), chance.randbytes(chance.randrange(12)))


def _mutations(count: int, seed: int) -> Iterator[tuple[str, Decoder, bytes, bytes]]:
    """``count`` broken payloads: how, with what to decode, from what, and the bytes."""
    chance = random.Random(seed)
    for _number in range(count):
        decode, good = chance.choice(SAMPLES)
        how = chance.choice(["cut", "grown", "length", "noise", "bits", "unknown"])
        if how == "cut":
            bad = good[: chance.randrange(len(good))]
        elif how == "grown":
            bad = good + chance.randbytes(chance.randrange(1, 40))
        elif how == "length":
            place = chance.randrange(4, len(good) - 1)
            bad = good[:place] + struct.pack("=H", chance.randrange(65536)) + good[place + 2 :]
        elif how == "noise":
            bad = chance.randbytes(chance.randrange(200))
        elif how == "unknown":
            bad = good + _unknown_attribute(chance)
        else:
            flipped = bytearray(good)
            for _flip in range(chance.randrange(1, 4)):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            bad = bytes(flipped)
        yield how, decode, good, bad


def fuzz(count: int, seed: int) -> dict[str, int]:
    """Decode broken payloads; how many were refused, by how they were broken."""
    refused = {"cut": 0, "grown": 0, "length": 0, "noise": 0, "bits": 0, "unknown": 0}
    for how, read, good, bad in _mutations(count, seed):
        try:
            value = read(bad)
        except netlink.MalformedMessage:
            refused[how] += 1
            continue
        # A cut never makes another object of it, and an unknown attribute changes nothing. Timeouts are the one
        # message in which every attribute may be missing.
        if (how == "cut" and read is not decode.decode_timeouts) or how == "unknown":
            assert value == read(good), (how, bad.hex())
        assert _is_sane(value), (how, bad.hex())
    return refused


def _is_sane(value: object) -> bool:
    """No half objects: every value that was decoded can be encoded again and reads the same."""
    if isinstance(value, Timeouts):
        return decode.decode_timeouts(protocol.header(12) + encode.encode_timeouts(value)) == value
    assert isinstance(value, tuple)
    first, second = value
    if isinstance(first, ServiceKey):
        assert isinstance(second, ServiceConfig)
        if first.fwmark == 0 and not first.address:
            return True  # a mark of 0: the kernel has no such service, so nothing will be asked for it
        return decode.decode_service(protocol.header(1) + encode.encode_service(first, second))[:2] == value
    if isinstance(first, DestinationKey):
        assert isinstance(second, DestinationConfig)
        return decode.decode_destination(protocol.header(5) + encode.encode_destination(first, second), "inet") == value
    return True


def test_broken_payloads_are_refused_or_read_right() -> None:
    refused = fuzz(100_000, seed=1)
    assert refused["cut"] > 10_000
    assert refused["length"] > 5_000
    assert refused["unknown"] == 0


@pytest.mark.long
def test_a_million_broken_payloads() -> None:
    fuzz(1_000_000, seed=2)


def test_broken_datagrams_end() -> None:
    """Whole datagrams of several messages: reading always comes to an end, or is refused."""
    chance = random.Random(3)
    good = b"".join(netlink.message(27, 2, 5, payload) for _decode, payload in SAMPLES)
    for _number in range(5_000):
        place = chance.randrange(len(good) - 1)
        bad = good[:place] + chance.randbytes(2) + good[place + 2 : chance.randrange(len(good))]
        try:
            assert len(list(netlink.parse_messages(bad))) <= len(bad) // 16
        except netlink.MalformedMessage:
            continue
