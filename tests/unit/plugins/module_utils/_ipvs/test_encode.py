# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encoding: the bytes of the header file, and one message for each step."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipvs_strategies import (
    service_keys,
    services,
)

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import decode, encode, protocol
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
    assert encode.encode_service(WEB, config) == struct.pack("=HH", len(inner) + 4, 0x8001) + inner


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
    encoded = encode.encode_destination(DestinationKey("198.51.100.11", 80), config)
    assert encoded == struct.pack("=HH", len(inner) + 4, 0x8002) + inner


def test_plain_ipip_says_nothing_that_an_old_kernel_does_not_know() -> None:
    encoded = encode.encode_destination(
        DestinationKey("198.51.100.1", 80), DestinationConfig("tunnel", 1, tunnel=Tunnel())
    )
    found = netlink.parse_attributes(netlink.parse_attributes(encoded)[protocol.TOP_DEST])
    assert not {protocol.DEST_TUN_TYPE, protocol.DEST_TUN_PORT, protocol.DEST_TUN_FLAGS} & set(found)


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
    assert encode.encode(step)[:4] == bytes([command, 1, 0, 0])


@given(st.lists(services(), max_size=3), st.randoms())
def test_many_steps_are_the_messages_of_each(found: list[Service], chance: random.Random) -> None:
    """In any order: what is encoded once is never that of another destination."""
    steps = [step for service in found for step in addition(service)]
    steps += [undo for step in steps for undo in inverse(step)]
    steps += [step._replace(old=step.new) for step in steps if step.new is not None]
    chance.shuffle(steps)
    steps.sort(key=lambda step: chance.random() < 0.5)
    assert list(encode.encode_all(steps)) == [encode.encode(step) for step in steps]


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
    assert list(encode.encode_all(steps)) == [encode.encode(step) for step in steps]
    assert len(set(encode.encode_all(steps))) == len(steps)


@given(service_keys())
def test_the_question_for_destinations_names_the_service(key: ServiceKey) -> None:
    found = netlink.parse_attributes(encode.get_destinations(key), protocol.HEADER_BYTES)
    assert decode._service_key(netlink.parse_attributes(found[protocol.TOP_SERVICE])) == key
