# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the wire says: who answers for an address, and which VRRP adverts are there.

Packet sockets see frames before any packet filter of the host does: an advert that is filtered here is still seen here.
Frames: RFC 826 (ARP), RFC 4861 (neighbour discovery), RFC 3768 and RFC 5798 (VRRP 2 and 3).
"""

from __future__ import annotations

import ctypes
import ipaddress
import select
import socket
import struct
import time
from dataclasses import asdict, dataclass
from typing import Any, Callable, Iterator, Sequence

from .._errors import LvsError
from .._netlink.route import Address, Link, mac_text

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0003, 0x0800, 0x0806, 0x86DD
PROTOCOL_AH, PROTOCOL_ICMPV6, PROTOCOL_VRRP = 51, 58, 112
ARP_REQUEST, ARP_REPLY = 1, 2
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
VRRP_ADVERTISEMENT = 1
AUTH_TYPES = {0: "none", 1: "pass", 2: "ah"}

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_ALLMULTI, PACKET_OUTGOING = 263, 1, 2, 4
SO_ATTACH_FILTER = 26

_ETHERNET = struct.Struct("!6s6sH")
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_IPV6 = struct.Struct("!IHBB16s16s")
_BROADCAST = b"\xff" * 6


@dataclass(frozen=True)
class Advert:
    """One VRRP advertisement, without its authentication data. ``interval`` in seconds."""

    source: str
    destination: str
    version: int
    vrid: int
    priority: int
    auth: str  # none | pass | ah; always none in version 3
    interval: float
    addresses: tuple[str, ...]


# --- pure: frames -----------------------------------------------------------------------------------------------


def arp_request(mac: bytes, address: str) -> bytes:
    """A frame that asks who has ``address``. It names no sender address, so nobody's ARP cache changes by it."""
    packed = ipaddress.IPv4Address(address).packed
    body = _ARP.pack(1, ETH_P_IP, 6, 4, ARP_REQUEST, mac, b"\0" * 4, b"\0" * 6, packed)
    return _ETHERNET.pack(_BROADCAST, mac, ETH_P_ARP) + body


def arp_answer(frame: bytes) -> tuple[str, str] | None:
    """(address, MAC) of an ARP reply, None for any other frame."""
    if len(frame) < _ETHERNET.size + _ARP.size or _ETHERNET.unpack_from(frame)[2] != ETH_P_ARP:
        return None
    _hardware, protocol, _hln, _pln, operation, mac, address, _tha, _tpa = _ARP.unpack_from(frame, _ETHERNET.size)
    if protocol != ETH_P_IP or operation != ARP_REPLY:
        return None
    return str(ipaddress.IPv4Address(address)), mac_text(mac)


def neighbour_request(mac: bytes, source: str, address: str) -> bytes:
    """A frame that asks who has the IPv6 ``address``; ``source`` is our link-local one."""
    target = ipaddress.IPv6Address(address).packed
    sender = ipaddress.IPv6Address(source).packed
    group = ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + target[13:]
    body = struct.pack("!BBHI", NEIGHBOUR_SOLICITATION, 0, 0, 0) + target + b"\x01\x01" + mac
    pseudo_header = sender + group + struct.pack("!II", len(body), PROTOCOL_ICMPV6)
    body = body[:2] + struct.pack("!H", internet_checksum(pseudo_header + body)) + body[4:]
    header = _IPV6.pack(0x60000000, len(body), PROTOCOL_ICMPV6, 255, sender, group)
    return _ETHERNET.pack(b"\x33\x33" + group[12:], mac, ETH_P_IPV6) + header + body


def neighbour_answer(frame: bytes) -> tuple[str, str] | None:
    """(address, MAC) of a neighbour advertisement, None for any other frame."""
    start = _ETHERNET.size + _IPV6.size
    if len(frame) < start + 24 or _ETHERNET.unpack_from(frame)[2] != ETH_P_IPV6:
        return None
    header = _IPV6.unpack_from(frame, _ETHERNET.size)
    if header[2] != PROTOCOL_ICMPV6 or header[3] != 255 or frame[start] != NEIGHBOUR_ADVERTISEMENT:
        return None
    return str(ipaddress.IPv6Address(frame[start + 8 : start + 24])), mac_text(frame[6:12])


def internet_checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def decode_packet(packet: bytes) -> Advert | None:
    """The advert in an IPv4 or IPv6 packet, None for any other packet."""
    if not packet:
        return None
    if packet[0] >> 4 == 4:
        start = (packet[0] & 15) * 4
        if len(packet) < max(start, 20):
            return None
        source, destination, protocol = packet[12:16], packet[16:20], packet[9]
        if protocol == PROTOCOL_AH and len(packet) >= start + 8:  # authentication by AH wraps the advert
            protocol, start = packet[start], start + (packet[start + 1] + 2) * 4
    elif packet[0] >> 4 == 6 and len(packet) >= 40:
        source, destination, protocol, start = packet[8:24], packet[24:40], packet[6], 40
    else:
        return None
    if protocol != PROTOCOL_VRRP:
        return None
    return decode_advert(packet[start:], str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)))


def decode_advert(body: bytes, source: str, destination: str) -> Advert | None:
    """The advert in the payload of IP protocol 112, None where it is none or too short."""
    if len(body) < 8 or body[0] & 15 != VRRP_ADVERTISEMENT or body[0] >> 4 not in (2, 3):
        return None
    version, vrid, priority, count = body[0] >> 4, body[1], body[2], body[3]
    size = 16 if ":" in source else 4
    if len(body) < 8 + count * size:
        return None
    packed = (body[8 + index * size : 8 + (index + 1) * size] for index in range(count))
    if version == 3:
        auth, interval = "none", (int.from_bytes(body[4:6], "big") & 0xFFF) / 100
    else:
        auth, interval = AUTH_TYPES.get(body[4], str(body[4])), float(body[5])
    addresses = tuple(str(ipaddress.ip_address(address)) for address in packed)
    return Advert(source, destination, version, vrid, priority, auth, interval, addresses)


# --- sockets ----------------------------------------------------------------------------------------------------


def _open(interface: str, kind: socket.SocketKind, protocol: int) -> socket.socket:
    try:
        opened = socket.socket(socket.AF_PACKET, kind, socket.htons(protocol))
        opened.bind((interface, protocol))
    except OSError as error:
        raise LvsError("%s: no packet socket: %s" % (interface, error.strerror)) from error
    return opened


def _frames(opened: socket.socket, seconds: float) -> Iterator[tuple[bytes, Any]]:
    """What comes in within that time: (bytes, address of the packet socket)."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([opened], [], [], left)[0]:
            return
        yield opened.recvfrom(2048)


def who_has(link: Link, own: Sequence[Address], addresses: Sequence[str], seconds: float = 0.5) -> list[dict[str, Any]]:
    """Who answers for each address on the link: ``{address, macs, own}``.

    ``own`` tells that this host has the address on that very link: it does not hear itself. Raises LvsError where the
    link cannot be asked.
    """
    found: dict[str, set[str]] = {address: set() for address in addresses}
    for version, protocol, answer in ((4, ETH_P_ARP, arp_answer), (6, ETH_P_IPV6, neighbour_answer)):
        asked = [address for address in addresses if ipaddress.ip_address(address).version == version]
        if asked:
            requests = _requests(link, own, asked)
            with _open(link.name, socket.SOCK_RAW, protocol) as opened:
                for address, mac in _ask(opened, requests, answer, seconds):
                    found.get(address, set()).add(mac)
    here = {address.address for address in own if address.interface == link.name}
    return [{"address": address, "macs": sorted(macs), "own": address in here} for address, macs in found.items()]


def _requests(link: Link, own: Sequence[Address], asked: Sequence[str]) -> list[bytes]:
    mac = bytes.fromhex(link.mac.replace(":", ""))
    if len(mac) != 6 or link.loopback:
        raise LvsError("%s is no Ethernet interface: nobody can be asked there" % link.name)
    if ":" not in asked[0]:
        return [arp_request(mac, address) for address in asked]
    sources = [address.address for address in own if address.interface == link.name and address.scope == "link"]
    if not sources:
        raise LvsError("%s has no link-local IPv6 address to ask from" % link.name)
    return [neighbour_request(mac, sources[0], address) for address in asked]


def _ask(
    opened: socket.socket,
    requests: Sequence[bytes],
    answer: Callable[[bytes], tuple[str, str] | None],
    seconds: float,
) -> Iterator[tuple[str, str]]:
    """Ask twice, a frame can be lost; every answer until the time is up."""
    for _attempt in range(2):
        try:
            for request in requests:
                opened.send(request)
        except OSError as error:
            raise LvsError("the request cannot be sent: %s" % error.strerror) from error
        for frame, _sender in _frames(opened, seconds / 2):
            decoded = answer(frame)
            if decoded:
                yield decoded


def listen(interface: str, seconds: float) -> list[dict[str, Any]]:
    """The VRRP adverts on an interface within that time, each kind once: the fields of Advert, ``count`` and
    ``outgoing`` (sent by this host)."""
    counts: dict[tuple[Advert, bool], int] = {}
    with _open(interface, socket.SOCK_DGRAM, ETH_P_ALL) as opened:
        _attach_filter(opened)
        index = socket.if_nametoindex(interface)
        membership = struct.pack("iHH8s", index, PACKET_MR_ALLMULTI, 0, b"")
        opened.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        for packet, sender in _frames(opened, seconds):
            advert = decode_packet(packet)
            if advert:
                key = (advert, sender[2] == PACKET_OUTGOING)
                counts[key] = counts.get(key, 0) + 1
    return [
        {**asdict(advert), "addresses": list(advert.addresses), "outgoing": outgoing, "count": count}
        for (advert, outgoing), count in sorted(counts.items(), key=lambda item: (item[0][0].source, item[0][0].vrid))
    ]


def _attach_filter(opened: socket.socket) -> None:
    """Let the kernel drop all but VRRP and AH: a busy director's traffic must not go through Python."""
    load_byte, load_word, jump, jump_equal, give_back = 0x30, 0x20, 0x05, 0x15, 0x06
    ethertype = 0xFFFFF000  # SKF_AD_OFF + SKF_AD_PROTOCOL (linux/filter.h)
    program = (  # code, steps to skip if true, if false, operand
        (load_word, 0, 0, ethertype),
        (jump_equal, 0, 2, ETH_P_IP),
        (load_byte, 0, 0, 9),  # IPv4: protocol
        (jump, 0, 0, 2),
        (jump_equal, 0, 4, ETH_P_IPV6),
        (load_byte, 0, 0, 6),  # IPv6: next header
        (jump_equal, 1, 0, PROTOCOL_VRRP),
        (jump_equal, 0, 1, PROTOCOL_AH),
        (give_back, 0, 0, 0xFFFF),
        (give_back, 0, 0, 0),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))
