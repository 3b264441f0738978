"""The client's view: requests through the VIP at a constant rate, and the outage that they measure."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.debian import FILES
from lab.docker import Docker
from lab.hosts import VIP
from lab.processes import last_line
from lab.state import LabError

MAX_SECONDS, MAX_REQUESTS, MAX_THREADS = 600.0, 100_000, 64
Record = dict[str, Any]


def longest_gap(records: Iterable[Record], seconds: float) -> float:
    """The longest time in seconds without a good answer: between two of them, before the first, after the last."""
    times: list[float] = [0.0, *(record["t"] for record in records if record["ok"]), seconds]
    return round(max(later - earlier for earlier, later in zip(times, times[1:])), 3)


def summary(records: Sequence[Record], seconds: float) -> Record:
    """{requests, failed, longest_gap_s, seconds, by_server, by_app, errors}; the counts by name, good answers only."""
    good = [record for record in records if record["ok"]]
    bad = [record for record in records if not record["ok"]]
    return {
        "requests": len(records),
        "failed": len(bad),
        "longest_gap_s": longest_gap(records, seconds),
        "seconds": round(seconds, 3),
        "by_server": _counts(record["server"] for record in good),
        "by_app": _counts(record["app"] for record in good),
        "errors": _counts(record.get("error") or record["status"] for record in bad),
    }


def _counts(names: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(str(name) for name in names if name is not None).items()))


@dataclass(frozen=True)
class Outcome:
    """The results of a run of the client. probe_client.py documents `records`."""

    records: list[Record]
    seconds: float

    @property
    def summary(self) -> Record:
        return summary(self.records, self.seconds)

    @property
    def late(self) -> list[Record]:
        """The requests that were asked after `Running.end` was called."""
        return [record for record in self.records if record.get("late")]

    @property
    def failed(self) -> list[Record]:
        return [record for record in self.records if not record["ok"]]


class Running:
    """A client that runs in the background. Its first request has been answered."""

    asking: ClassVar[list[Running]] = []
    """Those whose end nobody has waited for: where a test fails they would go on, and disturb the next one."""

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        self.child = child
        self.seconds = seconds
        assert child.stdout is not None
        if not child.stdout.readline():
            raise LabError(f"the client does not run: {last_line(child.communicate()[1])}")
        self.asking.append(self)

    def result(self) -> Outcome:
        """Wait for its end. Raises LabError where the client was lost on the way."""
        return self._ended(None)

    def end(self, more: int = 100) -> Outcome:
        """So many requests more, which the outcome has as `late`, and the end. Raises LabError where it was over."""
        outcome = self._ended(b"%d\n" % more)
        if len(outcome.late) != more:
            raise LabError(
                f"the client asked {len(outcome.late)} of {more} requests before its {self.seconds:g} s ended"
            )
        return outcome

    def _ended(self, word: bytes | None) -> Outcome:
        self.asking.remove(self)
        out, err = self.child.communicate(word, timeout=self.seconds + 120)
        lines = [json.loads(line) for line in out.splitlines()]
        if self.child.returncode or not lines or "seconds" not in lines[-1]:
            raise LabError(f"the client ended before its time: {last_line(err)}")
        return Outcome(lines[:-1], lines[-1]["seconds"])


def end_all() -> None:
    """The end of every client that still asks, however it ends."""
    for client in list(Running.asking):
        with contextlib.suppress(LabError, OSError, ValueError):
            client.end(1)


class Probe:
    """The client of a lab."""

    def __init__(self, docker: Docker, host: str = "client") -> None:
        self.docker = docker
        self.host = host

    def start(self, seconds: float, url: str = f"http://{VIP}/", every_ms: float = 20, timeout: float = 0.3) -> Running:
        """A request every 20 ms for so many seconds, each over a new connection, in the background: for figures."""
        if not 0 < seconds <= MAX_SECONDS:
            raise LabError(f"seconds is {seconds:g}; must be more than 0 and at most {MAX_SECONDS:g}")
        return self._start(seconds, "probe", url, f"{seconds:g}", f"{every_ms:g}", f"{timeout:g}")

    def until_told(self, every_ms: float = 20, timeout: float = 20) -> Running:
        """The same until `Running.end`, with a long timeout, so that a busy machine fails no request."""
        return self.start(MAX_SECONDS, every_ms=every_ms, timeout=timeout)

    def load(self, requests: int, threads: int = 1, url: str = f"http://{VIP}/", timeout: float = 3) -> Outcome:
        """That many requests, as fast as the threads can send them."""
        if not 0 < requests <= MAX_REQUESTS or not 0 < threads <= MAX_THREADS:
            raise LabError(
                f"load is {requests} by {threads}; must be 1-{MAX_REQUESTS} requests, 1-{MAX_THREADS} threads"
            )
        return self._start(MAX_SECONDS, "load", url, str(requests), str(threads), f"{timeout:g}").result()

    def _start(self, seconds: float, *arguments: str) -> Running:
        program = (FILES / "probe_client.py").read_text()
        return Running(self.docker.popen("exec", "-i", self.host, "python3", "-c", program, *arguments), seconds)
