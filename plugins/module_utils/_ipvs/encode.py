# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the values of table.py to the payloads of generic netlink: one step of a plan is one message.

Source: linux/ip_vs.h and net/netfilter/ipvs/ip_vs_ctl.c.
"""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from typing import Any, Iterable, Iterator

from .._netlink.generic import (
    ATTRIBUTE,
    NLA_F_NESTED,
    Layout,
    attribute,
    be16,
    nest,
    string,
    u8,
    u16,
    u32,
)
from .plan import (
    DAEMON,
    DESTINATION,
    SERVICE,
    Step,
)
from .protocol import (
    AF_INET,
    AF_INET6,
    CHECKSUMS,
    DAEMON_MCAST_GROUP,
    DAEMON_MCAST_GROUP6,
    DAEMON_MCAST_IFN,
    DAEMON_MCAST_PORT,
    DAEMON_MCAST_TTL,
    DAEMON_STATE,
    DAEMON_SYNC_ID,
    DAEMON_SYNC_MAXLEN,
    DEL_DAEMON,
    DEL_DEST,
    DEL_SERVICE,
    DEST_ADDR,
    DEST_ADDR_FAMILY,
    DEST_FWD_METHOD,
    DEST_L_THRESH,
    DEST_PORT,
    DEST_TUN_FLAGS,
    DEST_TUN_PORT,
    DEST_TUN_TYPE,
    DEST_U_THRESH,
    DEST_WEIGHT,
    FAMILIES,
    FLAGS,
    FORWARDS,
    GET_DEST,
    NEW_DAEMON,
    NEW_DEST,
    NEW_SERVICE,
    PROTOCOLS,
    ROLES,
    SET_CONFIG,
    SET_DEST,
    SET_SERVICE,
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
    TUNNELS,
    header,
)
from .table import (
    FLAG_PERSISTENT,
    INET,
    INET6,
    SWITCHES,
    DestinationConfig,
    DestinationKey,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
    packed,
    switches_of,
)

_ALL_FLAGS = 0xFFFFFFFF
_BY_ADDRESS = Layout((SVC_AF, "H"), (SVC_PROTOCOL, "H"), (SVC_ADDR, "16s"), (SVC_PORT, "H"))
_ADDRESS_HEADER = ATTRIBUTE.pack(4 + 16, DEST_ADDR)


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
        return header(DEL_DAEMON) + nest(TOP_DAEMON, u32(DAEMON_STATE, ROLES[step.key]))
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
    family = FAMILIES[key.family]
    if key.fwmark:
        return u16(SVC_AF, family) + u32(SVC_FWMARK, key.fwmark)
    protocol = PROTOCOLS[key.protocol] if key.protocol in PROTOCOLS else int(key.protocol)
    return _BY_ADDRESS.pack(family, protocol, packed(key.address), socket.htons(key.port))


def encode_service(key: ServiceKey, config: ServiceConfig) -> bytes:
    """A whole service. The kernel knows no partial update: scheduler, flags, timeout and netmask are always there."""
    return nest(TOP_SERVICE, service_identity(key), _encode_service_config(key.family, config))


@lru_cache(maxsize=256)  # most services of a table are configured alike
def _encode_service_config(family: str, config: ServiceConfig) -> bytes:
    flags = config.flags | FLAG_PERSISTENT * bool(config.persistence)
    flags |= sum(SWITCHES[name] for name, on in switches_of(config).items() if on)
    timeout, netmask = config.persistence or (0, 128 if family == INET6 else 0xFFFFFFFF)
    parts = [
        string(SVC_SCHED_NAME, config.scheduler),
        attribute(SVC_FLAGS, FLAGS.pack(flags, _ALL_FLAGS)),
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
    return be16(DEST_PORT, port) + u16(DEST_ADDR_FAMILY, AF_INET if octets == 4 else AF_INET6)


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
        u32(DEST_FWD_METHOD, FORWARDS[config.forward]),
        u32(DEST_WEIGHT, config.weight),
        u32(DEST_U_THRESH, config.upper_threshold),
        u32(DEST_L_THRESH, config.lower_threshold),
    ]
    # Plain IPIP goes without these attributes: kernels before 5.2 do not know them, and do IPIP.
    if config.tunnel and config.tunnel != Tunnel():
        parts.append(u8(DEST_TUN_TYPE, TUNNELS[config.tunnel.type]))
        parts.append(be16(DEST_TUN_PORT, config.tunnel.port))
        parts.append(u16(DEST_TUN_FLAGS, CHECKSUMS[config.tunnel.checksum]))
    return b"".join(parts)


def encode_daemon(role: str, daemon: SyncDaemon) -> bytes:
    address = packed(daemon.group)
    parts = [
        u32(DAEMON_STATE, ROLES[role]),
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
