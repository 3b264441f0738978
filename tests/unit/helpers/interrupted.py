# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of ansible-playbook that is interrupted as ^C does, and what is left of its processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 300.0  # of a machine on which much else runs


def until(true: Callable[[], Any], what: str) -> None:
    """Waits for an event; it is an error where it does not come."""
    deadline = time.monotonic() + _SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Interrupted:
    """Runs from the beginning; `interrupt` at the event, then `end`."""

    def __init__(self, inventory: Path, *words: str, settings: Mapping[str, str] | None = None) -> None:
        self._mark = uuid.uuid4().hex
        env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        env.update(ANSIBLE_NOCOLOR="1", MARK_OF_THIS_RUN=self._mark, **(settings or {}))
        command = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", str(inventory), *words]
        self._output = inventory.with_name("interrupted.log")
        with self._output.open("wb") as said:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )

    def until(self, true: Callable[[], Any]) -> None:
        """Waits for an event of the run."""
        until(lambda: true() or self._process.poll() is not None, "the event did not come: " + self._said())
        assert true(), self._said()

    def interrupt(self) -> None:
        """A terminal sends the signal to the processes in its foreground."""
        os.killpg(self._process.pid, signal.SIGINT)

    def end(self) -> int:
        """The exit status, when the run and every process that it started have ended."""
        status = self._process.wait(_SECONDS)
        until(lambda: not self.processes(), "processes are left: %s" % self.processes())
        return status

    def processes(self) -> list[str]:
        """The command lines of all processes of the run, also those in sessions of their own."""
        return [text.replace("\0", " ") for text in self._of_each("cmdline")]

    def keeps_waiting(self) -> bool:
        """Whether a process has got the signal and does not take it yet."""
        pending = [re.search(r"^ShdPnd:\s*(\w+)$", text, re.MULTILINE) for text in self._of_each("status")]
        return any(one and int(one[1], 16) >> (signal.SIGINT - 1) & 1 for one in pending)

    def _of_each(self, name: str) -> Iterator[str]:
        """What a file of /proc says of each process of the run."""
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (place / "environ").read_bytes():
                    yield (place / name).read_text()
            except OSError:
                continue  # it has ended

    def _said(self) -> str:
        return self._output.read_text(encoding="utf-8")
