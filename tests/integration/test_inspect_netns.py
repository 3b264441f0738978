# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers for a VIP, and which adverts are on a wire, between namespaces on a real kernel."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from netns import inside, ip, new_namespace

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect import wire
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.parts import arp, where_is
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.wire import listen
from lab.processes import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a network namespace")

VIP, VIP6, NOBODY = "198.51.100.200", "2001:db8::200", "198.51.100.250"
GENEROUS = 60.0  # seconds for what has to come
ADVERT = bytes.fromhex("3133fe0100190000c63364c8")  # version 3, VRID 51, priority 254, 0.25 s, VIP


@dataclass
class Segment:
    """A bridge in this namespace with two hosts: ``hosts`` are their namespaces, ``macs`` those of their eth0."""

    hosts: list[int]
    macs: list[str]


@pytest.fixture
def segment() -> Iterator[Segment]:
    with ExitStack() as stack:
        hosts, macs = [], []
        home = stack.enter_context(new_namespace())
        # Without duplicate address detection the link-local address is there at once.
        Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
        ip("link add br0 type bridge")
        ip("link set br0 up")
        ip("address add 198.51.100.1/24 dev br0")
        for number in (1, 2):
            host = stack.enter_context(new_namespace())
            with inside(home):
                mac = "02:00:00:00:00:0%d" % number
                peer = "netns /proc/%d/fd/%d" % (os.getpid(), host)
                ip("link add p%d type veth peer name eth0 address %s %s" % (number, mac, peer))
                ip("link set p%d master br0 up" % number)
            ip("link set eth0 up")
            ip("address add 198.51.100.10%d/24 dev eth0" % number)
            hosts.append(host)
            macs.append(mac)
        stack.enter_context(inside(home))
        yield Segment(hosts, macs)


def macs_of(address: str, nobody: str = NOBODY) -> list[str]:
    found = arp([{"interface": "br0", "addresses": [address, nobody], "seconds": 0.3}])
    assert found[1] == {"address": nobody, "macs": [], "own": False}
    assert (found[0]["address"], found[0]["own"]) == (address, False)
    answered: list[str] = found[0]["macs"]
    return answered


def heard(address: str, macs: list[str], nobody: str = NOBODY) -> bool:
    """Whether just these answer; an answer has the time that a busy machine takes for it."""
    return wait_until(lambda: macs_of(address, nobody) == macs, GENEROUS)


def test_the_one_holder(segment: Segment) -> None:
    with inside(segment.hosts[1]):
        ip("address add %s/24 dev eth0" % VIP)
        assert where_is([VIP, NOBODY]) == {
            VIP: [{"interface": "eth0", "prefix": 24, "label": "eth0"}],
            NOBODY: [],
        }
    assert heard(VIP, [segment.macs[1]])


def test_a_split_brain_shows_both(segment: Segment) -> None:
    for host in segment.hosts:
        with inside(host):
            ip("address add %s/24 dev eth0" % VIP)
    assert heard(VIP, segment.macs)


def test_a_real_server_is_heard_exactly_while_it_is_loud(segment: Segment) -> None:
    with inside(segment.hosts[0]):
        ip("address add %s/32 dev lo" % VIP)
    assert heard(VIP, [segment.macs[0]])
    with inside(segment.hosts[0]):
        Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("1")
    assert macs_of(VIP) == []


def test_asking_changes_no_cache(segment: Segment) -> None:
    with inside(segment.hosts[0]):
        ip("address add %s/24 dev eth0" % VIP)
    assert heard(VIP, [segment.macs[0]])
    with inside(segment.hosts[0]):
        assert "198.51.100.1 " not in ip("neighbour show")


def test_own_is_told(segment: Segment) -> None:
    with inside(segment.hosts[0]):
        ip("address add %s/24 dev eth0" % VIP)
        assert arp([{"interface": "eth0", "addresses": [VIP], "seconds": 0.1}]) == [
            {"address": VIP, "macs": [], "own": True}
        ]


def test_ipv6(segment: Segment) -> None:
    with inside(segment.hosts[1]):
        ip("-6 address add %s/64 dev eth0 nodad" % VIP6)
    assert heard(VIP6, [segment.macs[1]], "2001:db8::250")


def test_a_real_server_says_nothing_in_ipv6(segment: Segment) -> None:
    with inside(segment.hosts[1]):
        ip("-6 address add %s/128 dev lo nodad" % VIP6)
    assert arp([{"interface": "br0", "addresses": [VIP6], "seconds": 0.2}])[0]["macs"] == []


def test_errors_name_the_interface(segment: Segment) -> None:
    with pytest.raises(LvsError, match=r"arp_probes\[0\]\.interface is eth7, which this host has not"):
        arp([{"interface": "eth7", "addresses": [VIP], "seconds": 0.1}])
    with pytest.raises(LvsError, match="lo is no Ethernet interface"):
        arp([{"interface": "lo", "addresses": [VIP], "seconds": 0.1}])
    with pytest.raises(LvsError, match="eth7: no packet socket: No such device"):
        listen("eth7", 0.1)


def test_adverts_of_both_directions_and_nothing_else(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens before the first one is sent; six have to come, and after them no more."""

    def send(host: int, destination: str) -> None:
        with inside(host), socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as opened:
            for _turn in range(3):
                opened.sendto(ADVERT, (destination, 0))
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    other.sendto(b"x" * 12, (destination, 9))

    first, second = segment.hosts
    threads = [
        threading.Thread(target=send, args=(first, "198.51.100.102")),
        threading.Thread(target=send, args=(second, "198.51.100.101")),
    ]
    really, looks = select.select, 0

    def look(readers: list[socket.socket], *_others: object) -> Any:
        nonlocal looks
        looks += 1
        if looks == 1:
            for thread in threads:
                thread.start()
        return really(readers, [], [], GENEROUS if looks <= 6 else 0.3)

    with inside(second):
        monkeypatch.setattr(wire, "select", SimpleNamespace(select=look))
        found = listen("eth0", 10 * GENEROUS)
    for thread in threads:
        thread.join()
    assert [(advert["source"], advert["outgoing"], advert["count"]) for advert in found] == [
        ("198.51.100.101", False, 3),
        ("198.51.100.102", True, 3),
    ]
    assert {name: found[0][name] for name in ("version", "vrid", "priority", "auth", "interval", "addresses")} == {
        "version": 3,
        "vrid": 51,
        "priority": 254,
        "auth": "none",
        "interval": 0.25,
        "addresses": [VIP],
    }
