# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request with a time limit, without an HTTP library: starting one costs more than the request."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from .der import expires, issuer

READ_BYTES = 4096
BODY_CHARACTERS = 200


@dataclass(frozen=True)
class Probe:
    """What to ask. ``path`` None: whether something accepts connections, or shakes hands with ``tls``, is all that is
    asked. ``timeout`` seconds."""

    name: str
    address: str
    port: int
    path: str | None
    host: str | None
    timeout: float
    tls: bool = False
    """``host`` is the name that is asked for, too; no certificate is looked at."""
    proxy: bool = False
    """The PROXY protocol comes first, without an address: nobody asks for a client."""


def request_of(probe: Probe) -> bytes:
    host = probe.host or ("[%s]" % probe.address if ":" in probe.address else probe.address)
    lines = ["GET %s HTTP/1.1" % probe.path, "Host: " + host, "User-Agent: vipstack-lvs", "Connection: close", "", ""]
    return "\r\n".join(lines).encode()


def response_of(data: bytes) -> dict[str, Any]:
    """``{status, served_by, body}`` of the start of a response; status None where it is no HTTP."""
    head, _sep, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    status = int(words[1]) if len(words) > 1 and words[0].startswith("HTTP/") and words[1].isdigit() else None
    headers = {name.strip().lower(): value.strip() for name, _sep, value in (line.partition(":") for line in lines[1:])}
    return {
        "status": status,
        "served_by": headers.get("x-served-by"),
        "body": body.decode("utf-8", "replace")[:BODY_CHARACTERS],
    }


def ask(probe: Probe) -> dict[str, Any]:
    """``{name, address, port, path, connected, status, served_by, body, seconds, error, expires, issuer}``; error None
    where all is well, else the reason in the kernel's words; expires, an epoch, and issuer of the certificate where TLS
    was spoken."""
    started = time.monotonic()
    found: dict[str, Any] = {
        "name": probe.name, "address": probe.address, "port": probe.port, "path": probe.path, "connected": False,
        "status": None, "served_by": None, "body": "", "error": None, "expires": None, "issuer": None,
    }  # fmt: skip
    try:
        with socket.create_connection((probe.address, probe.port), probe.timeout) as connection:
            found["connected"] = True
            if probe.proxy:
                connection.sendall(b"PROXY UNKNOWN\r\n")
            with _speaking(connection, probe) as spoken:
                if isinstance(spoken, ssl.SSLSocket):
                    shown = spoken.getpeercert(binary_form=True) or b""
                    found.update(expires=expires(shown), issuer=issuer(shown))
                if probe.path is not None:
                    spoken.sendall(request_of(probe))
                    found.update(response_of(_read(spoken, started + probe.timeout)))
            if probe.path is not None and found["status"] is None:
                found["error"] = "the answer is no HTTP"
    except socket.timeout:
        found["error"] = "no answer within %g s" % probe.timeout
    except OSError as error:
        found["error"] = error.strerror or str(error)
    found["seconds"] = round(time.monotonic() - started, 3)
    return found


def _speaking(connection: socket.socket, probe: Probe) -> socket.socket:
    """The connection, with TLS where the probe asks for it."""
    if not probe.tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=probe.host)


def _read(connection: socket.socket, deadline: float) -> bytes:
    """The start of the answer, at most READ_BYTES, by the deadline of time.monotonic()."""
    data = b""
    while len(data) < READ_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout
        connection.settimeout(left)
        part = connection.recv(READ_BYTES)
        if not part:
            break
        data += part
    return data
