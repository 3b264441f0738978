"""Debian trees by mmdebstrap, from the mirror that this machine itself uses."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from lab.processes import last_line, pause, run
from lab.state import LabError

_apt = threading.Lock()  # two trees are made at once, and apt updates its lists for one only
FILES = Path(__file__).parent / "files"


def key(*parts: str | bytes | Sequence[str]) -> str:
    """A name for what a recipe makes: another recipe, another name."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def mirror() -> str:
    """The Debian archive of this machine's apt configuration."""
    asked = [
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
        "Label: Debian",
    ]
    with _apt:
        found = sorted(set(run(asked).stdout.decode().split()))
        if not found:
            run(["apt-get", "-qq", "update"], what="apt-get update")
            found = sorted(set(run(asked).stdout.decode().split()))
    if not found:
        raise LabError("apt knows no Debian archive here (apt-get indextargets is empty): add one to its sources")
    return found[0]


def tree(root: Path, suite: str, packages: Sequence[str]) -> None:
    """A minimal Debian in `root`. In namespaces of its own: an interrupt leaves no mount and no process behind."""
    remove(root)
    conf = root.with_name(root.name + ".apt.conf")
    conf.parent.mkdir(parents=True, exist_ok=True)
    scratch = root.with_name(root.name + ".tmp")  # not /tmp: what mmdebstrap has there when it is cut would stay
    scratch.mkdir(exist_ok=True)
    environ = {**os.environ, "TMPDIR": str(scratch)}
    conf.write_bytes(run(["apt-config", "dump", "--no-empty", "Acquire::http", "Acquire::https"]).stdout)
    command = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--kill-child",
        "--mount-proc",
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        f"--aptopt={conf}",
        suite,
        str(root),
        f"deb {mirror()} {suite} main",
    ]
    done = run(command, env=environ, check=False)
    if done.returncode and b"is expired" in done.stderr:
        # A mirror that lags behind testing's Valid-Until of a week: dates are waived then, signatures never.
        remove(root)
        done = run(
            [*command[:-3], '--aptopt=Acquire::Check-Valid-Until "false"', *command[-3:]], env=environ, check=False
        )
    conf.unlink()
    remove(scratch)
    if done.returncode:
        # The first error is the cause; later ones only report that mmdebstrap gave up.
        errors = [line for line in done.stderr.splitlines() if line.startswith(b"E:")]
        raise LabError(f"Debian {suite} tree: {last_line(errors[0] if errors else done.stderr)}")


def remove(root: Path) -> None:
    """Delete a tree, never through a mount."""
    mounts = Path("/proc/self/mounts").read_text().split("\n")
    if any(f" {root}/" in line for line in mounts):
        raise LabError(f"{root} has something mounted in it: unmount that first")
    if root.exists():
        shutil.rmtree(root)


@contextlib.contextmanager
def locked(cache: Path, name: str, wait: bool = True) -> Iterator[None]:
    """Only one process at a time makes a part of the shared cache. It removes what an interrupted one left.

    Raises BlockingIOError without `wait` where somebody else is at it.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        while not _lock(lock, wait):
            pause(0.2)  # not in flock(2): an interrupt would wait for the other one
        _clear(cache, name)
        try:
            yield
        except BaseException:
            _clear(cache, name)
            raise


def _lock(lock: IO[str], wait: bool) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            raise
        return False
    return True


def _clear(cache: Path, name: str) -> None:
    """Remove what is not done: NAME.new, NAME.new.apt.conf, NAME.new.tmp, NAME-KEY.new."""
    for half in (*cache.glob(f"{name}.new*"), *cache.glob(f"{name}-*.new")):
        if half.is_dir():
            remove(half)
        else:
            half.unlink()
