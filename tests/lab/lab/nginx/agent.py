"""Runs Nginx, the applications behind it and its clients, in namespaces of its own: see `COMMAND`.

One JSON object a line on stdin, {"call": NAME, ...}, one a line on stdout: {"result": ...}, {"refused": what Nginx
says}, or {"raised": ...}. It ends with its stdin, and all that it started with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lab.nginx.cgi  # noqa: F401  # pylint: disable=unused-import  # more kinds
from lab.nginx import grpc
from lab.nginx.apps import App, Record
from lab.nginx.client import SECONDS as PATIENCE
from lab.nginx.client import Answer, Connection, Request, ask, ask_many, none, word_of
from lab.nginx.daemon import Daemon, Refused
from lab.nginx.dns import NameServer

# Its process namespace begins with the agent, which so is told of all orphans.
_APART = ("--net", "--mount", "--propagation", "private", "--uts", "--ipc", "--pid", "--mount-proc", "--kill-child")
COMMAND = ["unshare", *_APART, "--fork", sys.executable, "-m", "lab.nginx.agent"]
# Every address of these networks is here, for clients and for applications. What goes to the last one gets lost.
NETWORK = """
link set lo up
route add local 10.0.0.0/8 dev lo
route add local 192.0.2.0/24 dev lo
route add local 198.51.100.0/24 dev lo
route add local 203.0.113.0/24 dev lo
-6 route add local 2001:db8::/32 dev lo
link add lost type veth peer name nowhere
link set nowhere up
link set lost arp off up
address add 198.18.0.1/32 dev lost
route add 198.18.0.0/15 dev lost
"""
SYSCTLS = {
    "ipv6/ip_nonlocal_bind": "1",  # clients of IPv6 have these addresses, too
    "ipv4/tcp_tw_reuse": "1",
}
APPS = {**dict.fromkeys(range(9001, 9009), "http"), 9010: "raw"}


class Agent:
    """Each public coroutine is a call."""

    def __init__(self, tree: str) -> None:
        self.daemon = Daemon(tree)
        self.records: list[Record] = []
        self.apps: dict[int, App] = {}
        self.clients: dict[int, Connection] = {}
        self.calls: dict[int, grpc.Call] = {}
        self.name_server: NameServer | None = None
        self.questioned: dict[int, NameServer] = {}
        self.numbers = iter(range(1, sys.maxsize))

    # --- Nginx

    async def serve(self, files: dict[str, str], modes: dict[str, int], reload: bool) -> str:
        return await asyncio.to_thread(self.daemon.serve, files, modes, reload)

    async def stop(self) -> None:
        await asyncio.to_thread(self.daemon.stop)

    async def run(self, argv: list[str], stdin: str) -> tuple[int, str]:
        return await asyncio.to_thread(self.daemon.run, argv, stdin)

    async def host(self, argv: list[str]) -> str:
        """A command of this machine in these namespaces, such as ip."""
        done = await asyncio.to_thread(subprocess.run, argv, check=True, capture_output=True, text=True)
        return str(done.stdout)

    async def logs(self, name: str, count: int) -> list[str]:
        """All lines, as soon as there are ``count``."""
        await _until(lambda: len(self.daemon.logs(name)) >= count)
        return self.daemon.logs(name)

    async def processes(self) -> dict[str, Any]:
        return {"master": self.daemon.master, "workers": self.daemon.workers}

    # --- applications

    async def fresh(self) -> None:
        """What there is at the beginning of a test: the applications of APPS, no client, nothing seen, no Nginx."""
        await asyncio.to_thread(self.daemon.fresh)
        for number in list(self.clients):
            await self.close(number)
        for number in list(self.calls):
            await self.hang_up(number)
        for app in self.apps.values():
            await app.down()
        self.apps.clear()
        for port, kind in APPS.items():
            await self.start(port, kind, {})
        await self.forget()
        for server in self.questioned.values():
            server.down()
        self.questioned.clear()
        if self.name_server is not None:
            self.name_server.down()
            self.name_server = None

    async def start(self, port: int, kind: str, options: dict[str, Any]) -> None:
        """In the place of one that is there."""
        if port in self.apps:
            await self.apps[port].down()
        self.apps[port] = App(port, kind, self.records, **options)
        await self.apps[port].up()

    async def names(self, names: dict[str, list[str]]) -> list[str]:
        """What the name server at port 53 knows from now on; it begins with the first call. Returns what was asked."""
        if self.name_server is None:
            self.name_server = NameServer()
            await self.name_server.up()
        self.name_server.names = names
        asked, self.name_server.asked = self.name_server.asked, []
        return asked

    async def udp(self, port: int) -> None:
        """A name server that knows no name: each question gets one answer."""
        self.questioned[port] = NameServer()
        await self.questioned[port].up(port)

    async def tell(self, port: int, do: str) -> None:
        self.apps[port].options["do"] = do

    async def up(self, port: int) -> None:
        await self.apps[port].up()

    async def down(self, port: int) -> None:
        await self.apps[port].down()

    async def go(self, port: int, count: int) -> None:
        for _time in range(count):
            self.apps[port].held.release()

    async def seen(self, count: int) -> list[Record]:
        """All of it, as soon as there are ``count``."""
        await _until(lambda: len(self.records) >= count)
        return self.records

    async def forget(self) -> None:
        self.records.clear()

    # --- clients

    async def ask(self, request: Request) -> Answer:
        answer, connection = await ask(request)
        if connection is not None:
            connection.close()
        return answer

    async def ask_many(self, requests: list[Request], connections: int) -> list[Answer]:
        return await ask_many(requests, connections)

    async def connect(self, port: int, address: str, source: str | None, tls: dict[str, Any] | None) -> int:
        number = next(self.numbers)
        self.clients[number] = await Connection.to(port, address, source, tls)
        return number

    async def send(self, number: int, data: str) -> None:
        self.clients[number].writer.write(data.encode("latin-1"))
        await self.clients[number].writer.drain()

    async def answer(self, number: int, method: str) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.clients[number].answer(method)
        except (OSError, EOFError, ValueError) as error:
            return none(word_of(error))

    async def read(self, number: int, until: str) -> str:
        async with asyncio.timeout(PATIENCE):
            return (await self.clients[number].read(until.encode("latin-1"))).decode("latin-1")

    async def text(self, number: int) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self.clients[number].text()

    async def close(self, number: int) -> None:
        self.clients.pop(number).close()

    # --- clients of gRPC

    async def call(self, **call: Any) -> int:
        """Begin one; see `grpc.Call.to`."""
        number = next(self.numbers)
        self.calls[number] = await grpc.Call.to(**call)
        return number

    async def say(self, number: int, message: str, end: bool) -> None:
        self.calls[number].say(message, end)

    async def heard(self, number: int, messages: int) -> dict[str, Any]:
        return await self.calls[number].read(messages)

    async def hang_up(self, number: int) -> None:
        self.calls.pop(number).close()


async def _until(there: Callable[[], bool]) -> None:
    """A test that waits for what does not come is told what there is."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not there() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.002)


async def main(tree: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may write between the answers
    for line in NETWORK.strip().splitlines():
        subprocess.run(["ip", *line.split()], check=True)
    for name, value in SYSCTLS.items():
        Path("/proc/sys/net", name).write_text(value)
    agent = Agent(tree)
    loop = asyncio.get_running_loop()
    calls = asyncio.StreamReader(limit=1 << 30)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(calls), sys.stdin)
    while line := (await calls.readline()).decode():
        arguments = json.loads(line)
        try:
            answer = {"result": await getattr(agent, arguments.pop("call"))(**arguments)}
        except Refused as error:
            answer = {"refused": str(error)}
        except Exception as error:
            answer = {"raised": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
