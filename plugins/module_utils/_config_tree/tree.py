# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of a set: reads it, and puts staged versions in their places at once.

``Tree.install`` is the one way in which managed paths change, forward and back. It prefers to exchange the innermost
directory that holds all changes for a copy of it (unmanaged entries are hard links, so they are the same files); that
is one system call, and a reader sees the old set or the new one. Where the kernel cannot do that (a mount point, a
lower layer of overlayfs) it renames file by file; the journal (``state.py``) then tells the next run what to
finish.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Collection, Iterable, Mapping, Sequence

from .._errors import LvsError
from . import syscalls
from .copy import bring_late_entries, link_tree
from .entries import (
    copy_label,
    duplicate,
    forget,
    is_in_place,
    kind_of,
    link_over,
    mountinfo,
    noun_of,
    remove_tree,
    spare_in_place,
    sync_directory,
)
from .plan import Entry, File, Link, Slot, common_directory, first_missing, may_exchange, mounts_at_or_below, parents
from .stage import Stage

_NO_EXCHANGE = (errno.EXDEV, errno.EBUSY, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK)


class NotExchangeable(Exception):
    """This directory cannot be exchanged as a whole; the reason."""


class Tree:
    """The directory of a set (a real path, maybe absent)."""

    def __init__(self, path: str, directory_mode: int = 0o755) -> None:
        self.path = path
        self.directory_mode = directory_mode

    def real(self, relative: str) -> str:
        """The absolute path of a relative one; "" is the directory itself."""
        return os.path.join(self.path, relative) if relative else self.path

    # --- reading

    def read(self, relative: str) -> Entry | None:
        """What is at the path. Raises LvsError where it is neither a file nor a link, or lies behind a link."""
        for parent in ["", *parents(relative)]:
            kind = kind_of(self.real(parent))
            if kind is None:
                return None
            if kind != stat.S_IFDIR:
                raise LvsError(
                    "%s is %s; files of this set lie below it, so it has to be a directory"
                    % (self.real(parent), noun_of(kind))
                )
        path = self.real(relative)
        try:
            info = os.lstat(path)
            if stat.S_ISLNK(info.st_mode):
                return Link(os.readlink(path))
            if not stat.S_ISREG(info.st_mode):
                raise LvsError("%s is %s; a set holds files" % (path, noun_of(stat.S_IFMT(info.st_mode))))
            with open(path, "rb") as stream:
                return File(stream.read(), stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LvsError("%s cannot be read: %s" % (path, error.strerror)) from error

    def missing_directories(self, paths: Iterable[str]) -> list[str]:
        """The directories that have to be made before files can be at these paths, outermost first; "" is the set's."""
        wanted = dict.fromkeys(parent for path in paths for parent in ["", *parents(path)])
        return sorted((path for path in wanted if kind_of(self.real(path)) is None), key=len)

    # --- writing

    def install(self, slots: Sequence[Slot], stage: Stage, versions: str, directories: Collection[str]) -> None:
        """Every slot's path gets its version from the stage (or is absent, where it has none), all at once if possible.

        ``directories`` are those that the set lacked and that may be made. What is in place already stays, so doing it
        again does no harm. Raises OSError with nothing changed, or (file by file only) with a part changed.
        """
        sources = {
            path: source
            for path, source in stage.sources(slots, versions).items()
            if not is_in_place(self.real(path), source)
        }
        if not sources:
            return
        missing = [path for path in directories if kind_of(self.real(path)) is None]
        if len(sources) < 2 and not missing:
            self._one_by_one(sources, [])
            return
        try:
            self._at_once(sources, missing, stage)
        except NotExchangeable:
            self._one_by_one(sources, missing)

    def _one_by_one(self, sources: Mapping[str, str | None], missing: Sequence[str]) -> None:
        if any(sources.values()):
            for relative in missing:
                self._make_directory(self.real(relative))
        # What others include comes before what includes it, and nothing goes before its replacement is there.
        for relative, source in sorted(sources.items(), key=lambda item: (item[1] is None, -item[0].count("/"))):
            if source is None:
                forget(spare_in_place(self.real(relative)))
                forget(self.real(relative))
            else:
                link_over(source, self.real(relative))
        for directory in dict.fromkeys(os.path.dirname(self.real(relative)) for relative in sources):
            sync_directory(directory)

    def _at_once(self, sources: Mapping[str, str | None], missing: Sequence[str], stage: Stage) -> None:
        present = {relative: source for relative, source in sources.items() if source}
        common = common_directory(list(sources))
        absent = first_missing(common, missing)
        if absent is None:
            self._exchange(self.real(common), sources, missing, stage)
        elif present:
            self._appear(self.real(absent), present, missing, stage)

    def _appear(self, target: str, present: Mapping[str, str], missing: Sequence[str], stage: Stage) -> None:
        """All files lie in a directory that is not there yet: it comes with all of them in it."""
        scratch = stage.scratch()
        self._make_directory(scratch, like=os.path.dirname(target))
        self._fill(scratch, target, present, missing)
        os.rename(scratch, target)
        sync_directory(os.path.dirname(target))

    def _exchange(self, target: str, sources: Mapping[str, str | None], missing: Sequence[str], stage: Stage) -> None:
        """The directory changes places with a copy of it in which the managed paths have their new versions."""
        self._check_exchangeable(target, stage)
        scratch = stage.scratch()
        managed = {self.real(relative) for relative in sources}
        try:
            copied = link_tree(target, scratch, managed, {os.path.dirname(path) for path in managed})
            self._fill(scratch, target, {path: source for path, source in sources.items() if source}, missing)
            syscalls.exchange(scratch, target)
        except OSError as error:
            remove_tree(scratch)
            if error.errno in _NO_EXCHANGE:
                raise NotExchangeable(error.strerror) from error
            raise
        sync_directory(os.path.dirname(target))
        bring_late_entries(scratch, target, managed, copied)
        remove_tree(scratch)

    @staticmethod
    def _check_exchangeable(target: str, stage: Stage) -> None:
        if not may_exchange(target):
            raise NotExchangeable("%s belongs to more than this set" % target)
        if stage.path.startswith(target + "/"):
            raise NotExchangeable("the stage lies in %s" % target)
        if mounts_at_or_below(mountinfo(), target):
            raise NotExchangeable("a file system is mounted at or below %s" % target)

    def _fill(self, scratch: str, target: str, present: Mapping[str, str], missing: Sequence[str]) -> None:
        """Put managed files into a directory that will stand at ``target``."""
        for relative in missing:
            place = self.real(relative)
            if place.startswith(target + "/") and any(path.startswith(relative + "/") for path in present):
                self._make_directory(scratch + place[len(target) :])
        touched = {scratch}
        for relative, source in present.items():
            place = scratch + self.real(relative)[len(target) :]
            duplicate(source, place)
            touched.add(os.path.dirname(place))
        for directory in sorted(touched):
            sync_directory(directory)

    def _make_directory(self, path: str, like: str | None = None) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            copy_label(like or os.path.dirname(path), path)
            os.chmod(path, self.directory_mode)

    def remove_idle(self, directories: Iterable[str]) -> list[str]:
        """Remove those of the directories that are empty (innermost first); which were removed."""
        gone = []
        for relative in directories:
            with contextlib.suppress(OSError):
                if kind_of(self.real(relative)) is not None:
                    os.rmdir(self.real(relative))
                gone.append(relative)
        return gone
