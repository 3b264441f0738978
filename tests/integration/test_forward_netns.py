# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of answers on a real kernel, in a network namespace: made by lvs-forward, and read as verify reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netns import ip, new_namespace

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.parts import ways

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "helpers"))
from inventory import model_of, with_changes
from rendering import files

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a network namespace")

OWN, OWN6 = "198.51.100.102", "2001:db8::102"
GATEWAYS = ["198.51.100.1/24", "2001:db8::1/64"]
CHANGES: dict[str, Any] = {
    "lvs_virtual_services.web.forward": "nat",
    "lvs_vips.web": {"addresses": ["192.0.2.200/24", "2001:db8:9::200/64"], "gateways": GATEWAYS},
    **{host + ":lvs_address6": "2001:db8::10%d" % last for last, host in enumerate(("d1", "d2", "web1", "web2"))},
}
HTTP = [{"address": address, "protocol": "tcp", "port": 80} for address in (OWN, OWN6)]


class RealServer:
    """web1 in a namespace, with a default route that leads elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "lvs-forward"

    def has(self, changes: dict[str, Any]) -> None:
        """The script of web1 in an inventory with these changes."""
        model = model_of(with_changes({**CHANGES, **changes}))
        self.script.write_text(files(model, "web1", {})["/usr/libexec/vipstack-lvs/lvs-forward"], encoding="utf-8")

    def run(self, word: str) -> None:
        subprocess.run(["sh", str(self.script), word], check=True)


@pytest.fixture
def web1(tmp_path: Path) -> Iterator[RealServer]:
    with new_namespace():
        ip("link add eth0 type bridge")
        ip("link set eth0 up")
        ip("address add %s/24 dev eth0" % OWN)
        ip("address add 2001:db8::102/64 dev eth0 nodad")
        ip("route add default via 198.51.100.254")
        ip("-6 route add default via 2001:db8::254")
        found = RealServer(tmp_path)
        found.has({})
        yield found


def gateways(*asked: dict[str, Any]) -> list[str | None]:
    return [one["gateway"] for one in ways([*(asked or HTTP)])]


def rules() -> list[str]:
    return [line for line in (ip("rule") + ip("-6 rule")).splitlines() if line.startswith("112")]


def test_answers_of_the_service_go_through_the_gateway_and_nothing_else(web1: RealServer) -> None:
    assert gateways() == ["198.51.100.254", "2001:db8::254"]
    web1.run("up")
    assert gateways() == ["198.51.100.1", "2001:db8::1"]
    others = [{**HTTP[0], "port": 22}, {**HTTP[1], "port": 22}, {**HTTP[0], "protocol": "udp"}]
    assert gateways(*others) == ["198.51.100.254", "2001:db8::254", "198.51.100.254"]


@pytest.mark.parametrize(("receiver", "through"), [("198.51.100.100", None), ("198.51.100.50", "198.51.100.1")])
def test_a_director_is_answered_directly_and_a_client_beside_it_is_not(
    web1: RealServer, receiver: str, through: str | None
) -> None:
    web1.run("up")
    said = ip("route get %s from %s ipproto 6 sport 80" % (receiver, OWN)).split()
    assert (said[said.index("via") + 1] if "via" in said else None) == through


def test_it_may_run_again_and_stop_twice(web1: RealServer) -> None:
    for word in ("up", "up"):
        web1.run(word)
    assert len(rules()) == 2
    for word in ("down", "down"):
        web1.run(word)
    assert rules() == []
    assert gateways() == ["198.51.100.254", "2001:db8::254"]


def test_another_inventory_leaves_nothing_of_the_last(web1: RealServer) -> None:
    web1.run("up")
    web1.has({"lvs_virtual_services.web.real_port": 8080, "lvs_nginx_sites.www.ports": [8080]})
    web1.run("up")
    assert gateways() == ["198.51.100.254", "2001:db8::254"]
    assert gateways(*({**one, "port": 8080} for one in HTTP)) == ["198.51.100.1", "2001:db8::1"]


def test_udp_goes_back_also_from_a_socket_without_an_address(web1: RealServer) -> None:
    """The kernel looks its route up before it has a source."""
    service = {"vip": "web", "ports": [53], "protocol": "udp", "forward": "nat"}
    web1.has({"lvs_virtual_services.web": service, "lvs_nginx_sites": {}})
    web1.run("up")
    for receiver, through in (("203.0.113.9", "198.51.100.1"), ("2001:2::1", "2001:db8::1")):
        assert "via %s " % through in ip("route get %s ipproto 17 sport 53" % receiver)


def test_without_a_way_there_is_none(web1: RealServer) -> None:
    ip("route del default")
    ip("-6 route del default")
    assert gateways() == [None, None]
