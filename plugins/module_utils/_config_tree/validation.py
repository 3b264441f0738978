# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a daemon check a set of files as if it were in place, while the files in place stay as they are.

A child process gets mounts of its own. It lays a file system in memory over the directory, puts the new files into it
and binds everything else of the old directory to where it was. The daemon's check then sees the final absolute paths.
Nothing outside the child sees any of it, and nothing is left when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from typing import Any, Callable, Collection, Mapping, Sequence

from .._errors import LvsError
from .._host.command import run
from . import syscalls
from .entries import copy_label
from .plan import File, parents

TIME_LIMIT = 120.0
"""Seconds that a daemon may take to check its files (names that do not resolve make it slow)."""


_LONG = 1 << 20
"""Bytes from which a file in a scratch directory is taken for a log that no check reads."""


@dataclass(frozen=True)
class Verdict:
    """What a check reported. ``status`` is the exit status."""

    status: int
    output: str
    errors: str

    def accepts(self, stderr_must_be_empty: bool) -> bool:
        """Some daemons exit with 0 and complain on stderr only."""
        return self.status == 0 and not (stderr_must_be_empty and self.errors.strip())


class NoPrivateMounts(Exception):
    """This process may not have mounts of its own; the reason."""


def run_check(argv: Sequence[str]) -> Verdict:
    """Run a check on what is in place. Raises LvsError where it cannot be run or does not end."""
    ended = run(argv, TIME_LIMIT, apart=True)
    return Verdict(ended.status, ended.output, ended.errors)


def validate(
    argv: Sequence[str],
    root: str,
    files: Mapping[str, File | None],
    directory_mode: int,
    scratch: Sequence[str] = (),
) -> Verdict:
    """Run a check that sees ``files`` (relative to ``root``, None: absent) in place of those that are there.

    What the check itself writes into one of the ``scratch`` directories (not below them) is gone afterwards.
    Raises NoPrivateMounts where that is not allowed here, LvsError where the check cannot be run.
    """
    top = root
    while not os.path.isdir(top):
        top = os.path.dirname(top)
    if top == "/":
        raise NoPrivateMounts("nothing but / is there of %s" % root)
    below = os.path.relpath(root, top)
    seen = {path if below == "." else "%s/%s" % (below, path): file for path, file in files.items()}
    answer = _in_child(lambda: _answer(argv, top, seen, directory_mode, scratch))
    if answer["kind"] == "refused":
        raise NoPrivateMounts(answer["reason"])
    if answer["kind"] == "error":
        raise LvsError(answer["reason"])
    return Verdict(answer["status"], answer["output"], answer["errors"])


def _answer(
    argv: Sequence[str], top: str, files: Mapping[str, File | None], directory_mode: int, scratch: Sequence[str]
) -> dict[str, Any]:
    """Runs in the child."""
    try:
        syscalls.private_mounts()
        for directory in scratch:
            if os.path.isdir(directory):
                _overlay(os.path.realpath(directory), {}, directory_mode, _lend)
        _overlay(top, files, directory_mode)
    except OSError as error:
        return {"kind": "refused", "reason": "%s: %s" % (error.filename, error.strerror)}
    try:
        verdict = run_check(argv)
    except LvsError as error:
        return {"kind": "error", "reason": error.message}
    return {"kind": "verdict", "status": verdict.status, "output": verdict.output, "errors": verdict.errors}


def _in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer of a child process that ends right after it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            try:
                answer = work()
            except BaseException as error:
                answer = {"kind": "error", "reason": "the check failed: %r" % error}
            with os.fdopen(writer, "w") as stream:
                json.dump(answer, stream)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    if not text:
        return {"kind": "error", "reason": "the check was killed"}
    found: dict[str, Any] = json.loads(text)
    return found


def _overlay(
    top: str, files: Mapping[str, File | None], directory_mode: int, show: Callable[[str, str], None] = syscalls.bind
) -> None:
    """Lay the files over the directory; the old one stays reachable as the working directory."""
    opened = {parent for path in files for parent in parents(path)}
    os.chdir(top)
    info = os.lstat(".")
    syscalls.mount_tmpfs(top, stat.S_IMODE(info.st_mode))
    _repeat(".", top, "", files, opened, show)
    for path, file in files.items():
        if file is not None:
            _write(top, path, file, directory_mode)
    _same_rights(".", top)
    os.chdir("/")


def _repeat(
    old: str,
    new: str,
    below: str,
    files: Mapping[str, File | None],
    opened: Collection[str],
    show: Callable[[str, str], None],
) -> None:
    """Everything of the old directory is in the new one, except the managed files.

    ``show`` makes an empty file or directory of the new one what it is in the old one.
    """
    with os.scandir(old) as entries:
        listed = list(entries)
    for entry in listed:
        relative = below + entry.name
        source, place = os.path.join(old, entry.name), os.path.join(new, entry.name)
        if relative in files:
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(source), place)
        elif not entry.is_dir():
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600))
            show(source, place)
        else:
            os.mkdir(place, 0o700)
            if relative in opened:
                _repeat(source, place, relative + "/", files, opened, show)
                _same_rights(source, place)
            else:
                show(source, place)


def _lend(source: str, place: str) -> None:
    """Like a bind, but what is written to a regular file (a log) goes to a copy; a long one's copy is empty."""
    info = os.lstat(source)
    if not stat.S_ISREG(info.st_mode):
        syscalls.bind(source, place)
        return
    if info.st_size <= _LONG:
        shutil.copyfile(source, place)
    _same_rights(source, place)


def _same_rights(old: str, new: str) -> None:
    info = os.lstat(old)
    os.chown(new, info.st_uid, info.st_gid)
    shutil.copystat(old, new)


def _write(top: str, path: str, file: File, directory_mode: int) -> None:
    for parent in parents(path):
        with contextlib.suppress(FileExistsError):
            os.mkdir(os.path.join(top, parent))
            os.chmod(os.path.join(top, parent), directory_mode)
    place = os.path.join(top, path)
    with open(place, "wb") as stream:
        stream.write(file.content)
    os.chown(place, file.uid, file.gid)
    os.chmod(place, file.mode)
    copy_label(os.path.dirname(path) or ".", place)
