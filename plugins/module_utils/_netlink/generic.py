# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netlink: pure functions between bytes and messages, and the one socket that sends and receives them.

Sources: linux/netlink.h, linux/genetlink.h, net/netlink/af_netlink.c. Numbers are in host order where nothing else
is stated.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from itertools import chain, islice
from typing import Any, Dict, Iterable, Iterator, NamedTuple, Protocol, Sequence, Union

from .._errors import LvsError

Buffer = Union[bytes, bytearray, memoryview]
Attributes = Dict[int, bytes]


class Connection(Protocol):
    """As much of a socket as is used here."""

    def send(self, data: bytes, /) -> int: ...

    def recvfrom(self, size: int, /) -> tuple[bytes, Any]: ...

    def close(self) -> None: ...


NETLINK_ROUTE = 0
NETLINK_GENERIC = 16

NLMSG_ERROR = 2
NLMSG_DONE = 3

NLM_F_REQUEST = 0x1
NLM_F_MULTI = 0x2
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_REPLACE = 0x100
NLM_F_DUMP = 0x300
NLM_F_CREATE = 0x400

NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3FFF

GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2

SOL_NETLINK = 270
NETLINK_CAP_ACK = 10

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port id
_HEADER_BYTES, _pack_header = _HEADER.size, _HEADER.pack
ATTRIBUTE = struct.Struct("=HH")  # length, type
_ERROR = struct.Struct("=i")
_U16 = struct.Struct("=H")
_U32 = struct.Struct("=I")
_BE16 = struct.Struct("!H")

# One message must fit the kernel's dump buffer (32 KiB at most); twice that is never too small.
_RECEIVE_BYTES = 65536
# Refusals wait in the receive queue, and each is charged about 1 KiB: 200 fit the default of 208 KiB ...
_BATCH_MESSAGES = 128
# ... and a batch fits the send buffer.
_BATCH_BYTES = 65536
_DUMP_ATTEMPTS = 5


class NetlinkError(LvsError):
    """The kernel refused a message. ``errno`` is positive, as in the module of that name."""

    def __init__(self, number: int, what: str = "netlink request") -> None:
        super().__init__("%s: %s" % (what, os.strerror(number)), errno=errno.errorcode.get(number, str(number)))
        self.errno = number


class MalformedMessage(LvsError):
    """Bytes that are no netlink messages or attributes: lengths that contradict each other."""


class Interrupted(LvsError):
    """The table changed under a dump; what was read is no picture of any moment."""


class Message(NamedTuple):
    """One netlink message without its header."""

    type: int
    flags: int
    sequence: int
    payload: bytes


# --- encoding -------------------------------------------------------------------------------------------------------


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to 4 bytes."""
    return ATTRIBUTE.pack(len(payload) + 4, kind) + payload + b"\0" * (-len(payload) % 4)


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def u8(kind: int, value: int) -> bytes:
    return attribute(kind, bytes((value,)))


def u16(kind: int, value: int) -> bytes:
    return attribute(kind, _U16.pack(value))


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, _U32.pack(value))


def be16(kind: int, value: int) -> bytes:
    """A port, in network order."""
    return attribute(kind, _BE16.pack(value))


def string(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def message(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """One message to the kernel, padded; the length in its header is the length without the padding."""
    length = len(payload) + _HEADER_BYTES
    data = _pack_header(length, kind, flags | NLM_F_REQUEST, sequence, 0) + payload
    return data + bytes(-length % 4) if length & 3 else data


# --- decoding -------------------------------------------------------------------------------------------------------


def parse_messages(data: Buffer) -> Iterator[Message]:
    """The messages of one datagram. Raises MalformedMessage where a length leads out of it."""
    offset, end = 0, len(data)
    view = bytes(data)
    while offset < end:
        if end - offset < _HEADER_BYTES:
            raise MalformedMessage("a netlink message of %d bytes is shorter than its header" % (end - offset))
        length, kind, flags, sequence, _port = _HEADER.unpack_from(view, offset)
        if not _HEADER_BYTES <= length <= end - offset:
            raise MalformedMessage("a netlink message says %d bytes where %d are left" % (length, end - offset))
        yield Message(kind, flags, sequence, view[offset + _HEADER_BYTES : offset + length])
        offset += (length + 3) & ~3


def parse_attributes(data: Buffer, offset: int = 0) -> Attributes:
    """Attributes by number, from ``offset`` to the end; the flags of a number are dropped, the last of a kind stays."""
    found: Attributes = {}
    view, end = bytes(data), len(data)
    while offset < end:
        length, kind = ATTRIBUTE.unpack_from(view, offset) if end - offset >= 4 else (0, 0)
        if not 4 <= length <= end - offset:
            raise MalformedMessage("a netlink attribute says %d bytes where %d are left" % (length, end - offset))
        found[kind & NLA_TYPE_MASK] = view[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def _number(layout: struct.Struct, data: bytes) -> int:
    if len(data) < layout.size:
        raise MalformedMessage("a netlink attribute has %d bytes where %d are needed" % (len(data), layout.size))
    value: int = layout.unpack_from(data)[0]
    return value


def as_u8(data: bytes) -> int:
    if not data:
        raise MalformedMessage("a netlink attribute has 0 bytes where 1 is needed")
    return data[0]


def as_u16(data: bytes) -> int:
    return _number(_U16, data)


def as_u32(data: bytes) -> int:
    return _number(_U32, data)


def as_be16(data: bytes) -> int:
    return _number(_BE16, data)


def as_string(data: bytes) -> str:
    """Up to the first NUL; bytes that are no UTF-8 are escaped, never lost silently."""
    return data.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def error_number(payload: bytes) -> int:
    """The errno of an NLMSG_ERROR, positive; 0 is an acknowledgement."""
    return -_number(_ERROR, payload)


class Layout:
    """Attributes of fixed sizes in a fixed order: read and written at one go, much faster than one by one."""

    def __init__(self, *fields: tuple[int, str]) -> None:
        sizes = [struct.calcsize("=" + layout) for _kind, layout in fields]
        padded = ("4s%s%dx" % (layout, -size % 4) for (_kind, layout), size in zip(fields, sizes))
        self._struct = struct.Struct("=" + "".join(padded))
        self._headers = tuple(ATTRIBUTE.pack(size + 4, kind) for (kind, _layout), size in zip(fields, sizes))

    def pack(self, *values: Any) -> bytes:
        return self._struct.pack(*chain.from_iterable(zip(self._headers, values)))

    def unpack(self, data: bytes, offset: int) -> tuple[Any, ...] | None:
        """The values, where ``data`` has these very attributes at ``offset``."""
        if len(data) - offset < self._struct.size:
            return None
        found = self._struct.unpack_from(data, offset)
        return found[1::2] if found[::2] == self._headers else None


# --- the socket -----------------------------------------------------------------------------------------------------


class NetlinkSocket:
    """One conversation with the kernel. Use as a context manager.

    ``timeout`` (seconds) bounds the wait for one answer: the kernel answers within the system call, so running into
    it means that something is badly wrong, and a module must not hang.
    """

    def __init__(self, protocol: int, timeout: float = 30.0, connection: Connection | None = None) -> None:
        self._socket = connection or _connect(protocol, timeout)
        self._sequence = 0
        self.sent = 0  # messages, for those who count them

    def __enter__(self) -> NetlinkSocket:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def request(self, kind: int, payload: bytes, flags: int = 0) -> list[Message]:
        """Send one acknowledged message; what came before the ack. Raises NetlinkError where it is refused."""
        sequence = self._send(kind, [payload], 0, flags | NLM_F_ACK)
        answers = []
        while True:
            for answer in self._receive():
                if answer.sequence != sequence:
                    continue  # late words of an earlier request
                if answer.type != NLMSG_ERROR:
                    answers.append(answer)
                elif error_number(answer.payload):
                    raise NetlinkError(error_number(answer.payload))
                else:
                    return answers

    def dump(self, kind: int, payload: bytes) -> list[Message]:
        """All messages of one dump. An interrupted one is asked again, a few times; then Interrupted is raised."""
        for _attempt in range(_DUMP_ATTEMPTS):
            answers = self._dump_once(kind, payload)
            if not any(answer.flags & NLM_F_DUMP_INTR for answer in answers):
                return answers[:-1]  # without DONE
        raise Interrupted("the table changed while it was read, %d times in a row" % _DUMP_ATTEMPTS)

    def _dump_once(self, kind: int, payload: bytes) -> list[Message]:
        sequence = self._send(kind, [payload], 0, NLM_F_DUMP)
        answers: list[Message] = []
        while True:
            for answer in self._receive():
                if answer.sequence != sequence:
                    continue
                answers.append(answer)
                if answer.type not in (NLMSG_ERROR, NLMSG_DONE):
                    continue
                # A dump may also fail at its end: DONE carries an errno then, else 0 or nothing.
                failed = error_number(answer.payload) if answer.payload else 0
                if failed > 0:
                    raise NetlinkError(failed, "netlink dump")
                return answers

    def batch(self, kind: int, payloads: Iterable[bytes]) -> list[int]:
        """Send many messages, a bounded number at once; the errno of each, 0 where it was done.

        The kernel goes on after a refused message within one batch, but no further batch is sent: the answer has
        one entry for each message that was sent, so it may be shorter than ``payloads``.
        """
        results: list[int] = []
        for chunk in _chunks(payloads):
            results += self._batch_once(kind, chunk)
            if any(results[-len(chunk) :]):
                break
        return results

    def _batch_once(self, kind: int, payloads: Sequence[bytes]) -> list[int]:
        """One datagram, in which the last message asks for an ack.

        The kernel works through it in order and answers every message that it refuses, asked or not: when the last
        ack is there, silence about the others is their ack.
        """
        last = self._send(kind, payloads, 0, NLM_F_ACK)
        first = last - len(payloads) + 1
        outcome = [0] * len(payloads)
        while True:
            for answer in self._receive():
                place = answer.sequence - first
                if answer.type == NLMSG_ERROR and 0 <= place < len(payloads):
                    outcome[place] = error_number(answer.payload)
                    if answer.sequence == last:
                        return outcome

    def _send(self, kind: int, payloads: Sequence[bytes], flags: int, last_flags: int) -> int:
        """Send messages as one datagram, the last with flags of its own; its sequence number."""
        first = self._sequence + 1
        self._sequence += len(payloads)
        self.sent += len(payloads)
        data = [message(kind, flags, number, payload) for number, payload in enumerate(payloads[:-1], first)]
        data.append(message(kind, last_flags, self._sequence, payloads[-1]))
        try:
            self._socket.send(b"".join(data))
        except OSError as error:
            raise NetlinkError(error.errno or 0, "cannot send to the kernel") from error
        return self._sequence

    def _receive(self) -> list[Message]:
        """One datagram. The kernel puts the answers to one request into it, so a message left out of it is noticed."""
        try:
            data, sender = self._socket.recvfrom(_RECEIVE_BYTES)
        except BlockingIOError as error:
            raise NetlinkError(errno.ETIMEDOUT, "no answer from the kernel") from error
        except OSError as error:
            raise NetlinkError(error.errno or 0, "cannot read from the kernel") from error
        messages = list(parse_messages(data)) if sender[0] == 0 else []  # port 0 is the kernel
        if len({answer.sequence for answer in messages}) > 1:
            raise MalformedMessage("a netlink datagram that answers several requests")
        return messages


def _connect(protocol: int, timeout: float) -> Connection:
    try:
        connection = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    except OSError as error:
        raise NetlinkError(error.errno or 0, "cannot open a netlink socket") from error
    # The kernel's own time limit: Python's would cost a poll() before each recv().
    limit = struct.pack("ll", int(timeout), int(timeout % 1 * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connection.bind((0, 0))
    try:  # noqa: SIM105 - contextlib is not imported elsewhere
        # An ack without a copy of the refused message is short. Kernels before 4.3 lack the option.
        connection.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
    except OSError:
        pass
    return connection


def _chunks(payloads: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Runs of payloads that fit one datagram and whose refusals fit the receive queue; each is made when it is due."""
    rest = iter(payloads)
    while True:
        chunk = list(islice(rest, _BATCH_MESSAGES))
        if not chunk:
            return
        if sum(map(len, chunk)) + len(chunk) * (_HEADER_BYTES + 4) <= _BATCH_BYTES:
            yield chunk
        else:
            yield from ([payload] for payload in chunk)  # long ones, which IPVS has none of


def generic_family(connection: NetlinkSocket, name: str) -> int:
    """The number of a generic netlink family. Raises NetlinkError with ENOENT where the kernel has none such."""
    header = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0)
    for answer in connection.request(GENL_ID_CTRL, header + string(CTRL_ATTR_FAMILY_NAME, name)):
        number = parse_attributes(answer.payload, 4).get(CTRL_ATTR_FAMILY_ID)
        if number is not None:
            return as_u16(number)
    raise NetlinkError(errno.ENOENT, "generic netlink family %s" % name)
