# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx does, through the VIP and both nodes: sessions, retries, WebSocket, who the client is, maintenance."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from lab.hosts import BY_NAME, VIP
from lab.stack import DIRECTORS, REAL_SERVERS, Stack

CLIENT = BY_NAME["client"].address
APPS = ["198.51.100.201:8080", "198.51.100.202:8080"]
# Nobody listens at the second port, and the echo at the third.
DEAD, ECHO = "198.51.100.201:8099", "198.51.100.201:8090"
SITE = {
    "lvs_trusted_proxies": [CLIENT],
    "lvs_nginx_upstreams": {
        "app_servers": {"servers": APPS},
        "stays": {"servers": APPS, "sticky": "sid"},
        "half_dead": {"servers": [DEAD, APPS[1]]},
        "echo": {"servers": [ECHO]},
    },
    "lvs_nginx_sites": {
        "www": {
            "server_names": ["example.com"],
            "upstream": "app_servers",
            "routes": [
                {"path": "/stays", "upstream": "stays"},
                {"path": "/half", "upstream": "half_dead"},
                {"path": "/echo", "upstream": "echo"},
            ],
        }
    },
}
EDIT = ("-e", json.dumps(SITE), "-l", "lvs_real_servers")
# Each request on a connection of its own, so that the directors choose a node for each.
ASK = """
import http.client, json, sys
found = []
for method, path, headers in json.loads(sys.argv[2]):
    connection = http.client.HTTPConnection(sys.argv[1], 80, timeout=60)
    connection.request(method, path, headers={"Host": "example.com", **headers})
    answer = connection.getresponse()
    body = answer.read()
    found.append({
        "status": answer.status, "node": answer.getheader("X-Served-By"), "cookie": answer.getheader("Set-Cookie"),
        "told": json.loads(body) if answer.status == 200 else None,
    })
    connection.close()
print(json.dumps(found))
"""
# After the answer to an upgrade, what comes is sent back.
ECHOING = """
import socket
listening = socket.create_server(("", 8090))
listening.settimeout(300)
print("listens", flush=True)
one, _address = listening.accept()
head = b""
while b"\\r\\n\\r\\n" not in head:
    head += one.recv(4096)
one.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n")
while data := one.recv(4096):
    one.sendall(data)
"""
TALK = """
import socket, sys
one = socket.create_connection((sys.argv[1], 80), timeout=120)
one.sendall(b"GET /echo HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n")
stream = one.makefile("rwb")
while stream.readline().strip():
    pass
for line in sys.stdin:
    stream.write(line.encode())
    stream.flush()
    print(stream.readline().decode().strip() or "closed", flush=True)
"""


@pytest.fixture(scope="module", autouse=True)
def a_site(stack: Stack) -> Iterator[None]:
    stack.play("site", *EDIT)
    stack.settled()
    yield
    stack.play("site", "-l", "lvs_real_servers")


def ask(stack: Stack, path: str, count: int = 1, method: str = "GET", **headers: str) -> list[dict[str, Any]]:
    asked = [(method, path, {name.replace("_", "-"): value for name, value in headers.items()})] * count
    said: list[dict[str, Any]] = json.loads(
        stack.docker("exec", "client", "python3", "-c", ASK, VIP, json.dumps(asked)).splitlines()[-1]
    )
    return said


def python(stack: Stack, host: str, script: str, *words: str) -> subprocess.Popen[bytes]:
    """A script on a host that goes on while the test does."""
    return stack.docker.popen("exec", "-i", host, "python3", "-c", script, *words)


def say(talk: subprocess.Popen[bytes], word: str) -> str:
    """What comes back through the WebSocket."""
    assert talk.stdin
    assert talk.stdout
    talk.stdin.write(word.encode() + b"\n")
    talk.stdin.flush()
    return talk.stdout.readline().decode().strip()


def test_a_session_stays_on_its_server_at_both_nodes(stack: Stack) -> None:
    first = ask(stack, "/stays")[0]
    found = ask(stack, "/stays", 40, Cookie=first["cookie"].partition(";")[0])
    assert {one["node"] for one in found} == set(REAL_SERVERS)
    assert {one["told"]["app"] for one in found} == {first["told"]["app"]}
    others = {one["told"]["app"] for one in ask(stack, "/stays", 40)}
    assert len(others) == 2, "clients without a cookie are spread"


def test_a_dead_application_fails_no_request(stack: Stack) -> None:
    """No server has taken the connection, so a POST goes to another one, too."""
    for method in ("GET", "POST"):
        found = ask(stack, "/half", 20, method)
        assert {one["status"] for one in found} == {200}
        assert {one["node"] for one in found} == set(REAL_SERVERS)


def test_the_log_and_the_application_know_the_client(stack: Stack) -> None:
    found = ask(stack, "/who", 20)
    assert {one["told"]["headers"]["x-real-ip"] for one in found} == {CLIENT}
    logs = stack.run_all(dict.fromkeys(REAL_SERVERS, "grep /who /var/log/nginx/access.log"))
    clients = {host: {json.loads(line)["client"] for line in text.splitlines()} for host, text in logs.items()}
    assert clients == {host: {CLIENT} for host in REAL_SERVERS}


def test_a_trusted_proxy_is_believed(stack: Stack) -> None:
    (found,) = ask(stack, "/proxied", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
    headers = found["told"]["headers"]
    assert headers["x-real-ip"] == "203.0.113.9"
    assert headers["x-forwarded-for"] == "203.0.113.9, %s" % CLIENT
    assert headers["x-forwarded-proto"] == "https"


def test_a_websocket_lives_across_a_reload(stack: Stack) -> None:
    echo = python(stack, "app1", ECHOING)
    assert echo.stdout
    assert echo.stdout.readline().strip() == b"listens"
    with echo, python(stack, "client", TALK, VIP) as talk:
        assert say(talk, "before") == "before"
        stack.run_all(dict.fromkeys(REAL_SERVERS, "systemctl reload nginx"))
        assert {one["status"] for one in ask(stack, "/", 10)} == {200}
        assert say(talk, "after") == "after"
        # Both end with the input of the client.
        talk.communicate(timeout=120)
        echo.communicate(timeout=120)


def test_a_file_takes_a_node_out_and_no_request_fails(stack: Stack) -> None:
    requests = stack.lab.probe.until_told()
    try:
        stack.run("web1", "touch /etc/nginx/lvs-maintenance/node")
        stack.wait("web1 is out", lambda: all("web1" not in stack.weights(host) or not stack.weights(host)["web1"]
                                              for host in DIRECTORS))  # fmt: skip
        assert {one["node"] for one in ask(stack, "/", 20)} == {"web2"}
    finally:
        stack.run("web1", "rm -f /etc/nginx/lvs-maintenance/node")
    stack.wait("web1 is back", lambda: all(stack.weights(host).get("web1") for host in DIRECTORS))
    through = requests.end().summary
    assert through["failed"] == 0, through
    assert {one["node"] for one in ask(stack, "/", 20)} == set(REAL_SERVERS)
