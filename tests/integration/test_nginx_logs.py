# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs on the real Nginx: formats, files, syslog, samples, and what a client sends in them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from inventory import with_changes
from nginx_served import Request, Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"


def site(log: Any, **others: Any) -> Tree:
    return {SITE: {"server_names": ["example.com"], "upstream": "app", "default": True, "log": log}, **others}


STRANGE = [
    'a"b',
    "a\\b",
    "tab\tx",
    "\\u0000",
    "bell\x07",
    "\x7f",
    "\xff\xfe",
    "\xc3\xa4",
    '","client":"x',
    "{}",
    "\x1b[2J",
]


@pytest.mark.parametrize("log", [None, "own"])
def test_the_log_is_json_whatever_a_client_sends(nginx: Served, log: Any) -> None:
    fields = {"agent": "$http_user_agent", "request": 'a "quoted" \\ ${request}', "id": "$request_id"}
    nginx.site(site(log, lvs_nginx_log_formats={"own": {"fields": fields}}))
    for text in STRANGE:
        nginx.ask("/" + text.replace("\t", "%09"), headers=[("User-Agent", text), ("Referer", text)])
    lines = [json.loads(line) for line in nginx.logs(count=len(STRANGE))]
    assert len(lines) == len(STRANGE)
    assert {tuple(line) for line in lines} == {tuple(lines[0])}
    assert {'a"b', "a\\b", "tab\tx", "ä", '","client":"x'} <= {one["agent"] for one in lines}
    if log:
        assert 'a "quoted" \\ GET /{} HTTP/1.1' in {one["request"] for one in lines}


def test_each_site_has_its_format_and_file(nginx: Served) -> None:
    changes = site({"format": "short", "path": "www.log"}, lvs_nginx_log_formats={"short": {"line": "$status $uri"}})
    changes["lvs_nginx_sites.api"] = {"server_names": ["api.example.com"], "upstream": "app", "log": "combined"}
    changes["lvs_nginx_sites.none"] = {
        "server_names": ["none.example.com"],
        "upstream": "app",
        "log": {"enabled": False},
    }
    nginx.site(changes)
    for host in ("example.com", "api.example.com", "none.example.com"):
        nginx.ask("/a?b", host=host)
        nginx.ask("/lvs-health", host=host)
    nginx.ask("/%0ab")
    assert sorted(nginx.logs("www.log", count=2)) == [r"200 /\x0Ab", "200 /a"]
    (line,) = nginx.logs(count=1)
    assert line.startswith("127.0.0.1 - - [")


def test_an_id_goes_through_to_the_application_and_is_in_the_log(nginx: Served) -> None:
    nginx.site({"lvs_trusted_proxies": ["10.0.0.0/8"]})
    ids = [nginx.ask(source=source, headers=[("X-Request-ID", "its-own")]).seen.header("X-Request-ID")
           for source in ("192.0.2.1", "10.1.1.1")]  # fmt: skip
    assert {one["id"] for one in nginx.requests(count=2)} == {*ids}
    assert ids[1] == "its-own" != ids[0]


def test_a_sample_has_its_share_and_every_error(nginx: Served) -> None:
    nginx.site(site({"sample": 25}))
    nginx.ask_many([Request("/%d" % number) for number in range(1200)])
    nginx.ask_many([Request("/bad%d?status=503" % number) for number in range(50)])
    nginx.ask("/last?status=404")
    lines = nginx.requests(count=51)
    good = [one for one in lines if one["status"] == "200"]
    assert len(lines) - len(good) == 51
    assert 200 < len(good) < 400


# Takes one line at a port of UDP, and hands it on by a pipe; without one it hands on nothing after a while.
RECEIVER = """
import os, socket, sys
taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taken.bind(("127.0.0.1", 5140))
taken.settimeout(60)
if os.fork() == 0:
    for number in range(3):
        os.close(number)
    line = b""
    try:
        line = taken.recv(9999)
    finally:
        with open(sys.argv[1], "wb") as pipe:
            pipe.write(line)
"""


def test_syslog_gets_the_lines(nginx: Served, tmp_path: Path) -> None:
    nginx.site(site({"syslog": {"server": "127.0.0.1:5140", "facility": "local3", "tag": "shop"}}))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    nginx.host(sys.executable, "-c", RECEIVER, str(pipe))
    nginx.ask("/a")
    line = pipe.read_bytes().decode()
    head, _sep, text = line.partition(" shop: ")
    assert head.startswith("<%d>" % (19 * 8 + 6))  # local3, info
    assert json.loads(text)["request"] == "GET /a HTTP/1.1"
    assert nginx.logs() == []


# What the distribution's logrotate does with the files that it names, by the signal of its last command.
ROTATE = """
pattern=$(sed -n '1s/ .*//p' /etc/logrotate.d/nginx)
for file in $pattern; do mv "$file" "$file.1"; install -m 0640 -o www-data -g adm /dev/null "$file"; echo "$file"; done
kill -USR1 "$(cat /run/nginx.pid)"
"""


def test_every_log_is_rotated_and_goes_on(nginx: Served) -> None:
    changes = site({"path": "www.log"})
    changes["lvs_nginx_sites.api"] = {"server_names": ["api.example.com"], "upstream": "app"}
    nginx.site(changes)
    hosts = {"www.log": "example.com", "access.log": "api.example.com"}
    for name, host in hosts.items():
        nginx.ask("/before", host=host)
        assert len(nginx.logs(name, count=1)) == 1
    status, said = nginx.run("sh", "-c", ROTATE)
    assert (status, {Path(line).name for line in said.splitlines()} >= {*hosts, "error.log"}) == (0, True)
    for name, host in hosts.items():
        for _try in range(2000):  # the workers hear of it a little later
            nginx.ask("/after", host=host)
            if nginx.logs(name):
                break
        assert {json.loads(line)["request"] for line in nginx.logs(name)} == {"GET /after HTTP/1.1"}
        assert json.loads(nginx.logs(name + ".1")[0])["request"] == "GET /before HTTP/1.1"


def test_the_error_log_has_the_level(nginx: Served) -> None:
    nginx.site(site({"errors": "info"}))
    with nginx.connect() as client:
        client.send("GET / HTTP/1.1\r\nHost: example.com\r\nBad Header: 1\r\n\r\n")
        client.answer()
    assert [line for line in nginx.logs("error.log", count=1) if "[info]" in line]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (site("other"), SITE + '.log.format names "other", which is not a log format; there are: combined, json'),
        (site({"path": "/tmp/x.log"}), SITE + ".log.path is "),
        (site({"path": "error.log"}), SITE + ".log.path is error.log"),
        (site({"path": "x.log", "syslog": "192.0.2.1:514"}), SITE + ".log.path is given beside syslog"),
        ({"lvs_nginx_log_formats": {"json": {"line": "x"}}}, "lvs_nginx_log_formats.json is a format that is there"),
        ({"lvs_nginx_log_formats": {"own": {}}}, "lvs_nginx_log_formats.own has neither"),
        ({"lvs_nginx_log_formats": {"own": {"line": "$nothing"}}}, "lvs_nginx_log_formats.own.line has $nothing"),
        ({"lvs_nginx_log_formats": {"own": {"line": "a"}, "OWN": {"line": "b"}}}, "lvs_nginx_log_formats.own is "),
    ],
)
def test_a_log_that_cannot_be(changes: Tree, words: str) -> None:
    said = [one.message for one in build(with_changes(changes)).mistakes]
    assert [one for one in said if one.startswith(words)], said
