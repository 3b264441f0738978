"""A name server: it knows the addresses that a test gives it, and no other names."""

from __future__ import annotations

import asyncio
import ipaddress
import struct

_A, _AAAA = 1, 28
_ANSWER, _UNKNOWN = 0x8180, 0x8183
TTL = 600  # seconds


class NameServer(asyncio.DatagramProtocol):
    """Each datagram is a question. ``names``: name -> addresses, in the order in which they are told."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.asked: list[str] = []

    async def up(self, port: int = 53) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _protocol = await loop.create_datagram_endpoint(lambda: self, ("0.0.0.0", port))

    def down(self) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self.answer(data), addr)

    def answer(self, data: bytes) -> bytes:
        """What is sent back for a message with one question."""
        labels, place = [], 12
        while data[place]:
            labels.append(data[place + 1 : place + 1 + data[place]].decode("ascii"))
            place += 1 + data[place]
        question = data[12 : place + 5]
        (kind,) = struct.unpack_from(">H", data, place + 1)
        name = ".".join(labels).lower()
        self.asked.append(name)
        found = [ipaddress.ip_address(one) for one in self.names.get(name, ())]
        told = [one.packed for one in found if kind == (_A if one.version == 4 else _AAAA)]
        records = [struct.pack(">HHHIH", 0xC00C, kind, 1, TTL, len(one)) + one for one in told]
        flags = _ANSWER if name in self.names else _UNKNOWN
        return data[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)
