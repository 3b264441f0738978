# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover and a dead Nginx while a client asks, and what the client saw: the side effect of the Molecule scenarios.

    python -m lab.failover [--preempt] FILE

FILE gets the two as JSON, each a `Story`. Nothing is judged here but that it came about.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TypedDict

from lab.faults import Action, cut, join, other, systemctl
from lab.lab import Lab
from lab.stack import REAL_SERVERS, Stack
from lab.state import LabError

_STRUCK = "web1"
_ENOUGH = 40  # answers in a row; by chance, all come from one of two servers once in a trillion


class Story(TypedDict):
    """A fault, told by who held the VIP and by the client's requests after it."""

    before: str  # the director that held the VIP
    afterwards: str  # that holds it when the fault is mended
    answers_arp: list[str]  # hosts that answer for the VIP during the fault
    failed_late: list[object]  # requests that were asked after the service went on, and failed
    served_late: list[str]  # real servers that answered those


def pull_the_cable(stack: Stack, preempt: bool) -> Story:
    """The master loses its carrier, the backup takes over, and the old master comes back: with preemption as master."""
    before = stack.settled()
    after = other(before)
    return _story(stack, (before, after, before if preempt else after), cut, join, before)


def stop_nginx(stack: Stack) -> Story:
    """A real server's Nginx stops, the other answers, and it starts again."""
    holder = stack.settled()
    stop, start = systemctl("stop --no-block", "nginx.service"), systemctl("start", "nginx.service")
    return _story(stack, (holder, holder, holder), stop, start, _STRUCK)


def _story(stack: Stack, holders: tuple[str, str, str], strike: Action, mend: Action, host: str) -> Story:
    """``holders``: who holds the VIP before the fault, who is waited for during it, and after it."""
    before, during, afterwards = holders
    client = stack.lab.probe.until_told()
    try:
        strike(stack, host)
        stack.wait(f"an answer through {during}", lambda: _serves(stack, during, set(REAL_SERVERS) - {host}))
        outcome = client.end()
        answers = stack.answers_arp()
    finally:
        mend(stack, host)
    stack.wait(f"the VIP on {afterwards}", lambda: stack.is_settled() and stack.holders() == [afterwards])
    return Story(
        before=before,
        afterwards=stack.settled(),
        answers_arp=sorted(answers),
        failed_late=[record for record in outcome.late if not record["ok"]],
        served_late=sorted({record["server"] for record in outcome.late if record["ok"]}),
    )


def _serves(stack: Stack, director: str, servers: set[str]) -> bool:
    """Whether that director answers for the VIP, and requests through it succeed, by these real servers."""
    if stack.answers_arp() != {director}:
        return False
    records = stack.lab.probe.load(_ENOUGH).records
    return all(record["ok"] for record in records) and {record["server"] for record in records} == servers


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.failover", description="Two faults, and what a client sees of them.")
    parser.add_argument("--preempt", action="store_true", help="the old master takes the VIP back")
    parser.add_argument("file", type=Path, help="gets what was seen, as JSON")
    arguments = parser.parse_args()
    stack = Stack(Lab())
    try:
        stories = {"cable": pull_the_cable(stack, arguments.preempt), "nginx": stop_nginx(stack)}
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    arguments.file.write_text(json.dumps(stories, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
