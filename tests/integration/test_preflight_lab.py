# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preflight.yml and the first play of site.yml: each fault of a host or its network is found, and nothing changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.hosts import VIP, named
from lab.play import INVENTORY, edited
from lab.stack import MANAGED, Play, Stack

# Adverts of VRRP 3 with the lowest priority, so that nobody gives way to them.
_STRANGER = """
nohup python3 -c '
import socket, struct, time
body = struct.pack("!BBBBHH", 0x31, %d, 1, 1, 100, 0) + socket.inet_aton("%s")
pseudo = socket.inet_aton("%s") + socket.inet_aton("224.0.0.18") + struct.pack("!BBH", 0, 112, len(body))
total = sum(struct.unpack("!%%dH" %% (len(pseudo + body) // 2), pseudo + body))
total = (total & 0xFFFF) + (total >> 16)
body = body[:6] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + body[8:]
opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
while True:
    opened.sendto(body, ("224.0.0.18", 0))
    time.sleep(0.3)
' > /dev/null 2>&1 & echo $! > /run/stranger.pid
"""


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def preflight(stack: Stack, path: Path, inventory: Path = INVENTORY, *arguments: str) -> Play:
    """The run; no host changes by it."""
    before = stack.states()
    play = stack.play("preflight", *arguments, check=False, writes=path, inventory=inventory)
    assert stack.states() == before
    assert play.result, play.output
    assert play.status == (0 if play.result["ok"] else 2), play.output
    return play


def problems(play: Play) -> dict[str, str]:
    """``host: what`` -> message."""
    return {"%s: %s" % (one["host"], one["what"]): one["message"] for one in play.result["problems"]}


def test_hosts_that_can_be_set_up(stack: Stack, result: Path) -> None:
    play = preflight(stack, result)
    assert problems(play) == {}, play.output
    assert "4 hosts can be set up" in play.output
    assert sorted(play.result["facts"]) == sorted(MANAGED)


def test_a_wrong_interface_stops_site_before_any_change(stack: Stack, tmp_path: Path, result: Path) -> None:
    def edit(everything: dict[str, Any]) -> None:
        everything["children"]["lvs_real_servers"]["hosts"]["web1"]["lvs_interface"] = "ens9"
        everything["children"]["lvs_directors"]["hosts"]["d2"]["lvs_address"] = "198.51.100.99"

    inventory = edited(tmp_path, edit)
    found = problems(preflight(stack, result, inventory))
    assert set(found) == {"web1: lvs_interface", "d2: lvs_address"}
    assert found["web1: lvs_interface"].startswith("lvs_interface is ens9, which is not there (eth0 198.51.100.102")
    before = stack.states()
    play = stack.play("site", check=False, inventory=inventory)
    assert stack.states() == before
    assert play.status == 2
    assert play.output.count(found["web1: lvs_interface"]) == 1, play.output
    assert "2 of 4 hosts cannot be set up; no host was changed" in play.output


def test_a_stranger_that_answers_for_the_vip(stack: Stack, result: Path) -> None:
    host = stack.backup()
    stack.run("client", "ip address add %s/32 dev eth0" % VIP)
    try:
        found = problems(preflight(stack, result))
    finally:
        stack.run("client", "ip address del %s/32 dev eth0" % VIP)
    assert set(found) == {"%s: lvs_vips.web.addresses" % host}
    (message,) = found.values()
    assert "for which %s answers on eth0" % named("client").mac in message


def test_a_stranger_that_uses_the_vrid(stack: Stack, result: Path) -> None:
    """Only a director without our Keepalived listens."""
    host, stranger = stack.backup(), named("client").address
    stack.run(host, "systemctl stop keepalived")
    stack.run("client", _STRANGER % (51, VIP, stranger))
    try:
        found = problems(preflight(stack, result))
    finally:
        stack.run("client", "kill $(cat /run/stranger.pid)")
        stack.run(host, "systemctl start keepalived")
    stack.settled()
    words = "lvs_vips.web.vrid is 51, which %s uses on eth0 (VRRP 3, priority 1)" % stranger
    assert set(found) == {"%s: lvs_vips.web.vrid" % host}
    assert found["%s: lvs_vips.web.vrid" % host].startswith(words)


def test_a_port_that_another_program_holds(stack: Stack, result: Path) -> None:
    hold = "systemctl stop nginx; nohup python3 -m http.server 80 > /dev/null 2>&1 & echo $! > /run/holder.pid"
    stack.run("web2", hold)
    try:
        stack.wait("the holder of the port", lambda: ":80 " in stack.run("web2", "ss -Hltn"))
        found = problems(preflight(stack, result))
    finally:
        stack.run("web2", "kill $(cat /run/holder.pid); systemctl start nginx")
    stack.settled()
    assert found == {"web2: port 80": "port 80 is held by python3; must be free for Nginx"}


def test_variables_of_roles_and_hosts_that_do_not_answer(stack: Stack, result: Path, tmp_path: Path) -> None:
    nowhere = "{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}"
    (tmp_path / "nowhere.yml").write_text("all: {hosts: {web2: %s}}\n" % nowhere)
    more = ("-i", str(tmp_path / "nowhere.yml"), "-e", "nginx_worker_connections=lots")
    found = problems(preflight(stack, result, INVENTORY, *more))
    assert set(found) == {
        *("%s: nginx_worker_connections" % host for host in MANAGED), "web2: the connection",
    }  # fmt: skip
    assert found["web1: nginx_worker_connections"].endswith('is "lots"; must be a whole number, 64-262144')
