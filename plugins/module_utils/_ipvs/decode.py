# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the payloads of generic netlink to the values of table.py, and to counters.

Decoding raises MalformedMessage for bytes that cannot be a message, and never returns half an object.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from .._netlink.generic import (
    ATTRIBUTE,
    NLA_TYPE_MASK,
    Attributes,
    Layout,
    MalformedMessage,
    as_be16,
    as_string,
    as_u8,
    as_u16,
    as_u32,
    parse_attributes,
)
from .protocol import (
    AF_INET,
    CHECKSUM_NAMES,
    DAEMON_MCAST_GROUP,
    DAEMON_MCAST_GROUP6,
    DAEMON_MCAST_IFN,
    DAEMON_MCAST_PORT,
    DAEMON_MCAST_TTL,
    DAEMON_STATE,
    DAEMON_SYNC_ID,
    DAEMON_SYNC_MAXLEN,
    DEST_ACTIVE_CONNS,
    DEST_ADDR,
    DEST_ADDR_FAMILY,
    DEST_FWD_METHOD,
    DEST_INACT_CONNS,
    DEST_L_THRESH,
    DEST_PERSIST_CONNS,
    DEST_PORT,
    DEST_TUN_FLAGS,
    DEST_TUN_PORT,
    DEST_TUN_TYPE,
    DEST_U_THRESH,
    DEST_WEIGHT,
    FAMILIES,
    FAMILY_NAMES,
    FLAGS,
    FORWARD_NAMES,
    HEADER_BYTES,
    INFO_CONN_TAB_SIZE,
    INFO_VERSION,
    PLAIN_FORWARDS,
    PROTOCOL_NAMES,
    ROLE_NAMES,
    SVC_ADDR,
    SVC_AF,
    SVC_FLAGS,
    SVC_FWMARK,
    SVC_NETMASK,
    SVC_PE_NAME,
    SVC_PORT,
    SVC_PROTOCOL,
    SVC_SCHED_NAME,
    SVC_TIMEOUT,
    TOP_DAEMON,
    TOP_DEST,
    TOP_SERVICE,
    TOP_TCP,
    TOP_TCP_FIN,
    TOP_UDP,
    TUNNEL_NAMES,
)
from .table import (
    ALL_BITS,
    FLAG_HASHED,
    FLAG_PERSISTENT,
    INET,
    INET6,
    SCHEDULER_BITS,
    SWITCHES,
    DestinationConfig,
    DestinationKey,
    Persistence,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
)

_SCHEDULER_MASK = sum(SCHEDULER_BITS.values())
# A destination as kernels from 5.3 on dump it, before its counters.
_DUMPED = Layout(
    *((DEST_ADDR, "16s"), (DEST_PORT, "H"), (DEST_FWD_METHOD, "I"), (DEST_WEIGHT, "I")),
    *((DEST_TUN_TYPE, "B"), (DEST_TUN_PORT, "H"), (DEST_TUN_FLAGS, "H"), (DEST_U_THRESH, "I"), (DEST_L_THRESH, "I")),
    *((DEST_ACTIVE_CONNS, "I"), (DEST_INACT_CONNS, "I"), (DEST_PERSIST_CONNS, "I"), (DEST_ADDR_FAMILY, "H")),
)


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
    return socket.inet_ntop(FAMILIES[family], data[:size])


def _family(data: bytes) -> str:
    name = FAMILY_NAMES.get(as_u16(data))
    if name is None:
        raise MalformedMessage("an IPVS message with address family %d" % as_u16(data))
    return name


def decode_service(payload: bytes) -> tuple[ServiceKey, ServiceConfig, Attributes]:
    """A service as it is dumped; the attributes are for its counters."""
    found = _inner(payload, TOP_SERVICE, "service")
    key = _service_key(found)
    flags_data = _need(found, SVC_FLAGS, "service")
    if len(flags_data) < FLAGS.size:
        raise MalformedMessage("IPVS service flags of %d bytes" % len(flags_data))
    flags = FLAGS.unpack_from(flags_data)[0] & ~FLAG_HASHED
    config = ServiceConfig(
        scheduler=as_string(_need(found, SVC_SCHED_NAME, "service")),
        flags=flags & _SCHEDULER_MASK,
        persistence=_persistence(found, key.family) if flags & FLAG_PERSISTENT else None,
        pe_name=as_string(found.get(SVC_PE_NAME, b"")),
        **{name: bool(flags & bit) for name, bit in SWITCHES.items()},
    )
    return key, config, found


def _service_key(found: Attributes) -> ServiceKey:
    family = _family(_need(found, SVC_AF, "service"))
    if SVC_FWMARK in found:
        return ServiceKey(family, "", "", 0, as_u32(found[SVC_FWMARK]))
    protocol = as_u16(_need(found, SVC_PROTOCOL, "service"))
    return ServiceKey(
        family,
        PROTOCOL_NAMES.get(protocol, str(protocol)),
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
    if method not in PLAIN_FORWARDS or family not in FAMILY_NAMES:
        return None
    text = socket.inet_ntop(family, address[:4] if family == AF_INET else address)
    key = DestinationKey(text, socket.ntohs(port))
    return key, DestinationConfig(FORWARD_NAMES[method], weight, upper, lower)


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
    forward = FORWARD_NAMES.get(method)
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
    kind = TUNNEL_NAMES.get(as_u8(found[DEST_TUN_TYPE]))
    checksum = CHECKSUM_NAMES.get(as_u16(found[DEST_TUN_FLAGS]) if DEST_TUN_FLAGS in found else 0)
    if kind is None or checksum is None:
        raise MalformedMessage("an IPVS destination with an unknown tunnel")
    # Only GUE has a port; the kernel keeps whatever was once given for the others, and does not use it.
    port = as_be16(found[DEST_TUN_PORT]) if kind == "gue" and DEST_TUN_PORT in found else 0
    return Tunnel(kind, port, checksum)


def decode_daemon(payload: bytes) -> tuple[str, SyncDaemon]:
    """A sync daemon: its role and how it runs."""
    found = _inner(payload, TOP_DAEMON, "daemon")
    role = ROLE_NAMES.get(as_u32(_need(found, DAEMON_STATE, "daemon")))
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
