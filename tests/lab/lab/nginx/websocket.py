"""Frames of WebSocket (RFC 6455), and the answer to its handshake."""

from __future__ import annotations

import base64
import hashlib
import struct
from asyncio import StreamReader
from itertools import cycle

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepted(key: str) -> str:
    """Sec-WebSocket-Accept to a Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()


def frame(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """One frame that is a whole message. Clients give a mask of four bytes, servers none."""
    size, masked = len(payload), 0x80 if mask else 0
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, masked | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, masked | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, masked | 127, size)
    return head + mask + _masked(payload, mask)


async def read_frame(reader: StreamReader) -> tuple[int, bytes]:
    """The opcode and the payload. Raises EOFError."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4) if second & 0x80 else b""
    return first & 0x0F, _masked(await reader.readexactly(size), mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(payload, cycle(mask))) if mask else payload
