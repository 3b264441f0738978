# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS through the VIP: by both nodes, out by Keepalived's own check, sessions that go on, another certificate."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import issued

from lab.hosts import VIP
from lab.stack import DIRECTORS, REAL_SERVERS, Stack

SECRET = "of-the-lab-alone-" * 3
# Handshakes one after the other; the session of the first is offered to all that follow. It writes a line as soon as
# the first answer is there, and ends after so many, or, where that is 0, when its standard input does.
CLIENT = """
import hashlib, http.client, json, select, socket, ssl, sys
vip, count = sys.argv[1], int(sys.argv[2])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.maximum_version = ssl.TLSVersion.TLSv1_2
session, failed = None, []
found = {"servers": {}, "reused": 0, "asked": 0, "certificate": None, "failed": failed}
while found["asked"] < count if count else not (found["asked"] and select.select([sys.stdin], [], [], 0)[0]):
    try:
        raw = socket.create_connection((vip, 443), timeout=60)
        with context.wrap_socket(raw, server_hostname="example.com", session=session) as tls:
            tls.sendall(b"GET / HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: close\\r\\n\\r\\n")
            answer = http.client.HTTPResponse(tls)
            answer.begin()
            answer.read()
            server = answer.getheader("X-Served-By")
            found["certificate"] = found["certificate"] or hashlib.sha256(tls.getpeercert(True)).hexdigest()
            found["reused"] += tls.session_reused
            session = session or tls.session
            if answer.status != 200:
                failed.append(str(answer.status))
        found["servers"][server] = found["servers"].get(server, 0) + 1
    except OSError as error:
        failed.append(repr(error))
    found["asked"] += 1
    if found["asked"] == 1:
        print("begun", flush=True)
print(json.dumps(found))
"""


def settings(folder: Path, serial: int) -> tuple[str, str]:
    """More words for site.yml: a site with TLS and a certificate that is new for each number."""
    path = folder / ("tls%d.json" % serial)
    if not path.exists():
        pair = issued("example.com")
        values = {
            "lvs_virtual_services": {"web": {"vip": "web", "ports": [80, 443]}},
            "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app_servers", "tls": "www"}},
            "lvs_certificates": {"www": {"certificate": pair.certificate, "key": pair.key}},
            "lvs_tls": {"ticket_secret": SECRET},
            "nginx_node_header": "X-Served-By",
        }
        path.write_text(json.dumps(values))
    return ("-e", "@%s" % path)


def shown(folder: Path, serial: int) -> str:
    """The digest of the certificate as a client sees it."""
    values = json.loads((folder / ("tls%d.json" % serial)).read_text())
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(values["lvs_certificates"]["www"]["certificate"])).hexdigest()


@pytest.fixture(scope="module")
def folder(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("tls")
    stack.play("site", *settings(made, 1))
    stack.wait("both real servers", lambda: in_tables(stack) == {host: {"443": 2, "80": 2} for host in DIRECTORS})
    yield made
    stack.play("site")
    stack.settled()


def in_tables(stack: Stack) -> dict[str, dict[str, int]]:
    """Director -> port -> real servers that get connections."""
    found: dict[str, dict[str, int]] = {}
    for host, text in stack.run_all(dict.fromkeys(DIRECTORS, "ipvsadm -Sn")).items():
        words = [line.split() for line in text.splitlines() if line.startswith("-a ")]
        counts = found.setdefault(host, {})
        for one in words:
            port = one[one.index("-t") + 1].rpartition(":")[2]
            counts[port] = counts.get(port, 0) + (one[one.index("-w") + 1] != "0")
    return found


def asked(stack: Stack, count: int) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        stack.docker("exec", "client", "python3", "-c", CLIENT, VIP, str(count)).splitlines()[-1]
    )
    return said


def test_both_nodes_serve_and_a_session_goes_on_at_either(stack: Stack, folder: Path) -> None:
    found = asked(stack, 60)
    assert found["failed"] == []
    assert set(found["servers"]) == set(REAL_SERVERS)
    assert found["reused"] == found["asked"] - 1


def test_what_comes_to_plain_http_is_sent_to_https(stack: Stack, folder: Path) -> None:
    said = stack.run("client", "curl -si --max-time 60 -H 'Host: example.com' 'http://%s/a?b=c'" % VIP)
    assert said.startswith("HTTP/1.1 301 ")
    assert "\r\nLocation: https://example.com/a?b=c\r\n" in said.replace("\n", "\r\n").replace("\r\r", "\r")


def test_a_node_that_says_no_over_tls_is_out(stack: Stack, folder: Path) -> None:
    """A check that only connected, or spoke plain HTTP, would see another thing."""
    stack.run("web1", "touch /etc/nginx/lvs-maintenance/node")
    try:
        stack.wait("web1 out", lambda: {one["443"] for one in in_tables(stack).values()} == {1})
        found = asked(stack, 30)
    finally:
        stack.run("web1", "rm /etc/nginx/lvs-maintenance/node")
    assert found["failed"] == []
    assert set(found["servers"]) == {"web2"}
    stack.wait("web1 back", lambda: {one["443"] for one in in_tables(stack).values()} == {2})


def test_another_certificate_fails_no_handshake(stack: Stack, folder: Path) -> None:
    process = stack.docker.popen("exec", "-i", "client", "python3", "-c", CLIENT, VIP, "0")
    assert process.stdout
    assert process.stdout.readline() == b"begun\n"
    play = stack.play("site", *settings(folder, 2), "-vvv", "--diff")
    out, _err = process.communicate(b"\n", timeout=300)
    found = json.loads(out)
    assert found["failed"] == []
    assert "PRIVATE KEY" not in play.output
    assert SECRET not in play.output
    after = asked(stack, 30)
    assert (after["failed"], set(after["servers"])) == ([], set(REAL_SERVERS))
    assert found["certificate"] == shown(folder, 1)
    assert after["certificate"] == shown(folder, 2)


def test_nothing_is_left_to_do_and_verify_finds_nothing(stack: Stack, folder: Path, tmp_path: Path) -> None:
    stack.play("site", *settings(folder, 2))
    again = stack.play("site", *settings(folder, 2))
    assert again.total("changed") == 0, again.output
    answer = stack.play("verify", *settings(folder, 2), writes=tmp_path / "answer.json")
    assert [one["code"] for one in answer.result["findings"] if one["severity"] == "error"] == []
