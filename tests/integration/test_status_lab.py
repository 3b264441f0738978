# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status.yml against a converged lab: what it says is what other tools say, also while things are broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from live_lab import VIP, Answer, backup, holder, playbook, run, settled, until

from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import moment


@pytest.fixture(autouse=True)
def healthy() -> Iterator[None]:
    until("a settled cluster", settled, 60)
    yield
    until("a settled cluster after the repair", settled, 60)


def status(tmp_path: Path, *arguments: str) -> Answer:
    answer = playbook("status", tmp_path / "status.json", *arguments)
    assert answer.status == 0, answer.output
    assert answer.result, answer.output
    assert "changed=1" not in answer.output
    return answer


def vip(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.result["clusters"]["default"]["vips"][0]
    return found


def pool(answer: Answer) -> dict[str, dict[str, Any]]:
    destinations = answer.result["clusters"]["default"]["services"][0]["destinations"]
    return {one["host"]: one for one in destinations}


def test_the_holder_and_the_pool_are_those_that_ip_and_ipvsadm_show(tmp_path: Path) -> None:
    answer = status(tmp_path)
    assert vip(answer)["holders"] == [holder()]
    assert vip(answer)["directors"][holder()]["state"] == "MASTER"
    assert vip(answer)["seconds"] >= 0
    table = run(holder(), "ipvsadm -Sn")
    for one in pool(answer).values():
        assert "-r %s:%d -g -w %d" % (one["address"], one["port"], one["weight"]) in table
        assert one["state"] == "up"
    assert "VIP web  %s  on %s" % (VIP, holder()) in answer.output
    assert answer.seconds < 30


def test_a_planned_switch_has_its_time_and_its_reason(tmp_path: Path) -> None:
    old, new = holder(), backup()
    run(old, "systemctl stop keepalived")
    try:
        until("the switch", lambda: VIP in run(new, "ip -4 -o address show dev eth0"))
        answer = status(tmp_path)
    finally:
        run(old, "systemctl start keepalived")
    found = vip(answer)
    assert found["holders"] == [new]
    assert found["seconds"] < 60
    # The daemon may be gone before its last notify script has written its line.
    assert found["why"] in ("%s stopped its Keepalived" % old, "Keepalived of %s does not run" % old)
    assert found["directors"][old]["state"] == "stopped"
    transitions = answer.result["clusters"]["default"]["transitions"]
    assert (transitions[0]["host"], transitions[0]["state"]) in ((new, "MASTER"), (old, "STOP"))
    masters = [one["epoch"] for one in transitions if (one["host"], one["state"]) == (new, "MASTER")]
    assert abs(masters[0] - found["since"]) < 2
    assert "since %s" % moment(found["since"]) in answer.output
    assert "%s  %s  web  MASTER" % (moment(masters[0]), new) in answer.output
    assert "service_not_running" in answer.result["deviations"]


def test_a_dead_nginx_is_degraded_with_the_reason(tmp_path: Path) -> None:
    run("web1", "systemctl stop nginx")
    try:
        until("the check", lambda: " -w 0" in run(holder(), "ipvsadm -Sn"))
        answer = status(tmp_path)
    finally:
        run("web1", "systemctl start nginx")
    assert (pool(answer)["web1"]["state"], pool(answer)["web1"]["weight"]) == ("degraded", 0)
    assert pool(answer)["web1"]["why"].endswith("Connection refused")
    assert pool(answer)["web2"]["state"] == "up"
    assert "1 of 2 up" in answer.output


def test_both_directors_stopped(tmp_path: Path) -> None:
    for host in (backup(), holder()):
        run(host, "systemctl stop keepalived")
    try:
        answer = status(tmp_path)
    finally:
        for host in ("d1", "d2"):
            run(host, "systemctl start keepalived")
    assert vip(answer)["holders"] == []
    assert "on NO director that was seen" in answer.output
    assert "vip_on_none" in answer.result["deviations"]
