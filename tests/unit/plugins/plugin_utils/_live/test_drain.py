# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining by hand: the words for a wrong name, what the table says, who is left."""

from __future__ import annotations

import re
from typing import Any

import healthy
import pytest

from ansible_collections.vipstack.lvs.plugins.filter import render
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live import drain
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.drain_wait import Remaining

Tree = Any  # of no type, as a test changes a model into what no model is
HELD = {healthy.VIP}
WEB_KEY = {"family": "inet", "protocol": "tcp", "address": healthy.VIP, "port": 80, "fwmark": 0}


@pytest.fixture
def model() -> Tree:
    found = healthy.model()
    for host in ("d1", "d2"):
        found["hosts"][host]["director"]["weights"] = [
            {"service": "web", "host": name, "weight": 1, "drained": False} for name in ("web1", "web2")
        ]
    return found


@pytest.fixture
def director(model: Tree) -> Tree:
    found: Tree = model["hosts"]["d1"]["director"]
    return found


def report(weight: int = 0, active: int = 0, inactive: int = 0) -> Tree:
    places = {"web1": (weight, active, inactive), "web2": (1, 7, 70)}
    return {
        "services": [
            {"protocol": "tcp", "address": healthy.VIP, "port": 80, "destinations": [
                {"address": healthy.ADDRESSES[name], "port": 80, "weight": place[0]}
                for name, place in places.items()
            ]},
        ],
        "statistics": [{"service_key": dict(WEB_KEY), "active": 9, "inactive": 9}, *(
            {"service_key": dict(WEB_KEY), "destination_key": {"address": healthy.ADDRESSES[name], "port": 80},
             "active": place[1], "inactive": place[2]}
            for name, place in places.items()
        )],
    }  # fmt: skip


# --- what is meant ----------------------------------------------------------------------------------------------


def test_all_services_of_a_host_or_one(model: Tree) -> None:
    assert drain.chosen(model, "d1", "web1") == ["web"]
    assert drain.chosen(model, "d1", "web1", "web") == ["web"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([""], "host is missing; say -e host=NAME; real servers are web1, web2"),
        (["web9"], 'host is "web9", which is no real server of a service; there are: web1, web2'),
        (["web1", "api"], 'service is "api", which web1 does not serve; it serves: web'),
    ],
)
def test_a_wrong_name_has_its_words(model: Tree, names: list[str], words: str) -> None:
    with pytest.raises(LvsError) as caught:
        drain.chosen(model, "d1", *names)
    assert caught.value.message == words


def test_a_director_of_another_cluster_has_nothing_to_do(model: Tree) -> None:
    model["hosts"]["d2"]["director"]["weights"] = [{"service": "api", "host": "api1", "weight": 1, "drained": False}]
    assert drain.chosen(model, "d2", "web1") == []


def test_what_the_inventory_drains_is_known(model: Tree, director: Tree) -> None:
    assert drain.drained_by_model(model, "d1", "web1", ["web"]) == []
    director["weights"][0]["drained"] = True
    assert drain.drained_by_model(model, "d1", "web1", ["web"]) == ["web"]
    assert drain.drained_by_model(model, "d1", "web2", ["web"]) == []


# --- what is left -----------------------------------------------------------------------------------------------


def test_a_weight_that_is_left_is_named(director: Tree) -> None:
    found = drain.remaining(director, report(weight=1), "web1", ["web"], HELD)
    assert found.weights == {"tcp 198.51.100.200:80 -> web1 (198.51.100.102:80)": 1}


def test_active_connections_of_tcp_count_and_no_others(director: Tree) -> None:
    found = drain.remaining(director, report(active=2, inactive=30), "web1", ["web"], HELD)
    assert found.connections == {"tcp 198.51.100.200:80 -> web1 (198.51.100.102:80)": 2}
    assert (found.weights, found.total) == ({}, 2)
    assert drain.remaining(director, report(inactive=30), "web1", ["web"], HELD).total == 0


def test_of_udp_all_count(director: Tree) -> None:
    director["services"][0]["protocol"] = "udp"
    seen = report(active=0, inactive=3)
    seen["services"][0]["protocol"] = "udp"
    for one in seen["statistics"]:
        one["service_key"]["protocol"] = "udp"
    assert drain.remaining(director, seen, "web1", ["web"], HELD).total == 3


def test_of_a_vip_that_another_director_holds_none_count(director: Tree) -> None:
    """They went on through the other director, and this one sees no end of them."""
    found = drain.remaining(director, report(weight=1, active=2), "web1", ["web"], ())
    assert (found.total, len(found.weights)) == (0, 1)


def test_a_silent_vip_is_not_held(director: Tree) -> None:
    assert drain.addresses(director, ["web"]) == [healthy.VIP]
    silent, loud = ({"interface": name, "prefix": 32, "label": None} for name in ("lo", "eth0"))
    assert drain.held(director, {healthy.VIP: [silent]}) == set()
    assert drain.held(director, {healthy.VIP: [silent, loud]}) == HELD
    director["handover"] = None
    assert drain.held(director, {healthy.VIP: []}) == set()


def test_a_service_that_is_not_in_the_table_has_nothing_left(director: Tree) -> None:
    assert drain.remaining(director, {"services": [], "statistics": []}, "web1", ["web"], HELD) == Remaining({}, {})


# A line of the kernel, its fields as ip_vs_conn_seq_show() prints them.
LINE = "TCP C6336432 C350 C63364C8 0050 C6336466 0050 ESTABLISHED     895"
OTHER = "TCP C6336432 C351 C63364C8 0050 C6336467 0050 ESTABLISHED     895"
SIX = (
    "TCP [2001:0db8:0000:0000:0000:0000:0000:0032] C350 [2001:0db8:0000:0000:0000:0000:0000:00c8] 0050 "
    "[2001:0db8:0000:0000:0000:0000:0000:0066] 0050 ESTABLISHED     895"
)


def test_the_lines_of_a_real_server_are_found(director: Tree) -> None:
    pattern = re.compile(drain.pattern(director, "web1", ["web"]))
    assert [bool(pattern.search(line)) for line in (LINE, OTHER, LINE.replace("ESTABLISHED", "TIME_WAIT"))] == [
        True, False, False,
    ]  # fmt: skip
    director["services"][0]["real_servers"][0]["address"] = "2001:db8::66"
    assert re.search(drain.pattern(director, "web1", ["web"]), SIX)


def test_a_client_is_named() -> None:
    assert drain.clients([LINE, SIX, "short"]) == [
        "198.51.100.50:50000, ESTABLISHED, 895 s",
        "[2001:db8::32]:50000, ESTABLISHED, 895 s",
    ]


# --- the static table -------------------------------------------------------------------------------------------


def test_the_static_table_has_the_weights_of_the_files(director: Tree) -> None:
    services, weights = director["services"], {"web@web1": 0, "web@web2": 5}
    found = render.ipvs_services(services, weights)[0]
    assert [one["weight"] for one in found["destinations"]] == [0, 5]
    assert render.ipvs_rules(services, weights).splitlines() == [
        "-A -t 198.51.100.200:80 -s mh -b mh-fallback,mh-port",
        "-a -t 198.51.100.200:80 -r 198.51.100.102:80 -g -w 0",
        "-a -t 198.51.100.200:80 -r 198.51.100.103:80 -g -w 5",
    ]


def test_nothing_of_a_service_is_lost_in_the_file(director: Tree) -> None:
    service = director["services"][0]
    service.update(scheduler="mh", scheduler_flags=["mh-port"], persistence={"timeout": 60, "prefix": 24})
    service["real_servers"][0].update(upper_threshold=9, lower_threshold=5)
    assert render.ipvs_rules([service], {}).splitlines()[:2] == [
        "-A -t 198.51.100.200:80 -s mh -p 60 -M 255.255.255.0 -b mh-port",
        "-a -t 198.51.100.200:80 -r 198.51.100.102:80 -g -w 1 -x 9 -y 5",
    ]
