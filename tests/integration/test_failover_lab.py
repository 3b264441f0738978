# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows each fault, for a client that sends requests to the VIP. `make measure` measures the outages."""

from __future__ import annotations

from collections.abc import Iterator

import flows
import pytest

from lab.faults import FAULTS, cut, disable_nginx, enable_nginx, join, other, preferred, systemctl, transitions
from lab.hosts import BY_NAME, VIP
from lab.load import edits_and_reloads
from lab.stack import Stack
from lab.variants import Variants


@pytest.fixture(scope="module")
def variant(stack: Stack) -> Iterator[Variants]:
    """After these tests, the directors match the inventory again.

    A director forgets an ended connection after two seconds here, not after two minutes: a client's port that comes
    round again must not meet what the variant before this one picked.
    """
    stack.forget(ended=2)
    variants = Variants(stack)
    yield variants
    stack.forget()
    variants.converged()


@pytest.mark.parametrize("name", FAULTS)
def test_the_service_goes_on_after(name: str, variant: Variants) -> None:
    """The right director alone holds the VIP, and all later requests succeed."""
    fault = FAULTS[name]
    stack = variant(fault.variant)
    struck = fault.prepare(stack)
    before = stack.holder()
    client = stack.lab.probe.until_told()
    try:
        fault.strike(stack, struck)
        stack.wait(f"the end of {name}", lambda: fault.is_over(stack, before))
        outcome = client.end()
        answers = stack.answers_arp()
    finally:
        fault.mend(stack, struck)
    after = other(before) if fault.then == "other" else before if fault.then == "same" else stack.holder()
    assert [record for record in outcome.late if not record["ok"]] == []
    assert {record["server"] for record in outcome.late} == {"web1", "web2"}
    assert answers == {after}
    assert BY_NAME[after].mac in stack.run("client", f"ip neighbour show {VIP}")
    if fault.lossless:
        assert outcome.failed == []
    settled = stack.settled()
    if fault.returns:
        stack.wait("the VIP where it was", lambda: stack.is_settled() and stack.holders() == [before])
    else:
        assert settled == after


def test_a_dead_nginx_gets_no_requests(variant: Variants) -> None:
    """The checks take it out; from then on no request fails, and no VIP moves."""
    stack = variant("tolerant")
    holder, before = stack.settled(), transitions(stack)
    client = stack.lab.probe.until_told()
    try:
        # It ends when its last connection does, and those that a crash before this one left may take a while.
        stack.run("web1", "systemctl stop --no-block nginx.service")
        stack.wait("web1 with weight 0", lambda: stack.weights(holder)["web1"] == 0)
        outcome = client.end()
    finally:
        stack.run("web1", "systemctl start nginx.service")
    assert [record for record in outcome.late if not record["ok"]] == []
    assert {record["server"] for record in outcome.late} == {"web2"}
    assert stack.settled() == holder
    assert transitions(stack) == before


def test_the_check_script_restarts_nginx_of_a_director_once(variant: Variants) -> None:
    """The VIP leaves while Nginx is away. A failure that a restart does not mend gets no second one."""
    stack = variant("reference")
    told, mark = "journalctl -q -t lvs-check -o cat --no-pager | wc -l", "/var/log/vipstack-lvs/nginx-restart-tried"
    preferred(stack)
    before = int(stack.run("d1", told))
    stack.run("d1", "systemctl stop nginx.service")
    stack.wait("Nginx of d1", lambda: stack.run("d1", "systemctl is-active nginx.service || true") == "active\n")
    stack.wait("its answer", lambda: stack.run("d1", f"ls {mark} 2> /dev/null || true") == "")
    preferred(stack)
    assert int(stack.run("d1", told)) == before + 1
    disable_nginx(stack, "d1")
    try:
        stack.wait("the VIP on d2", lambda: stack.is_settled() and stack.holders() == ["d2"])
        look = "runuser -u keepalived_script /usr/libexec/keepalived/lvs-check 2>&1 || echo status $?"
        assert stack.run("d1", look) == "Nginx does not answer on port 80\nstatus 1\n"
        assert int(stack.run("d1", told)) == before + 2
    finally:
        enable_nginx(stack, "d1")
    preferred(stack)
    assert stack.run("d1", f"ls {mark} 2> /dev/null || true") == ""


@pytest.mark.parametrize(
    ("fault", "mend"), [(systemctl("stop"), systemctl("start")), (cut, join)], ids=["planned stop", "crash"]
)
def test_flows_outlive_their_director(fault: object, mend: object, variant: Variants) -> None:
    """A download and a session go on when the master stops as planned, and when it crashes."""
    assert callable(fault)
    assert callable(mend)
    stack = variant("balanced")
    old = stack.settled()
    slow, talk = flows.download(stack.docker, 6), flows.session(stack.docker)
    try:
        fault(stack, old)
        assert slow.end() == {"status": 200, "bytes": flows.SIZE, "error": None}
        assert talk.end()["error"] is None
        assert stack.looks([other(old)])[other(old)].holds
    finally:
        mend(stack, old)
    stack.settled()


def test_edits_and_reloads_under_load(variant: Variants) -> None:
    """No request fails and the VIP stays. Adverts are due every second: quicker ones a busy machine may miss."""
    stack = variant("tolerant")
    before, held = transitions(stack), stack.settled()
    failed, requests = edits_and_reloads(variant, edits=2, reloads=5, timeout=20)
    assert failed == []
    assert requests >= 1000, "it asked all the while"
    assert transitions(stack) == before
    assert stack.settled() == held
