# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to a server of this test on the loopback."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from certificates import pair

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect import probe as module
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.parts import gather
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.probe import Probe, ask, response_of

OK = b"HTTP/1.1 200 OK\r\nX-Served-By: web1\r\nContent-Length: 3\r\n\r\nok\n"


@contextmanager
def server(answer: Callable[[socket.socket, bytes], None]) -> Iterator[int]:
    """One connection; its first bytes go to ``answer``. Yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as opened:

        def serve() -> None:
            connection, _rest = opened.accept()
            with connection:
                answer(connection, connection.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        yield opened.getsockname()[1]
        thread.join()


def probe(port: int, path: str | None = "/x", timeout: float = 60.0, host: str | None = None) -> Probe:
    return Probe("p", "127.0.0.1", port, path, host, timeout)


def test_an_answer() -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        connection.sendall(OK)

    with server(answer) as port:
        found = ask(probe(port, host="example.com"))
    assert asked[0].startswith(b"GET /x HTTP/1.1\r\nHost: example.com\r\n")
    assert (found["status"], found["served_by"], found["body"], found["error"]) == (200, "web1", "ok\n", None)


def test_the_proxy_protocol_comes_first() -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        while not request.endswith(b"\r\n\r\n"):
            request += connection.recv(4096)
        asked.append(request)
        connection.sendall(OK)

    with server(answer) as port:
        found = ask(replace(probe(port), proxy=True))
    assert asked[0].startswith(b"PROXY UNKNOWN\r\nGET /x HTTP/1.1\r\n")
    assert found["status"] == 200


def test_an_answer_with_tls_is_asked_for_by_name_and_nobody_looks_at_the_certificate(tmp_path: Path) -> None:
    (tmp_path / "both").write_text(pair("example.com").both)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as opened:

        def serve() -> None:
            for _time in range(2):
                with context.wrap_socket(opened.accept()[0], server_side=True) as connection:
                    asked.append(connection.recv(4096))
                    connection.sendall(OK)

        thread = threading.Thread(target=serve)
        thread.start()
        port = opened.getsockname()[1]
        found = [ask(replace(probe(port, host=host), tls=True)) for host in ("example.com", None)]
        thread.join()
    assert [(one["status"], one["error"]) for one in found] == [(200, None)] * 2
    assert {one["issuer"] for one in found} == {"example.com"}
    assert {one["expires"] for one in found} == {pair("example.com").made.not_valid_after_utc.timestamp()}
    assert (names, asked[0][:32]) == (["example.com", None], b"GET /x HTTP/1.1\r\nHost: example.c"[:32])


def test_a_handshake_alone_shows_a_certificate(tmp_path: Path) -> None:
    """Nothing is said behind it."""
    own = pair("example.com")
    (tmp_path / "both").write_text(own.both)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")
    heard: list[bytes] = []

    def shake(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as spoken:
            heard.append(spoken.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as opened:
        thread = threading.Thread(target=lambda: shake(opened.accept()[0]))
        thread.start()
        found = ask(replace(probe(opened.getsockname()[1]), tls=True, path=None))
        thread.join()
    assert (found["connected"], found["status"], found["error"], found["issuer"]) == (True, None, None, "example.com")
    assert found["expires"] == own.made.not_valid_after_utc.timestamp()
    assert heard == [b""]


def test_a_server_without_tls_is_told() -> None:
    with server(lambda connection, _request: connection.sendall(OK)) as port:
        found = ask(replace(probe(port), tls=True))
    assert (found["connected"], found["status"]) == (True, None)
    assert found["error"]


def test_an_answer_in_drops_ends_by_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The drops do not end before the one who asks has hung up. Each look at the clock is 20 s after the one before."""
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=itertools.count(0, 20).__next__))

    def answer(connection: socket.socket, _request: bytes) -> None:
        with suppress(OSError):
            while True:
                connection.sendall(b"H")
                time.sleep(0.05)

    with server(answer) as port:
        found = ask(probe(port, timeout=60))
    assert (found["connected"], found["error"]) == (True, "no answer within 60 s")


def test_something_that_is_no_http() -> None:
    with server(lambda connection, _request: connection.sendall(b"SSH-2.0\r\n")) as port:
        assert ask(probe(port))["error"] == "the answer is no HTTP"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    found = ask(probe(port))
    assert (found["connected"], found["error"]) == (False, "Connection refused")


def test_a_connection_is_enough_without_a_path() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        found = ask(probe(opened.getsockname()[1], path=None))
    assert (found["connected"], found["status"], found["error"]) == (True, None, None)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1", b"HTTP/1.1 x\r\n\r\n", b"\xff\xfe 200"])
def test_no_status(data: bytes) -> None:
    assert response_of(data)["status"] is None


def test_a_part_that_fails_takes_no_other_with_it() -> None:
    found = gather({"bad": lambda: 1 / 0, "good": lambda: 1})
    assert found == {"bad": {"error": "ZeroDivisionError: division by zero"}, "good": 1}


def test_parts_wait_at_the_same_time() -> None:
    """Each goes on when all are there: one after the other, the first would wait in vain."""
    together = threading.Barrier(5, timeout=60)

    def part() -> str:
        together.wait()
        return "met"

    assert gather({str(number): part for number in range(5)}) == {str(number): "met" for number in range(5)}
