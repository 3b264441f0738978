# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows through the VIP from the lab's client: a slow download, a session that talks at times, a port used again."""

from __future__ import annotations

import json
from typing import Any, Callable

from lab.docker import Docker
from lab.hosts import VIP

# One connection, a question every half second, as a WebSocket has it. It ends when its standard input does.
_SESSION = """
import http.client, json, select, sys
connection = http.client.HTTPConnection(%r, 80, timeout=60)
answers, error, first, told = 0, None, None, False
try:
    while True:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        answers += answer.status == 200
        if first is None:
            first = connection.sock
            print(answer.getheader("X-Served-By"), flush=True)
        if connection.sock is not first:
            raise ConnectionError("the connection was closed")
        if told:
            break
        # Told to end, it asks once more: its connection still carries answers then.
        told = bool(select.select([sys.stdin], [], [], 0.5)[0])
except OSError as reason:
    error = repr(reason)
print(json.dumps({"answers": answers, "error": error}))
"""
_DOWNLOAD = """
import http.client, json
connection = http.client.HTTPConnection(%r, 80, timeout=60)
connection.request("GET", "/slow?seconds=%d&bytes=%d")
answer = connection.getresponse()
print(answer.getheader("X-Served-By"), flush=True)
size, error = 0, None
try:
    while piece := answer.read1(65536):
        size += len(piece)
except (OSError, http.client.HTTPException) as reason:
    error = repr(reason)
print(json.dumps({"status": answer.status, "bytes": size, "error": error}))
"""
# Connections one after the other, all from one port of the client; the server closes each.
_ONE_PORT = """
import socket
for _turn in range(%d):
    with socket.socket() as connection:
        connection.settimeout(60)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(("", 61000))
        connection.connect((%r, 80))
        connection.sendall(b"GET / HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: close\\r\\n\\r\\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    print(next(line.split()[1] for line in answer.decode().splitlines() if line.lower().startswith("x-served-by:")))
"""
SIZE = 200_000


class Flow:
    """A flow that has begun; ``server`` is the real server that it goes to."""

    def __init__(self, docker: Docker, program: str) -> None:
        self._process = docker.popen("exec", "-i", "client", "python3", "-c", program)
        assert self._process.stdout
        self.server = self._process.stdout.readline().decode().strip()

    @property
    def goes_on(self) -> bool:
        return self._process.poll() is None

    def end(self, seconds: float = 300) -> dict[str, Any]:
        """End it (a download: wait for its end); what it saw."""
        out, err = self._process.communicate(b"\n", timeout=seconds)
        assert out, err.decode()
        found: dict[str, Any] = json.loads(out)
        return found

    def leave(self) -> None:
        self._process.kill()
        self._process.communicate()


def session(docker: Docker) -> Flow:
    return Flow(docker, _SESSION % VIP)


def download(docker: Docker, seconds: int) -> Flow:
    return Flow(docker, _DOWNLOAD % (VIP, seconds, SIZE))


def from_one_port(docker: Docker, count: int) -> list[str]:
    """So many connections in a row from the same port of the client; the real server of each."""
    return docker("exec", "client", "python3", "-c", _ONE_PORT % (count, VIP)).split()


def to(server: str, begin: Callable[[], Flow]) -> Flow:
    """A flow that goes to a certain real server."""
    for _attempt in range(30):
        flow = begin()
        if flow.server == server:
            return flow
        flow.leave()
    raise AssertionError("none of 30 flows went to %s" % server)
