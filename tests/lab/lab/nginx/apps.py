"""Applications behind Nginx. Another kind is a coroutine with `@kind`, here or in a module that the agent imports.

Each listens at a port of all addresses, and writes down what it receives before it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.nginx import websocket
from lab.nginx.http1 import LIMIT, Head, Headers, chunk, read_body, read_head, written

Record = dict[str, Any]
Serve = Callable[["App", StreamReader, StreamWriter, Record], Awaitable[None]]
KINDS: dict[str, Serve] = {}
SHOWN = 4096  # bytes of a body that a record keeps


def kind(serve: Serve) -> Serve:
    """A kind of application by the name of its coroutine, which serves one connection. It is given what a record of
    that connection begins with."""
    KINDS[serve.__name__] = serve
    return serve


class App:
    """One application: it listens, or it is down and connections to it are refused."""

    def __init__(self, port: int, kind: str, seen: list[Record], **options: Any) -> None:
        """``seen``: where it writes its records. ``options``: what its kind reads; for all of them `do`, what it does
        with every request, and `tls`, {"certificate": path, "key": path, "clients": path, "least": "TLSv1_3",
        "alpn": ["h2"]}: the last three need not be there; ``clients`` has the authorities of which each client must
        show a certificate."""
        self.port, self.kind, self.seen = port, kind, seen
        self.options: dict[str, Any] = options
        self.held = asyncio.Semaphore(0)  # a request with hold=1 waits here
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._names: dict[object, str] = {}  # what clients call it in TLS, by connection

    async def up(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, ["0.0.0.0", "::"], self.port, limit=LIMIT, backlog=4096, ssl=self._tls()
            )

    async def down(self) -> None:
        """It listens no more, and its connections are gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def record(self, **fields: Any) -> Record:
        self.seen.append(fields)
        return fields

    def _tls(self) -> ssl.SSLContext | None:
        files = self.options.get("tls")
        if not files:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files["certificate"], files["key"])
        context.set_alpn_protocols(files.get("alpn", []))
        context.minimum_version = ssl.TLSVersion[files.get("least", "TLSv1_2")]
        if "clients" in files:
            context.load_verify_locations(files["clients"])
            context.verify_mode = ssl.CERT_REQUIRED
        context.sni_callback = self._named
        return context

    def _named(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        self._names[connection] = name or ""

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        begun = {
            "app": self.port,
            "at": writer.get_extra_info("sockname")[0],
            "peer": writer.get_extra_info("peername")[0],
            "connection": self.connections,
        }
        secured = writer.get_extra_info("ssl_object")
        if secured is not None:
            shown = dict(pair for part in (secured.getpeercert() or {}).get("subject", ()) for pair in part)
            begun["tls"] = {"name": self._names.pop(secured, ""), "client": shown.get("commonName", "")}
        try:
            # A peer that goes away or sends what is no message ends its connection only; the record is there.
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await KINDS[self.kind](self, reader, writer, begun)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()


@kind
async def raw(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """Writes down the bytes of a connection, and answers once: after the first empty line, or as it is told to."""
    record = app.record(**begun, bytes="")
    answered = False
    while data := await reader.read(1 << 16):
        record["bytes"] += data.decode("latin-1")
        if not answered and "\r\n\r\n" in record["bytes"]:
            answered = True
            plain = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(app.options.get("answer", plain).encode("latin-1"))


@kind
async def deaf(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """Says what it is told to, at once, and takes nothing until a `go`."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    app.record(**begun)
    writer.write(app.options.get("answer", "").encode("latin-1"))
    await app.held.acquire()


@kind
async def http(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """Answers with JSON of the request. The query, the header X-Do and the option `do` tell it to do something else:

    status=503  sleep=SECONDS  hold=1 (answers after a `go`)  header=NAME:VALUE (many)  body=TEXT  size=BYTES
    die=1 (closes without an answer)  die=half (closes within the answer)  close=1 (closes after the answer)
    sse=COUNT (that many events; with hold=1 each waits for a `go`)
    """
    while (head := await read_head(reader)) is not None:
        method, target, version = ([*head.first.split(" "), "", ""])[:3]
        record = app.record(
            **begun, method=method, target=target, version=version, headers=head.headers, length=0, body="", whole=False
        )
        body, record["whole"] = await read_body(reader, head, to_the_end=False)
        record["length"], record["body"] = len(body), body[:SHOWN].decode("latin-1")
        if not record["whole"]:
            return
        if "websocket" in head.words("upgrade"):
            await _websocket(reader, writer, head)
            return
        pairs = told(app, head, target)
        do = dict(pairs)
        await asyncio.sleep(float(do.get("sleep", 0)))
        headers = [_pair(value) for name, value in pairs if name == "header"]
        if "sse" in do:
            await _events(app, writer, headers, int(do["sse"]), "hold" in do)
        else:
            if "hold" in do:
                await app.held.acquire()
            if do.get("die") == "1":
                return
            _answer(writer, record, do, headers)
        await writer.drain()
        if "die" in do or "close" in do or "close" in head.words("connection") or version == "HTTP/1.0":
            return


def told(app: App, head: Head, target: str) -> list[tuple[str, str]]:
    """What a request is to meet; what is said later counts more."""
    texts = [app.options.get("do", ""), urlsplit(target).query, *head.values("x-do")]
    return [pair for text in texts for pair in parse_qsl(text)]


def _pair(text: str) -> tuple[str, str]:
    name, _sep, value = text.partition(":")
    return name, value.strip()


async def answered(app: App, record: Record) -> tuple[int, Headers, bytes]:
    """Status, headers and body of an answer to a request that is no HTTP; status 0: none."""
    pairs = told(app, Head("", list(record["headers"])), record["target"])
    do = dict(pairs)
    if "hold" in do:
        await app.held.acquire()
    if do.get("die") == "1":
        return 0, [], b""
    headers = [("Content-Type", "application/json"), *(_pair(value) for name, value in pairs if name == "header")]
    return int(do.get("status", 200)), headers, do.get("body", json.dumps(record)).encode("latin-1")


def _answer(writer: StreamWriter, record: Record, do: dict[str, str], headers: Headers) -> None:
    status = int(do.get("status", 200))
    body = json.dumps(record).encode()
    if "body" in do:
        body = do["body"].encode("latin-1")
    elif "size" in do:
        body = b"x" * int(do["size"])
    mine = [("Content-Type", "application/json")]
    if status in (204, 304):
        body = b""
    else:
        mine.append(("Content-Length", str(len(body))))
    if "close" in do:
        mine.append(("Connection", "close"))
    given = {name.lower() for name, _value in headers}
    headers = [pair for pair in mine if pair[0].lower() not in given] + headers
    if record["method"] == "HEAD":
        body = b""
    elif do.get("die") == "half":
        body = body[: len(body) // 2]
    writer.write(written("HTTP/1.1 %d Told" % status, headers, body))


async def _events(app: App, writer: StreamWriter, headers: Headers, count: int, hold: bool) -> None:
    mine = [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]
    writer.write(written("HTTP/1.1 200 OK", mine + headers))
    for number in range(1, count + 1):
        if hold:
            await app.held.acquire()
        writer.write(chunk(b"data: %d\n\n" % number))
        await writer.drain()
    writer.write(chunk(b""))


async def _websocket(reader: StreamReader, writer: StreamWriter, head: Head) -> None:
    """Sends back every text until it is closed."""
    accept = websocket.accepted("".join(head.values("sec-websocket-key")))
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)]
    writer.write(written("HTTP/1.1 101 Switching Protocols", headers))
    while True:
        opcode, payload = await websocket.read_frame(reader)
        writer.write(websocket.frame(websocket.PONG if opcode == websocket.PING else opcode, payload))
        await writer.drain()
        if opcode == websocket.CLOSE:
            return
