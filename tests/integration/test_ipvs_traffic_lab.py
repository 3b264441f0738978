# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads go on while the table changes: a client, a director and two real servers on one segment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ipvs_lab import Director

Options = Any

VIP = "198.51.100.200"
CLIENT = "198.51.100.50"
HOSTS = {"rs1": "198.51.100.11", "rs2": "198.51.100.12"}

SERVER = """
import itertools, socket, threading, time

def serve(connection):
    for number in itertools.count():
        connection.sendall(b"%d\\n" % number)
        time.sleep(0.02)

listener = socket.create_server(("", 80))
while True:
    threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
"""
# Reads until it is told to stop; how many lines came, and whether one was lost.
CLIENT_CODE = """
import json, os, socket, sys

expected, error = 0, None
try:
    connection = socket.create_connection((sys.argv[1], 80), timeout=60)
    for line in connection.makefile("rb"):
        assert int(line) == expected, (line, expected)
        expected += 1
        if expected % 10 == 0:
            open(sys.argv[2], "w").write(str(expected))
        if os.path.exists(sys.argv[2] + ".stop"):
            break
except (OSError, AssertionError) as problem:
    error = repr(problem)
print(json.dumps({"lines": expected, "error": error}))
"""


@pytest.fixture(scope="module")
def director() -> Iterator[Director]:
    with Director("ipvs-traffic") as container:
        container.segment(CLIENT, {name: [address] for name, address in HOSTS.items()}, VIP)
        container.ip("address add %s/32 dev br0" % VIP)
        container.write("/tmp/server.py", SERVER)
        container.write("/tmp/client.py", CLIENT_CODE)
        servers = [container.spawn(*container.within(name), "python3", "/tmp/server.py") for name in HOSTS]
        for name in HOSTS:
            _listens(container, name)
        yield container
        for pid in servers:
            container.call("signal", pid=pid, number=9)


def _listens(director: Director, name: str) -> None:
    """Return as soon as the server of a member takes connections: before, a client would be refused."""
    deadline = time.monotonic() + 60
    while not director.sh(*director.within(name), "ss", "-Hltn", "sport = :80"):
        assert time.monotonic() < deadline, "the server of %s does not listen" % name
        time.sleep(0.05)


def web(*weights: int, port: int = 80, **more: Any) -> Options:
    """The service: rs1 with the first weight, rs2 with the second where there is one."""
    destinations = [{"address": address, "weight": weight} for address, weight in zip(HOSTS.values(), weights)]
    return {"address": VIP, "port": port, "scheduler": "wrr", "destinations": destinations, **more}


class Download:
    """A slow download through the VIP."""

    def __init__(self, director: Director, path: str) -> None:
        self._director, self._path = director, path
        self._pid = director.spawn(*director.within("client"), "python3", "/tmp/client.py", VIP, path)

    def lines(self) -> int:
        return int(self._director.sh("cat", self._path, check=False) or 0)

    def goes_on(self, seconds: float = 60) -> bool:
        """Whether more lines come."""
        before, deadline = self.lines(), time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.lines() >= before + 20:
                return True
            time.sleep(0.05)
        return False

    def end(self) -> dict[str, Any]:
        self._director.write(self._path + ".stop", "")
        said: dict[str, Any] = json.loads(self._director.call("wait", pid=self._pid, seconds=120)["out"])
        return said


@contextmanager
def download(director: Director, name: str) -> Iterator[Download]:
    running = Download(director, "/tmp/" + name)
    assert running.goes_on(), "the download did not begin: %s" % running.end()
    yield running
    said = running.end()
    assert said["error"] is None, said


CHANGES: dict[str, Options] = {
    "another service comes": {"services": [web(1, 1, port=81)]},
    "the other service changes": {"services": [web(3, port=81, scheduler="mh")]},
    "the other service goes": {"services": [web(port=81, state="absent")]},
    "its own weight": {"services": [web(7, 1)]},
    "no new connections": {"services": [web(0, 1)]},
    "its weight is back": {"services": [web(1, 1)]},
    "the other destination goes": {"services": [web(1)]},
    "the other destination is back": {"services": [web(1, 1)]},
    "the scheduler": {"services": [web(1, 1, scheduler="wlc")]},
    "the scheduler and its flags": {"services": [web(1, 1, scheduler="sh", scheduler_flags=["sh-port"])]},
    "other flags": {"services": [web(1, 1, scheduler="sh", scheduler_flags=["sh-fallback"])]},
    "persistence": {"services": [web(1, 1, persistence={"timeout": 60})]},
    "no persistence": {"services": [web(1, 1)]},
    "the timeouts": {"timeouts": {"tcp": 600, "tcp_fin": 60}},
    "a sync daemon": {"daemons": [{"role": "master", "interface": "br0"}]},
    "all else goes": {"services": [web(1, 1)], "daemons": [], "purge": True},
}
THRESHOLDS = [{"upper_threshold": upper, "lower_threshold": lower} for upper, lower in ((1, 0), (100, 50), (0, 0))]


def test_a_download_survives_every_change_in_place(director: Director) -> None:
    director.ipvs(services=[web(1)], purge=True)
    with download(director, "changes") as running:
        for name, options in CHANGES.items():
            assert director.ipvs(**options) != [], name
            assert running.goes_on(), name
        for thresholds in THRESHOLDS:
            service = web(1, 1)
            service["destinations"][0].update(thresholds)
            assert director.ipvs(services=[service]) != [], thresholds
            assert running.goes_on(), thresholds


def test_a_download_survives_a_destination_that_changes_its_place(director: Director) -> None:
    """Its own destination is taken out and put in again at the front."""
    director.ipvs(services=[web(1)], purge=True)
    with download(director, "place") as running:
        director.sh("ipvsadm", "-a", "-t", VIP + ":80", "-r", HOSTS["rs2"] + ":80", "-g")
        # The newest stands in front, as it should; now the oldest is put there.
        director.sh("ipvsadm", "-d", "-t", VIP + ":80", "-r", HOSTS["rs1"] + ":80")
        director.sh("ipvsadm", "-a", "-t", VIP + ":80", "-r", HOSTS["rs1"] + ":80", "-g")
        steps = director.ipvs(services=[web(1, 1, scheduler="sh")])
        assert len([step for step in steps if "its place in the order" in step]) == 2, steps
        assert running.goes_on()


def test_new_connections_follow_the_weights_and_old_ones_stay(director: Director) -> None:
    director.ipvs(services=[web(1, 0)], purge=True)
    with download(director, "old") as old:
        director.ipvs(services=[web(0, 1)])
        with download(director, "new") as new:
            assert old.goes_on()
            assert new.goes_on()
            active = {
                one["destination"]: one["active"] for one in director.info(True)["statistics"] if "destination" in one
            }
            assert active == {address + ":80": 1 for address in HOSTS.values()}


def test_a_download_needs_its_destination(director: Director) -> None:
    """The other tests could fail: without its destination a download stands still, and put back it goes on."""
    director.ipvs(services=[web(1, 1)], purge=True)
    with_rs1 = [web(1, 0)]
    director.ipvs(services=with_rs1)
    running = Download(director, "/tmp/needs")
    assert running.goes_on()
    without = web(1, 0)
    del without["destinations"][0]
    director.ipvs(services=[without])
    assert not running.goes_on(2)
    director.ipvs(services=with_rs1)
    assert running.goes_on()
    running.end()
