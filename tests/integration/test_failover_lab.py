# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each fault costs a client that asks every 20 ms through the VIP. Figures go to build/failover.json."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flows
import pytest
from variants import VARIANTS, arguments

from lab.probe import Outcome
from lab.stack import ADDRESSES, DIRECTORS, REAL_SERVERS, ROOT, Stack

FIGURES = ROOT / "build" / "failover.json"
SCRIPTS = 5.0  # seconds for two runs of a check script on each director
LEAD = 1.5  # seconds that the client asks before the fault
_ENTERING = re.compile(r"Entering (MASTER|BACKUP|FAULT|STOP) STATE")
Figures = dict[str, Any]
pytestmark = pytest.mark.usefixtures("restored")


@pytest.fixture(scope="module")
def restored(stack: Stack) -> Iterator[None]:
    """Whatever these tests leave, the lab goes back to its inventory.

    A director forgets an ended connection after two seconds here, not after two minutes: a client's port that comes
    round again must not meet what the variant before this one picked.
    """
    stack.forget(ended=2)
    yield
    stack.forget()
    stack.play("site", "-l", "lvs_directors")
    stack.settled()


class Shape:
    """The variant that the directors have now; another is converged only when a test asks for it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.now = "balanced"  # the lab's own inventory: every file of tests begins with it

    def __call__(self, variant: str) -> Stack:
        if self.now != variant:
            self.stack.settled()  # what the last test mended is at rest
            self.stack.play("site", "-l", "lvs_directors", *arguments(variant))
            self.now = variant
            self.stack.settled()
            if "lvs_nginx_on_directors" in VARIANTS[variant]:
                time.sleep(SCRIPTS)  # the check scripts ask Nginx now, and have had their say
        self.stack.settled()
        return self.stack


@pytest.fixture(scope="module")
def shape(stack: Stack) -> Shape:
    return Shape(stack)


# -- what is measured


def write(name: str, figures: Figures) -> None:
    FIGURES.parent.mkdir(exist_ok=True)
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps({**known, name: figures}, indent=2, sort_keys=True) + "\n")


def measured(
    stack: Stack, name: str, fault: Callable[[str], object], mend: Callable[[str], object], seconds: float = 8
) -> Figures:
    """The client's view of a fault of the master, with one holder at its end; the fault is mended afterwards."""
    before = stack.holder()
    scheduler = scheduler_of(stack, before)
    client = stack.lab.probe.start(seconds)
    time.sleep(LEAD)
    try:
        fault(before)
        outcome = client.result()
        after = stack.holders()
    finally:
        mend(before)
    figures = {**outcome.summary, "master_before": before, "master_after": ", ".join(after), "scheduler": scheduler}
    write(name, figures)
    assert len(after) == 1, f"the VIP is on {after} {seconds - LEAD:g} s after the fault"
    return figures


def scheduler_of(stack: Stack, host: str) -> str:
    """What the kernel there picks real servers by: a figure is one of that scheduler."""
    found = re.search(r"-s (\w+)", stack.run(host, "ipvsadm -Sn"))
    assert found
    return found[1]


def transitions(stack: Stack) -> list[str]:
    """Every entry into a VRRP state in the directors' journals, the earliest first."""
    read = "journalctl -u keepalived.service -o short-iso --no-pager"
    lines = [line for name in DIRECTORS for line in stack.run(name, read).splitlines() if _ENTERING.search(line)]
    return sorted(lines)


def since(stack: Stack, before: list[str]) -> list[str]:
    """The transitions that were not there before."""
    return [line for line in transitions(stack) if line not in before]


def unit(stack: Stack, verb: str, name: str = "keepalived.service") -> Callable[[str], object]:
    return lambda host: stack.run(host, f"systemctl {verb} {name}")


def nothing(_host: str) -> None:
    """There is nothing to mend."""


# -- balanced, the default


def test_crash(shape: Shape) -> None:
    stack = shape("balanced")
    figures = measured(stack, "crash", stack.lab.wire.cut, stack.lab.wire.join)
    assert figures["longest_gap_s"] < 0.9
    assert figures["master_after"] != figures["master_before"]


def test_planned_stop(shape: Shape) -> None:
    """The old one forwards what still comes to it, and the new one goes on with what it did not begin."""
    stack = shape("balanced")
    figures = measured(stack, "planned_stop", unit(stack, "stop"), unit(stack, "start"), 6)
    assert figures["longest_gap_s"] < 0.15
    assert figures["failed"] == 0
    assert figures["master_after"] != figures["master_before"]


def test_return_without_preemption(shape: Shape) -> None:
    """The old master comes back as backup and stays it."""
    stack = shape("balanced")
    old = stack.holder()
    stack.run(old, "systemctl stop keepalived.service")
    now = stack.holder()
    figures = measured(stack, "return_without_preempt", lambda _now: unit(stack, "start")(old), nothing, 6)
    assert figures["master_after"] == now != old
    assert figures["failed"] == 0


def test_real_server_nginx_stopped(shape: Shape) -> None:
    """The checks take a dead Nginx out; from then on no request fails."""
    stack = shape("balanced")
    holder = stack.holder()
    client = stack.lab.probe.start(8)
    begin = time.monotonic()
    time.sleep(LEAD)
    try:
        # It ends when its last connection does, and those that a crash before this one left may take a while.
        stack.run("web1", "systemctl stop --no-block nginx.service")
        took = stack.wait("web1 with weight 0", lambda: stack.weights(holder)["web1"] == 0, 10)
        out_at = time.monotonic() - begin
        outcome: Outcome = client.result()
        after = stack.holders()
    finally:
        stack.run("web1", "systemctl start nginx.service")
    late = [record for record in outcome.records if record["t"] > out_at + 0.1]
    figures = {
        **outcome.summary,
        "out_after_s": round(took, 3),
        "failed_after_out": sum(not record["ok"] for record in late),
        "requests_after_out": len(late),
        "master_before": holder,
        "master_after": ", ".join(after),
        "scheduler": scheduler_of(stack, holder),
    }
    write("real_server_nginx_stopped", figures)
    assert took < 3
    assert len(late) > 50
    assert figures["failed_after_out"] == 0
    assert {record["server"] for record in late} == {"web2"}
    assert after == [holder]


def test_flows_outlive_their_director(shape: Shape) -> None:
    """A download and a session go on when the master stops as planned, and when it crashes."""
    stack = shape("balanced")
    for fault, mend in (
        (unit(stack, "stop"), unit(stack, "start")),
        (stack.lab.wire.cut, stack.lab.wire.join),
    ):
        stack.settled()
        old = stack.holder()
        slow, talk = flows.download(stack.docker, 6), flows.session(stack.docker)
        time.sleep(LEAD)
        try:
            fault(old)
            assert slow.end() == {"status": 200, "bytes": flows.SIZE, "error": None}
            assert talk.end()["error"] is None
            assert stack.holder() != old
        finally:
            mend(old)


def test_keepalived_killed(shape: Shape) -> None:
    """Every process at once, so nobody says goodbye; systemd brings it back."""
    stack = shape("balanced")
    figures = measured(stack, "keepalived_sigkill", unit(stack, "kill --signal=KILL"), nothing)
    assert figures["longest_gap_s"] < 3
    assert stack.run(figures["master_before"], "systemctl is-active keepalived.service").strip() == "active"


def test_both_directors_restart(shape: Shape) -> None:
    stack = shape("balanced")

    def restart(_host: str) -> None:
        threads = [threading.Thread(target=unit(stack, "restart"), args=(name,)) for name in DIRECTORS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    figures = measured(stack, "both_directors_restart", restart, nothing, 10)
    assert figures["longest_gap_s"] < 5


def burn(cpu: int, seconds: float) -> None:
    os.sched_setaffinity(0, {cpu})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def burn_everywhere(seconds: float) -> None:
    """Keep every CPU busy: one session, with the weight that the guest's session has (lab/uml.py)."""
    os.setsid()
    os.nice(-10)
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path("/proc/self/autogroup").write_text("-10", encoding="ascii")
    workers = [multiprocessing.Process(target=burn, args=(cpu, seconds)) for cpu in os.sched_getaffinity(0)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def load_without_failover(stack: Stack, seconds: float, name: str) -> None:
    before = transitions(stack)
    load = multiprocessing.Process(target=burn_everywhere, args=(seconds,))
    load.start()
    try:
        figures = stack.lab.probe.start(seconds).result().summary
    finally:
        load.join(seconds + 30)
    moved = since(stack, before)
    write(name, {**figures, "transitions": len(moved)})
    assert not moved


@pytest.mark.alone
def test_a_busy_machine_is_no_failover(shape: Shape) -> None:
    load_without_failover(shape("balanced"), 60, "busy_machine")


@pytest.mark.long
def test_a_machine_busy_for_ten_minutes_is_no_failover(shape: Shape) -> None:
    load_without_failover(shape("balanced"), 600, "busy_machine_10_min")


def test_reloads_under_load(shape: Shape, tmp_path: Path) -> None:
    """Three edits by site.yml and twenty reloads of each daemon: no request fails, the VIP stays where it is."""
    stack = shape("balanced")
    before, held = transitions(stack), stack.holder()
    answers: list[Outcome] = []
    work_is_done = threading.Event()

    def clients() -> None:
        while sum(len(one.records) for one in answers) < 10_000 or not work_is_done.is_set():
            answers.append(stack.lab.probe.start(10, every_ms=10, timeout=3).result())

    crowd = threading.Thread(target=clients)
    crowd.start()
    edits: tuple[dict[str, Any], ...] = (
        {"lvs_virtual_services": {"web": {"vip": "web", "ports": [80, 8080]}}},
        {"lvs_virtual_services": {"web": {"vip": "web", "ports": [80], "scheduler": "wlc"}}},
        {},
    )
    try:
        for number, edit in enumerate(edits):
            changes = tmp_path / f"edit{number}.json"
            changes.write_text(json.dumps(edit))
            play = stack.play("site", "-l", "lvs_directors", "-e", f"@{changes}")
            assert play.total("changed") > 0, "the edit changed nothing"
        for host in (*DIRECTORS, *REAL_SERVERS):
            daemon = "keepalived" if host in DIRECTORS else "nginx"
            stack.run(host, f"for turn in $(seq 20); do systemctl reload {daemon}.service && sleep 0.2 || exit; done")
    finally:
        work_is_done.set()
        crowd.join(600)
    failed = [record for one in answers for record in one.records if not record["ok"]]
    moved = since(stack, before)
    figures = {
        "requests": sum(len(one.records) for one in answers),
        "failed": len(failed),
        "edits": len(edits),
        "reloads": 20 * 4,
        "transitions": len(moved),
    }
    write("reload_under_load", figures)
    assert not failed, failed[:5]
    assert figures["requests"] >= 10_000
    assert not moved
    assert stack.holder() == held


# -- preemption


def test_return(shape: Shape) -> None:
    """The preferred director comes back and takes the VIP while the other still holds it."""
    stack = shape("preempt")
    stack.wait("d1 as master", lambda: stack.holders() == ["d1"])
    stack.run("d1", "systemctl stop keepalived.service")
    stack.wait("d2 as master", lambda: stack.holders() == ["d2"])
    figures = measured(stack, "return", lambda _d2: stack.run("d1", "systemctl start keepalived.service"), nothing)
    assert figures["master_after"] == "d1"
    assert figures["longest_gap_s"] < 0.15
    assert figures["failed"] == 0


# -- fast and tolerant


def freeze(stack: Stack, host: str, seconds: float) -> None:
    """Keepalived of the host stands still as in a virtual machine that is moved."""
    stack.run(
        host,
        "systemctl kill --signal=STOP keepalived.service; "
        f"sleep {seconds}; systemctl kill --signal=CONT keepalived.service",
    )


def test_crash_with_the_fast_profile(shape: Shape) -> None:
    stack = shape("fast")
    figures = measured(stack, "crash_fast", stack.lab.wire.cut, stack.lab.wire.join)
    assert figures["longest_gap_s"] < 0.45


def test_a_freeze_with_the_fast_profile_ends_with_one_holder(shape: Shape) -> None:
    """The other takes over; the frozen one wakes, both hold the VIP for a moment, and one gives in."""
    stack = shape("fast")
    before = stack.holder()
    client = stack.lab.probe.start(8)
    time.sleep(LEAD)
    freeze(stack, before, 1.5)
    twice = stack.wait("one holder", lambda: len(stack.holders()) == 1, 10)
    outcome = client.result()
    after = stack.holder()
    arp = stack.answers_arp()
    late = [record for record in outcome.records if record["t"] > outcome.seconds - 3]
    write("freeze_fast", {**outcome.summary, "held_twice_s": round(twice, 3), "master_before": before,
                          "master_after": after})  # fmt: skip
    assert twice < 1
    assert arp == {after}
    assert late
    assert all(record["ok"] for record in late)
    client_sees = stack.run("client", "ip neighbour show 198.51.100.200")
    assert f"02:00:c6:33:64:{int(ADDRESSES[after].rpartition('.')[2]):02x}" in client_sees


def test_a_freeze_with_the_tolerant_profile_is_no_failover(shape: Shape) -> None:
    stack = shape("tolerant")
    before, held = transitions(stack), stack.holder()
    client = stack.lab.probe.start(6)
    time.sleep(LEAD)
    freeze(stack, held, 1.5)
    summary = client.result().summary
    moved = since(stack, before)
    write("freeze_tolerant", {**summary, "transitions": len(moved)})
    assert not moved
    assert summary["failed"] == 0
    assert stack.holders() == [held]


# -- the reference deployment: VRRP version 2, adverts of one second, a check script that takes 20 off


def test_crash_of_the_reference(shape: Shape) -> None:
    stack = shape("reference")
    stack.wait("d1 as master", lambda: stack.holders() == ["d1"])
    figures = measured(stack, "reference_crash", stack.lab.wire.cut, stack.lab.wire.join, 10)
    assert 2.5 < figures["longest_gap_s"] < 4.2, "three adverts of a second less what had passed, and the skew"


def last_transition(stack: Stack, since_then: float) -> float:
    """When the directors' last transition since then was, by the clock that all hosts of the lab share."""
    read = f"journalctl -u keepalived.service -o short-unix --no-pager --since=@{since_then:.6f}"
    lines = [line for name in DIRECTORS for line in stack.run(name, read).splitlines() if _ENTERING.search(line)]
    return max(float(line.split()[0]) for line in lines)


def moved_by_the_check_script(stack: Stack, name: str, fault: str, mend: str) -> Figures:
    """Nginx of the master has a fault; the figures, with the time until the other director alone is the master."""
    before = stack.holder()
    other = next(host for host in DIRECTORS if host != before)
    client = stack.lab.probe.start(12)
    time.sleep(LEAD)
    try:
        begin = float(stack.run(before, f"date +%s.%N; {fault}"))
        stack.wait("the VIP on the other alone", lambda: stack.holders() == [other], 10)
        figures = {**client.result().summary, "moved_after_s": round(last_transition(stack, begin) - begin, 3),
                   "master_before": before, "master_after": ", ".join(stack.holders())}  # fmt: skip
    finally:
        stack.run(before, mend)
    write(name, figures)
    assert figures["master_after"] == other
    return figures


def test_the_check_script_sees_a_stopped_nginx(shape: Shape) -> None:
    """The check is due within 2 s and takes 20 off the priority; then the others' adverts have to be missed."""
    stack = shape("reference")
    stack.wait("d1 as master", lambda: stack.holders() == ["d1"])
    stop, start = "systemctl stop nginx.service", "systemctl start nginx.service"
    figures = moved_by_the_check_script(stack, "director_nginx_down", stop, start)
    stack.wait("d1 as master again", lambda: stack.holders() == ["d1"], 20)
    assert figures["moved_after_s"] < 7
    assert figures["longest_gap_s"] < 1


def test_the_check_script_sees_an_nginx_that_lives_but_does_not_answer(shape: Shape) -> None:
    """Its processes stand still: alive for systemd, dead for whoever asks. Weight 0: the failure is a fault."""
    kill = "systemctl kill --signal=%s nginx.service"
    figures = moved_by_the_check_script(shape("sorry"), "check_script_fails", kill % "STOP", kill % "CONT")
    assert figures["moved_after_s"] < 6
    assert figures["longest_gap_s"] < 1
