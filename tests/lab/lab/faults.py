# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that the stack handles. Tests assert what follows each; `make measure` measures its outage."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.stack import DIRECTORS, Stack

_MOVED = re.compile(r"^(\d+\.\d+) .*Entering MASTER STATE", re.MULTILINE)
_ENTERING = re.compile(r"Entering (MASTER|BACKUP|FAULT|STOP) STATE")
Action = Callable[[Stack, str], object]


def other(director: str) -> str:
    return next(name for name in DIRECTORS if name != director)


def systemctl(words: str, unit: str = "keepalived.service") -> Action:
    return lambda stack, host: stack.run(host, f"systemctl {words} {unit}")


def cut(stack: Stack, host: str) -> None:
    stack.lab.wire.cut(host)


def join(stack: Stack, host: str) -> None:
    stack.lab.wire.join(host)


def nothing(_stack: Stack, _host: str) -> None:
    """Nothing has to be repaired."""


def kill(stack: Stack, host: str) -> None:
    """Kill all processes of Keepalived at once, so that none announces it. systemd restarts it."""
    before = _main_pid(stack, host)
    stack.run(host, "systemctl kill --signal=KILL keepalived.service")
    stack.wait("Keepalived to be started again", lambda: _main_pid(stack, host) not in ("0", before))


def _main_pid(stack: Stack, host: str) -> str:
    return stack.run(host, "systemctl show -p MainPID --value keepalived.service").strip()


def restart_both(stack: Stack, _host: str) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: systemctl("restart")(stack, name), DIRECTORS))


def freeze(stack: Stack, host: str) -> None:
    """Freeze Keepalived of the host for 1.5 s, as when a virtual machine migrates."""
    stop, go_on = (f"systemctl kill --signal={signal} keepalived.service" for signal in ("STOP", "CONT"))
    stack.run(host, f"{stop}; sleep 1.5; {go_on}")


def without_its_master(stack: Stack) -> str:
    """The director that was the master, stopped as planned; the other is the master."""
    old = stack.settled()
    stack.run(old, "systemctl stop keepalived.service")
    stack.wait("the VIP on the other", lambda: stack.holders() == [other(old)])
    return old


def preferred(stack: Stack) -> str:
    """The director of the highest priority, which preemption makes the master."""
    stack.wait("d1 as master", lambda: stack.is_settled() and stack.holders() == ["d1"])
    return "d1"


def without_the_preferred(stack: Stack) -> str:
    preferred(stack)
    return without_its_master(stack)


@dataclass(frozen=True)
class Fault:
    """A fault of a director while a client sends requests, and the holder of the VIP after it."""

    variant: str
    strike: Action
    mend: Action = nothing
    prepare: Callable[[Stack], str] = Stack.settled  # names the director that is struck
    then: str = "other"  # holds the VIP: the "other" than before, the "same", or "one" of them
    lossless: bool = False  # no request fails
    returns: bool = False  # the VIP is back when the fault is mended
    seconds: float = 8  # that the client asks, for the figures

    def is_over(self, stack: Stack, before: str) -> bool:
        """Whether the VIP is where it has to be in the end; `before` had it. A director whose cable is cut keeps it."""
        if self.then != "other":
            return stack.is_settled() and (self.then == "one" or stack.holders() == [before])
        seen = stack.looks()
        gone = self.strike is cut or not seen[before].holds
        return gone and seen[other(before)].holds and seen[other(before)].state == "MASTER"


def disable_nginx(stack: Stack, host: str) -> None:
    """Nginx ends, and no restart brings it back."""
    stack.run(host, "systemctl mask --runtime --now nginx.service")


def enable_nginx(stack: Stack, host: str) -> None:
    stack.run(host, "systemctl unmask --runtime nginx.service && systemctl start nginx.service")


_FREEZE_NGINX, _THAW_NGINX = (systemctl(f"kill --signal={signal}", "nginx.service") for signal in ("STOP", "CONT"))
FAULTS = {
    # balanced, the default
    "crash": Fault("balanced", cut, join),
    "planned_stop": Fault("balanced", systemctl("stop"), systemctl("start"), lossless=True, seconds=6),
    "return_without_preempt": Fault(
        "balanced", systemctl("start"), prepare=without_its_master, then="same", lossless=True, seconds=6
    ),
    "keepalived_sigkill": Fault("balanced", kill, then="one"),
    "both_directors_restart": Fault("balanced", restart_both, then="one", seconds=10),
    "return": Fault("preempt", systemctl("start"), prepare=without_the_preferred, lossless=True),
    # The frozen one wakes, both hold the VIP for a moment, and one gives in.
    "freeze_fast": Fault("fast", freeze, then="one"),
    "crash_fast": Fault("fast", cut, join),
    # VRRP version 2, adverts of one second, a check script that restarts Nginx once and takes 20 off
    "reference_crash": Fault("reference", cut, join, preferred, returns=True, seconds=10),
    "director_nginx_down": Fault("reference", disable_nginx, enable_nginx, preferred, returns=True, seconds=12),
    # Its processes are frozen: alive for systemd, but they do not answer. Weight 0: the failure is a fault.
    "check_script_fails": Fault("sorry", _FREEZE_NGINX, _THAW_NGINX, seconds=12),
}
# The outcome depends on the duration, so it is measured and not tested.
TIMED = {"freeze_tolerant": Fault("tolerant", freeze, then="same", seconds=6)}


def transitions(stack: Stack) -> list[str]:
    """Every entry into a VRRP state in the directors' journals, the earliest first."""
    read = "journalctl -u keepalived.service -o short-iso --no-pager"
    lines = [line for name in DIRECTORS for line in stack.run(name, read).splitlines() if _ENTERING.search(line)]
    return sorted(lines)


def now(stack: Stack) -> float:
    """Seconds by the clock that all hosts of the lab share."""
    return float(stack.run("client", "date +%s.%N"))


def moved_at(stack: Stack, since: float) -> float | None:
    """When a director last became the master since then; None where none did."""
    read = f"journalctl -u keepalived.service -o short-unix --no-pager --since=@{since:.6f}"
    times = [float(time) for name in DIRECTORS for time in _MOVED.findall(stack.run(name, read))]
    return max(times, default=None)
