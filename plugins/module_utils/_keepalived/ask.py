# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the running Keepalived for its state: a signal, and the file that it then writes.

The file lies in the daemon's own /tmp, which systemd may have made private: it is reached through /proc/PID/root. One
that is there already is put aside and back, so the files are as they were. Readers wait for each other; whoever reads
the files by hand at the same moment may get the state of this run, which is as good.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

from .._errors import LvsError
from .._host import lock
from .._host.command import run
from .._host.system import processes_here
from .parse import (
    parse_checks,
    parse_data,
    parse_json,
    parse_stats,
    parse_version,
)

PID_FILES = ("/run/keepalived.pid", "/run/keepalived/keepalived.pid", "/var/run/keepalived.pid")
JSON_FILE, DATA_FILE, STATS_FILE = "/tmp/keepalived.json", "/tmp/keepalived.data", "/tmp/keepalived.stats"
CHECK_FILE, PARENT_FILE = "/tmp/keepalived_check.data", "/tmp/keepalived_parent.data"
# Whatever a signal makes the daemon write; all of it is put aside and back.
BY_SIGNAL = {
    "json": (JSON_FILE,),
    "data": (DATA_FILE, CHECK_FILE, PARENT_FILE, "/tmp/keepalived_bfd.data"),
    "stats": (STATS_FILE,),
}
WRITE_SECONDS = 5.0  # a big configuration on a slow machine takes part of one
LATE_SECONDS = 0.2  # for a file that not every version writes
POLL_SECONDS = 0.01
LARGEST_BYTES = 64 << 20


@dataclass(frozen=True)
class KeepalivedProcess:
    """A running Keepalived: the parent process and its children (VRRP, checkers, BFD)."""

    pid: int
    children: tuple[int, ...] = field(default=())

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.pid, *self.children)

    def path(self, path: str) -> str:
        """A path of the daemon's, as this process reaches it."""
        return "/proc/%d/root%s" % (self.pid, path)


# --- the processes ----------------------------------------------------------------------------------------------


def find() -> KeepalivedProcess | None:
    """The Keepalived of this host, None where none runs."""
    running = [pid for pid in processes_here() if _runs_keepalived(pid)]
    parent = {pid: _parent(pid) for pid in running}
    heads = [pid for pid in running if parent[pid] not in running]
    if not heads:
        return None
    named = [pid for pid in map(_pid_in, PID_FILES) if pid in heads]
    head = named[0] if named else heads[0]
    return KeepalivedProcess(head, tuple(pid for pid in running if parent[pid] == head))


def _runs_keepalived(pid: int) -> bool:
    """By its program: the names of the processes differ (keepalived_vrrp) and can be configured."""
    try:
        program = os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return False
    return os.path.basename(program) in ("keepalived", "keepalived (deleted)")  # deleted: upgraded, not restarted


def _parent(pid: int) -> int:
    return int(_status(pid).get("PPid", "0"))


def _status(pid: int) -> dict[str, str]:
    """/proc/PID/status, empty for a process that has gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as stream:
            return {name: value.strip() for name, _sep, value in (line.partition(":") for line in stream)}
    except OSError:
        return {}


def _pid_in(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as stream:
            return int(stream.read().strip())
    except (OSError, ValueError):
        return None


def takes(pid: int, number: int) -> bool:
    """Whether the process handles the signal: one that is just starting would be ended by it."""
    status = _status(pid)
    bit = 1 << (number - 1)
    return any(int(status.get(name, "0"), 16) & bit for name in ("SigCgt", "SigBlk", "SigIgn"))


# --- asking -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone(daemon: KeepalivedProcess, seconds: float = 15.0) -> Iterator[None]:
    """No second reader of ours meanwhile. Raises LvsError where one goes on for too long."""
    # The lock is on the daemon's program: nothing has to be created for it.
    with open("/proc/%d/exe" % daemon.pid, "rb") as stream:
        lock.take(stream.fileno(), seconds, "another reader of Keepalived's state does not end")
        yield


@contextlib.contextmanager
def put_aside(daemon: KeepalivedProcess, paths: tuple[str, ...]) -> Iterator[None]:
    """Without these files meanwhile, and with exactly them afterwards.

    They wait in a new directory of a random name: whatever others have in /tmp, nothing of theirs is replaced.
    """
    places = {path: daemon.path(path) for path in paths}
    aside = tempfile.mkdtemp(prefix=".vipstack-", dir=daemon.path(os.path.dirname(paths[0])))
    kept = {path: os.path.join(aside, os.path.basename(path)) for path in paths}
    try:
        for path, place in places.items():
            with contextlib.suppress(FileNotFoundError):
                os.rename(place, kept[path])
        yield
    finally:
        for path, place in places.items():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)
            with contextlib.suppress(FileNotFoundError):
                os.rename(kept[path], place)
        with contextlib.suppress(FileNotFoundError):  # the daemon's /tmp ends with the daemon
            os.rmdir(aside)


def ask(daemon: KeepalivedProcess, number: int, paths: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, str]:
    """Send the signal and read the ``needed`` ones of the files that it brings; texts by path.

    Raises LvsError where the daemon does not take the signal or does not write in time.
    """
    if not all(takes(pid, number) for pid in daemon.pids):
        raise LvsError("Keepalived (process %d) is starting or stopping: it cannot be asked now" % daemon.pid)
    with alone(daemon), put_aside(daemon, paths):
        try:
            os.kill(daemon.pid, number)
        except OSError as error:
            raise LvsError("Keepalived (process %d) cannot be asked: %s" % (daemon.pid, error.strerror)) from error
        texts = {path: _written(daemon, path, WRITE_SECONDS) for path in needed}
        if PARENT_FILE in paths:  # nobody reads it; it must not come after the files were put back
            with contextlib.suppress(LvsError):
                _written(daemon, PARENT_FILE, LATE_SECONDS)
        return texts


def _written(daemon: KeepalivedProcess, path: str, seconds: float) -> str:
    """The text of a file, once the daemon has written and closed it."""
    deadline = time.monotonic() + seconds
    real = daemon.path(path)
    while time.monotonic() < deadline:
        try:
            facts = os.stat(real, follow_symlinks=False)
        except FileNotFoundError:
            facts = None
        # Files of anybody else in /tmp are not the daemon's answer.
        if facts and facts.st_uid == 0 and facts.st_size and not _is_open(daemon, (facts.st_dev, facts.st_ino)):
            handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(handle, encoding="utf-8", errors="replace") as stream:
                return stream.read(LARGEST_BYTES)
        time.sleep(POLL_SECONDS)
    raise LvsError("Keepalived (process %d) did not write %s within %g s" % (daemon.pid, path, seconds))


def _is_open(daemon: KeepalivedProcess, identity: tuple[int, int]) -> bool:
    """Whether a process of the daemon still has the file open."""
    for pid in daemon.pids:
        directory = "/proc/%d/fd" % pid
        with contextlib.suppress(OSError):
            for name in os.listdir(directory):
                with contextlib.suppress(OSError):
                    facts = os.stat(directory + "/" + name)
                    if (facts.st_dev, facts.st_ino) == identity:
                        return True
    return False


# --- the whole --------------------------------------------------------------------------------------------------


def describe() -> dict[str, Any]:
    """What the Keepalived of this host is and does.

    ``{installed, version, options, running, pid, pids, source, instances, sync_groups, scripts, virtual_servers,
    errors}``. A question that the daemon does not answer is a sentence in ``errors``, the rest is there all the same.
    """
    try:
        built = parse_version(run(["keepalived", "-v"]).output)
    except LvsError:
        built = {"version": None, "options": []}
    daemon = find()
    found: dict[str, Any] = {
        "installed": built["version"] is not None, **built, "running": daemon is not None,
        "pid": daemon.pid if daemon else None, "pids": list(daemon.pids) if daemon else [], "source": None,
        "instances": [], "sync_groups": [], "scripts": [], "virtual_servers": [], "errors": [],
    }  # fmt: skip
    if daemon:
        errors: list[str] = found["errors"]
        # One that does not answer is asked no more: whatever it was asked, it writes when it wakes, secrets with it.
        if _noted(errors, lambda: found.update(_data(daemon))):
            _noted(errors, lambda: _add_counters(daemon, found))
    return found


def _noted(errors: list[str], question: Callable[[], object]) -> bool:
    """Whether the question was answered; what went wrong is added to the errors."""
    try:
        question()
    except LvsError as error:
        errors.append(error.message)
        return False
    return True


def _data(daemon: KeepalivedProcess) -> dict[str, Any]:
    """Instances, sync groups, scripts and virtual servers from the data dump."""
    # With one child it is VRRP; the checker process is there where virtual servers are.
    needed = (DATA_FILE, CHECK_FILE) if len(daemon.children) > 1 else (DATA_FILE,)
    texts = ask(daemon, signal.SIGUSR1, BY_SIGNAL["data"], needed)
    checks = parse_checks(texts[CHECK_FILE]) if CHECK_FILE in texts else []
    return {**parse_data(texts[DATA_FILE]), "virtual_servers": checks, "source": "data"}


def _add_counters(daemon: KeepalivedProcess, found: dict[str, Any]) -> None:
    """The instances of the JSON state, which has counters, where the build has it; else the statistics' counters."""
    if "JSON" in found["options"]:
        number = run(["keepalived", "--signum=JSON"])
        if number.status == 0 and number.output.strip().isdigit():
            texts = ask(daemon, int(number.output), BY_SIGNAL["json"], (JSON_FILE,))
            found.update(instances=parse_json(texts[JSON_FILE]), source="json")
            return
    counters = parse_stats(ask(daemon, signal.SIGUSR2, BY_SIGNAL["stats"], (STATS_FILE,))[STATS_FILE])
    for instance in found["instances"]:
        instance["counters"] = counters.get(instance["name"])
