# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One screen, also while things are broken: who holds the VIP, since when and why, and how each pool does."""

from __future__ import annotations

import json
from typing import Any

import healthy
import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import age, moment, screen

Tree = Any  # of no type, as a test changes a model into what no model is
NOW = healthy.NOW


@pytest.fixture
def model() -> Tree:
    return healthy.model()


@pytest.fixture
def seen(model: Tree) -> Tree:
    return healthy.observations(model)


def vip(model: Tree, seen: Tree) -> Tree:
    found: Tree = status(model, seen)["clusters"]["default"]["vips"][0]
    return found


def pool(model: Tree, seen: Tree) -> list[Tree]:
    found: list[Tree] = status(model, seen)["clusters"]["default"]["services"][0]["destinations"]
    return found


def log(seen: Tree, host: str, *entries: tuple[float, str]) -> None:
    """Transitions at so many seconds before now."""
    seen[host]["report"]["transitions"] = [
        {"epoch": NOW - ago, "instance": "web", "state": state} for ago, state in entries
    ]


def started(seen: Tree, host: str, ago: float) -> None:
    seen[host]["report"]["units"]["keepalived.service"]["since"] = NOW - ago


def test_a_healthy_cluster(model: Tree, seen: Tree) -> None:
    found = vip(model, seen)
    assert (found["holders"], found["since"], found["seconds"]) == (["d1"], NOW - 3600, 3600)
    assert found["directors"] == {
        "d1": {"state": "MASTER", "priority": 254},
        "d2": {"state": "BACKUP", "priority": 250},
    }
    assert [(one["host"], one["weight"], one["active"], one["state"]) for one in pool(model, seen)] == [
        ("web1", 1, 3, "up"),
        ("web2", 1, 3, "up"),
    ]
    assert status(model, seen)["deviations"] == []


REASONS = {
    "the other stopped": ([(3601, "STOP")], 300, "d2 stopped its Keepalived"),
    "the other failed its check": ([(3600, "FAULT")], 90000, "d2 went into FAULT"),
    "the other was preempted": ([(9000, "MASTER"), (3599, "BACKUP")], 90000, "d2 gave it up"),
    "the other was a backup all the time": ([(9000, "BACKUP"), (3599, "BACKUP")], 90000, None),
    "the other crashed and came back": (
        [(9000, "MASTER"), (30, "BACKUP")],
        30,
        "d2 was gone (stopped, crashed or rebooted)",
    ),
    "the other only started": ([(3600, "BACKUP")], 3600, None),
    "long before": ([(9000, "STOP")], 90000, None),
}


@pytest.mark.parametrize(("entries", "start", "why"), REASONS.values(), ids=REASONS)
def test_why_the_holder_took_over(
    model: Tree, seen: Tree, entries: list[tuple[float, str]], start: float, why: str | None
) -> None:
    log(seen, "d2", *entries)
    started(seen, "d1", 90000)
    started(seen, "d2", start)
    assert vip(model, seen)["why"] == why


def test_at_its_start(model: Tree, seen: Tree) -> None:
    log(seen, "d2", (9000, "STOP"))
    started(seen, "d1", 3603)
    started(seen, "d2", 90000)
    assert vip(model, seen)["why"] == "Keepalived of d1 started"


def test_the_other_director_does_not_answer(model: Tree, seen: Tree) -> None:
    seen["d2"] = {"status": "unreachable", "message": "timed out"}
    found = vip(model, seen)
    assert found["why"] == "d2 does not answer"
    assert found["directors"]["d2"] == {"state": "unreachable", "priority": None}
    assert "d2: unreachable: timed out" in screen(status(model, seen))


def test_without_the_daemons_word_the_log_tells_since_when(model: Tree, seen: Tree) -> None:
    seen["d1"]["report"]["keepalived"].update(instances=[], source=None)
    log(seen, "d1", (500, "BACKUP"), (120, "MASTER"))
    assert vip(model, seen)["since"] == NOW - 120


def test_a_split_brain_names_both(model: Tree, seen: Tree) -> None:
    seen["d2"]["report"]["vips"][healthy.VIP] = [{"interface": "eth0", "prefix": 24, "label": "eth0:0"}]
    assert vip(model, seen)["holders"] == ["d1", "d2"]
    assert "on MORE THAN ONE director: d1, d2" in screen(status(model, seen))


def test_nobody_holds_it_and_keepalived_is_stopped(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        seen[host]["report"]["vips"][healthy.VIP] = []
        seen[host]["report"]["keepalived"].update(running=False, instances=[], source=None)
        seen[host]["report"]["units"]["keepalived.service"]["active"] = "inactive"
    text = screen(status(model, seen))
    assert "on NO director that was seen" in text
    assert "d1: stopped  d2: stopped" in text
    assert "vip_on_none" in text


def test_a_failed_check_and_its_reason(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        report = seen[host]["report"]
        report["ipvs"]["services"][0]["destinations"][0]["weight"] = 0
        report["keepalived"]["virtual_servers"][0]["real_servers"][0]["alive"] = False
        report["probes"][0].update(error="Connection refused", status=None)
    first = pool(model, seen)[0]
    assert (first["state"], first["weight"]) == ("degraded", 0)
    assert first["why"] == "http://198.51.100.102:80/lvs-health: Connection refused"
    text = screen(status(model, seen))
    assert "1 of 2 up" in text
    assert "0 (1)" in text


def test_drained_by_hand(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        seen[host]["report"]["drained"] = [{"service": "web", "host": "web2", "since": "2026-11-26T02:20:00Z"}]
        seen[host]["report"]["ipvs"]["services"][0]["destinations"][1]["weight"] = 0
    assert [(one["state"], one["why"]) for one in pool(model, seen)] == [
        ("up", None),
        ("drained", "drain.yml, 2026-11-26T02:20:00Z"),
    ]
    assert status(model, seen)["deviations"] == []


def test_a_drain_that_one_director_did_not_hear_of(model: Tree, seen: Tree) -> None:
    seen["d1"]["report"]["drained"] = [{"service": "web", "host": "web2", "since": "2026-11-26T02:20:00Z"}]
    seen["d1"]["report"]["ipvs"]["services"][0]["destinations"][1]["weight"] = 0
    assert status(model, seen)["deviations"] == ["tables_differ"]


def test_drained_by_the_operator(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["real_servers"][1]["drained"] = True
        seen[host]["report"]["ipvs"]["services"][0]["destinations"][1]["weight"] = 0
    assert [(one["state"], one["why"]) for one in pool(model, seen)] == [
        ("up", None),
        ("drained", "lvs_state or lvs_drained_services of web2"),
    ]


def test_drift_and_what_is_missing(model: Tree, seen: Tree) -> None:
    table = seen["d1"]["report"]["ipvs"]["services"][0]["destinations"]
    table[0]["weight"] = 5
    del table[1]
    assert [(one["state"], one["why"]) for one in pool(model, seen)] == [
        ("drift", "weight 5 instead of 1"),
        ("missing", "not in the table"),
    ]


def test_the_table_is_the_holders(model: Tree, seen: Tree) -> None:
    seen = healthy.observations(model, holder="d2")
    assert status(model, seen)["clusters"]["default"]["services"][0]["table_of"] == "d2"


def test_transitions_of_all_directors_the_newest_first(model: Tree, seen: Tree) -> None:
    log(seen, "d1", (300, "BACKUP"), (10, "MASTER"))
    log(seen, "d2", (200, "MASTER"))
    found = status(model, seen)["clusters"]["default"]["transitions"]
    assert [(one["host"], one["state"]) for one in found] == [("d1", "MASTER"), ("d2", "MASTER"), ("d1", "BACKUP")]


def test_a_real_server_of_several_ports_has_no_port_of_its_own() -> None:
    web = "lvs_virtual_services.web"
    ports = {web + ".ports": [80, 8080], web + ".together": True, "lvs_nginx_sites.www.ports": [80, 8080]}
    together: Tree = model_of(with_changes(ports))
    text = screen(status(together, {}))
    assert "tcp 198.51.100.200:80,8080" in text
    assert "198.51.100.102 " in text
    assert ":0" not in text.partition("service ")[2].partition("transitions")[0]


def test_nothing_was_seen_at_all(model: Tree) -> None:
    lost: Tree = {host: {"status": "unreachable", "message": "gone"} for host in model["hosts"]}
    for observations in ({}, lost, {"web1": lost["web1"]}):
        found = status(model, observations)
        json.dumps(found)
        text = screen(found)
        assert "on NO director that was seen" in text
        assert "no director's table was seen" in text


def test_every_part_may_be_broken(model: Tree) -> None:
    for part in healthy.observations(model)["d1"]["report"]:
        seen = healthy.observations(model)
        for host in seen:
            if part in seen[host]["report"]:
                seen[host]["report"][part] = {"error": "gone"}
        assert screen(status(model, seen)), part


def test_one_screen(model: Tree, seen: Tree) -> None:
    text = screen(status(model, seen), width=100)
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 130
    assert text.splitlines()[0] == (
        "VIP web  198.51.100.200  on d1  since %s (1 h 0 min)" % moment(NOW - 3600)
    ) or text.startswith("VIP web  198.51.100.200  on d1  since %s (1 h)" % moment(NOW - 3600))


def test_ages() -> None:
    assert [age(one) for one in (0, 59, 61, 3600, 93784)] == ["0 s", "59 s", "1 min 1 s", "1 h", "1 d 2 h"]
