# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kernel of a few lines, for tests that need to make the kernel fail at a chosen message.

It takes the bytes of a netlink socket and answers as ip_vs_ctl.c does: the same errors, new destinations first, a
service's removal taking its destinations along. It knows nothing of plans.
"""

from __future__ import annotations

import errno
import struct
from typing import Any, Callable

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import decode, encode, protocol
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    DestinationConfig,
    DestinationKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink import generic as netlink

FAMILY_NUMBER = 27
MAXLEN = 1472  # what the kernel chooses with an MTU of 1500


class ModelKernel:
    """A connection for IpvsSocket.

    ``refuse``: the errno of the n-th write, by n from 0. ``torn``: how many dumps to interrupt.
    """

    def __init__(self, table: Table, refuse: dict[int, int] | None = None, torn: int = 0) -> None:
        self.services = {
            key: service._replace(destinations=dict(service.destinations)) for key, service in table.services.items()
        }
        self.timeouts = table.timeouts
        self.daemons = dict(table.daemons)
        self.refuse = refuse or {}
        self.torn = torn
        self.writes = 0
        self.dumps = 0
        self._answers: list[bytes] = []

    @property
    def table(self) -> Table:
        return Table(self.services, self.timeouts, self.daemons)

    # --- a socket

    def send(self, data: bytes, /) -> int:
        for length, kind, flags, sequence, payload in _requests(data):
            assert length == 16 + len(payload)
            if flags & netlink.NLM_F_DUMP == netlink.NLM_F_DUMP:
                self._answers.append(self._dump(kind, sequence, payload))
            else:
                *said, outcome = self._request(kind, sequence, payload)
                # As the kernel: an ack for who asked, a refusal for everybody.
                self._answers += said
                if flags & netlink.NLM_F_ACK or _refuses(outcome):
                    self._answers.append(outcome)
        return len(data)

    def recvfrom(self, size: int, /) -> tuple[bytes, Any]:
        if not self._answers:
            raise BlockingIOError(errno.EAGAIN, "nothing to read: the caller waits for an answer that never comes")
        return self._answers.pop(0), (0, 0)

    def close(self) -> None:
        assert not self._answers, "answers were left unread"

    # --- generic netlink

    def _request(self, kind: int, sequence: int, payload: bytes) -> list[bytes]:
        if kind == netlink.GENL_ID_CTRL:
            body = payload[:4] + netlink.u16(netlink.CTRL_ATTR_FAMILY_ID, FAMILY_NUMBER)
            return [_message(kind, 0, sequence, body), _ack(sequence, 0)]
        assert kind == FAMILY_NUMBER
        if payload[0] == protocol.GET_CONFIG:
            body = protocol.header(protocol.SET_CONFIG) + encode.encode_timeouts(self.timeouts)
            return [_message(kind, 0, sequence, body), _ack(sequence, 0)]
        if payload[0] == protocol.GET_INFO:
            body = protocol.header(protocol.GET_INFO) + netlink.u32(1, 0x010201) + netlink.u32(2, 4096)
            return [_message(kind, 0, sequence, body), _ack(sequence, 0)]
        number = self.refuse.get(self.writes, 0) or self._write(payload[0], payload)
        self.writes += 1
        return [_ack(sequence, number)]

    def _dump(self, kind: int, sequence: int, payload: bytes) -> bytes:
        self.dumps += 1
        bodies = {
            protocol.GET_SERVICE: self._services,
            protocol.GET_DEST: self._destinations,
            protocol.GET_DAEMON: self._daemons,
        }
        flags = netlink.NLM_F_MULTI | (netlink.NLM_F_DUMP_INTR if self.torn > 0 else 0)
        self.torn -= 1
        parts = [_message(kind, flags, sequence, body) for body in bodies[payload[0]](payload)]
        return b"".join(parts) + _message(netlink.NLMSG_DONE, flags, sequence, struct.pack("=i", 0))

    # --- IPVS

    def _services(self, _payload: bytes) -> list[bytes]:
        return [
            protocol.header(1) + encode.encode_service(key, service.config) for key, service in self.services.items()
        ]

    def _destinations(self, payload: bytes) -> list[bytes]:
        service = self.services.get(_service_key(payload))
        items = service.destinations.items() if service else ()
        return [dumped_destination(key, config) for key, config in items]

    def _daemons(self, _payload: bytes) -> list[bytes]:
        return [protocol.header(9) + encode.encode_daemon(role, daemon) for role, daemon in self.daemons.items()]

    def _write(self, command: int, payload: bytes) -> int:
        if command in (protocol.NEW_SERVICE, protocol.SET_SERVICE, protocol.DEL_SERVICE):
            return self._write_service(command, payload)
        if command in (protocol.NEW_DEST, protocol.SET_DEST, protocol.DEL_DEST):
            return self._write_destination(command, payload)
        if command in (protocol.NEW_DAEMON, protocol.DEL_DAEMON):
            return self._write_daemon(command, payload)
        assert command == protocol.SET_CONFIG
        new = decode.decode_timeouts(payload)
        self.timeouts = Timeouts(*(value or old for value, old in zip(new, self.timeouts)))
        return 0

    def _write_service(self, command: int, payload: bytes) -> int:
        key = _service_key(payload)
        if command == protocol.NEW_SERVICE and key in self.services:
            return errno.EEXIST
        if command != protocol.NEW_SERVICE and key not in self.services:
            return errno.ESRCH
        if command == protocol.DEL_SERVICE:
            del self.services[key]
            return 0
        _key, config, _found = decode.decode_service(payload)
        old = self.services.get(key)
        self.services[key] = Service(key, config, old.destinations if old else {})
        return 0

    def _write_destination(self, command: int, payload: bytes) -> int:
        service = self.services.get(_service_key(payload))
        if service is None:
            return errno.ESRCH
        key = _destination_key(payload, service.key)
        if command == protocol.NEW_DEST and key in service.destinations:
            return errno.EEXIST
        if command != protocol.NEW_DEST and key not in service.destinations:
            return errno.ENOENT
        if command == protocol.DEL_DEST:
            del service.destinations[key]
            return 0
        _key, config = decode.decode_destination(payload, service.key.family)
        if command == protocol.SET_DEST:
            service.destinations[key] = config
            return 0
        self.services[service.key] = service._replace(destinations={key: config, **service.destinations})
        return 0

    def _write_daemon(self, command: int, payload: bytes) -> int:
        found = netlink.parse_attributes(netlink.parse_attributes(payload, 4)[protocol.TOP_DAEMON])
        role = {1: "master", 2: "backup"}[netlink.as_u32(found[protocol.DAEMON_STATE])]
        if command == protocol.DEL_DAEMON:
            return 0 if self.daemons.pop(role, None) else errno.ESRCH
        if role in self.daemons:
            return errno.EEXIST
        daemon: SyncDaemon = decode.decode_daemon(payload)[1]
        self.daemons[role] = daemon._replace(maxlen=daemon.maxlen or MAXLEN)
        return 0


def dumped_destination(key: DestinationKey, config: DestinationConfig) -> bytes:
    """The payload in which a kernel of these days dumps a destination: its attributes, and the order of them."""
    found = netlink.parse_attributes(
        netlink.parse_attributes(encode.encode_destination(key, config))[protocol.TOP_DEST]
    )
    tunnel = [(protocol.DEST_TUN_TYPE, 1), (protocol.DEST_TUN_PORT, 2), (protocol.DEST_TUN_FLAGS, 2)]
    for kind, size in [*tunnel, *((kind, 4) for kind in range(protocol.DEST_ACTIVE_CONNS, protocol.DEST_STATS))]:
        found.setdefault(kind, bytes(size))
    first = (protocol.DEST_ADDR, protocol.DEST_PORT, protocol.DEST_FWD_METHOD, protocol.DEST_WEIGHT)
    then = (kind for kind, _size in tunnel)
    last = (*range(protocol.DEST_U_THRESH, protocol.DEST_STATS), protocol.DEST_ADDR_FAMILY)
    parts = [netlink.attribute(kind, found[kind]) for kind in (*first, *then, *last)]
    counters = netlink.nest(protocol.DEST_STATS64, netlink.attribute(1, struct.pack("=Q", 7)))
    return protocol.header(5) + netlink.nest(protocol.TOP_DEST, *parts, counters)


def _requests(data: bytes) -> list[tuple[int, int, int, int, bytes]]:
    found, offset = [], 0
    while offset < len(data):
        length, kind, flags, sequence, _port = struct.unpack_from("=IHHII", data, offset)
        found.append((length, kind, flags, sequence, data[offset + 16 : offset + length]))
        offset += (length + 3) & ~3
    return found


def _message(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    body = struct.pack("=IHHII", len(payload) + 16, kind, flags, sequence, 0) + payload
    return body + b"\0" * (-len(body) % 4)


def _ack(sequence: int, number: int) -> bytes:
    return _message(netlink.NLMSG_ERROR, 0, sequence, struct.pack("=i", -number) + bytes(16))


def _refuses(answer: bytes) -> bool:
    return struct.unpack_from("=i", answer, 16) != (0,)


_read_service_key: Callable[[netlink.Attributes], ServiceKey] = decode._service_key


def _service_key(payload: bytes) -> ServiceKey:
    return _read_service_key(netlink.parse_attributes(netlink.parse_attributes(payload, 4)[protocol.TOP_SERVICE]))


def _destination_key(payload: bytes, service: ServiceKey) -> Any:
    found = netlink.parse_attributes(netlink.parse_attributes(payload, 4)[protocol.TOP_DEST])
    family = decode._family(found[protocol.DEST_ADDR_FAMILY])
    address = decode._address(found[protocol.DEST_ADDR], family)
    return DestinationKey(address, netlink.as_be16(found[protocol.DEST_PORT]))
