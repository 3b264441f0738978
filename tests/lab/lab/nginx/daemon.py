"""The Nginx of an unpacked Debian: a view of the tree in memory, the files that are served, the process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

VIEW = Path("/run")  # hidden by a file system in memory, in this mount namespace only
LOGS = "/var/log/nginx"
_VIEW = r"""
set -e
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
"""
MASTER = b"master process"  # in its title, which a process that it has just begun has, too
LEAVES = b"shutting down"  # in the title of a worker that only finishes what it has
SECONDS = 60.0  # for a reload, which takes 0.2 s
_TICKS = 0.001


class Refused(Exception):
    """Nginx does not take its files; the text is what it says."""


class Daemon:
    """One Nginx. Files are by their absolute paths in its root."""

    def __init__(self, tree: str) -> None:
        subprocess.run(["sh", "-ec", _VIEW, "sh", tree, str(VIEW)], check=True)
        self.root = VIEW / "root"
        self._before: dict[Path, bytes | None] = {}  # what was where a file of a test is now

    def run(self, argv: list[str], stdin: str = "") -> tuple[int, str]:
        """The status of a command in the root and all that it says. Its output is no pipe: a daemon would keep it."""
        with tempfile.TemporaryFile(dir=VIEW) as said:
            done = subprocess.run(
                ["chroot", str(self.root), *argv],
                input=stdin.encode(),
                stdout=said,
                stderr=said,
                check=False,
            )
            said.seek(0)
            return done.returncode, said.read().decode("utf-8", "replace")

    def serve(self, files: dict[str, str], modes: dict[str, int], reload: bool) -> str:
        """These files and no other ones of earlier calls. Returns the words of a test that passes, and Nginx serves.
        Raises Refused; after a test or a reload that fails the Nginx of before goes on."""
        self._write(files, modes)
        # What it says once it has read its files goes to the log that they name, without warnings.
        status, said = self.run(["nginx", "-t", "-q", "-g", "error_log stderr warn;"])
        if status:
            raise Refused(said)
        if reload and self.master:
            self._reload()
        else:
            self.stop()
            status, words = self.run(["nginx"])  # it returns when its sockets listen, before it makes workers
            if status:
                raise Refused(words)
            self._until(self._ready)
        return said

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _write(self, files: dict[str, str], modes: dict[str, int]) -> None:
        wanted = {self.path(name): text.encode("utf-8", "surrogateescape") for name, text in files.items()}
        for place in [one for one in self._before if one not in wanted]:
            before = self._before.pop(place)
            if before is None:
                place.unlink(missing_ok=True)
            else:
                place.write_bytes(before)
        for place, data in wanted.items():
            if place not in self._before:
                self._before[place] = place.read_bytes() if place.is_file() else None
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for name, mode in modes.items():
            self.path(name).chmod(mode)

    @property
    def master(self) -> int:
        """0 where none runs."""
        return next((pid for pid, parent in _processes() if parent == os.getpid()), 0)

    @property
    def workers(self) -> list[int]:
        """Those that take new connections."""
        return [pid for pid in self._children() if b"worker process" in (title := _title(pid)) and LEAVES not in title]

    def _children(self) -> list[int]:
        """All of the master: also those that have just begun and have no title of their own yet."""
        master = self.master
        return [pid for pid, parent in _processes() if parent == master]

    def fresh(self) -> None:
        """No Nginx, and the files as the packages have them."""
        self.stop()
        self._write({}, {})

    def stop(self) -> None:
        """At once, and without logs. The workers of a master that is gone are ours, so that we can wait for each."""
        while found := _processes():
            # A worker that only finishes what it has can end by itself just now, and its master be told of it.
            for pid, _parent in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid, _parent in found:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
        for log in self.path(LOGS).glob("*.log"):
            log.unlink()

    def _reload(self) -> None:
        """Returns when a new worker is there and none of before takes connections."""
        old = set(self._children())
        begin = len(self.logs("error.log"))
        os.kill(self.master, signal.SIGHUP)
        self._until(
            lambda: (
                self._ready()
                and not set(self._children()) <= old
                and all(LEAVES in title or not title for title in map(_title, old))
            ),
            begin,
        )

    def _ready(self) -> bool:
        """The master waits for a signal, as it does when it has begun its workers, and each of them has its title."""
        titles = [_title(pid) for pid in self._children()]
        return bool(titles) and not any(MASTER in title for title in titles) and _waits(self.master)

    def _until(self, there: Callable[[], bool], begin: int = 0) -> None:
        """Raises Refused with the lines of the log since then: a reload that fails is told nowhere else."""
        end = time.monotonic() + SECONDS
        while not there():
            words = "\n".join(self.logs("error.log")[begin:])
            if "[emerg]" in words or time.monotonic() > end:
                raise Refused(words)
            time.sleep(_TICKS)

    def logs(self, name: str) -> list[str]:
        """The lines of a file in /var/log/nginx since Nginx was started; none where it is not there."""
        place = self.path(LOGS) / name
        return place.read_text(encoding="utf-8", errors="replace").splitlines() if place.exists() else []


def _processes() -> list[tuple[int, int]]:
    """All of Nginx in this process namespace, each with its parent, those that are ours first."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            name, _sep, rest = (place / "stat").read_text().partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = rest.split()[:2]
        if name == "nginx" and state not in "ZX":
            found.append((int(place.name), int(parent)))
    return sorted(found, key=lambda one: one[1] != os.getpid())


def _title(pid: int) -> bytes:
    """What a process says of itself; nothing where it has ended or ends just now."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _waits(master: int) -> bool:
    """Only then it does not block SIGHUP."""
    try:
        lines = Path(f"/proc/{master}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return False
    blocked = next(int(line.split()[1], 16) for line in lines if line.startswith("SigBlk:"))
    return not blocked >> (signal.SIGHUP - 1) & 1
