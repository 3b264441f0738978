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

VIP, VIP6, SECOND, GATEWAY = "198.51.100.200", "2001:db8:100::200", "198.51.100.210", "203.0.113.1"
# A body of many packets of full size: what a tunnel adds has to fit as well.
SEND = """
import http.client, json, sys
asked = http.client.HTTPConnection(sys.argv[1], 80, timeout=60)
asked.request("POST", "/", b"x" * 500000, {"Host": "www.example.com"})
print(json.dumps([asked.getresponse().status]))
"""


@dataclass(frozen=True)
class Example:
    """An inventory of inventories/examples, what a client asks, and the addresses that move together."""

    name: str
    vips: tuple[str, ...]
    moving: tuple[tuple[str, ...], ...]
    inside: bool = False
    marks: bool = False
    unit: bool = False  # real servers have the one for tunnels and NAT

    def __str__(self) -> str:
        return self.name


EXAMPLES = (
    Example("nat", (VIP,), ((VIP, GATEWAY),), inside=True, unit=True),
    Example("nat-one-network", (VIP,), ((VIP,),), unit=True),
    Example("tunnel", (VIP, VIP6), ((VIP, VIP6),), unit=True),
    Example("ipv6", (VIP6,), ((VIP6,),)),
    Example("dual-stack", (VIP, VIP6), ((VIP, VIP6),)),
    Example("active-active", (VIP, SECOND), ((VIP,), (SECOND,))),
    Example("vrrp-only", (VIP,), ((VIP,),)),
    Example("udp", (VIP,), ((VIP,),)),
    Example("together", (VIP,), ((VIP,),), marks=True),
)
# One client alone is served by all real servers.
HTTP = [one for one in EXAMPLES if one.name not in ("vrrp-only", "udp", "together")]


def url(vip: str) -> str:
    return "http://[%s]/" % vip if ":" in vip else "http://%s/" % vip


class Deployed(Topologies):
    """The hosts with an example on them."""

    def __init__(self, stack: Stack, example: Example) -> None:
        super().__init__(stack)
        self.example = example

    def settled(self) -> list[str]:
        """The one director that has all addresses of a group, for each group; all real servers are in the tables."""
        found: list[list[str]] = []

        def all_held() -> bool:
            found[:] = [holders for group in self.example.moving for holders in [self.held(group)] if holders]
            whole = all(set(self.weights(host)) <= {1} for host in DIRECTORS)
            return whole and len(found) == len(self.example.moving)

        self.stack.wait("one holder of each VIP", all_held)
        return [host for (host,) in found]

    def held(self, group: tuple[str, ...]) -> list[str]:
        """The director that alone has all of these addresses; empty where that is not so."""
        holders = [self.holders(address) for address in group]
        return holders[0] if len(holders[0]) == 1 and all(one == holders[0] for one in holders) else []

    def served_by(self, vip: str, requests: int = 100) -> set[str]:
        """The hosts that answered a client's requests; none may fail."""
        seen = self.stack.lab.probe.load(requests, 2, url(vip), timeout=20).summary
        assert seen["failed"] == 0, seen
        return {*seen["by_server"]}

    def taken_over(self, host: str) -> None:
        """Wait until a director has everything that moves."""
        groups = self.example.moving
        self.stack.wait("takeover", lambda: all(self.holders(one, [host]) for group in groups for one in group))
        self.stack.wait("its table", lambda: set(self.weights(host)) <= {1})


@pytest.fixture(scope="module")
def deployed(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Deployed]:
    example: Example = request.param
    topologies = Deployed(stack, example)
    try:
        if example.inside:
            topologies.inside()
        if example.marks:
            topologies.marks()
        topologies.play("site", example.name)
        topologies.settled()
        yield topologies
    finally:
        topologies.outside()


@pytest.fixture(scope="module", autouse=True)
def the_lab_again(stack: Stack) -> Iterator[None]:
    yield
    stack.play("site")
    stack.settled()


every = pytest.mark.parametrize("deployed", EXAMPLES, indirect=True, ids=str)
with_real_servers = pytest.mark.parametrize("deployed", HTTP, indirect=True, ids=str)


def only(name: str) -> pytest.MarkDecorator:
    """A test of this example alone."""
    found = [one for one in EXAMPLES if one.name == name]
    return pytest.mark.parametrize("deployed", found, indirect=True, ids=str)


@every
def test_verify_finds_nothing(deployed: Deployed, tmp_path: Path) -> None:
    play = deployed.play("verify", deployed.example.name, writes=tmp_path / "found.json")
    assert play.codes("error", "degraded") == set()


@with_real_servers
def test_every_real_server_serves(deployed: Deployed) -> None:
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}


@with_real_servers
def test_a_large_request_arrives(deployed: Deployed) -> None:
    for vip in deployed.example.vips:
        said = deployed.stack.docker("exec", "-i", "client", "python3", "-", vip, stdin=SEND.encode())
        assert json.loads(said) == [200]


@with_real_servers
def test_a_director_is_lost(deployed: Deployed) -> None:
    """All that moves is on the other director, which serves by every real server."""
    stack, before = deployed.stack, deployed.settled()[0]
    (other,) = {*DIRECTORS} - {before}
    stack.lab.wire.cut(before)
    try:
        deployed.taken_over(other)
        for vip in deployed.example.vips:
            assert deployed.served_by(vip) == {*REAL_SERVERS}
    finally:
        stack.lab.wire.join(before)
    deployed.settled()


@with_real_servers
def test_a_real_server_is_lost(deployed: Deployed) -> None:
    """The other one answers everything, until it is back."""
    stack = deployed.stack
    deployed.settled()
    stack.lab.wire.cut("web1")
    try:
        stack.wait("tables without it", lambda: all({*deployed.weights(host)} == {0, 1} for host in DIRECTORS))
        for vip in deployed.example.vips:
            assert deployed.served_by(vip) == {"web2"}
    finally:
        stack.lab.wire.join("web1")
    deployed.settled()
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}


@pytest.mark.parametrize("deployed", [one for one in EXAMPLES if one.unit], indirect=True, ids=str)
def test_it_is_there_again_after_a_restart_of_its_unit(deployed: Deployed) -> None:
    """What the unit made goes when it stops, and comes as at a boot."""
    unit = "vipstack-lvs-forward.service"
    stack = deployed.stack
    stack.run_all(dict.fromkeys(REAL_SERVERS, f"systemctl stop {unit}"))
    for host in REAL_SERVERS:
        left = stack.run(host, "ip -br link; ip rule; ip -6 rule")
        assert not {"lvs-ipip", "lvs-ip6ip6", "11200:"} & {word.partition("@")[0] for word in left.split()}, left
    stack.run_all(dict.fromkeys(REAL_SERVERS, f"systemctl start {unit}"))
    for vip in deployed.example.vips:
        assert deployed.served_by(vip) == {*REAL_SERVERS}


@only("nat")
def test_without_real_servers_the_directors_say_sorry(deployed: Deployed) -> None:
    stack = deployed.stack
    stack.run_all(dict.fromkeys(REAL_SERVERS, "systemctl stop nginx.service"))
    try:
        stack.wait("a table without them", lambda: all(deployed.weights(host).count(0) == 2 for host in DIRECTORS))
        seen = stack.lab.probe.load(20, 2, url(VIP), timeout=20).summary
        assert seen["errors"] == {"503": 20}
    finally:
        stack.run_all(dict.fromkeys(REAL_SERVERS, "systemctl start nginx.service"))
    deployed.settled()
    assert deployed.served_by(VIP) == {*REAL_SERVERS}


@only("active-active")
def test_each_director_works_and_takes_its_vip_back(deployed: Deployed) -> None:
    stack = deployed.stack

    def both() -> bool:
        return [deployed.held(group) for group in deployed.example.moving] == [["d1"], ["d2"]]

    stack.wait("a VIP for each", both)
    stack.run("d2", "systemctl stop keepalived.service")
    try:
        stack.wait("both at one", lambda: [deployed.holders(vip) for vip in (VIP, SECOND)] == [["d1"], ["d1"]])
        assert deployed.served_by(SECOND) == {*REAL_SERVERS}
    finally:
        stack.run("d2", "systemctl start keepalived.service")
    stack.wait("a VIP for each again", both)


@only("vrrp-only")
def test_without_services_the_holder_serves_and_a_dead_nginx_moves_the_vip(deployed: Deployed) -> None:
    stack = deployed.stack
    (holder,) = deployed.settled()
    (other,) = {*DIRECTORS} - {holder}
    assert deployed.served_by(VIP) == {holder}
    stack.run(holder, "systemctl stop nginx.service")
    try:
        deployed.taken_over(other)
        assert deployed.served_by(VIP) == {other}
    finally:
        stack.run(holder, "systemctl start nginx.service")
    stack.lab.wire.cut(other)
    try:
        stack.wait("the first one again", lambda: deployed.holders(VIP, [holder]) == [holder])
        assert deployed.served_by(VIP) == {holder}
    finally:
        stack.lab.wire.join(other)
    deployed.settled()


# A server of UDP that tells its name, on the VIP alone; a client that sends from one port and waits for each answer.
NAMES = """
import socket
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind(("%s", 53))
while True:
    asked, client = own.recvfrom(2000)
    own.sendto(socket.gethostname().encode(), client)
"""
ASKS = """
import json, socket
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.settimeout(60)
own.connect(("%s", 53))
answers = []
for number in range(100):
    own.send(b"name?")
    answers.append(own.recv(2000).decode())
print(json.dumps(answers))
"""


@pytest.fixture
def names(deployed: Deployed) -> Iterator[None]:
    servers = [deployed.stack.docker.popen("exec", "-i", host, "timeout", "1800", "python3", "-c", NAMES % VIP)
               for host in REAL_SERVERS]  # fmt: skip
    for host in REAL_SERVERS:
        deployed.stack.wait("a server", lambda host=host: bool(deployed.stack.run(host, "ss -Hlun sport = :53")))  # type: ignore[misc]
    yield
    for host in REAL_SERVERS:
        deployed.stack.run(host, "kill $(ss -Hlunp sport = :53 | grep -o 'pid=[0-9]*' | cut -d= -f2)")
    for server in servers:
        server.communicate(timeout=120)


@only("udp")
@pytest.mark.usefixtures("names")
def test_each_packet_of_one_client_is_a_request_by_itself(deployed: Deployed) -> None:
    stack = deployed.stack

    def answers() -> dict[str, int]:
        said = json.loads(stack.docker("exec", "client", "python3", "-c", ASKS % VIP, timeout=600))
        return {host: said.count(host) for host in sorted({*said})}

    (holder,) = deployed.settled()
    (other,) = {*DIRECTORS} - {holder}
    assert answers() == {"web1": 50, "web2": 50}
    stack.lab.wire.cut(holder)
    try:
        deployed.taken_over(other)
        assert answers() == {"web1": 50, "web2": 50}
    finally:
        stack.lab.wire.join(holder)
    deployed.settled()


# Clients of many addresses ask each port several times; of each the servers that it met.
CLIENTS = """
import http.client, json, sys
met = {}
for number in range(1, 17):
    own = "198.51.100.%d" % (220 + number)
    for port in (80, 8080) * 3:
        asked = http.client.HTTPConnection(sys.argv[1], port, timeout=60, source_address=(own, 0))
        asked.request("GET", "/", headers={"Host": "www.example.com"})
        met.setdefault(own, []).append(asked.getresponse().headers["X-Served-By"])
print(json.dumps(list(met.values())))
"""
# What the unit of nftables does, which starts with no rules of others.
NFTABLES = """
cat > /run/systemd/system/nftables.service << 'END'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/true
ExecStop=/usr/sbin/nft flush ruleset
END
systemctl daemon-reload
systemctl start nftables.service
systemctl restart nftables.service
"""
ADDRESSES = "for last in $(seq 221 236); do ip address %s 198.51.100.$last/24 dev eth0; done"


@pytest.fixture
def clients(deployed: Deployed) -> Iterator[None]:
    docker = deployed.stack.docker
    docker("exec", "client", "sh", "-c", ADDRESSES % "replace")
    yield
    docker("exec", "client", "sh", "-c", ADDRESSES % "delete")


@only("together")
@pytest.mark.usefixtures("clients")
def test_a_client_has_one_real_server_on_both_ports(deployed: Deployed) -> None:
    """Also from the other director, and where nftables was started anew on it."""
    stack = deployed.stack

    def met() -> list[str]:
        found = json.loads(stack.docker("exec", "client", "python3", "-c", CLIENTS, VIP, timeout=600))
        assert all(len({*one}) == 1 for one in found), found
        return [one[0] for one in found]

    (holder,) = deployed.settled()
    (other,) = {*DIRECTORS} - {holder}
    before = met()
    assert {*before} == {*REAL_SERVERS}
    stack.run(other, NFTABLES)
    stack.lab.wire.cut(holder)
    try:
        deployed.taken_over(other)
        assert met() == before
    finally:
        stack.lab.wire.join(holder)
        stack.run(other, "rm /run/systemd/system/nftables.service; systemctl daemon-reload")
    deployed.settled()


@only("together")
def test_a_mark_that_is_gone_is_found(deployed: Deployed, tmp_path: Path) -> None:
    unit = "vipstack-lvs-marks.service"
    deployed.stack.run("d1", "nft flush ruleset")
    play = deployed.play("verify", deployed.example.name, writes=tmp_path / "found.json", check=False)
    assert play.codes("error") == {"mark_missing"}
    deployed.stack.run("d1", f"systemctl restart {unit}")


@only("together")
def test_below_its_quorum_a_service_says_sorry(deployed: Deployed) -> None:
    stack, name = deployed.stack, deployed.example.name
    service = {"vip": "web", "ports": [80, 8080], "together": True, "scheduler": "rr", "persistence": 1, "quorum": 2}
    changes = {"lvs_virtual_services": {"web": service}, "lvs_nginx_on_directors": "sorry"}
    deployed.play("site", name, "-e", json.dumps(changes))
    try:
        deployed.settled()
        stack.run("web1", "systemctl stop nginx.service")
        stack.wait("a table without them", lambda: all(deployed.weights(host).count(0) == 2 for host in DIRECTORS))
        seen = stack.lab.probe.load(20, 2, url(VIP), timeout=20).summary
        assert seen["errors"] == {"503": 20}
        stack.run("web1", "systemctl start nginx.service")
        deployed.settled()
        assert deployed.served_by(VIP) <= {*REAL_SERVERS}
    finally:
        stack.run("web1", "systemctl start nginx.service")
        deployed.play("site", name)
        deployed.settled()


@every
def test_a_second_run_changes_nothing(deployed: Deployed) -> None:
    assert deployed.play("site", deployed.example.name).total("changed") == 0
