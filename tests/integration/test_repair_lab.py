# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A director that loses its IPVS table: the other one serves, and the table comes back without a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.faults import cut, join, other
from lab.stack import DIRECTORS, Stack

# Adverts are due every second: quicker ones a busy machine may miss, and a VIP that moves is another test.
CALM = ("-e", "lvs_failover=tolerant")
OWNERS = {"keepalived": CALM, "static": (*CALM, "-e", "lvs_table_owner=static")}


@pytest.fixture(scope="module", params=OWNERS)
def repaired(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Both directors with the table of one owner; afterwards as the inventory has them."""
    stack.play("site", "-l", "lvs_directors", *OWNERS[request.param])
    stack.settled()
    yield stack
    stack.play("site", "-l", "lvs_directors")
    stack.settled()


def table(stack: Stack, host: str) -> list[str]:
    return sorted(stack.run(host, "ipvsadm -Sn", check=False).splitlines())


def vrrp(stack: Stack, host: str) -> str:
    """The daemon, how often systemd started it, and its VRRP process."""
    show = "systemctl show -p MainPID -p NRestarts keepalived.service; ps -eo pid=,comm= | grep 'keepalived_vrrp$'"
    return stack.run(host, show)


def test_the_other_director_serves_and_the_table_comes_back(repaired: Stack) -> None:
    stack = repaired
    old = stack.settled()
    before, daemon = table(stack, old), vrrp(stack, old)
    client = stack.lab.probe.until_told()
    try:
        stack.run(old, "ipvsadm -C")
        stack.wait("the VIP on the other director", lambda: stack.holders() == [other(old)])
        stack.wait("the table", lambda: table(stack, old) == before)
        outcome = client.end()
    finally:
        stack.settled()
    assert [record for record in outcome.late if not record["ok"]] == []
    assert vrrp(stack, old) == daemon
    # It can take over again.
    stack.run(other(old), "systemctl stop keepalived.service")
    try:
        stack.wait("the VIP where it was", lambda: stack.holders() == [old])
        assert all(record["ok"] for record in stack.lab.probe.until_told().end().records)
    finally:
        stack.run(other(old), "systemctl start keepalived.service")
        stack.settled()


def test_the_last_director_serves_again(repaired: Stack) -> None:
    stack = repaired
    last = stack.settled()
    before = table(stack, last)
    cut(stack, other(last))
    try:
        # The last one hears nobody, and nobody hears it.
        peer = "ip neighbour show | grep -E '^198.51.100.10[01] ' | grep -E 'FAILED|INCOMPLETE'"
        stack.wait("the other director gone", lambda: bool(stack.run(last, peer, check=False)))
        client = stack.lab.probe.until_told()
        stack.run(last, "ipvsadm -C")
        stack.wait("VIP and table", lambda: stack.holders([last]) == [last] and table(stack, last) == before)
        outcome = client.end()
    finally:
        join(stack, other(last))
        stack.settled()
    assert [record for record in outcome.late if not record["ok"]] == []


def test_a_request_without_a_loss_restarts_nothing(repaired: Stack) -> None:
    """Root takes no word from the user of the scripts, and looks at the table itself."""
    stack = repaired
    checker = "ps -eo pid=,comm= | grep 'keepalived_lvs$' || true"  # none with a static table
    ended = "systemctl show -p ExecMainExitTimestampMonotonic vipstack-lvs-repair.service"
    for host in DIRECTORS:
        before, last = stack.run(host, checker), stack.run(host, ended)
        # The file is root's now: the user of the scripts has to ask all the same when a table is lost after this.
        stack.run(host, "cd /var/log/vipstack-lvs; rm -f table-incomplete; : > table-incomplete")
        stack.wait("the unit's run", lambda host=host, last=last: stack.run(host, ended) != last)  # type: ignore[misc]
        assert stack.run(host, checker) == before
