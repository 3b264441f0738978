# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check and notify scripts as they are rendered, run by bash, with only their paths put elsewhere."""

from __future__ import annotations

import http.server
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inventory import with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.filter.render import proc_ip_vs_key
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

SERVICE = proc_ip_vs_key({"protocol": "tcp", "address": "198.51.100.200", "port": 80})
Done = subprocess.CompletedProcess[str]
TABLE = "IP Virtual Server version 1.2.1 (size=4096)\n%swrr\n" % SERVICE


class Place:
    """A director's places in a folder: its table, its list of services, its log, and the commands it calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table, self.services = folder / "ip_vs", folder / "lvs-services"
        self.log = folder / "log"
        self.log.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.table.write_text(TABLE)
        self.services.write_text(SERVICE + "\n")

    def command(self, name: str) -> Path:
        """A command that notes its arguments; the file that it writes."""
        said = self.folder / ("said-" + name)
        (self.bin / name).write_text('#!/bin/sh\nprintf "%%s\\n" "$*" >> %s\n' % said)
        (self.bin / name).chmod(0o755)
        return said

    def run(
        self, script: str, changes: dict[str, Any], *words: str, port: int = 80
    ) -> subprocess.CompletedProcess[str]:
        built = build(with_changes(changes))
        assert built.model is not None, built.mistakes
        text = files(built.model, "d1", {})["/usr/libexec/keepalived/" + script]
        for theirs, ours in (
            ("/proc/net/ip_vs", str(self.table)),
            ("/etc/keepalived/lvs-services", str(self.services)),
            ("/var/log/vipstack-lvs", str(self.log)),
            ("/dev/tcp/127.0.0.1/80", "/dev/tcp/127.0.0.1/%d" % port),
        ):
            text = text.replace(theirs, ours)
        return subprocess.run(
            ["bash", "-c", text, script, *words], env={**os.environ, "PATH": "%s:%s" % (self.bin, os.environ["PATH"])},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


SORRY = {"lvs_nginx_on_directors": "sorry"}


class Answer(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(params=[200])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A web server that answers with the parameter as its status."""
    handler = type("Handler", (Answer,), {"status": request.param})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# -- the check script


def test_a_whole_table_is_fit(place: Place) -> None:
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_that_is_missing_gets_a_second_and_is_named(place: Place) -> None:
    place.table.write_text(TABLE.replace("0050", "01BB"))
    done = place.run("lvs-check", {})
    assert done.returncode == 1
    assert done.stderr == "the IPVS table lacks %s\n" % SERVICE


def test_a_service_that_comes_within_a_second_is_no_fault(place: Place) -> None:
    place.table.write_text("")
    (place.folder / "table").write_text(TABLE)
    paused = place.folder / "paused"
    # It comes during the fourth pause of 0.2 s. The pauses take no time, so a busy machine changes nothing.
    pause = '#!/bin/sh\necho "$1" >> %s\n[ "$(wc -l < %s)" -lt 4 ] || cp %s %s\n'
    (place.bin / "sleep").write_text(pause % (paused, paused, place.folder / "table", place.table))
    (place.bin / "sleep").chmod(0o755)
    assert place.run("lvs-check", {}).returncode == 0
    assert paused.read_text() == "0.2\n" * 4


def test_no_table_at_all_is_a_fault(place: Place) -> None:
    place.table.unlink()
    done = place.run("lvs-check", {})
    assert done.returncode == 1
    assert "the kernel has no IPVS table" in done.stderr


def test_an_nginx_that_answers_is_fit(place: Place, port: int) -> None:
    assert place.run("lvs-check", SORRY, port=port).returncode == 0


@pytest.mark.parametrize("port", [500, 404], indirect=True)
def test_an_nginx_that_answers_anything_else_is_not(place: Place, port: int) -> None:
    done = place.run("lvs-check", SORRY, port=port)
    assert (done.returncode, done.stderr) == (1, "Nginx does not answer on port 80\n")


def test_an_nginx_that_lives_but_does_not_answer_is_not(place: Place, silent_port: int) -> None:
    assert place.run("lvs-check", SORRY, port=silent_port).returncode == 1


def test_one_restart_is_tried_in_five_minutes_where_it_is_allowed(place: Place, silent_port: int) -> None:
    said = place.command("sudo")
    allowed = {**SORRY, "lvs_check_script": {"restart": True}}
    for _attempt in range(2):
        assert place.run("lvs-check", allowed, port=silent_port).returncode == 1
    assert said.read_text() == "-n /usr/bin/systemctl restart nginx.service\n"


def test_nothing_is_restarted_where_it_is_not_allowed(place: Place, silent_port: int) -> None:
    said = place.command("sudo")
    assert place.run("lvs-check", SORRY, port=silent_port).returncode == 1
    assert not said.exists()


# -- the notify script


@pytest.mark.parametrize("state", ["master", "backup", "fault", "stop"])
def test_a_transition_goes_to_the_journal_and_the_log(place: Place, state: str) -> None:
    journal = place.command("logger")
    assert place.run("lvs-notify", {}, state, "web").returncode == 0
    assert journal.read_text() == "-t lvs-notify -p daemon.notice -- VRRP instance web on d1 is now %s\n" % state
    line = (place.log / "transitions.log").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} web %s\n" % state, line)


def test_the_operators_command_and_mail_are_told_and_may_fail(place: Place) -> None:
    journal, told, mailed = place.command("logger"), place.command("tell-us"), place.folder / "mail"
    (place.bin / "sendmail").write_text("#!/bin/sh\ncat > %s\n" % mailed)
    (place.bin / "sendmail").chmod(0o755)
    notify = {"lvs_notify": {"command": str(place.bin / "tell-us"), "mail": "ops@example.com"}}
    assert place.run("lvs-notify", notify, "fault", "web").returncode == 0
    assert told.read_text() == "fault web\n"
    assert mailed.read_text().startswith("To: ops@example.com\nSubject: VRRP instance web on d1 is now fault\n")
    (place.bin / "tell-us").write_text("#!/bin/sh\nexit 3\n")
    assert place.run("lvs-notify", notify, "fault", "web").returncode == 0
    assert "the notify command ended with status 3" in journal.read_text()
