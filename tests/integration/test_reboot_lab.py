# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack after a reboot, without a run of a playbook."""

from __future__ import annotations

from lab.hosts import VIP
from lab.stack import DIRECTORS, REAL_SERVERS, Stack, spread


def as_the_model_says(stack: Stack) -> None:
    """A run changes nothing, and verify reports nothing."""
    again = stack.play("site")
    assert again.total("changed") == 0, again.output
    stack.play("verify")


def test_a_real_server_is_silent_and_serves_after_a_reboot(stack: Stack) -> None:
    stack.lab.containers.reboot("web1")
    for where in ("all", "lo"):
        assert stack.run("web1", f"sysctl -n net.ipv4.conf.{where}.arp_ignore").strip() == "1"
        assert stack.run("web1", f"sysctl -n net.ipv4.conf.{where}.arp_announce").strip() == "2"
    assert f"inet {VIP}/32 " in stack.run("web1", "ip -4 address show dev lo label lo:0")
    holder = stack.settled()
    assert stack.answers_arp() == {holder}
    seen = stack.lab.probe.load(100, 2).summary
    assert seen["failed"] == 0
    assert spread(seen["by_server"], REAL_SERVERS), seen
    as_the_model_says(stack)


def test_a_director_comes_back_as_backup_after_a_reboot(stack: Stack) -> None:
    old = stack.settled()
    new = next(name for name in DIRECTORS if name != old)
    stack.lab.containers.reboot(old)
    assert stack.settled() == new
    assert stack.lab.probe.load(100, 2).summary["failed"] == 0
    as_the_model_says(stack)
