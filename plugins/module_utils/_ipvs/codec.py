# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPVS messages: between the values of _ipvs_table and the payloads of generic netlink, both ways.

Source: linux/ip_vs.h (family IPVS, version 1) and net/netfilter/ipvs/ip_vs_ctl.c. Decoding raises MalformedMessage
for bytes that cannot be a message, and never returns half an object.
"""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from typing import Any, Iterable, Iterator, NamedTuple

from .._netlink.generic import (
    ATTRIBUTE,
    NLA_F_NESTED,
    NLA_TYPE_MASK,
    Attributes,
    Layout,
    MalformedMessage,
    as_be16,
    as_string,
    as_u8,
    as_u16,
    as_u32,
    attribute,
    be16,
    nest,
    parse_attributes,
    string,
    u8,
    u16,
    u32,
)
from .plan import DAEMON, DESTINATION, SERVICE, Step
from .table import (
    ALL_BITS,
    FLAG_HASHED,
    FLAG_ONE_PACKET,
    FLAG_PERSISTENT,
    INET,
    INET6,
    SCHEDULER_BITS,
    DestinationConfig,
    DestinationKey,
    Persistence,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
    packed,
)

FAMILY, VERSION = "IPVS", 1

NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE = 1, 2, 3, 4
NEW_DEST, SET_DEST, DEL_DEST, GET_DEST = 5, 6, 7, 8
NEW_DAEMON, DEL_DAEMON, GET_DAEMON = 9, 10, 11
SET_CONFIG, GET_CONFIG, GET_INFO = 12, 13, 15

# Attributes of a message ...
TOP_SERVICE, TOP_DEST, TOP_DAEMON, TOP_TCP, TOP_TCP_FIN, TOP_UDP = range(1, 7)
# ... of a service ...
(
    SVC_AF,
    SVC_PROTOCOL,
    SVC_ADDR,
    SVC_PORT,
    SVC_FWMARK,
    SVC_SCHED_NAME,
    SVC_FLAGS,
    SVC_TIMEOUT,
    SVC_NETMASK,
    SVC_STATS,
    SVC_PE_NAME,
    SVC_STATS64,
) = range(1, 13)
# ... of a destination ...
(
    DEST_ADDR,
    DEST_PORT,
    DEST_FWD_METHOD,
    DEST_WEIGHT,
    DEST_U_THRESH,
    DEST_L_THRESH,
    DEST_ACTIVE_CONNS,
    DEST_INACT_CONNS,
    DEST_PERSIST_CONNS,
    DEST_STATS,
    DEST_ADDR_FAMILY,
    DEST_STATS64,
    DEST_TUN_TYPE,
    DEST_TUN_PORT,
    DEST_TUN_FLAGS,
) = range(1, 16)
# ... of a daemon, ...
(
    DAEMON_STATE,
    DAEMON_MCAST_IFN,
    DAEMON_SYNC_ID,
    DAEMON_SYNC_MAXLEN,
    DAEMON_MCAST_GROUP,
    DAEMON_MCAST_GROUP6,
    DAEMON_MCAST_PORT,
    DAEMON_MCAST_TTL,
) = range(1, 9)
# ... and of the kernel's own description.
INFO_VERSION, INFO_CONN_TAB_SIZE = 1, 2

_INET, _INET6 = int(socket.AF_INET), int(socket.AF_INET6)
_FAMILIES = {INET: _INET, INET6: _INET6}
_FAMILY_NAMES = {number: name for name, number in _FAMILIES.items()}
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
_PROTOCOL_NAMES = {number: name for name, number in _PROTOCOLS.items()}
_FORWARDS = {"nat": 0, "local": 1, "tunnel": 2, "dr": 3, "bypass": 4}
_FORWARD_NAMES = {number: name for name, number in _FORWARDS.items()}
_PLAIN_FORWARDS = frozenset(number for name, number in _FORWARDS.items() if name != "tunnel")
_TUNNELS = {"ipip": 0, "gue": 1, "gre": 2}
_TUNNEL_NAMES = {number: name for name, number in _TUNNELS.items()}
_CHECKSUMS = {"none": 0, "csum": 1, "remcsum": 2}
_CHECKSUM_NAMES = {number: name for name, number in _CHECKSUMS.items()}
_ROLES = {"master": 1, "backup": 2}
_ROLE_NAMES = {number: name for name, number in _ROLES.items()}

_FLAGS = struct.Struct("=II")  # value, mask
_ALL_FLAGS = 0xFFFFFFFF
_SCHEDULER_MASK = sum(SCHEDULER_BITS.values())

_BY_ADDRESS = Layout((SVC_AF, "H"), (SVC_PROTOCOL, "H"), (SVC_ADDR, "16s"), (SVC_PORT, "H"))
_ADDRESS_HEADER = ATTRIBUTE.pack(4 + 16, DEST_ADDR)
# A destination as kernels from 5.3 on dump it, before its counters.
_DUMPED = Layout(
    *((DEST_ADDR, "16s"), (DEST_PORT, "H"), (DEST_FWD_METHOD, "I"), (DEST_WEIGHT, "I")),
    *((DEST_TUN_TYPE, "B"), (DEST_TUN_PORT, "H"), (DEST_TUN_FLAGS, "H"), (DEST_U_THRESH, "I"), (DEST_L_THRESH, "I")),
    *((DEST_ACTIVE_CONNS, "I"), (DEST_INACT_CONNS, "I"), (DEST_PERSIST_CONNS, "I"), (DEST_ADDR_FAMILY, "H")),
)

HEADER_BYTES = 4  # struct genlmsghdr


@lru_cache(maxsize=32)
def header(command: int) -> bytes:
    """A generic netlink header."""
    return struct.pack("=BBH", command, VERSION, 0)


# --- encoding -------------------------------------------------------------------------------------------------------


def encode(step: Step) -> bytes:
    """The payload of the one message that carries a step out."""
    if step.kind == SERVICE:
        return _encode_service_step(step)
    if step.kind == DESTINATION:
        return _encode_destination_step(step)
    if step.kind == DAEMON:
        return _encode_daemon_step(step)
    return header(SET_CONFIG) + encode_timeouts(step.new)


def encode_all(steps: Iterable[Step]) -> Iterator[bytes]:
    """The same of many. What destinations that stand together have in common is encoded once."""
    common: Any = None
    before = after = b""
    for step in steps:
        kind, key, old, new, _note = step
        if kind != DESTINATION or new is None:
            yield encode(step)
            continue
        service, (address, port) = key
        octets = packed(address)
        this = service, old is None, port, len(octets), new
        if this != common:
            before, after = _around_address(port, len(octets), new)
            before = _before_destination(service, old is None) + before
            common = this
        yield before + octets + after


def _encode_service_step(step: Step) -> bytes:
    if step.new is None:
        return header(DEL_SERVICE) + nest(TOP_SERVICE, service_identity(step.key))
    command = NEW_SERVICE if step.old is None else SET_SERVICE
    return header(command) + encode_service(step.key, step.new.config)


def _encode_destination_step(step: Step) -> bytes:
    service, key = step.key
    if step.new is None:
        return header(DEL_DEST) + _service_nest(service) + nest(TOP_DEST, destination_identity(key))
    return _before_destination(service, step.old is None) + encode_destination(key, step.new)


def _before_destination(service: ServiceKey, new: bool) -> bytes:
    return header(NEW_DEST if new else SET_DEST) + _service_nest(service)


def _encode_daemon_step(step: Step) -> bytes:
    if step.new is None:
        return header(DEL_DAEMON) + nest(TOP_DAEMON, u32(DAEMON_STATE, _ROLES[step.key]))
    return header(NEW_DAEMON) + encode_daemon(step.key, step.new)


def get_destinations(service: ServiceKey) -> bytes:
    """The question for the destinations of one service."""
    return header(GET_DEST) + _service_nest(service)


@lru_cache(maxsize=8)
def _service_nest(key: ServiceKey) -> bytes:
    """Remembered, since the destinations of one service are asked for and written one after the other."""
    return nest(TOP_SERVICE, service_identity(key))


@lru_cache(maxsize=8)
def service_identity(key: ServiceKey) -> bytes:
    family = _FAMILIES[key.family]
    if key.fwmark:
        return u16(SVC_AF, family) + u32(SVC_FWMARK, key.fwmark)
    protocol = _PROTOCOLS[key.protocol] if key.protocol in _PROTOCOLS else int(key.protocol)
    return _BY_ADDRESS.pack(family, protocol, packed(key.address), socket.htons(key.port))


def encode_service(key: ServiceKey, config: ServiceConfig) -> bytes:
    """A whole service. The kernel knows no partial update: scheduler, flags, timeout and netmask are always there."""
    return nest(TOP_SERVICE, service_identity(key), _encode_service_config(key.family, config))


@lru_cache(maxsize=256)  # most services of a table are configured alike
def _encode_service_config(family: str, config: ServiceConfig) -> bytes:
    flags = config.flags | FLAG_ONE_PACKET * config.one_packet | FLAG_PERSISTENT * bool(config.persistence)
    timeout, netmask = config.persistence or (0, 128 if family == INET6 else 0xFFFFFFFF)
    parts = [
        string(SVC_SCHED_NAME, config.scheduler),
        attribute(SVC_FLAGS, _FLAGS.pack(flags, _ALL_FLAGS)),
        u32(SVC_TIMEOUT, timeout),
        attribute(SVC_NETMASK, struct.pack("!I" if family == INET else "=I", netmask)),
    ]
    if config.pe_name:
        parts.append(string(SVC_PE_NAME, config.pe_name))
    return b"".join(parts)


def destination_identity(key: DestinationKey) -> bytes:
    address = packed(key.address)
    return _ADDRESS_HEADER + address.ljust(16, b"\0") + _port_and_family(key.port, len(address))


def _port_and_family(port: int, octets: int) -> bytes:
    return be16(DEST_PORT, port) + u16(DEST_ADDR_FAMILY, _INET if octets == 4 else _INET6)


def encode_destination(key: DestinationKey, config: DestinationConfig) -> bytes:
    octets = packed(key.address)
    before, after = _around_address(key.port, len(octets), config)
    return before + octets + after


@lru_cache(maxsize=256)  # most destinations of a table are configured alike
def _around_address(port: int, octets: int, config: DestinationConfig) -> tuple[bytes, bytes]:
    """The rest of a destination, whose address has so many octets."""
    after = bytes(16 - octets) + _port_and_family(port, octets) + _encode_config(config)
    size = ATTRIBUTE.size + len(_ADDRESS_HEADER) + octets + len(after)
    return ATTRIBUTE.pack(size, TOP_DEST | NLA_F_NESTED) + _ADDRESS_HEADER, after


def _encode_config(config: DestinationConfig) -> bytes:
    parts = [
        u32(DEST_FWD_METHOD, _FORWARDS[config.forward]),
        u32(DEST_WEIGHT, config.weight),
        u32(DEST_U_THRESH, config.upper_threshold),
        u32(DEST_L_THRESH, config.lower_threshold),
    ]
    # Nothing is said for plain IPIP, which is what kernels before 5.2 do without knowing these attributes.
    if config.tunnel and config.tunnel != Tunnel():
        parts.append(u8(DEST_TUN_TYPE, _TUNNELS[config.tunnel.type]))
        parts.append(be16(DEST_TUN_PORT, config.tunnel.port))
        parts.append(u16(DEST_TUN_FLAGS, _CHECKSUMS[config.tunnel.checksum]))
    return b"".join(parts)


def encode_daemon(role: str, daemon: SyncDaemon) -> bytes:
    address = packed(daemon.group)
    parts = [
        u32(DAEMON_STATE, _ROLES[role]),
        string(DAEMON_MCAST_IFN, daemon.interface),
        u32(DAEMON_SYNC_ID, daemon.sync_id),
        attribute(DAEMON_MCAST_GROUP if len(address) == 4 else DAEMON_MCAST_GROUP6, address),
        u16(DAEMON_MCAST_PORT, daemon.port),
        u8(DAEMON_MCAST_TTL, daemon.ttl),
    ]
    if daemon.maxlen:
        parts.append(u16(DAEMON_SYNC_MAXLEN, daemon.maxlen))
    return nest(TOP_DAEMON, *parts)


def encode_timeouts(timeouts: Timeouts) -> bytes:
    return u32(TOP_TCP, timeouts.tcp) + u32(TOP_TCP_FIN, timeouts.tcp_fin) + u32(TOP_UDP, timeouts.udp)


# --- decoding -------------------------------------------------------------------------------------------------------


def _inner(payload: bytes, kind: int, what: str) -> Attributes:
    if len(payload) < HEADER_BYTES:
        raise MalformedMessage("an IPVS message of %d bytes is shorter than its header" % len(payload))
    found = parse_attributes(payload, HEADER_BYTES).get(kind)
    if found is None:
        raise MalformedMessage("an IPVS message without its %s" % what)
    return parse_attributes(found)


def _need(attributes: Attributes, kind: int, what: str) -> bytes:
    found = attributes.get(kind)
    if found is None:
        raise MalformedMessage("an IPVS %s without attribute %d" % (what, kind))
    return found


def _address(data: bytes, family: str) -> str:
    size = 4 if family == INET else 16
    if len(data) < size:
        raise MalformedMessage("an IPVS address of %d bytes" % len(data))
    return socket.inet_ntop(_FAMILIES[family], data[:size])


def _family(data: bytes) -> str:
    name = _FAMILY_NAMES.get(as_u16(data))
    if name is None:
        raise MalformedMessage("an IPVS message with address family %d" % as_u16(data))
    return name


def decode_service(payload: bytes) -> tuple[ServiceKey, ServiceConfig, Attributes]:
    """A service as it is dumped; the attributes are for its counters."""
    found = _inner(payload, TOP_SERVICE, "service")
    key = _service_key(found)
    flags_data = _need(found, SVC_FLAGS, "service")
    if len(flags_data) < _FLAGS.size:
        raise MalformedMessage("IPVS service flags of %d bytes" % len(flags_data))
    flags = _FLAGS.unpack_from(flags_data)[0] & ~FLAG_HASHED
    config = ServiceConfig(
        scheduler=as_string(_need(found, SVC_SCHED_NAME, "service")),
        flags=flags & _SCHEDULER_MASK,
        one_packet=bool(flags & FLAG_ONE_PACKET),
        persistence=_persistence(found, key.family) if flags & FLAG_PERSISTENT else None,
        pe_name=as_string(found.get(SVC_PE_NAME, b"")),
    )
    return key, config, found


def _service_key(found: Attributes) -> ServiceKey:
    family = _family(_need(found, SVC_AF, "service"))
    if SVC_FWMARK in found:
        return ServiceKey(family, "", "", 0, as_u32(found[SVC_FWMARK]))
    protocol = as_u16(_need(found, SVC_PROTOCOL, "service"))
    return ServiceKey(
        family,
        _PROTOCOL_NAMES.get(protocol, str(protocol)),
        _address(_need(found, SVC_ADDR, "service"), family),
        as_be16(_need(found, SVC_PORT, "service")),
        0,
    )


def _persistence(found: Attributes, family: str) -> Persistence:
    netmask = as_u32(_need(found, SVC_NETMASK, "service"))
    if family == INET:
        netmask = socket.ntohl(netmask)
    elif netmask > ALL_BITS[INET6]:
        raise MalformedMessage("an IPVS service with a prefix of %d bits" % netmask)
    return Persistence(as_u32(_need(found, SVC_TIMEOUT, "service")), netmask)


def decode_destination(payload: bytes, service_family: str) -> tuple[DestinationKey, DestinationConfig]:
    """A destination as it is dumped.

    Kernels before 3.18 do not name its family: it is the service's.
    """
    return _plain_destination(payload) or _any_destination(destination_attributes(payload), service_family)


def destination_attributes(payload: bytes) -> Attributes:
    return _inner(payload, TOP_DEST, "destination")


def _plain_destination(payload: bytes) -> tuple[DestinationKey, DestinationConfig] | None:
    """One without a tunnel, where its attributes are in the usual order: nearly all, and ten times faster."""
    values = _DUMPED.unpack(payload, HEADER_BYTES + 4)
    if values is None or not _is_one_nest(payload, TOP_DEST):
        return None
    address, port, method, weight, _type, _port, _flags, upper, lower, _active, _inactive, _persistent, family = values
    if method not in _PLAIN_FORWARDS or family not in _FAMILY_NAMES:
        return None
    text = socket.inet_ntop(family, address[:4] if family == _INET else address)
    key = DestinationKey(text, socket.ntohs(port))
    return key, DestinationConfig(_FORWARD_NAMES[method], weight, upper, lower)


def _is_one_nest(payload: bytes, kind: int) -> bool:
    """Whether the payload is one attribute of this kind and nothing else."""
    length, found = ATTRIBUTE.unpack_from(payload, HEADER_BYTES)
    return bool(length == len(payload) - HEADER_BYTES and found & NLA_TYPE_MASK == kind)


def _any_destination(found: Attributes, service_family: str) -> tuple[DestinationKey, DestinationConfig]:
    family = _family(found[DEST_ADDR_FAMILY]) if DEST_ADDR_FAMILY in found else service_family
    key = DestinationKey(
        _address(_need(found, DEST_ADDR, "destination"), family), as_be16(_need(found, DEST_PORT, "destination"))
    )
    method = as_u32(_need(found, DEST_FWD_METHOD, "destination"))
    forward = _FORWARD_NAMES.get(method)
    if forward is None:
        raise MalformedMessage("an IPVS destination with forwarding method %d" % method)
    return key, DestinationConfig(
        forward,
        as_u32(_need(found, DEST_WEIGHT, "destination")),
        as_u32(_need(found, DEST_U_THRESH, "destination")),
        as_u32(_need(found, DEST_L_THRESH, "destination")),
        _tunnel(found) if forward == "tunnel" else None,
    )


def _tunnel(found: Attributes) -> Tunnel:
    if DEST_TUN_TYPE not in found:
        return Tunnel()
    kind = _TUNNEL_NAMES.get(as_u8(found[DEST_TUN_TYPE]))
    checksum = _CHECKSUM_NAMES.get(as_u16(found[DEST_TUN_FLAGS]) if DEST_TUN_FLAGS in found else 0)
    if kind is None or checksum is None:
        raise MalformedMessage("an IPVS destination with an unknown tunnel")
    # Only GUE has a port; the kernel keeps whatever was once given for the others, and does not use it.
    port = as_be16(found[DEST_TUN_PORT]) if kind == "gue" and DEST_TUN_PORT in found else 0
    return Tunnel(kind, port, checksum)


def decode_daemon(payload: bytes) -> tuple[str, SyncDaemon]:
    """A sync daemon: its role and how it runs."""
    found = _inner(payload, TOP_DAEMON, "daemon")
    role = _ROLE_NAMES.get(as_u32(_need(found, DAEMON_STATE, "daemon")))
    if role is None:
        raise MalformedMessage("an IPVS daemon that is neither master nor backup")
    daemon = SyncDaemon(
        as_string(_need(found, DAEMON_MCAST_IFN, "daemon")), as_u32(_need(found, DAEMON_SYNC_ID, "daemon"))
    )
    if DAEMON_SYNC_MAXLEN in found:  # kernels before 4.3 know none of these
        daemon = daemon._replace(maxlen=as_u16(found[DAEMON_SYNC_MAXLEN]))
    if DAEMON_MCAST_PORT in found:
        daemon = daemon._replace(port=as_u16(found[DAEMON_MCAST_PORT]))
    if DAEMON_MCAST_TTL in found:
        daemon = daemon._replace(ttl=as_u8(found[DAEMON_MCAST_TTL]))
    if DAEMON_MCAST_GROUP in found:
        daemon = daemon._replace(group=_address(found[DAEMON_MCAST_GROUP], INET))
    if DAEMON_MCAST_GROUP6 in found:
        daemon = daemon._replace(group=_address(found[DAEMON_MCAST_GROUP6], INET6))
    return role, daemon


def decode_timeouts(payload: bytes) -> Timeouts:
    """Seconds; 0 where the kernel was built without the protocol."""
    if len(payload) < HEADER_BYTES:
        raise MalformedMessage("an IPVS message of %d bytes is shorter than its header" % len(payload))
    found = parse_attributes(payload, HEADER_BYTES)
    return Timeouts(*(as_u32(found[kind]) if kind in found else 0 for kind in (TOP_TCP, TOP_TCP_FIN, TOP_UDP)))


def decode_info(payload: bytes) -> tuple[str, int]:
    """The version of IPVS and the buckets of its connection table."""
    if len(payload) < HEADER_BYTES:
        raise MalformedMessage("an IPVS message of %d bytes is shorter than its header" % len(payload))
    found = parse_attributes(payload, HEADER_BYTES)
    version = as_u32(_need(found, INFO_VERSION, "description"))
    text = "%d.%d.%d" % (version >> 16, version >> 8 & 0xFF, version & 0xFF)
    return text, as_u32(_need(found, INFO_CONN_TAB_SIZE, "description"))


# --- counters -------------------------------------------------------------------------------------------------------

# Attributes 1 to 10 of both kinds of counters; attribute 11 pads the 64-bit ones.
_COUNTERS = (
    "connections",
    "packets_in",
    "packets_out",
    "bytes_in",
    "bytes_out",
    "connections_per_second",
    "packets_in_per_second",
    "packets_out_per_second",
    "bytes_in_per_second",
    "bytes_out_per_second",
)


class Connections(NamedTuple):
    """The connections of a destination at this moment."""

    active: int
    inactive: int
    persistent: int


def decode_counters(found: Attributes, wide: int, narrow: int) -> dict[str, int]:
    """Counters and rates by name: of the 64-bit attribute where the kernel has it (4.1 and newer), else the other."""
    data = found.get(wide, found.get(narrow))
    counters = parse_attributes(data) if data is not None else {}
    values = {}
    for number, name in enumerate(_COUNTERS, 1):
        raw = counters.get(number, b"")
        values[name] = int.from_bytes(raw[:8], "little" if _LITTLE else "big")
    return values


_LITTLE = struct.pack("=H", 1) == b"\x01\0"


def decode_connections(found: Attributes) -> Connections:
    kinds = (DEST_ACTIVE_CONNS, DEST_INACT_CONNS, DEST_PERSIST_CONNS)
    return Connections(*(as_u32(found[kind]) if kind in found else 0 for kind in kinds))
