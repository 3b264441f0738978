"""Processes: commands that we wait for, and daemons that we find again by pid and start time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from lab.state import LabError

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.RLock()  # the signal handler may come while its own thread holds it
_interrupted = threading.Event()
_shield = threading.local()  # in the thread that cleans up
PATIENCE = 5.0  # seconds from TERM to KILL


class Interrupted(LabError):
    """^C or TERM came; nothing new is begun."""

    def __init__(self) -> None:
        super().__init__("interrupted")


def run(
    command: Sequence[str],
    *,
    what: str | None = None,
    stdin: bytes | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run to the end with both outputs taken. LabError has the last line of the command's output.

    What the command started ends with it where it stays in its process group. An interrupt raises Interrupted.
    """
    data = stdin if isinstance(stdin, bytes) else None
    source: int | IO[bytes] = subprocess.PIPE if isinstance(stdin, bytes) else (stdin or subprocess.DEVNULL)
    with _lock:
        if _cut():
            raise Interrupted
        try:
            child = subprocess.Popen(
                command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, start_new_session=True
            )
        except FileNotFoundError as error:
            raise LabError(f"{command[0]}: no such command") from error
        if not _shielded():
            _running.add(child)
    try:
        out, err = child.communicate(data, timeout)
    except subprocess.TimeoutExpired as error:
        _kill_group(child.pid, signal.SIGKILL)
        child.communicate()
        raise LabError(f"{what or ' '.join(command[:3])}: no end after {timeout:g} s") from error
    finally:
        with _lock:
            _running.discard(child)
    if child.returncode and _cut():
        raise Interrupted
    if check and child.returncode:
        raise LabError(f"{what or ' '.join(command[:3])} failed ({child.returncode}): {last_line(err or out)}")
    return subprocess.CompletedProcess(command, child.returncode, out, err)


def last_line(output: bytes) -> str:
    """The last line that is not empty and no hint: most tools report the error there."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    telling = [line for line in lines if line and not line.startswith(("Run 'docker", "See 'docker"))]
    return telling[-1] if telling else "it printed nothing"


def interruptible() -> None:
    """From now on ^C and TERM end at once what any thread waits for, with all its children, and start nothing new."""

    def interrupt(*_: object) -> None:
        _interrupted.set()
        if _shielded():
            return  # raised at the shield's end
        with _lock:
            _end_running(signal.SIGTERM)
        killer = threading.Timer(PATIENCE, _end_running, [signal.SIGKILL])
        killer.daemon = True
        killer.start()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    _wake_the_main_thread(signal.SIGINT, signal.SIGTERM)


def _wake_the_main_thread(*numbers: signal.Signals) -> None:
    """Let these reach the main thread where it waits for another one.

    The kernel may hand a signal to any thread. Python runs the handler in the main thread, which does not hear of it
    while it waits for a lock: a second signal, to that thread alone, ends the wait.
    """
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    main = threading.main_thread().ident
    assert main is not None

    def wake() -> None:
        while number := os.read(told, 1):
            if number[0] in numbers:
                signal.pthread_kill(main, signal.SIGUSR1)

    threading.Thread(target=wake, daemon=True).start()


def _end_running(number: signal.Signals) -> None:
    for child in tuple(_running):
        _kill_group(child.pid, number)


def _kill_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """What this thread does here is short and goes to its end: an interrupt waits, or is cleaned up after."""
    before = _interrupted.is_set()
    _shield.depth = getattr(_shield, "depth", 0) + 1
    try:
        yield
    finally:
        _shield.depth -= 1
    if not before and _cut() and threading.current_thread() is threading.main_thread():
        with _lock:
            _end_running(signal.SIGTERM)
        raise KeyboardInterrupt


def _shielded() -> bool:
    return getattr(_shield, "depth", 0) > 0


def _cut() -> bool:
    """Whether an interrupt ends what this thread does."""
    return _interrupted.is_set() and not _shielded()


def start_time(pid: int) -> int | None:
    """Clock ticks from boot to the start of a living process; a zombie is not alive."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Daemon:
    """A process that runs on after the command. Its record holds "PID START_TIME": a pid alone may be reused.

    It runs in a PID namespace: when it ends, however it ends, the kernel ends all that it started.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.record = folder / f"{name}.pid"
        self.log = folder / f"{name}.log"

    def start(self, command: Sequence[str], *namespaces: str) -> None:
        """In a session of its own, so that a terminal's ^C passes it by; in more namespaces (`--net`) where named."""
        outer = ["unshare", *namespaces, "--pid", "--kill-child"]
        with shielded(), self.log.open("wb") as log:
            child = subprocess.Popen(
                [*outer, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            self.record.write_text(f"{child.pid} {start_time(child.pid)}\n")
        threading.Thread(target=child.wait, daemon=True).start()  # no zombie while we live

    def pid(self) -> int | None:
        """The pid, while the process that we started lives."""
        try:
            pid, started = (int(word) for word in self.record.read_text().split())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return pid if start_time(pid) == started else None

    def stop(self) -> None:
        """Kill it and wait for the end of all that it started."""
        pid = self.pid()
        if pid is not None:
            try:
                first = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                first = []
            for victim in (*first, pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            # The first process of a PID namespace is gone only after all the others are.
            wait_until(lambda: all(start_time(one) is None for one in (*first, pid)), PATIENCE)
        self.record.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Whether the condition came true in time. Raises Interrupted."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        pause(interval)
    return True


def pause(seconds: float) -> None:
    """Sleep. Raises Interrupted where an interrupt comes."""
    if _shielded():
        time.sleep(seconds)
    elif _interrupted.wait(seconds):
        raise Interrupted


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """A progress line when the step is done: seconds, then what it was."""
    begin = time.monotonic()
    yield
    # In one piece: steps end in several threads, and print() writes the end of a line by itself.
    sys.stdout.write(f"{time.monotonic() - begin:7.1f} s  {text}\n")
    sys.stdout.flush()
