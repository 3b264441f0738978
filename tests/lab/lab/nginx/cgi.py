"""Applications that speak FastCGI and uwsgi. They can be told what those of the kind http can, as far as it is here."""

from __future__ import annotations

import struct
from asyncio import StreamReader, StreamWriter

from lab.nginx.apps import App, Record, answered, kind
from lab.nginx.http1 import Headers

_BEGIN, _END, _PARAMS, _STDIN, _STDOUT = 1, 3, 4, 5, 6
_KEEP = 1  # the flag of a request after which the connection stays
_HEAD = struct.Struct(">BBHHBx")  # version, type, request, length, padding


@kind
async def fastcgi(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """A responder; one request at a time."""
    keep = True
    while keep:
        streams = {_PARAMS: b"", _STDIN: b""}
        ended: set[int] = set()
        while not ended >= set(streams):
            _version, what, number, length, padding = _HEAD.unpack(await reader.readexactly(_HEAD.size))
            data = (await reader.readexactly(length + padding))[:length]
            if what == _BEGIN:
                keep = bool(data[2] & _KEEP)
            elif not data:
                ended.add(what)
            else:
                streams[what] += data
        record = _record(app, begun, _pairs(streams[_PARAMS]), streams[_STDIN])
        status, headers, body = await answered(app, record)
        if status == 0:
            return
        message = "".join("%s: %s\r\n" % pair for pair in [("Status", "%d Told" % status), *headers]) + "\r\n"
        sent = message.encode("latin-1") + body
        for begin in range(0, len(sent), 32768):
            writer.write(_packed(_STDOUT, number, sent[begin : begin + 32768]))
        writer.write(_packed(_STDOUT, number, b"") + _packed(_END, number, bytes(8)))
        await writer.drain()


def _packed(what: int, number: int, data: bytes) -> bytes:
    return _HEAD.pack(1, what, number, len(data), 0) + data


def _pairs(data: bytes) -> dict[str, str]:
    """Names and values, each with its length before it: one byte, or four where the first bit is set."""
    found, place = {}, 0
    while place < len(data):
        lengths = []
        for _time in range(2):
            size = 4 if data[place] & 128 else 1
            lengths.append(int.from_bytes(data[place : place + size], "big") & 0x7FFFFFFF)
            place += size
        name, value = data[place : place + lengths[0]], data[place + lengths[0] : place + sum(lengths)]
        found[name.decode("latin-1")] = value.decode("latin-1")
        place += sum(lengths)
    return found


@kind
async def uwsgi(app: App, reader: StreamReader, writer: StreamWriter, begun: Record) -> None:
    """One request; the connection ends with it."""
    _first, size, _second = struct.unpack("<BHB", await reader.readexactly(4))
    data, place, words = await reader.readexactly(size), 0, []
    while place < size:
        (length,) = struct.unpack_from("<H", data, place)
        words.append(data[place + 2 : place + 2 + length].decode("latin-1"))
        place += 2 + length
    params = dict(zip(words[::2], words[1::2]))
    body = await reader.readexactly(int(params.get("CONTENT_LENGTH") or 0))
    status, headers, sent = await answered(app, _record(app, begun, params, body))
    if status:
        lines = "".join("%s: %s\r\n" % pair for pair in headers)
        writer.write(("HTTP/1.1 %d Told\r\n%s\r\n" % (status, lines)).encode("latin-1") + sent)
        await writer.drain()


def _record(app: App, begun: Record, params: dict[str, str], body: bytes) -> Record:
    """Headers as they came to Nginx, as far as the names of parameters say."""
    headers: Headers = [(name[5:].replace("_", "-"), value) for name, value in params.items() if name[:5] == "HTTP_"]
    return app.record(
        **begun,
        method=params.get("REQUEST_METHOD", ""),
        target=params.get("REQUEST_URI", ""),
        version=params.get("SERVER_PROTOCOL", ""),
        headers=headers,
        length=len(body),
        body=body.decode("latin-1"),
        params=params,
    )
