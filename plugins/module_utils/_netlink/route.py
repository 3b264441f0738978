# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links, addresses and routes of this network namespace, by rtnetlink (linux/if_link.h, if_addr.h, rtnetlink.h)."""

from __future__ import annotations

import ipaddress
import socket
import struct
from dataclasses import dataclass

from .generic import (
    NETLINK_ROUTE,
    NLM_F_CREATE,
    NLM_F_REPLACE,
    MalformedMessage,
    NetlinkSocket,
    as_string,
    as_u8,
    as_u32,
    attribute,
    be16,
    parse_attributes,
    string,
    u8,
    u32,
)

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_GETLINK = 18
RTM_GETROUTE = 26

IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_EXT_MASK = 1, 3, 4, 16, 18, 29
IFLA_INFO_KIND = 1
RTEXT_FILTER_SKIP_STATS = 8
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_FLAGS = 1, 2, 3, 8
IFA_F_NODAD, IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x02, 0x08, 0x40
RTA_DST, RTA_SRC, RTA_GATEWAY, RTA_IP_PROTO, RTA_SPORT = 1, 2, 5, 27, 28
IFF_UP = 0x1
ARPHRD_LOOPBACK = 772

OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
FAMILIES = {int(socket.AF_INET): "inet", int(socket.AF_INET6): "inet6"}

_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, change mask
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, destination and source length, tos, table, protocol, scope, type, flags


@dataclass(frozen=True)
class Link:
    """One network interface. ``kind`` is empty for a physical one; ``operstate`` as the kernel words it."""

    index: int
    name: str
    kind: str
    mac: str
    mtu: int
    operstate: str
    up: bool
    loopback: bool


@dataclass(frozen=True)
class Address:
    """One address on one interface. ``label`` is empty for IPv6, which has none."""

    interface: str
    family: str
    address: str
    prefix: int
    label: str = ""
    scope: str = "global"
    tentative: bool = False
    dad_failed: bool = False


def mac_text(data: bytes) -> str:
    return ":".join("%02x" % byte for byte in data)


def decode_link(payload: bytes) -> Link:
    """The Link of one RTM_NEWLINK."""
    if len(payload) < _LINK.size:
        raise MalformedMessage("a link message has %d bytes; must be at least %d" % (len(payload), _LINK.size))
    _family, kind_of_hardware, index, flags, _change = _LINK.unpack_from(payload)
    found = parse_attributes(payload, _LINK.size)
    info = parse_attributes(found.get(IFLA_LINKINFO, b""))
    state = as_u8(found.get(IFLA_OPERSTATE, b"\0"))
    return Link(
        index=index,
        name=as_string(found.get(IFLA_IFNAME, b"")),
        kind=as_string(info.get(IFLA_INFO_KIND, b"")),
        mac=mac_text(found.get(IFLA_ADDRESS, b"")),
        mtu=as_u32(found.get(IFLA_MTU, b"\0\0\0\0")),
        operstate=OPERSTATES[state] if state < len(OPERSTATES) else str(state),
        up=bool(flags & IFF_UP),
        loopback=kind_of_hardware == ARPHRD_LOOPBACK,
    )


def decode_address(payload: bytes, names: dict[int, str]) -> Address | None:
    """The Address of one RTM_NEWADDR, None for a family that is neither IPv4 nor IPv6. ``names``: index to name."""
    if len(payload) < _ADDRESS.size:
        raise MalformedMessage("an address message has %d bytes; must be at least %d" % (len(payload), _ADDRESS.size))
    number, prefix, flags, scope, index = _ADDRESS.unpack_from(payload)
    found = parse_attributes(payload, _ADDRESS.size)
    # On a point-to-point link IFA_ADDRESS is the peer; IFA_LOCAL, where it is given, is our end.
    packed = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS, b"")
    if number not in FAMILIES or len(packed) != (4 if number == socket.AF_INET else 16):
        return None
    if IFA_FLAGS in found:
        flags = as_u32(found[IFA_FLAGS])
    return Address(
        interface=names.get(index, str(index)),
        family=FAMILIES[number],
        address=str(ipaddress.ip_address(packed)),
        prefix=prefix,
        label=as_string(found.get(IFA_LABEL, b"")),
        scope=SCOPES.get(scope, str(scope)),
        tentative=bool(flags & IFA_F_TENTATIVE),
        dad_failed=bool(flags & IFA_F_DADFAILED),
    )


def encode_address(address: Address, index: int) -> bytes:
    """The payload of RTM_NEWADDR and RTM_DELADDR. IPv6 goes without duplicate address detection: a VIP is on many."""
    packed = ipaddress.ip_address(address.address).packed
    family = socket.AF_INET6 if address.family == "inet6" else socket.AF_INET
    payload = _ADDRESS.pack(family, address.prefix, 0, 0, index)
    payload += attribute(IFA_LOCAL, packed) + attribute(IFA_ADDRESS, packed)
    if address.family == "inet6":
        return payload + u32(IFA_FLAGS, IFA_F_NODAD)
    return payload + string(IFA_LABEL, address.label) if address.label else payload


def encode_way(source: str, destination: str, protocol: int, port: int) -> bytes:
    """The payload of RTM_GETROUTE for packets from an address and port."""
    own, other = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    family = socket.AF_INET6 if own.version == 6 else socket.AF_INET
    payload = _ROUTE.pack(family, other.max_prefixlen, own.max_prefixlen, 0, 0, 0, 0, 0, 0)
    payload += attribute(RTA_DST, other.packed) + attribute(RTA_SRC, own.packed)
    return payload + u8(RTA_IP_PROTO, protocol) + be16(RTA_SPORT, port)


def decode_gateway(payload: bytes) -> str | None:
    """The gateway of one RTM_NEWROUTE; None where the packet goes to its receiver directly."""
    if len(payload) < _ROUTE.size:
        raise MalformedMessage("a route message has %d bytes; must be at least %d" % (len(payload), _ROUTE.size))
    packed = parse_attributes(payload, _ROUTE.size).get(RTA_GATEWAY, b"")
    return str(ipaddress.ip_address(packed)) if len(packed) in (4, 16) else None


class RouteSocket:
    """Links, addresses and routes of the kernel. Use as a context manager; errors are NetlinkError."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(NETLINK_ROUTE)

    def __enter__(self) -> RouteSocket:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._netlink.close()

    def links(self) -> list[Link]:
        """All interfaces, in the kernel's order."""
        payload = _LINK.pack(0, 0, 0, 0, 0) + u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
        return [decode_link(answer.payload) for answer in self._netlink.dump(RTM_GETLINK, payload)]

    def addresses(self, links: list[Link]) -> list[Address]:
        """All IPv4 and IPv6 addresses; ``links`` gives the names."""
        names = {link.index: link.name for link in links}
        answers = self._netlink.dump(RTM_GETADDR, _ADDRESS.pack(0, 0, 0, 0, 0))
        decoded = (decode_address(answer.payload, names) for answer in answers)
        return [address for address in decoded if address is not None]

    def gateway(self, source: str, destination: str, protocol: int, port: int) -> str | None:
        """What packets from an address and port go through; None where that is no gateway."""
        answers = self._netlink.request(RTM_GETROUTE, encode_way(source, destination, protocol, port))
        return decode_gateway(answers[0].payload) if answers else None

    def add(self, address: Address, index: int) -> None:
        """Add the address, or leave it as it is."""
        self._netlink.request(RTM_NEWADDR, encode_address(address, index), NLM_F_CREATE | NLM_F_REPLACE)

    def remove(self, address: Address, index: int) -> None:
        self._netlink.request(RTM_DELADDR, encode_address(address, index))
