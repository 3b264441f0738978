# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes while a client sends a hundred requests a second, and a machine that is busy with other work."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.probe import Record
from lab.stack import DIRECTORS, REAL_SERVERS
from lab.state import LabError
from lab.variants import VARIANTS, Variants

_EDITS: tuple[dict[str, Any], ...] = (
    {
        "lvs_virtual_services": {"web": {"vip": "web", "ports": [80, 8080]}},
        "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app_servers", "ports": [80, 8080]}},
    },
    {"lvs_virtual_services": {"web": {"vip": "web", "ports": [80], "scheduler": "wlc"}}},
    {},
)


def edits_and_reloads(
    variants: Variants, edits: int, reloads: int, timeout: float, requests: int = 0
) -> tuple[list[Record], int]:
    """Edits by site.yml and reloads of each daemon, so many; the requests that failed meanwhile, and of how many.

    A request that failed says `during` which change it began; the client's own start, part of a second, is in that. The
    last edit is none: the directors are as their variant has them. The client asks until all is done, and until it has
    made `requests`. Raises LabError where an edit changes nothing.
    """
    stack, failed = variants.stack, list[Record]()
    asked, steps = 0, [(0.0, "nothing")]
    is_done = threading.Event()

    def clients() -> None:
        nonlocal asked
        while asked < requests or not is_done.is_set():
            begin = time.monotonic()
            outcome = stack.lab.probe.start(10, every_ms=10, timeout=timeout).result()
            asked += len(outcome.records)
            for record in outcome.failed:
                failed.append({**record, "during": step_at(steps, begin + record["t"])})

    with ThreadPoolExecutor(1) as pool:
        crowd = pool.submit(clients)
        try:
            for step in _changes(variants, edits, reloads):
                steps.append((time.monotonic(), step))
        finally:
            is_done.set()
        crowd.result()  # a client that was lost on the way is an error
    return failed, asked


def step_at(steps: Sequence[tuple[float, str]], moment: float) -> str:
    """What was under way: the last of (begin, name), in their order, that had begun."""
    return [name for begin, name in steps if begin <= moment][-1]


def _changes(variants: Variants, edits: int, reloads: int) -> Iterator[str]:
    """Makes them; says of each what it is before it begins."""
    stack = variants.stack
    for edit in _EDITS[-edits:]:
        yield f"the edit {edit}"
        words = ("-e", json.dumps({**VARIANTS[variants.now], **edit}))
        if not stack.play("site", "-l", "lvs_directors", *words).total("changed"):
            raise LabError(f"the edit changed nothing: {edit}")
    for host in (*DIRECTORS, *REAL_SERVERS):
        daemon = "keepalived" if host in DIRECTORS else "nginx"
        yield f"reloads of {host}"
        reload = f"systemctl reload {daemon}.service"
        stack.run(host, f"for turn in $(seq {reloads}); do {reload} && sleep 0.2 || exit; done")


@contextlib.contextmanager
def busy_machine(seconds: float) -> Iterator[None]:
    """Every CPU is busy for so long: one session, with the weight that the guest's session has (lab/uml.py)."""
    load = multiprocessing.Process(target=_burn_everywhere, args=(seconds,))
    load.start()
    try:
        yield
    finally:
        load.join()


def _burn_everywhere(seconds: float) -> None:
    os.setsid()
    os.nice(-10)
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path("/proc/self/autogroup").write_text("-10", encoding="ascii")
    workers = [multiprocessing.Process(target=_burn, args=(cpu, seconds)) for cpu in os.sched_getaffinity(0)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _burn(cpu: int, seconds: float) -> None:
    os.sched_setaffinity(0, {cpu})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
