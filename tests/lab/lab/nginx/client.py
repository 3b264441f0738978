"""Clients of Nginx. An answer is a dict: status (0: none came), reason, headers, body, kept, interim, error."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from typing import Any

from lab.nginx import websocket
from lab.nginx.http1 import LIMIT, Head, read_body, read_head

SECONDS = 30.0  # for one step; a client that waits longer is told that nothing came
Answer = dict[str, Any]
Request = dict[str, Any]  # see `ask`


class Connection:
    """One connection. `error` says in a word why one answer did not come: refused, closed, cut, reset, timeout, tls."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port: int, address: str, source: str | None, tls: dict[str, Any] | None) -> Connection:
        """``tls``: {"name": what the client asks for, "alpn": [...]}; certificates are not checked."""
        context = None
        if tls is not None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(tls.get("alpn", ["http/1.1"]))
        reader, writer = await asyncio.open_connection(
            address, port, limit=LIMIT, local_addr=(source, 0) if source else None,
            ssl=context, server_hostname=tls.get("name", "") if tls else None,
        )  # fmt: skip
        return cls(reader, writer)

    async def answer(self, method: str = "GET") -> Answer:
        """The next answer on the connection."""
        interim: list[int] = []
        while True:
            head = await read_head(self.reader)
            if head is None:
                raise EOFError
            _version, status, reason = ([*head.first.split(" ", 2), ""])[:3]
            if not status.startswith("1") or status == "101":
                break
            interim.append(int(status))
        body, whole = b"", True
        bare = method == "HEAD" or status in ("101", "204", "304")
        if not bare:
            body, whole = await read_body(self.reader, head, to_the_end=True)
        return {
            "status": int(status), "reason": reason, "headers": head.headers, "body": body.decode("latin-1"),
            "kept": whole and _keeps(head, bare), "interim": interim, "error": "" if whole else "cut",
        }  # fmt: skip

    async def read(self, until: bytes) -> bytes:
        """All up to and with ``until``; where it is empty, all until the connection is closed."""
        return await (self.reader.readuntil(until) if until else self.reader.read(-1))

    async def text(self) -> str:
        """The next text of a WebSocket."""
        _opcode, payload = await websocket.read_frame(self.reader)
        return payload.decode()

    def close(self) -> None:
        self.writer.transport.abort()


def _keeps(head: Head, bare: bool) -> bool:
    framed = bare or head.values("content-length") or "chunked" in head.words("transfer-encoding")
    said = head.words("connection")
    return bool(framed) and "close" not in said and (head.first.startswith("HTTP/1.1") or "keep-alive" in said)


def none(error: str) -> Answer:
    """What stands where no answer came."""
    return {"status": 0, "reason": "", "headers": [], "body": "", "kept": False, "interim": [], "error": error}


async def _exchange(connection: Connection, request: Request) -> Answer:
    connection.writer.write(request["data"].encode("latin-1"))
    return await connection.answer(request["method"])


async def ask(request: Request, kept: Connection | None = None) -> tuple[Answer, Connection | None]:
    """``request``: {"data": all bytes, "method", "port", "address", "source", "tls"}. The answer, and the connection
    where it was kept. ``kept``: one of before; it is left for a new one where the server closed it meanwhile."""
    connection = kept
    try:
        async with asyncio.timeout(SECONDS):
            if connection is None or connection.reader.at_eof():
                where = (request[name] for name in ("port", "address", "source", "tls"))
                connection = await Connection.to(*where)
            answer = await _exchange(connection, request)
    except (OSError, EOFError, ValueError) as error:
        answer = none(word_of(error))
    if connection is not None and not answer["kept"]:
        connection.close()
        connection = None
    return answer, connection


def word_of(error: Exception) -> str:
    """What became of a connection."""
    words = {
        ssl.SSLError: "tls",
        TimeoutError: "timeout",
        ConnectionRefusedError: "refused",
        ConnectionResetError: "reset",
        EOFError: "closed",
    }
    return next((word for one, word in words.items() if isinstance(error, one)), str(error))


async def ask_many(requests: list[Request], connections: int) -> list[Answer]:
    """The answers in the order of the requests. So many workers take them; each keeps one connection for each target
    and source."""
    answers: list[Answer] = [{}] * len(requests)
    rest = iter(enumerate(requests))

    async def work() -> None:
        kept: dict[Any, Connection | None] = {}
        for number, request in rest:
            where = (request["port"], request["address"], request["source"], str(request["tls"]))
            answers[number], kept[where] = await ask(request, kept.get(where))
        for one in kept.values():
            if one is not None:
                one.close()

    await asyncio.gather(*(work() for _time in range(connections)))
    return answers
