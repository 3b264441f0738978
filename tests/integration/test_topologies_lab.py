# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples of docs/topologies.md on real hosts: they serve clients, also without a director and a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.stack import DIRECTORS, REAL_SERVERS, Stack
from lab.topologies import Topologies

# Each is a run of site.yml.
pytestmark = pytest.mark.long

VIP, VIP6 = "198.51.100.200", "2001:db8:100::200"
# A body of many packets of full size: what a tunnel adds has to fit as well.
SEND = """
import http.client, json, sys
asked = http.client.HTTPConnection(sys.argv[1], 80, timeout=60)
asked.request("POST", "/", b"x" * 500000, {"Host": "www.example.com"})
print(json.dumps([asked.getresponse().status]))
"""


@dataclass(frozen=True)
class Example:
    """An inventory of inventories/examples, and what a client asks."""

    name: str
    vips: tuple[str, ...]
    moving: tuple[str, ...]
    inside: bool = False


EXAMPLES = (
    Example("nat", (VIP,), (VIP, "203.0.113.1"), inside=True),
    Example("nat-one-network", (VIP,), (VIP,)),
    Example("tunnel", (VIP, VIP6), (VIP, VIP6)),
)


def url(vip: str) -> str:
    return "http://[%s]/" % vip if ":" in vip else "http://%s/" % vip


class Deployed(Topologies):
    """The hosts with an example on them."""

    def __init__(self, stack: Stack, example: Example) -> None:
        super().__init__(stack)
        self.example = example

    def holder(self) -> str:
        """The one director that has every address that moves, while all real servers are in the tables."""
        found: list[list[str]] = []

        def one() -> bool:
            found[:] = [self.holders(vip) for vip in self.example.moving]
            whole = all(set(self.weights(host)) == {1} for host in DIRECTORS)
            return whole and len(found[0]) == 1 and all(other == found[0] for other in found)

        self.stack.wait("one holder of %s" % ", ".join(self.example.moving), one)
        return found[0][0]

    def served_by(self, vip: str, requests: int = 100) -> set[str]:
        """The real servers that answered a client's requests; none may fail."""
        seen = self.stack.lab.probe.load(requests, 2, url(vip), timeout=20).summary
        assert seen["failed"] == 0, seen
        return {*seen["by_server"]}


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda one: one.name)
def deployed(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Deployed]:
    example: Example = request.param
    topologies = Deployed(stack, example)
    try:
        if example.inside:
            topologies.inside()
        topologies.play("site", example.name)
        topologies.holder()
        yield topologies
    finally:
        topologies.outside()


@pytest.fixture(scope="module", autouse=True)
def the_lab_again(stack: Stack) -> Iterator[None]:
    yield
    stack.play("site")
    stack.settled()


def test_every_real_server_serves(deployed: Deployed) -> None:
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}


def test_a_large_request_arrives(deployed: Deployed) -> None:
    for vip in deployed.example.vips:
        said = deployed.stack.docker("exec", "-i", "client", "python3", "-", vip, stdin=SEND.encode())
        assert json.loads(said) == [200]


def test_verify_finds_nothing(deployed: Deployed, tmp_path: Path) -> None:
    play = deployed.play("verify", deployed.example.name, writes=tmp_path / "found.json")
    assert play.codes("error", "degraded") == set()


def test_a_second_run_changes_nothing(deployed: Deployed) -> None:
    assert deployed.play("site", deployed.example.name).total("changed") == 0


def test_a_director_is_lost(deployed: Deployed) -> None:
    """All that moves is on the other director, which serves by every real server."""
    stack, before = deployed.stack, deployed.holder()
    (other,) = {*DIRECTORS} - {before}
    stack.lab.wire.cut(before)
    try:
        moved = deployed.example.moving
        stack.wait("takeover", lambda: all(deployed.holders(vip, [other]) == [other] for vip in moved))
        stack.wait("the other one's table", lambda: set(deployed.weights(other)) == {1})
        for vip in deployed.example.vips:
            assert deployed.served_by(vip) == {*REAL_SERVERS}
    finally:
        stack.lab.wire.join(before)
    assert deployed.holder() == other


def test_a_real_server_is_lost(deployed: Deployed) -> None:
    """The other one answers everything, until it is back."""
    stack = deployed.stack
    deployed.holder()
    stack.lab.wire.cut("web1")
    try:
        stack.wait("a table without it", lambda: all({*deployed.weights(host)} == {0, 1} for host in DIRECTORS))
        for vip in deployed.example.vips:
            assert deployed.served_by(vip) == {"web2"}
    finally:
        stack.lab.wire.join("web1")
    deployed.holder()
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}


def test_it_is_there_again_after_a_restart_of_its_unit(deployed: Deployed) -> None:
    """What the unit made goes when it stops, and comes as at a boot."""
    unit = "vipstack-lvs-forward.service"
    stack = deployed.stack
    stack.run_all(dict.fromkeys(REAL_SERVERS, f"systemctl stop {unit}"))
    for host in REAL_SERVERS:
        left = stack.run(host, "ip -br link; ip rule; ip -6 rule")
        assert not {"lvs-ipip", "11200:"} & {word.partition("@")[0] for word in left.split()}, left
    stack.run_all(dict.fromkeys(REAL_SERVERS, f"systemctl start {unit}"))
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}
