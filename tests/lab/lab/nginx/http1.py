"""HTTP/1.1 on streams, for applications and clients alike. All texts are latin-1: one character is one byte."""

from __future__ import annotations

from asyncio import IncompleteReadError, StreamReader
from typing import NamedTuple

Headers = list[tuple[str, str]]
LIMIT = 1 << 20  # bytes of the longest head and of the longest line


class Head(NamedTuple):
    """The first line and the headers, in their order and with repeats."""

    first: str
    headers: Headers

    def values(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one.lower() == name]

    def words(self, name: str) -> list[str]:
        """Of all values, which are lists: "Connection: close, Upgrade" is ["close", "upgrade"]."""
        return [word.strip().lower() for value in self.values(name) for word in value.split(",")]


async def read_head(reader: StreamReader) -> Head | None:
    """None at the end of the stream. Raises EOFError where it ends within a head."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = text[:-4].split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(first, [(name, value.strip(" \t")) for name, _sep, value in pairs])


async def read_body(reader: StreamReader, head: Head, to_the_end: bool) -> tuple[bytes, bool]:
    """The body and whether all of it came. ``to_the_end``: what has no length ends with the stream."""
    found = bytearray()
    try:
        if "chunked" in head.words("transfer-encoding"):
            await _read_chunks(reader, found)
        elif head.values("content-length"):
            found += await reader.readexactly(int(head.values("content-length")[0]))
        elif to_the_end:
            while piece := await reader.read(1 << 16):
                found += piece
    except IncompleteReadError as error:
        found += error.partial
        return bytes(found), False
    except ConnectionError:
        return bytes(found), False
    return bytes(found), True


async def _read_chunks(reader: StreamReader, found: bytearray) -> None:
    while size := int((await _read_line(reader)).partition(b";")[0], 16):
        found += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await _read_line(reader)) != b"\r\n":
        pass  # trailers


async def _read_line(reader: StreamReader) -> bytes:
    """Raises IncompleteReadError without a part: a line of chunks is no part of a body."""
    try:
        return await reader.readuntil(b"\r\n")
    except IncompleteReadError as error:
        raise IncompleteReadError(b"", error.expected) from None


def written(first: str, headers: Headers, body: bytes = b"") -> bytes:
    """A message as it is sent."""
    lines = [first, *("%s: %s" % pair for pair in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunk(data: bytes) -> bytes:
    """One chunk; without data it is the last one."""
    return b"%x\r\n%s\r\n" % (len(data), data)
