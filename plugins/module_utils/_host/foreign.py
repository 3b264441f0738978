# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host had before the first run: other people's files, and the first values of sysctls, addresses and units.

A file is kept once, with its rights, before a run changes it. A later version never replaces it. Everything is in one
folder that only root can read: ``record.json``, and the files below ``files`` at their own paths.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from types import MappingProxyType
from typing import Any, Dict, Iterable, Iterator, Mapping

from .._errors import LvsError
from . import lock, places
from .accounts import group_name, user_name
from .files import FileChange

_PATIENCE = 60.0
Data = Dict[str, Any]
_EMPTY: Data = {
    "version": 1,
    "files": {},
    "made": [],
    "sysctls": {},
    "addresses": [],
    "units": {},
    "users": {},
    "first": None,
}


class ForeignRecord:
    """The record in ``STATE/foreign``. ``root`` puts all paths of the host below another directory, for tests.

    ``files``: path to what was there (see `facts_of`). ``made``: paths where nothing was before. ``sysctls``: name to
    ``{before, ours}``. ``addresses``: VIPs that were there. ``units``: name to ``{active, enabled}``, null for one that
    was not installed. ``users``: name to whether it was there. ``first``: whether `note_first` was called.
    """

    def __init__(self, state_dir: str = places.STATE, root: str = "/") -> None:
        self.state_dir = os.path.join(root, state_dir.lstrip("/"))
        self.directory = os.path.join(self.state_dir, places.FOREIGN)
        self.root = root
        self.path = os.path.join(self.directory, "record.json")

    def real(self, path: str) -> str:
        return os.path.join(self.root, path.lstrip("/"))

    def kept(self, path: str) -> str:
        """Where the first version of a file is kept."""
        return os.path.join(self.directory, "files", path.lstrip("/"))

    def read(self) -> Data:
        """The record; an empty one where there is none. Raises LvsError where it cannot be read."""
        try:
            with open(self.path, encoding="utf-8") as stream:
                found = json.load(stream)
            if not isinstance(found, dict) or found.get("version") != 1:
                raise ValueError("not a record of version 1")
            return {**json.loads(json.dumps(_EMPTY)), **found}
        except FileNotFoundError:
            found = json.loads(json.dumps(_EMPTY))
            return dict(found)
        except (OSError, ValueError) as error:
            raise LvsError("%s cannot be read: %s" % (self.path, error)) from error

    # --- notes

    def keep(self, paths: Iterable[str]) -> list[str]:
        """Keep the present version of each path that a run is about to change; which of them were kept now.

        A path with nothing there is noted as made. Raises LvsError.
        """
        paths = list(paths)
        now: list[str] = []
        if not paths:
            return now
        with self._changed() as data:
            for path in paths:
                if path in data["files"] or path in data["made"]:
                    continue
                facts = facts_of(self.real(path))
                if facts is None:
                    data["made"].append(path)
                    continue
                self._copy(path)
                data["files"][path] = facts
                now.append(path)
        return now

    def keep_before(self, changes: Iterable[FileChange], header: str) -> list[str]:
        """The same for a plan; a file that has ``header`` is one that a run made."""
        changes = list(changes)
        ours = [one.path for one in changes if one.before is None or header in one.before]
        if ours:
            with self._changed() as data:
                data["made"] += [path for path in ours if path not in data["made"] and path not in data["files"]]
        return self.keep(one.path for one in changes if one.path not in ours)

    def note_sysctls(self, changes: Mapping[str, tuple[str, str]]) -> None:
        """Sysctls that a run is about to set: name to (value before, our value). The first value stays."""
        if not changes:
            return
        with self._changed() as data:
            for name, (before, ours) in changes.items():
                first = data["sysctls"].get(name, {"before": before})
                data["sysctls"][name] = {**first, "ours": ours}

    def note_first(
        self, addresses: list[Data], units: Mapping[str, Data | None], users: Mapping[str, bool] = MappingProxyType({})
    ) -> bool:
        """What a host has before the first run; False where it was noted already."""
        with self._changed() as data:
            if data["first"]:
                return False
            data.update(addresses=addresses, units=dict(units), users=dict(users), first=True)
        return True

    def forget(self) -> None:
        """Remove the record and the kept files: everything is back in its place."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- the folder

    @contextlib.contextmanager
    def _changed(self) -> Iterator[Data]:
        """The record to change, for one process at a time; it is written in one step where it did change."""
        try:
            self._make_folders()
            handle = os.open(os.path.join(self.directory, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LvsError("%s cannot be used: %s" % (self.directory, error.strerror)) from error
        try:
            lock.take(handle, _PATIENCE, "another run writes %s; it was waited for %g s" % (self.path, _PATIENCE))
            data = self.read()
            before = json.dumps(data, sort_keys=True)
            yield data
            if json.dumps(data, sort_keys=True) != before:
                self._write(json.dumps(data, indent=1, sort_keys=True) + "\n")
        except OSError as error:
            raise LvsError("%s cannot be written: %s" % (error.filename or self.path, error.strerror)) from error
        finally:
            os.close(handle)

    def _make_folders(self) -> None:
        os.makedirs(self.state_dir, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.directory, 0o700)

    def _write(self, text: str) -> None:
        staged = self.path + ".new"
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, self.path)
        _sync(self.directory)

    def _copy(self, path: str) -> None:
        place = self.kept(path)
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        copy(self.real(path), place)
        _sync(os.path.dirname(place))


# --- one file ---------------------------------------------------------------------------------------------------


def facts_of(path: str) -> Data | None:
    """``{kind, mode, owner, group}`` of a file, ``{kind, target}`` of a link; None where there is nothing."""
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(info.st_mode):
        return {"kind": "link", "target": os.readlink(path)}
    return {
        "kind": "file",
        "mode": "%04o" % stat.S_IMODE(info.st_mode),
        "owner": user_name(info.st_uid),
        "group": group_name(info.st_gid),
    }


def copy(source: str, place: str) -> None:
    """A copy of a file or link with its rights, times and attributes, in one step and on disk. Raises OSError."""
    staged = place + ".vipstack-new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(staged)
    info = os.lstat(source)
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(source), staged)
    else:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as target, open(source, "rb") as stream:
            shutil.copyfileobj(stream, target)
            os.fchown(target.fileno(), info.st_uid, info.st_gid)
            target.flush()
            shutil.copystat(source, staged)
            os.fsync(target.fileno())
    os.lchown(staged, info.st_uid, info.st_gid)
    if not stat.S_ISLNK(info.st_mode):
        os.chmod(staged, stat.S_IMODE(info.st_mode))  # a change of owner takes set-id bits away
    os.replace(staged, place)


def _sync(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
