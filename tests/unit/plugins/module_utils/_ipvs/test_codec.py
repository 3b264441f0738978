# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The codec: what is encoded is decoded, and no bytes make it say what is not so."""

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
    service_keys,
    services,
    timeouts,
)

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import codec
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.plan import Step, addition, inverse
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
    payload = codec.header(codec.NEW_SERVICE) + codec.encode_service(service.key, service.config)
    assert codec.decode_service(payload)[:2] == (service.key, service.config)


@given(services())
def test_destinations_there_and_back(service: Service) -> None:
    for key, config in service.destinations.items():
        payload = codec.header(codec.NEW_DEST) + codec.encode_destination(key, config)
        assert codec.decode_destination(payload, service.key.family) == (key, config)


@given(services())
def test_a_dumped_destination_reads_the_same_in_one_go_and_one_by_one(service: Service) -> None:
    for key, config in service.destinations.items():
        payload = dumped_destination(key, config)
        assert codec.decode_destination(payload, "inet") == (key, config)
        assert (codec._plain_destination(payload) is None) == (config.forward == "tunnel")
        # With one attribute more in front it is not in the usual order.
        nested = netlink.attribute(99, b"") + payload[codec.HEADER_BYTES + 4 :]
        assert codec.decode_destination(codec.header(5) + netlink.nest(codec.TOP_DEST, nested), "inet") == (key, config)


@given(st.sampled_from(["master", "backup"]), daemons)
def test_a_daemon_there_and_back(role: str, daemon: SyncDaemon) -> None:
    payload = codec.header(codec.NEW_DAEMON) + codec.encode_daemon(role, daemon)
    assert codec.decode_daemon(payload) == (role, daemon)


@given(timeouts)
def test_timeouts_there_and_back(values: Timeouts) -> None:
    assert codec.decode_timeouts(codec.header(codec.SET_CONFIG) + codec.encode_timeouts(values)) == values


def test_the_bytes_of_a_service_are_those_of_the_header_file() -> None:
    """Laid out by hand from linux/ip_vs.h, little endian and big where the kernel wants it."""
    config = ServiceConfig("wrr", 0x10, True, Persistence(300, 0xFFFFFF00), "sip")
    inner = (
        struct.pack("=HHH2x", 6, 1, 2)  # AF
        + struct.pack("=HHH2x", 6, 2, 6)  # PROTOCOL
        + struct.pack("=HH", 20, 3)
        + bytes([192, 0, 2, 10]).ljust(16, b"\0")  # ADDR
        + struct.pack("=HH", 6, 4)
        + struct.pack("!H2x", 80)  # PORT
        + struct.pack("=HH", 8, 6)
        + b"wrr\0"  # SCHED_NAME
        + struct.pack("=HHII", 12, 7, 0x15, 0xFFFFFFFF)  # FLAGS
        + struct.pack("=HHI", 8, 8, 300)  # TIMEOUT
        + struct.pack("=HH", 8, 9)
        + bytes([255, 255, 255, 0])  # NETMASK
        + struct.pack("=HH", 8, 11)
        + b"sip\0"  # PE_NAME
    )
    assert codec.encode_service(WEB, config) == struct.pack("=HH", len(inner) + 4, 0x8001) + inner


def test_the_bytes_of_a_destination_are_those_of_the_header_file() -> None:
    config = DestinationConfig("tunnel", 3, 20, 10, Tunnel("gue", 6080, "remcsum"))
    inner = (
        struct.pack("=HH", 20, 1)
        + bytes([198, 51, 100, 11]).ljust(16, b"\0")
        + struct.pack("=HH", 6, 2)
        + struct.pack("!H2x", 80)
        + struct.pack("=HHH2x", 6, 11, 2)
        + struct.pack("=HHI", 8, 3, 2)
        + struct.pack("=HHI", 8, 4, 3)
        + struct.pack("=HHI", 8, 5, 20)
        + struct.pack("=HHI", 8, 6, 10)
        + struct.pack("=HHB3x", 5, 13, 1)
        + struct.pack("=HH", 6, 14)
        + struct.pack("!H2x", 6080)
        + struct.pack("=HHH2x", 6, 15, 2)
    )
    encoded = codec.encode_destination(DestinationKey("198.51.100.11", 80), config)
    assert encoded == struct.pack("=HH", len(inner) + 4, 0x8002) + inner


def test_an_ipv6_netmask_is_a_prefix_in_host_order() -> None:
    key = ServiceKey("inet6", "tcp", "2001:db8::10", 80, 0)
    encoded = codec.encode_service(key, ServiceConfig("rr", persistence=Persistence(60, 64)))
    found = netlink.parse_attributes(netlink.parse_attributes(encoded)[codec.TOP_SERVICE])
    assert found[codec.SVC_NETMASK] == struct.pack("=I", 64)


def test_the_flag_that_belongs_to_the_kernel_is_not_configuration() -> None:
    payload = bytearray(codec.header(1) + codec.encode_service(WEB, ServiceConfig("rr")))
    place = bytes(payload).index(struct.pack("=HH", 12, 7)) + 4
    payload[place] |= 0x2  # HASHED
    assert codec.decode_service(bytes(payload))[1] == ServiceConfig("rr")


def test_a_destination_without_a_family_has_the_services() -> None:
    inner = netlink.parse_attributes(
        codec.encode_destination(DestinationKey("2001:db8::1", 80), DestinationConfig("dr", 1))
    )
    found = netlink.parse_attributes(inner[codec.TOP_DEST])
    del found[codec.DEST_ADDR_FAMILY]
    nested = netlink.nest(codec.TOP_DEST, *[netlink.attribute(kind, data) for kind, data in found.items()])
    assert codec.decode_destination(codec.header(5) + nested, "inet6")[0] == DestinationKey("2001:db8::1", 80)


def test_plain_ipip_says_nothing_that_an_old_kernel_does_not_know() -> None:
    encoded = codec.encode_destination(
        DestinationKey("198.51.100.1", 80), DestinationConfig("tunnel", 1, tunnel=Tunnel())
    )
    found = netlink.parse_attributes(netlink.parse_attributes(encoded)[codec.TOP_DEST])
    assert not {codec.DEST_TUN_TYPE, codec.DEST_TUN_PORT, codec.DEST_TUN_FLAGS} & set(found)


@pytest.mark.parametrize(
    ("step", "command"),
    [
        (Step("service", WEB, None, Service(WEB, ServiceConfig("rr"), {})), 1),
        (Step("service", WEB, Service(WEB, ServiceConfig("rr"), {}), Service(WEB, ServiceConfig("wlc"), {})), 2),
        (Step("service", WEB, Service(WEB, ServiceConfig("rr"), {}), None), 3),
        (Step("destination", (WEB, DestinationKey("198.51.100.1", 80)), None, DestinationConfig("dr", 1)), 5),
        (
            Step(
                "destination",
                (WEB, DestinationKey("198.51.100.1", 80)),
                DestinationConfig("dr", 1),
                DestinationConfig("dr", 2),
            ),
            6,
        ),
        (Step("destination", (WEB, DestinationKey("198.51.100.1", 80)), DestinationConfig("dr", 1), None), 7),
        (Step("daemon", "master", None, SyncDaemon("eth0")), 9),
        (Step("daemon", "master", SyncDaemon("eth0"), None), 10),
        (Step("timeouts", "", Timeouts(1, 2, 3), Timeouts(1, 2, 4)), 12),
    ],
)
def test_a_step_is_one_command(step: Step, command: int) -> None:
    assert codec.encode(step)[:4] == bytes([command, 1, 0, 0])


@given(st.lists(services(), max_size=3), st.randoms())
def test_many_steps_are_the_messages_of_each(found: list[Service], chance: random.Random) -> None:
    """In any order: what is encoded once is never that of another destination."""
    steps = [step for service in found for step in addition(service)]
    steps += [undo for step in steps for undo in inverse(step)]
    steps += [step._replace(old=step.new) for step in steps if step.new is not None]
    chance.shuffle(steps)
    steps.sort(key=lambda step: chance.random() < 0.5)
    assert list(codec.encode_all(steps)) == [codec.encode(step) for step in steps]


def test_destinations_that_stand_together_differ_in_one_thing_each() -> None:
    key, config = DestinationKey("198.51.100.1", 80), DestinationConfig("dr", 1)
    steps = [
        Step("destination", (WEB, key), None, config),
        Step("destination", (WEB, key._replace(address="198.51.100.2")), None, config),
        Step("destination", (WEB, key._replace(address="2001:db8::1")), None, config),
        Step("destination", (WEB, key._replace(address="2001:db8::1", port=81)), None, config),
        Step("destination", (WEB, key._replace(address="2001:db8::1", port=81)), None, config._replace(weight=2)),
        Step("destination", (WEB, key._replace(address="2001:db8::1", port=81)), config, config._replace(weight=2)),
    ]
    steps.append(steps[-1]._replace(key=(WEB._replace(port=81), steps[-1].key[1])))
    assert list(codec.encode_all(steps)) == [codec.encode(step) for step in steps]
    assert len(set(codec.encode_all(steps))) == len(steps)


def test_counters_come_from_the_wide_attribute_where_both_are_there() -> None:
    wide = netlink.nest(12, netlink.attribute(1, struct.pack("=Q", 2**40)), netlink.attribute(11, b""))
    narrow = netlink.nest(10, netlink.u32(1, 7))
    both = netlink.parse_attributes(wide + narrow)
    assert codec.decode_counters(both, 12, 10)["connections"] == 2**40
    assert codec.decode_counters(netlink.parse_attributes(narrow), 12, 10)["connections"] == 7
    assert set(codec.decode_counters({}, 12, 10).values()) == {0}


# --- broken bytes ---------------------------------------------------------------------------------------------------

Decoder = Callable[[bytes], object]

SAMPLES: list[tuple[Decoder, bytes]] = [
    (
        lambda data: codec.decode_service(data)[:2],
        codec.header(1)
        + codec.encode_service(WEB, ServiceConfig("wrr", 0x18, False, Persistence(300, 0xFFFFFF00), "sip")),
    ),
    (
        lambda data: codec.decode_service(data)[:2],
        codec.header(1) + codec.encode_service(ServiceKey("inet6", "", "", 0, 7), ServiceConfig("mh")),
    ),
    (
        lambda data: codec.decode_destination(data, "inet"),
        codec.header(5)
        + codec.encode_destination(
            DestinationKey("198.51.100.11", 80), DestinationConfig("tunnel", 3, 20, 10, Tunnel("gue", 6080, "csum"))
        ),
    ),
    (
        lambda data: codec.decode_destination(data, "inet6"),
        codec.header(5) + codec.encode_destination(DestinationKey("2001:db8::1", 0), DestinationConfig("nat", 0)),
    ),
    (
        lambda data: codec.decode_destination(data, "inet"),
        dumped_destination(DestinationKey("198.51.100.11", 80), DestinationConfig("dr", 3, 20, 10)),
    ),
    (
        lambda data: codec.decode_destination(data, "inet6"),
        dumped_destination(DestinationKey("2001:db8::1", 80), DestinationConfig("tunnel", 1, 0, 0, Tunnel("gre"))),
    ),
    (codec.decode_daemon, codec.header(9) + codec.encode_daemon("master", SyncDaemon("eth0", 1, 1400))),
    (codec.decode_timeouts, codec.header(12) + codec.encode_timeouts(Timeouts(900, 120, 300))),
    (codec.decode_info, codec.header(15) + netlink.u32(1, 0x010201) + netlink.u32(2, 4096)),
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
    for how, decode, good, bad in _mutations(count, seed):
        try:
            value = decode(bad)
        except netlink.MalformedMessage:
            refused[how] += 1
            continue
        # A cut never makes another object of it, and an unknown attribute changes nothing. Timeouts are the one
        # message in which every attribute may be missing.
        if (how == "cut" and decode is not codec.decode_timeouts) or how == "unknown":
            assert value == decode(good), (how, bad.hex())
        assert _is_sane(value), (how, bad.hex())
    return refused


def _is_sane(value: object) -> bool:
    """No half objects: every value that was decoded can be encoded again and reads the same."""
    if isinstance(value, Timeouts):
        return codec.decode_timeouts(codec.header(12) + codec.encode_timeouts(value)) == value
    assert isinstance(value, tuple)
    first, second = value
    if isinstance(first, ServiceKey):
        assert isinstance(second, ServiceConfig)
        if first.fwmark == 0 and not first.address:
            return True  # a mark of 0: the kernel has no such service, so nothing will be asked for it
        return codec.decode_service(codec.header(1) + codec.encode_service(first, second))[:2] == value
    if isinstance(first, DestinationKey):
        assert isinstance(second, DestinationConfig)
        return codec.decode_destination(codec.header(5) + codec.encode_destination(first, second), "inet") == value
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


@given(service_keys())
def test_the_question_for_destinations_names_the_service(key: ServiceKey) -> None:
    found = netlink.parse_attributes(codec.get_destinations(key), codec.HEADER_BYTES)
    assert codec._service_key(netlink.parse_attributes(found[codec.TOP_SERVICE])) == key
