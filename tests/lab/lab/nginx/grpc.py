"""gRPC over HTTP/2: an application behind Nginx, and clients of Nginx. A message is a text."""

from __future__ import annotations

import asyncio
import json
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from lab.nginx.apps import App, Record, kind, told
from lab.nginx.client import SECONDS, Connection, word_of
from lab.nginx.http1 import Head, Headers

_GOAWAY = 7
_FRONT = struct.Struct(">BI")  # compressed or not, length


class Messages:
    """Messages in the bytes of a stream."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, data: bytes) -> list[str]:
        """Those that are whole with these bytes."""
        self._rest += data
        found = []
        while len(self._rest) >= _FRONT.size:
            _compressed, length = _FRONT.unpack_from(self._rest)
            if len(self._rest) < _FRONT.size + length:
                break
            found.append(self._rest[_FRONT.size : _FRONT.size + length].decode("latin-1"))
            self._rest = self._rest[_FRONT.size + length :]
        return found


def packed(message: str) -> bytes:
    return _FRONT.pack(0, len(message)) + message.encode("latin-1")


class Frames:
    """What a server sends, without its goodbyes: h2 would end all with one, but calls that it has go on."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, data: bytes) -> bytes:
        """All frames that are whole with these bytes."""
        self._rest += data
        found = b""
        while len(self._rest) >= 9 and len(self._rest) >= (size := 9 + int.from_bytes(self._rest[:3], "big")):
            frame, self._rest = self._rest[:size], self._rest[size:]
            if frame[3] != _GOAWAY:
                found += frame
        return found


class Peer:
    """One end of a connection. What the other one does not take yet is kept and sent when it does."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, client: bool) -> None:
        self.reader, self.writer = reader, writer
        self.frames = H2Connection(H2Configuration(client_side=client, header_encoding="latin-1"))
        self.frames.initiate_connection()
        self._waiting: dict[int, tuple[bytes, bool]] = {}
        self._heard = Frames() if client else None
        self.flush()

    async def events(self) -> list[Event]:
        """What comes next. Raises EOFError at the end of the connection, ConnectionError where it is no HTTP/2."""
        data = await self.reader.read(1 << 16)
        if not data:
            raise EOFError
        try:
            events = self.frames.receive_data(self._heard.read(data) if self._heard else data)
        except ProtocolError as error:
            raise ConnectionError(str(error)) from error
        for event in events:
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self.frames.acknowledge_received_data(event.flow_controlled_length, event.stream_id or 0)
        self.flush()
        return events

    def head(self, stream: int, headers: Headers, end: bool = False) -> None:
        """Headers, or trailers behind all data."""
        self.frames.send_headers(stream, headers, end_stream=end)
        self.flush()

    def data(self, stream: int, data: bytes, end: bool = False) -> None:
        self._waiting[stream] = (self._waiting.get(stream, (b"", False))[0] + data, end)
        self.flush()

    def flush(self) -> None:
        for stream, (data, end) in list(self._waiting.items()):
            try:
                while data:
                    size = min(self.frames.local_flow_control_window(stream), self.frames.max_outbound_frame_size)
                    if size <= 0:
                        break
                    self.frames.send_data(stream, data[:size])
                    data = data[size:]
                if end and not data:
                    self.frames.end_stream(stream)
            except ProtocolError:  # the other end has closed the stream
                data = b""
            self._waiting[stream] = (data, end)
            if not data:
                del self._waiting[stream]
        self.writer.write(self.frames.data_to_send())


@kind
async def grpc(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """Sends each message back when it comes, and ends when the client does. The header X-Do tells it something else:

    grpc-status=14  only=1 (no headers before the trailers)  status=503 (an answer that is no gRPC)  header=NAME:VALUE
    hold=1 (ends after a `go`)  die=1 (closes without an answer)  die=half (closes behind the messages)
    size=BYTES (a message of that size as well)
    """
    peer = Peer(reader, writer, client=False)
    records: dict[int, Record] = {}
    messages: dict[int, Messages] = {}
    while True:
        for event in await peer.events():
            if isinstance(event, RequestReceived):
                records[event.stream_id] = _record(app, begun, event.headers)
                messages[event.stream_id] = Messages()
            elif isinstance(event, DataReceived):
                record, found = records[event.stream_id], messages[event.stream_id].read(event.data)
                record["messages"] += [one[:100] for one in found]
                record["length"] += len(event.data)
                if found and not _silent(app, record):
                    _begin(app, peer, event.stream_id, record)
                    for one in found:
                        peer.data(event.stream_id, packed(one))
            elif isinstance(event, StreamReset):
                records[event.stream_id]["reset"] = True
            elif isinstance(event, StreamEnded):
                records[event.stream_id]["whole"] = True
                if not await _end(app, peer, event.stream_id, records[event.stream_id]):
                    await writer.drain()
                    return
        await writer.drain()


def _record(app: App, begun: Record, headers: Any) -> Record:
    pseudo = {name: value for name, value in headers if name.startswith(":")}
    return app.record(
        **begun, method=pseudo[":method"], target=pseudo[":path"], version="HTTP/2", length=0, body="", whole=False,
        headers=[(name, value) for name, value in headers if not name.startswith(":")], messages=[], pseudo=pseudo,
        reset=False,
    )  # fmt: skip


def _do(app: App, record: Record) -> dict[str, str]:
    return dict(told(app, Head("", list(record["headers"])), record["target"]))


def _silent(app: App, record: Record) -> bool:
    """Whether messages are not sent back."""
    do = _do(app, record)
    return bool({"only", "status"} & set(do)) or do.get("die") == "1"


def _begin(app: App, peer: Peer, stream: int, record: Record) -> None:
    """Headers, once."""
    if "begun" in record:
        return
    record["begun"] = True
    do = told(app, Head("", list(record["headers"])), record["target"])
    more = [value.partition(":")[::2] for name, value in do if name == "header"]
    peer.head(stream, [(":status", "200"), ("content-type", "application/grpc"), *more])


async def _end(app: App, peer: Peer, stream: int, record: Record) -> bool:
    """Whether the connection goes on."""
    do = _do(app, record)
    if "hold" in do:
        await app.held.acquire()
    if do.get("die") == "1":
        return False
    if "status" in do:
        peer.head(stream, [(":status", do["status"]), ("content-type", "text/html")])
        peer.data(stream, b"<p>no gRPC", end=True)
        return True
    trailers = [("grpc-status", do.get("grpc-status", "0"))]
    if "only" in do:
        peer.head(stream, [(":status", "200"), ("content-type", "application/grpc"), *trailers], end=True)
        return True
    _begin(app, peer, stream, record)
    if "size" in do:
        peer.data(stream, packed("x" * int(do["size"])))
    if do.get("die") == "half":
        return False
    peer.data(stream, packed(json.dumps({"app": app.port, "at": record["at"]})))
    peer.head(stream, trailers, end=True)
    return True


class Call:
    """One call on a connection of its own."""

    def __init__(self, peer: Peer, path: str, metadata: Sequence[Sequence[str]], authority: str) -> None:
        self.peer, self.stream = peer, peer.frames.get_next_available_stream_id()
        self.found: dict[str, Any] = {"status": 0, "headers": [], "messages": [], "trailers": [], "error": ""}
        self._messages = Messages()
        self._body = b""
        self.ended = False
        head = [(":method", "POST"), (":scheme", "https"), (":authority", authority), (":path", path)]
        head += [("content-type", "application/grpc"), ("te", "trailers"), *((one[0], one[1]) for one in metadata)]
        peer.head(self.stream, head)

    @classmethod
    async def to(
        cls, port: int, address: str, source: str | None, tls: dict[str, Any] | None, path: str,
        metadata: Sequence[Sequence[str]], authority: str,
    ) -> Call:  # fmt: skip
        secured = None if tls is None else {"alpn": ["h2"], **tls}
        made = await Connection.to(port, address, source, secured)
        return cls(Peer(made.reader, made.writer, client=True), path, metadata, authority)

    def say(self, message: str, end: bool) -> None:
        """A message; an empty one with ``end`` is none."""
        self.peer.data(self.stream, packed(message) if message or not end else b"", end)

    async def read(self, messages: int) -> dict[str, Any]:
        """What has come, as soon as there are so many messages or the call is at its end; 0: at its end."""
        try:
            async with asyncio.timeout(SECONDS):
                while not self.ended and not 0 < messages <= len(self.found["messages"]):
                    for event in await self.peer.events():
                        self._take(event)
        except (OSError, EOFError, TimeoutError) as error:
            self.ended, self.found["error"] = True, word_of(error)
        return {**self.found, "body": self._body.decode("latin-1"), "ended": self.ended}

    def _take(self, event: Event) -> None:
        if isinstance(event, ResponseReceived):
            pairs = [(str(name), str(value)) for name, value in event.headers]
            self.found["status"] = int(dict(pairs)[":status"])
            self.found["headers"] = [pair for pair in pairs if not pair[0].startswith(":")]
        elif isinstance(event, DataReceived):
            if dict(self.found["headers"]).get("content-type") == "application/grpc":
                self.found["messages"] += self._messages.read(event.data)
            else:
                self._body += event.data
        elif isinstance(event, TrailersReceived):
            self.found["trailers"] = [(str(name), str(value)) for name, value in event.headers]
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif isinstance(event, StreamReset):
            # One that follows a whole answer says that no more of the body is wanted.
            self.found["error"] = "" if self.ended else "stream reset"
            self.ended = True

    def close(self) -> None:
        self.peer.writer.transport.abort()
