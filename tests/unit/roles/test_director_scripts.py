# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check and notify scripts as they are rendered, run by bash, with only their paths put elsewhere."""

from __future__ import annotations

import http.server
import os
import re
import shutil
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
        self.static_services = folder / "static-services"
        self.log = folder / "log"
        self.silent = 0
        self.log.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.table.write_text(TABLE)
        self.services.write_text(SERVICE + "\n")
        self.path = "%s:%s" % (self.bin, os.environ["PATH"])
        self.paused = folder / "paused"
        self.program("sleep", 'echo "$1" >> %s' % self.paused)  # a pause takes no time

    def program(self, name: str, text: str) -> None:
        """A command that a script calls, as a shell script."""
        (self.bin / name).write_text("#!/bin/sh\n%s\n" % text)
        (self.bin / name).chmod(0o755)

    def command(self, name: str) -> Path:
        """A command that notes its arguments; the file that it writes."""
        said = self.folder / ("said-" + name)
        self.program(name, 'printf "%%s\\n" "$*" >> %s' % said)
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
            ("/etc/vipstack-lvs/services", str(self.static_services)),
            ("/var/log/vipstack-lvs", str(self.log)),
            ("/usr/libexec/keepalived/lvs-check", str(self.bin / "check")),
            ("/dev/tcp/127.0.0.1/80", "/dev/tcp/127.0.0.1/%d" % port),
        ):
            text = text.replace(theirs, ours)
        if port == self.silent:  # waiting longer for what never comes shows no more
            assert text.count("read -r -t 1 ") == 1
            text = text.replace("read -r -t 1 ", "read -r -t 0.02 ")
        return subprocess.run(
            [program("bash"), "-c", text, script, *words], env={**os.environ, "PATH": self.path},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, name
    return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


SORRY = {"lvs_nginx_on_directors": "sorry"}
NO_SERVICE: dict[str, Any] = {"lvs_virtual_services": {}, "lvs_nginx_sites": {}, "lvs_nginx_upstreams": {}}


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
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent_port(place: Place) -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place.silent = server.getsockname()[1]
        yield place.silent


# -- the check script


def test_a_whole_table_is_fit(place: Place) -> None:
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_that_is_missing_gets_a_second_and_is_named(place: Place) -> None:
    place.table.write_text(TABLE.replace("0050", "01BB"))
    done = place.run("lvs-check", {})
    assert done.returncode == 1
    assert done.stderr == "the IPVS table lacks TCP C63364C8:0050\n"
    assert place.paused.read_text() == "0.2\n" * 5


def test_a_service_that_comes_within_a_second_is_no_fault(place: Place) -> None:
    place.table.write_text("")
    (place.folder / "table").write_text(TABLE)
    # It comes during the fourth pause of 0.2 s.
    pause = 'echo "$1" >> %s\n[ "$(wc -l < %s)" -lt 4 ] || cp %s %s'
    place.program("sleep", pause % (place.paused, place.paused, place.folder / "table", place.table))
    assert place.run("lvs-check", {}).returncode == 0
    assert place.paused.read_text() == "0.2\n" * 4


def test_without_a_service_no_table_is_needed(place: Place) -> None:
    place.table.unlink()
    place.services.write_text("\n")
    assert place.run("lvs-check", {"lvs_virtual_services": {}, "lvs_nginx_sites": {}}).returncode == 0


def test_no_table_at_all_is_a_fault(place: Place) -> None:
    place.table.unlink()
    done = place.run("lvs-check", {})
    assert done.returncode == 1
    assert "the kernel has no IPVS table" in done.stderr


def row(protocol: str, address: str, port: int) -> str:
    """A service of the list."""
    return proc_ip_vs_key({"protocol": protocol, "address": address, "port": port}) + "\n"


# As ip_vs_info_seq_show() of the kernel writes them, each with a destination.
KERNEL_ROWS = {
    row(
        "tcp", "192.0.2.1", 80
    ): "TCP  C0000201:0050 wrr  \n  -> 0A000001:0050      Route   1      0          0         \n",
    row(
        "udp", "192.0.2.1", 53
    ): "UDP  C0000201:0035 rr  \n  -> 0A000001:0035      Route   1      0          0         \n",
    row("sctp", "192.0.2.1", 3868): "SCTP  C0000201:0F1C rr  \n"
    "  -> 0A000001:0F1C      Route   1      0          0         \n",
    row("tcp", "2001:db8::1", 443): "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB rr  \n"
    "  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:01BB      Route   1      0          0         \n",
    proc_ip_vs_key({"fwmark": 7}) + "\n": "FWM  00000007 rr  \n"
    "  -> 0A000001:0000      Route   1      0          0         \n",
}
HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
)
# The implementations of awk that this machine has: which one a director has, its distribution says.
AWKS = [words for words in ("awk", "mawk", "gawk", "busybox", "original-awk") if shutil.which(words)]


@pytest.fixture(params=AWKS)
def awk_calls(place: Place, request: pytest.FixtureRequest) -> Path:
    """Each awk there is, as the only program there is; the file with one line a call."""
    calls = place.folder / "awk-calls"
    words = program(request.param) + (" awk" if request.param == "busybox" else "")
    place.program("awk", 'echo call >> %s\nexec %s "$@"' % (calls, words))
    place.path = str(place.bin)
    return calls


def many(place: Place) -> list[str]:
    """1,000 services of ten destinations each, in the kernel and in the list, whose order is another; the list."""
    keys = [row("tcp", "192.0.%d.%d" % divmod(number, 250), 80) for number in range(1000)]
    destination = "  -> 0A0000%02X:0050      Route   1      0          0         \n"
    destinations = "".join(destination % number for number in range(10))
    place.table.write_text(HEAD + "".join(key.rstrip("\n") + "wrr  \n" + destinations for key in reversed(keys)))
    place.services.write_text("".join(keys))
    return keys


def test_a_thousand_services_take_one_process(place: Place, awk_calls: Path) -> None:
    many(place)
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (0, "")
    assert awk_calls.read_text() == "call\n"


def test_the_one_that_is_missing_of_a_thousand_is_named(place: Place) -> None:
    key = many(place)[777]
    text = place.table.read_text()
    assert text.count(key.rstrip("\n")) == 1
    place.table.write_text(text.replace(key.rstrip("\n"), key.replace(":0050", ":0051").rstrip("\n")))
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "the IPVS table lacks TCP C000031B:0050\n")


def test_every_kind_of_service_is_found_in_what_the_kernel_writes(place: Place, awk_calls: Path) -> None:
    place.table.write_text(HEAD + "".join(KERNEL_ROWS.values()))
    place.services.write_text("".join(KERNEL_ROWS))
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("key", KERNEL_ROWS)
def test_every_kind_of_service_is_missed(place: Place, key: str) -> None:
    place.table.write_text(HEAD + "".join(text for other, text in KERNEL_ROWS.items() if other != key))
    place.services.write_text("".join(KERNEL_ROWS))
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "the IPVS table lacks %s\n" % " ".join(key.split()))


@pytest.mark.parametrize("blanks", [" ", "   ", "\t"])
def test_blanks_between_the_fields_do_not_matter(place: Place, blanks: str) -> None:
    place.table.write_text(TABLE.replace("TCP  ", "TCP" + blanks))
    assert place.run("lvs-check", {}).returncode == 0


@pytest.mark.parametrize("change", [("C63364C8:0050", "C63364C8:00501"), ("TCP", "UDP"), ("TCP", "XTCP")])
def test_a_field_that_only_holds_the_other_is_not_the_same(place: Place, change: tuple[str, str]) -> None:
    place.table.write_text(TABLE.replace(*change))
    assert place.run("lvs-check", {}).returncode == 1


@pytest.mark.parametrize("name", ["services", "table"])
def test_what_cannot_be_read_is_a_fault(place: Place, name: str) -> None:
    file: Path = getattr(place, name)
    file.unlink()
    file.mkdir()  # nobody can read that as a file, root neither
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "%s cannot be read\n" % file)


def test_no_list_at_all_is_a_fault(place: Place) -> None:
    place.services.unlink()
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "%s cannot be read\n" % place.services)


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_list_is_a_fault_where_there_are_services(place: Place, text: str) -> None:
    place.services.write_text(text)
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "%s names no service\n" % place.services)


def test_a_static_table_has_its_own_list_and_keepalived_s_until_it_is_there(place: Place) -> None:
    static = {"lvs_table_owner": "static"}
    assert place.run("lvs-check", static).returncode == 0
    place.static_services.write_text(row("tcp", "192.0.2.7", 80))
    done = place.run("lvs-check", static)
    assert (done.returncode, done.stderr) == (1, "the IPVS table lacks TCP C0000207:0050\n")
    place.static_services.unlink()
    place.services.unlink()
    assert place.run("lvs-check", static).returncode == 1


def test_an_empty_list_is_none_where_there_is_no_service(place: Place) -> None:
    place.services.write_text("\n")
    assert place.run("lvs-check", NO_SERVICE).returncode == 0


@pytest.mark.parametrize("status", [2, 127])
def test_an_awk_that_fails_is_a_fault(place: Place, status: int) -> None:
    place.program("awk", "exit %d" % status)
    done = place.run("lvs-check", {})
    assert (done.returncode, done.stderr) == (1, "awk could not compare %s with %s\n" % (place.services, place.table))


def test_an_nginx_that_answers_is_fit(place: Place, port: int) -> None:
    assert place.run("lvs-check", SORRY, port=port).returncode == 0


@pytest.mark.parametrize("port", [500, 404], indirect=True)
def test_an_nginx_that_answers_anything_else_is_not(place: Place, port: int) -> None:
    done = place.run("lvs-check", SORRY, port=port)
    assert (done.returncode, done.stderr) == (1, "Nginx does not answer on port 80\n")


def test_a_port_of_the_proxy_protocol_is_asked_in_it(place: Place) -> None:
    """The line of the protocol comes first, and names no client."""
    proxied = {"lvs_trusted_proxies": ["192.0.2.1"], "lvs_nginx_sites.www.proxy_protocol": True}
    heard: list[bytes] = []

    def answer(server: socket.socket) -> None:
        connection, _peer = server.accept()
        with connection, connection.makefile("rwb") as lines:
            heard.extend(iter(lines.readline, b"\r\n"))
            lines.write(b"HTTP/1.1 200 OK\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        done = place.run("lvs-check", {**SORRY, **proxied}, port=server.getsockname()[1])
        thread.join()
    assert (done.returncode, heard) == (
        0,
        [b"PROXY UNKNOWN\r\n", b"GET /lvs-health HTTP/1.0\r\n", b"Host: localhost\r\n"],
    )


def test_an_nginx_that_lives_but_does_not_answer_is_not(place: Place, silent_port: int) -> None:
    assert place.run("lvs-check", SORRY, port=silent_port).returncode == 1


RESTART = {**SORRY, "lvs_check_script": {"restart": True}}
RESTARTED = "-n /usr/bin/systemctl --no-block restart nginx.service\n"


def test_one_restart_is_tried_for_each_failure(place: Place, port: int, silent_port: int) -> None:
    said, journal = place.command("sudo"), place.command("logger")
    for _failure in range(2):
        for _look in range(3):
            assert place.run("lvs-check", RESTART, port=silent_port).returncode == 1
        assert place.run("lvs-check", RESTART, port=port).returncode == 0
    assert said.read_text() == 2 * RESTARTED
    assert journal.read_text() == 2 * "-t lvs-check -p daemon.warning -- Nginx does not answer; it is restarted once\n"


def test_nothing_is_restarted_that_could_not_be_noted(place: Place, silent_port: int) -> None:
    """Without the mark it would be restarted at each look."""
    said = place.command("sudo")
    place.log.rmdir()
    assert place.run("lvs-check", RESTART, port=silent_port).returncode == 1
    assert not said.exists()


def test_nothing_is_restarted_where_the_table_is_at_fault(place: Place, silent_port: int) -> None:
    said = place.command("sudo")
    place.table.unlink()
    assert place.run("lvs-check", RESTART, port=silent_port).returncode == 1
    assert not said.exists()


def test_nothing_is_restarted_where_it_is_not_allowed(place: Place, silent_port: int) -> None:
    said = place.command("sudo")
    assert place.run("lvs-check", SORRY, port=silent_port).returncode == 1
    assert not said.exists()


@pytest.mark.parametrize(("words", "asked"), [((), True), (("table",), False)])
def test_a_look_that_finds_a_loss_asks_for_a_repair_and_the_repair_s_own_look_does_not(
    place: Place, words: tuple[str, ...], asked: bool
) -> None:
    place.table.write_text(HEAD)
    assert place.run("lvs-check", {}, *words).returncode == 1
    assert (place.log / "table-incomplete").exists() == asked


def test_a_file_that_it_cannot_write_is_replaced(place: Place) -> None:
    """As one of root is, that somebody made by hand."""
    asked = place.log / "table-incomplete"
    asked.symlink_to(place.log / "nowhere" / "file")
    place.table.write_text(HEAD)
    assert place.run("lvs-check", {}).returncode == 1
    assert asked.is_file()
    assert not asked.is_symlink()


def test_a_look_asks_before_it_waits_since_it_may_be_stopped(place: Place) -> None:
    place.table.write_text(HEAD)
    place.program("sleep", "kill -TERM $PPID")
    assert place.run("lvs-check", {}).returncode == -15
    assert (place.log / "table-incomplete").exists()


def test_a_whole_table_asks_for_nothing(place: Place, silent_port: int) -> None:
    assert place.run("lvs-check", SORRY, port=silent_port).returncode == 1
    assert place.run("lvs-check", SORRY, "table", port=silent_port).returncode == 0
    assert not (place.log / "table-incomplete").exists()


# -- the repair script


class Repair:
    """A director whose table is incomplete until its checker, a process of this test, gets SIGTERM."""

    def __init__(self, place: Place) -> None:
        self.place, self.whole, self.vip = place, place.folder / "whole", place.folder / "vip"
        self.vip.touch()
        self.peer, self.state, self.age = "REACHABLE", "active", 60
        ending = "trap 'touch %s; exit' TERM; echo; while :; do sleep 0.05; done" % self.whole
        self.checker = subprocess.Popen(["sh", "-c", ending], stdout=subprocess.PIPE)
        assert self.checker.stdout
        self.checker.stdout.readline()  # it listens
        (place.bin / "sleep").unlink()  # here things are waited for
        self.write("check", "test -e %s || { sleep 0.2; exit 1; }" % self.whole)

    def write(self, name: str, text: str) -> None:
        self.place.program(name, text)

    def run(self, changes: dict[str, Any] | None = None) -> tuple[bool, int, str]:
        """Whether the checker was ended, the status, what was said."""
        told = self.place.folder / "systemctl"
        answers = "case $* in *State*) echo %s ;; *MainPID*) echo 1 ;; esac" % self.state
        self.write("systemctl", 'echo "$*" >> %s; %s' % (told, answers))
        self.write("ps", "echo '  %d %d keepalived_lvs'; echo '  1 99 keepalived_vrrp'" % (self.checker.pid, self.age))
        self.write("ip", "case $1 in neighbour) echo %s ;; *) cat %s 2>/dev/null; rm -f %s ;; esac" % (
            self.peer, self.vip, self.vip))  # fmt: skip
        self.vip.write_text("198.51.100.200")  # it is given up after the first look
        done = self.place.run("lvs-repair", changes or {})
        self.told = told.read_text().splitlines() if told.exists() else []
        ended = self.checker.poll() is not None or self.whole.exists()
        return ended, done.returncode, re.sub(r"process \d+", "process N", done.stdout)


@pytest.fixture
def repair(place: Place) -> Iterator[Repair]:
    found = Repair(place)
    yield found
    found.checker.kill()
    found.checker.wait()
    assert found.checker.stdout
    found.checker.stdout.close()


SAID = "the IPVS table is incomplete: Keepalived's checker (process N) is restarted and makes it anew\n"


def test_the_checker_is_restarted_once_the_vip_is_given_up(repair: Repair) -> None:
    assert repair.run() == (True, 0, SAID)
    assert not repair.vip.exists()


def test_the_last_director_waits_for_nobody(repair: Repair) -> None:
    repair.peer = "FAILED"
    assert repair.run() == (True, 0, SAID)


def test_a_whole_table_is_left_alone(repair: Repair) -> None:
    repair.write("check", "exit 0")
    assert repair.run() == (False, 0, "")
    assert repair.told == []


@pytest.mark.parametrize(("state", "age"), [("reloading", 60), ("deactivating", 60), ("active", 5)])
def test_a_checker_that_makes_the_table_right_now_is_left_alone(repair: Repair, state: str, age: int) -> None:
    repair.state, repair.age = state, age
    assert repair.run() == (False, 0, "")


def test_a_static_table_is_restored_by_its_unit(repair: Repair) -> None:
    repair.write("check", "grep -qs reload-or-restart %s || exit 1" % (repair.place.folder / "systemctl"))
    ended, status, said = repair.run({"lvs_table_owner": "static"})
    assert (ended, status) == (False, 0)
    assert said == "the IPVS table is incomplete: what lacks is restored from its file\n"
    assert repair.told == ["reload-or-restart vipstack-lvs-table.service"]


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
    place.program("sendmail", "cat > %s" % mailed)
    notify = {"lvs_notify": {"command": str(place.bin / "tell-us"), "mail": "ops@example.com"}}
    assert place.run("lvs-notify", notify, "fault", "web").returncode == 0
    assert told.read_text() == "fault web\n"
    assert mailed.read_text().startswith("To: ops@example.com\nSubject: VRRP instance web on d1 is now fault\n")
    place.program("tell-us", "exit 3")
    assert place.run("lvs-notify", notify, "fault", "web").returncode == 0
    assert "the notify command ended with status 3" in journal.read_text()
