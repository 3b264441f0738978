# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of check on both directors: a real server without an answer is out, and one that answers again is back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from lab.stack import ADDRESSES, DIRECTORS, REAL_SERVERS, Stack

# A run of site.yml before and one after.
pytestmark = pytest.mark.long

# What stands behind a port: how each connection, or each packet, is answered.
ANSWERS = """
import socketserver, sys
kind, port = sys.argv[1], int(sys.argv[2])
class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        if kind == "smtp":
            self.wfile.write(b"220 mail.example.com\\r\\n")
            for line in self.rfile:
                self.wfile.write(b"221 bye\\r\\n" if line.startswith(b"QUIT") else b"250 mail.example.com\\r\\n")
        if kind == "http":
            path = self.rfile.readline().split()[1]
            status = {b"/a": b"204", b"/b": b"404"}.get(path, b"500")
            self.wfile.write(b"HTTP/1.0 " + status + b" x\\r\\n\\r\\n")
class Packet(socketserver.DatagramRequestHandler):
    def handle(self):
        asked = self.rfile.read()
        if kind == "dns":
            self.wfile.write(asked[:2] + b"\\x84\\x00" + asked[4:])
        elif asked == bytes.fromhex("0a00"):
            self.wfile.write(asked)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
of = (socketserver.UDPServer, Packet) if kind in ("dns", "udp") else (Server, Connection)
of[0](("0.0.0.0", port), of[1]).serve_forever()
"""
# It wants what it is told as it is told, and no rights.
PROGRAM = """#!/bin/bash
test "$3" = "a b" && test "$(id -un)" = keepalived_script && exec timeout 20 bash -c "exec 3<> /dev/tcp/$1/$2"
"""
PLACE = "/usr/local/sbin/answers"
CHECKS: dict[str, Any] = {
    "tcp": {"type": "tcp"},
    "smtp": {"type": "smtp"},
    "dns": {"type": "dns", "query": "example.com", "record": "A"},
    "udp": {"type": "udp", "payload": "0a00", "reply": True},
    "http": {"type": "http", "path": "/a", "status": ["200-299"], "urls": [{"path": "/b", "status": 404}]},
    "script": {"type": "script", "script": PLACE, "arguments": ["{address}", "{port}", "a b"]},
    "ping": {"type": "ping"},
}
PORTS = {kind: 5001 + number for number, kind in enumerate(CHECKS)}
IGNORE = "echo %d > /proc/sys/net/ipv4/icmp_echo_ignore_all"


def services() -> str:
    ours = {
        kind: {
            "vip": "web", "ports": [PORTS[kind]], "check": {**check, "retries": 0, "timeout": 20},
            "protocol": "udp" if kind in ("dns", "udp") else "tcp",
        }
        for kind, check in CHECKS.items()
    }  # fmt: skip
    return json.dumps({"lvs_virtual_services": {"web": {"vip": "web", "ports": [80]}, **ours}})


def begin(stack: Stack, host: str, kind: str) -> None:
    if kind == "ping":
        stack.run(host, IGNORE % 0)
    else:
        words = ["systemd-run", "--unit=answers-" + kind, "python3", "-c", ANSWERS, kind, str(PORTS[kind])]
        stack.run(host, " ".join(map(shlex.quote, words)))


def end(stack: Stack, host: str, kind: str) -> None:
    stack.run(host, IGNORE % 1 if kind == "ping" else "systemctl stop answers-%s.service" % kind)


@pytest.fixture(scope="module")
def checked(stack: Stack) -> Iterator[Stack]:
    stack.run_all(dict.fromkeys(DIRECTORS, "cat > %s <<'END'\n%sEND\nchmod 755 %s" % (PLACE, PROGRAM, PLACE)))
    try:
        for host in REAL_SERVERS:
            for kind in CHECKS:
                begin(stack, host, kind)
        stack.play("site", "-e", services())
        yield stack
    finally:
        for host in REAL_SERVERS:
            for kind in CHECKS:
                stack.run(host, "systemctl stop answers-%s.service" % kind, check=False)
            stack.run(host, IGNORE % 0)
        stack.play("site")
        stack.settled()


def seen(stack: Stack, kind: str) -> set[tuple[tuple[str, int], ...]]:
    """The weights that directors give the real servers of a service."""
    names = {address: name for name, address in ADDRESSES.items()}
    found = set()
    for host in DIRECTORS:
        rows = [line.split() for line in stack.run(host, "ipvsadm -Sn").splitlines() if ":%d " % PORTS[kind] in line]
        places = [
            (row[row.index("-r") + 1].partition(":")[0], int(row[row.index("-w") + 1])) for row in rows if "-r" in row
        ]
        found.add(tuple(sorted((names[address], weight) for address, weight in places)))
    return found


@pytest.mark.parametrize("kind", CHECKS)
def test_who_does_not_answer_is_out_and_back_when_it_does(checked: Stack, kind: str) -> None:
    whole, out = {(("web1", 1), ("web2", 1))}, {(("web1", 0), ("web2", 1))}
    checked.wait("both are in", lambda: seen(checked, kind) == whole)
    end(checked, "web1", kind)
    checked.wait("web1 is out", lambda: seen(checked, kind) == out)
    begin(checked, "web1", kind)
    checked.wait("web1 is back", lambda: seen(checked, kind) == whole)


def test_each_of_several_paths_has_to_answer(checked: Stack) -> None:
    end(checked, "web1", "http")
    text = ANSWERS.replace('b"/b": b"404"', 'b"/b": b"503"')
    words = ["systemd-run", "--unit=answers-http", "python3", "-c", text, "http", str(PORTS["http"])]
    checked.run("web1", " ".join(map(shlex.quote, words)))
    asked = "curl -s -o /dev/null -w '%%{http_code}' http://%s:%d/a" % (ADDRESSES["web1"], PORTS["http"])
    checked.wait("the first path answers", lambda: checked.run("client", asked, check=False) == "204")
    checked.wait("web1 is out", lambda: seen(checked, "http") == {(("web1", 0), ("web2", 1))})
    end(checked, "web1", "http")
    begin(checked, "web1", "http")
    checked.wait("web1 is back", lambda: seen(checked, "http") == {(("web1", 1), ("web2", 1))})
