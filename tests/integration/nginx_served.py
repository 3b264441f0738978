# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx of each supported Debian does with requests: the fixture `nginx` is a `Served`.

Applications that answer with JSON of the request are at the ports 9001 to 9008 of every address, one that keeps the
bytes is at 9010; `lab/nginx/apps.py` says what they can be told. Every address of 10.0.0.0/8, 192.0.2.0/24,
198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32 is there, for clients and for applications; what is sent to
198.18.0.0/15 gets lost. An Nginx and its applications begin anew with each test.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from inventory import model_of, with_changes
from nginx_mutants import mutated
from rendering import files as files_of

from lab.nginx import websocket
from lab.nginx.agent import COMMAND

Tree = dict[str, Any]
Headers = Sequence[tuple[str, str]]
HERE = "127.0.0.1"
# The inventory of a test, if it says nothing else: one application.
ONE_APP: Tree = {"lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001"]}


class Refused(Exception):
    """Nginx does not take its configuration; the text is what it says."""


@dataclass(frozen=True)
class Seen:
    """A request as an application received it."""

    app: int  # the port
    at: str  # the address that the application was asked at
    peer: str
    connection: int  # the first to the application in a test is 1
    method: str = ""
    target: str = ""
    version: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)  # in order, with repeats
    length: int = 0  # of the body
    body: str = ""  # the beginning of it; latin-1
    whole: bool = True  # all of the body came
    bytes: str = ""  # of the kind raw only: all that a connection brought; latin-1
    more: Tree = field(default_factory=dict)  # what other kinds write down

    @classmethod
    def of(cls, record: Tree) -> Seen:
        known = {name: value for name, value in record.items() if name in cls.__dataclass_fields__}
        known["headers"] = list(map(tuple, known.get("headers", ())))
        return cls(**known, more={name: value for name, value in record.items() if name not in known})

    def all(self, name: str) -> list[str]:
        """The values of a header in their order."""
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The one value; None where there is none. Raises ValueError for repeats."""
        return _only(self.all(name))


@dataclass(frozen=True)
class Answer:
    """What a client received."""

    status: int  # 0: no answer
    reason: str
    headers: list[tuple[str, str]]  # in order, with repeats
    body: str  # latin-1
    kept: bool  # the connection can be used again
    interim: list[int]  # answers of 1xx before it
    error: str  # closed, refused, reset, timeout, tls; cut: the body has an end before its end

    @classmethod
    def of(cls, found: Tree) -> Answer:
        return cls(**{**found, "headers": list(map(tuple, found["headers"]))})

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The one value; None where there is none. Raises ValueError for repeats."""
        return _only(self.all(name))

    @property
    def json(self) -> Any:
        """Raises ValueError with the whole answer where the body is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise ValueError("no JSON: %s" % (self,)) from None

    @property
    def seen(self) -> Seen:
        """The request as the application says that it received it."""
        return Seen.of(self.json)

    @property
    def app(self) -> int:
        """The port of the application that answered."""
        return self.seen.app


def _only(values: list[str]) -> str | None:
    if len(values) > 1:
        raise ValueError("%d values: %s" % (len(values), values))
    return values[0] if values else None


@dataclass(frozen=True)
class Reply:
    """What a client of gRPC received."""

    status: int  # of HTTP; 0: no answer
    headers: list[tuple[str, str]]
    messages: list[str]
    trailers: list[tuple[str, str]]
    body: str  # of an answer that is no gRPC
    ended: bool
    error: str  # closed, reset; stream reset: the call alone

    @property
    def code(self) -> int | None:
        """The status of gRPC; None where there was none."""
        found = _only([value for name, value in (*self.headers, *self.trailers) if name == "grpc-status"])
        return None if found is None else int(found)

    def header(self, name: str) -> str | None:
        return _only([value for one, value in self.headers if one == name.lower()])


class Call:
    """A call of gRPC on a connection of its own. Use as a context manager."""

    def __init__(self, served: Served, number: int) -> None:
        self._served, self._number = served, number

    def __enter__(self) -> Call:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._served.call("hang_up", number=self._number)

    def say(self, message: str = "", end: bool = False) -> None:
        """A message; none where it is empty and the last."""
        self._served.call("say", number=self._number, message=message, end=end)

    def heard(self, messages: int = 0) -> Reply:
        """All so far, as soon as there are so many messages; without a number at the end of the call."""
        found = self._served.call("heard", number=self._number, messages=messages)
        for name in ("headers", "trailers"):
            found[name] = list(map(tuple, found[name]))
        return Reply(**found)


class Request(NamedTuple):
    """One request. ``raw`` counts instead of all of the message; else Host and Content-Length are added where they are
    missing. ``tls``: {"name": SNI, "alpn": [...]}; certificates are not checked."""

    target: str = "/"
    method: str = "GET"
    host: str = "example.com"
    headers: Headers = ()
    body: str = ""
    raw: str | bytes = b""
    version: str = "HTTP/1.1"
    port: int = 80
    source: str | None = None
    address: str = HERE
    tls: Mapping[str, Any] | None = None

    @property
    def data(self) -> str:
        """All bytes, as latin-1."""
        if self.raw:
            return self.raw if isinstance(self.raw, str) else self.raw.decode("latin-1")
        names = {name.lower() for name, _value in self.headers}
        lines = [f"{self.method} {self.target} {self.version}"]
        lines += [] if "host" in names or not self.host else [f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body and not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", self.body])

    @property
    def sent(self) -> Tree:
        """As the agent takes it. Asked from IPv6, Nginx is at ::1."""
        return {"data": self.data, "method": self.method, "port": self.port, "tls": self.tls, **self.where}

    @property
    def where(self) -> Tree:
        six = self.source is not None and ":" in self.source and self.address == HERE
        return {"address": "::1" if six else self.address, "source": self.source}


class Client:
    """One connection to Nginx. Use as a context manager."""

    def __init__(self, served: Served, number: int) -> None:
        self._served, self._number = served, number

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _call(self, call: str, **arguments: Any) -> Any:
        return self._served.call(call, number=self._number, **arguments)

    def send(self, data: str | bytes) -> None:
        self._call("send", data=data if isinstance(data, str) else data.decode("latin-1"))

    def ask(self, target: str = "/", **rest: Any) -> Answer:
        """As `Served.ask`, on this connection."""
        request = Request(target, **rest)
        self.send(request.data)
        return self.answer(request.method)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer: to a request of that method."""
        return Answer.of(self._call("answer", method=method))

    def read(self, until: str = "") -> str:
        """All up to and with ``until``; without it, all until Nginx closes the connection."""
        text: str = self._call("read", until=until)
        return text

    def upgrade(self, target: str = "/", **rest: Any) -> Answer:
        """Begin a WebSocket."""
        headers = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ]  # fmt: skip
        return self.ask(target, headers=[*headers, *rest.pop("headers", ())], **rest)

    def say(self, text: str) -> str:
        """A text through the WebSocket; returns the next one."""
        self.send(websocket.frame(websocket.TEXT, text.encode(), b"mask"))
        said: str = self._call("text")
        return said

    def close(self) -> None:
        self._call("close")


class Served:
    """One Nginx with its applications and clients. Use as a context manager; nothing of it is left at the end."""

    def __init__(self, tree: Path, version: str) -> None:
        self.tree, self.version = tree, version
        self._agent = subprocess.Popen([*COMMAND, str(tree)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._agent.communicate(timeout=120)

    def call(self, call: str, **arguments: Any) -> Any:
        """One call of the agent. Raises Refused, and RuntimeError where it raised."""
        assert self._agent.stdin
        assert self._agent.stdout
        self._agent.stdin.write(json.dumps({"call": call, **arguments}) + "\n")
        self._agent.stdin.flush()
        answer = json.loads(self._agent.stdout.readline() or '{"raised": "the agent has ended"}')
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "raised" in answer:
            raise RuntimeError(answer["raised"])
        return answer["result"]

    @property
    def process(self) -> int:
        """One that is in the network namespace of Nginx."""
        return self._agent.pid

    # --- Nginx

    def site(
        self, changes: Tree | None = None, *, files: Mapping[str, str] | None = None, host: str = "web1",
        reload: bool = False, **variables: Any,
    ) -> str:  # fmt: skip
        """Serve what a host gets of an inventory with these changes. ``files``: further ones; ``variables``: further
        ones of the inventory. Returns what `nginx -t` says; raises Refused."""
        model = model_of(with_changes({**ONE_APP, **(changes or {})}))
        given = {name: (changes or {}).get(name, {}) for name in ("lvs_nginx_users", "lvs_certificates", "lvs_tls")}
        made = files_of(model, host, {}, self.version, **{**given, **variables})
        mine = {path: text for path, text in made.items() if path.startswith("/etc/nginx/")}
        return self.serve({**mine, **(files or {})}, reload=reload)

    def serve(self, files: Mapping[str, str], modes: Mapping[str, int] | None = None, reload: bool = False) -> str:
        """Serve these files; those of the call before are gone. Nginx starts anew, with empty logs, or reloads and has
        no worker of before that takes connections. Returns what `nginx -t` says; raises Refused."""
        said: str = self.call("serve", files=mutated(files), modes=dict(modes or {}), reload=reload)
        return said

    def stop(self) -> None:
        self.call("stop")

    def run(self, *argv: str, stdin: str = "") -> tuple[int, str]:
        """The status and the words of a command in the Debian of Nginx."""
        status, said = self.call("run", argv=argv, stdin=stdin)
        return status, said

    def host(self, *argv: str) -> str:
        """The output of a command of this machine in the namespaces of Nginx, such as `ip` or `ss`."""
        said: str = self.call("host", argv=argv)
        return said

    def logs(self, name: str = "access.log", count: int = 0) -> list[str]:
        """The lines of a file in /var/log/nginx since Nginx was started. ``count``: waits until there are so many; a
        client can have its answer before the line is written."""
        lines: list[str] = self.call("logs", name=name, count=count)
        return lines

    def requests(self, count: int = 0) -> list[Tree]:
        """The access log, as `logs`."""
        return [json.loads(line) for line in self.logs(count=count)]

    @property
    def workers(self) -> list[int]:
        """Processes that take new connections."""
        found: list[int] = self.call("processes")["workers"]
        return found

    # --- applications

    def fresh(self) -> None:
        """As at the beginning of a test: no Nginx, no files of a test, new applications, nothing seen."""
        self.call("fresh")

    def start(self, port: int, kind: str = "http", **options: Any) -> None:
        """An application of a kind, in the place of one that may be there."""
        self.call("start", port=port, kind=kind, options=options)

    def tell(self, port: int, do: str) -> None:
        """What an application does with each request, such as ``status=503``."""
        self.call("tell", port=port, do=do)

    def names(self, names: Mapping[str, Sequence[str]]) -> list[str]:
        """What the name server at port 53 of every address knows from now on: addresses by name. Returns the names that
        it was asked for since the call before."""
        asked: list[str] = self.call("names", names=dict(names))
        return asked

    def udp(self, port: int) -> None:
        """An application of UDP, which answers a question to a name server by one packet."""
        self.call("udp", port=port)

    def down(self, port: int) -> None:
        """Connections to the application are refused, and those that it has are gone."""
        self.call("down", port=port)

    def up(self, port: int) -> None:
        self.call("up", port=port)

    def go(self, port: int, count: int = 1) -> None:
        """So many requests or events of the application that are held go on."""
        self.call("go", port=port, count=count)

    def seen(self, app: int | None = None, count: int = 0) -> list[Seen]:
        """Requests that an application received, or all of them. ``count``: waits until all have so many."""
        found = [Seen.of(record) for record in self.call("seen", count=count)]
        return [one for one in found if app in (None, one.app)]

    def forget(self) -> None:
        """Of what was seen."""
        self.call("forget")

    # --- clients

    def ask(self, target: str = "/", **rest: Any) -> Answer:
        """One request on a connection of its own; see `Request`."""
        return Answer.of(self.call("ask", request=Request(target, **rest).sent))

    def ask_many(self, requests: Iterable[Request], connections: int = 8) -> list[Answer]:
        """The answers in the order of the requests, which are asked over so many connections at once."""
        answers = self.call("ask_many", requests=[one.sent for one in requests], connections=connections)
        return [Answer.of(one) for one in answers]

    def connect(
        self, port: int = 80, source: str | None = None, address: str = HERE, tls: Mapping[str, Any] | None = None
    ) -> Client:
        where = Request(source=source, address=address).where
        return Client(self, self.call("connect", port=port, tls=tls, **where))

    def grpc(self, path: str = "/shop.Shop/Get", *messages: str, **rest: Any) -> Reply:
        """A call with these messages, to its end; see `stream`."""
        with self.stream(path, **rest) as call:
            for message in messages:
                call.say(message)
            call.say(end=True)
            return call.heard()

    def stream(
        self, path: str = "/shop.Shop/Get", metadata: Headers = (), name: str = "example.com", port: int = 443,
        source: str | None = None, tls: Mapping[str, Any] | None = None,
    ) -> Call:  # fmt: skip
        """Begin a call, over TLS unless ``tls`` is {}: then a client speaks HTTP/2 at once."""
        secured = {"name": name} if tls is None else dict(tls) or None
        given = {"path": path, "metadata": list(metadata), "authority": name}
        return Call(self, self.call("call", port=port, tls=secured, **given, **Request(source=source).where))
