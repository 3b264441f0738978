"""Processes: commands that we wait for, and daemons that we find again by pid and start time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from lab.state import LabError

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.RLock()  # the signal handler may come while its own thread holds it
_interrupted = threading.Event()


def run(
    command: Sequence[str],
    *,
    what: str | None = None,
    stdin: bytes | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run to the end with both outputs taken. LabError carries the last line that the command said."""
    data = stdin if isinstance(stdin, bytes) else None
    source: int | IO[bytes] = subprocess.PIPE if isinstance(stdin, bytes) else (stdin or subprocess.DEVNULL)
    with _lock:
        if _interrupted.is_set():
            raise LabError("interrupted")
        try:
            child = subprocess.Popen(
                command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, start_new_session=True
            )
        except FileNotFoundError as error:
            raise LabError(f"{command[0]}: no such command") from error
        _running.add(child)
    try:
        out, err = child.communicate(data, timeout)
    except subprocess.TimeoutExpired as error:
        child.kill()
        child.communicate()
        raise LabError(f"{what or ' '.join(command[:3])}: no end after {timeout:g} s") from error
    finally:
        with _lock:
            _running.discard(child)
    if check and child.returncode:
        raise LabError(f"{what or ' '.join(command[:3])} failed ({child.returncode}): {last_line(err or out)}")
    return subprocess.CompletedProcess(command, child.returncode, out, err)


def last_line(output: bytes) -> str:
    """The last line with something in it, hints aside: where most tools say what went wrong."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    telling = [line for line in lines if line and not line.startswith(("Run 'docker", "See 'docker"))]
    return telling[-1] if telling else "it said nothing"


def interruptible() -> None:
    """From now on ^C and TERM end at once what any thread waits for, with all its children, and start nothing new."""

    def interrupt(*_: object) -> None:
        _interrupted.set()
        with _lock:
            for child in _running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def start_time(pid: int) -> int | None:
    """Clock ticks from boot to the start of a living process; a zombie is not alive."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Daemon:
    """A process that outlives the command. Its record holds "PID START_TIME": a pid alone may be reused."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.record = folder / f"{name}.pid"
        self.log = folder / f"{name}.log"

    def start(self, command: Sequence[str]) -> None:
        """In a session of its own, so that a terminal's ^C passes it by."""
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.record.write_text(f"{child.pid} {start_time(child.pid)}\n")
        threading.Thread(target=child.wait, daemon=True).start()  # no zombie while we live

    def pid(self) -> int | None:
        """The pid, while the process that we started lives."""
        try:
            pid, started = (int(word) for word in self.record.read_text().split())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return pid if start_time(pid) == started else None

    def stop(self, patience: float = 5.0) -> None:
        """TERM, then KILL for it and what it left in its process group."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            if not wait_until(lambda: self.pid() is None, patience):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                wait_until(lambda: self.pid() is None, patience)
        self.record.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """A progress line when the step is done: seconds, then what it was."""
    begin = time.monotonic()
    yield
    print(f"{time.monotonic() - begin:7.1f} s  {text}", flush=True)
