# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the scheduler takes real servers in turn, shares are exact to the request, also when ports are used again."""

from __future__ import annotations

from collections.abc import Iterator

import flows
import pytest

from lab.stack import DIRECTORS, Stack
from lab.variants import Variants

REUSE = "net.ipv4.vs.conn_reuse_mode"


@pytest.fixture(scope="module", autouse=True)
def in_turn(stack: Stack) -> Iterator[None]:
    variants = Variants(stack)
    variants("in_turn")
    yield
    variants("balanced")


@pytest.fixture
def as_the_kernel_has_it(stack: Stack) -> Iterator[None]:
    ours = stack.run(stack.settled(), f"sysctl -n {REUSE}").strip()
    for host in DIRECTORS:
        stack.run(host, f"sysctl -w {REUSE}=1")
    yield
    for host in DIRECTORS:
        stack.run(host, f"sysctl -w {REUSE}={ours}")


def test_the_spread_is_even_to_the_request(stack: Stack) -> None:
    stack.settled()
    seen = stack.lab.probe.load(1000, 2).summary
    assert (seen["failed"], seen["by_server"]) == (0, {"web1": 500, "web2": 500})


def lay(stack: Stack, weights: dict[str, int]) -> None:
    """Write weights into the files that Keepalived watches. It adds them to the 1 of its configuration."""
    for host in DIRECTORS:
        for name, weight in weights.items():
            stack.run(host, f"echo {weight - 1} > /var/lib/vipstack-lvs/weights/web@{name}")


@pytest.mark.parametrize(("weights", "share"), [((1, 9), 30), ((5, 5), 150)])
def test_a_share_is_the_weights(stack: Stack, weights: tuple[int, int], share: int) -> None:
    wanted = dict(zip(("web1", "web2"), weights))
    lay(stack, wanted)
    try:
        stack.wait("the weights", lambda: all(stack.weights(host) == wanted for host in DIRECTORS))
        seen = stack.lab.probe.load(300, 2).summary
    finally:
        lay(stack, {"web1": 1, "web2": 1})
        stack.settled()
    assert seen["failed"] == 0
    assert abs(seen["by_server"]["web1"] - share) <= 1, seen


def test_a_port_that_comes_round_again_is_scheduled_again(stack: Stack) -> None:
    stack.settled()
    servers = flows.from_one_port(stack.docker, 10)
    assert servers in (["web1", "web2"] * 5, ["web2", "web1"] * 5)


@pytest.mark.usefixtures("as_the_kernel_has_it")
def test_by_the_kernels_default_it_is_not(stack: Stack) -> None:
    """The test above would detect it."""
    assert len(set(flows.from_one_port(stack.docker, 10))) == 1
