# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status.yml against a converged lab reports what other tools report, also during faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import moment
from lab.hosts import VIP
from lab.stack import DIRECTORS, Play, Stack


@pytest.fixture(autouse=True)
def healthy(stack: Stack) -> Iterator[None]:
    stack.settled()
    yield
    stack.settled()


def status(stack: Stack, tmp_path: Path, *arguments: str) -> Play:
    answer = stack.play("status", *arguments, writes=tmp_path / "status.json")
    assert answer.result, answer.output
    assert "changed=1" not in answer.output
    return answer


def masters_of(stack: Stack, host: str) -> int:
    """How often this director has written down that it became the master."""
    return int(stack.run(host, "grep -c ' master$' /var/log/vipstack-lvs/transitions.log || true"))


def vip(answer: Play) -> dict[str, Any]:
    found: dict[str, Any] = answer.result["clusters"]["default"]["vips"][0]
    return found


def pool(answer: Play) -> dict[str, dict[str, Any]]:
    destinations = answer.result["clusters"]["default"]["services"][0]["destinations"]
    return {one["host"]: one for one in destinations}


def test_the_holder_and_the_pool_are_those_that_ip_and_ipvsadm_show(stack: Stack, tmp_path: Path) -> None:
    answer = status(stack, tmp_path)
    assert vip(answer)["holders"] == [stack.holder()]
    assert vip(answer)["directors"][stack.holder()]["state"] == "MASTER"
    assert vip(answer)["seconds"] >= 0
    table = stack.run(stack.holder(), "ipvsadm -Sn")
    for one in pool(answer).values():
        assert "-r %s:%d -g -w %d" % (one["address"], one["port"], one["weight"]) in table
        assert one["state"] == "up"
    assert "VIP web  %s  on %s" % (VIP, stack.holder()) in answer.output


def test_a_planned_switch_has_its_time_and_its_reason(stack: Stack, tmp_path: Path) -> None:
    old, new = stack.holder(), stack.backup()
    written = masters_of(stack, new)
    begin = int(stack.run(old, "date +%s; systemctl stop keepalived"))
    try:
        stack.wait("the switch, written down", lambda: masters_of(stack, new) == written + 1)
        answer = status(stack, tmp_path)
    finally:
        stack.run(old, "systemctl start keepalived")
    found = vip(answer)
    assert found["holders"] == [new]
    assert found["since"] >= begin
    assert found["seconds"] >= 0
    # The daemon may be gone before its last notify script has written its line.
    assert found["why"] in ("%s stopped its Keepalived" % old, "Keepalived of %s does not run" % old)
    assert found["directors"][old]["state"] == "stopped"
    transitions = answer.result["clusters"]["default"]["transitions"]
    assert (transitions[0]["host"], transitions[0]["state"]) in ((new, "MASTER"), (old, "STOP"))
    masters = [one["epoch"] for one in transitions if (one["host"], one["state"]) == (new, "MASTER")]
    # Keepalived enters the state, then its notify script writes a line, in whole seconds.
    assert begin <= int(found["since"]) <= masters[0]
    assert "since %s" % moment(found["since"]) in answer.output
    assert "%s  %s  web  MASTER" % (moment(masters[0]), new) in answer.output
    assert "service_not_running" in answer.result["deviations"]


def test_a_dead_nginx_is_degraded_with_the_reason(stack: Stack, tmp_path: Path) -> None:
    stack.run("web1", "systemctl stop nginx")
    try:
        stack.wait("the check", lambda: all(stack.weights(host)["web1"] == 0 for host in DIRECTORS))
        answer = status(stack, tmp_path)
    finally:
        stack.run("web1", "systemctl start nginx")
    assert (pool(answer)["web1"]["state"], pool(answer)["web1"]["weight"]) == ("degraded", 0)
    assert pool(answer)["web1"]["why"].endswith("Connection refused")
    assert pool(answer)["web2"]["state"] == "up"
    assert "1 of 2 up" in answer.output


def test_both_directors_stopped(stack: Stack, tmp_path: Path) -> None:
    for host in (stack.backup(), stack.holder()):
        stack.run(host, "systemctl stop keepalived")
    try:
        answer = status(stack, tmp_path)
    finally:
        for host in DIRECTORS:
            stack.run(host, "systemctl start keepalived")
    assert vip(answer)["holders"] == []
    assert "on NO director that was seen" in answer.output
    assert "vip_on_none" in answer.result["deviations"]
