# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file layer of ``config_tree``: reads a directory, stages versions beside it, and puts one in its place at once.

``Tree.install`` is the one way in which managed paths change, forward and back. It prefers to exchange the innermost
directory that holds all changes for a copy of it (unmanaged entries are hard links, so they are the same files); that
is one system call, and a reader sees the old set or the new one. Where the kernel cannot do that (a mount point, a
lower layer of overlayfs) it renames file by file; the journal (``_config_tree_state``) then tells the next run what to
finish.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from typing import Callable, Collection, Iterable, Mapping, Sequence

from .._errors import LvsError
from . import syscalls
from .plan import (
    Change,
    Entry,
    File,
    Link,
    Slot,
    common_directory,
    first_missing,
    may_exchange,
    mounts_at_or_below,
    parents,
)

_MOST_ENTRIES = 5000
"""A directory with more entries than this is not copied for one exchange."""

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
            kind = _kind(self.real(parent))
            if kind is None:
                return None
            if kind != stat.S_IFDIR:
                raise LvsError(
                    "%s is %s; files of this set lie below it, so it has to be a directory"
                    % (self.real(parent), _noun(kind))
                )
        path = self.real(relative)
        try:
            info = os.lstat(path)
            if stat.S_ISLNK(info.st_mode):
                return Link(os.readlink(path))
            if not stat.S_ISREG(info.st_mode):
                raise LvsError("%s is %s; a set holds files" % (path, _noun(stat.S_IFMT(info.st_mode))))
            with open(path, "rb") as stream:
                return File(stream.read(), stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LvsError("%s cannot be read: %s" % (path, error.strerror)) from error

    def missing_directories(self, paths: Iterable[str]) -> list[str]:
        """The directories that have to be made before files can be at these paths, outermost first; "" is the set's."""
        wanted = dict.fromkeys(parent for path in paths for parent in ["", *parents(path)])
        return sorted((path for path in wanted if _kind(self.real(path)) is None), key=len)

    # --- writing

    def install(self, slots: Sequence[Slot], stage: Stage, versions: str, directories: Collection[str]) -> None:
        """Every slot's path gets its version from the stage (or is absent, where it has none), all at once if possible.

        ``directories`` are those that the set lacked and that may be made. What is in place already stays, so doing it
        again does no harm. Raises OSError with nothing changed, or (file by file only) with a part changed.
        """
        sources = {
            path: source
            for path, source in stage.sources(slots, versions).items()
            if not _is_in_place(self.real(path), source)
        }
        if not sources:
            return
        missing = [path for path in directories if _kind(self.real(path)) is None]
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
                _forget(_spare_in_place(self.real(relative)))
                _forget(self.real(relative))
            else:
                _link_over(source, self.real(relative))
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
            copied = _link_tree(target, scratch, managed, {os.path.dirname(path) for path in managed})
            self._fill(scratch, target, {path: source for path, source in sources.items() if source}, missing)
            syscalls.exchange(scratch, target)
        except OSError as error:
            remove_tree(scratch)
            if error.errno in _NO_EXCHANGE:
                raise NotExchangeable(error.strerror) from error
            raise
        sync_directory(os.path.dirname(target))
        _bring_late_entries(scratch, target, managed, copied)
        remove_tree(scratch)

    @staticmethod
    def _check_exchangeable(target: str, stage: Stage) -> None:
        if not may_exchange(target):
            raise NotExchangeable("%s belongs to more than this set" % target)
        if stage.path.startswith(target + "/"):
            raise NotExchangeable("the stage lies in %s" % target)
        if mounts_at_or_below(_mountinfo(), target):
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
            _duplicate(source, place)
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
                if _kind(self.real(relative)) is not None:
                    os.rmdir(self.real(relative))
                gone.append(relative)
        return gone


def _kind(path: str) -> int | None:
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _noun(kind: int) -> str:
    return {
        stat.S_IFDIR: "a directory",
        stat.S_IFREG: "a file",
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }.get(kind, "a device")


def _is_in_place(path: str, source: str | None) -> bool:
    """Whether the path is the version that it should be: another name of the same file, or nothing."""
    if source is None:
        return _kind(path) is None
    return _kind(path) is not None and os.path.samestat(os.lstat(path), os.lstat(source))


def _mountinfo() -> str:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except OSError:
        return ""


def _link_over(source: str, target: str) -> None:
    """The target's name comes to mean the source's file, in one step. The source keeps its name."""
    spare = source + ".link"
    try:
        _duplicate(source, spare)
        os.rename(spare, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _forget(spare)
        spare = _spare_in_place(target)
        _duplicate(source, spare)
        os.rename(spare, target)
    # Renaming one name of a file over another name of it does nothing and leaves both: the target was right already.
    _forget(spare)


def _spare_in_place(target: str) -> str:
    """Where a version is prepared whose stage lies on another file system (something is mounted inside the set)."""
    return os.path.join(os.path.dirname(target), STAGE_PREFIX + os.path.basename(target))


def _duplicate(source: str, place: str) -> None:
    """Another name for a file or link, which costs no room; a copy where the file system has no such thing."""
    _forget(place)
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
            raise
        shutil.copy2(source, place, follow_symlinks=False)
        info = os.lstat(source)
        os.chown(place, info.st_uid, info.st_gid, follow_symlinks=False)
        if not stat.S_ISLNK(info.st_mode):
            os.chmod(place, stat.S_IMODE(info.st_mode))
            _sync_file(place)


def _sync_file(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def _link_tree(
    source: str, copy: str, without: Collection[str], touched: Collection[str]
) -> dict[str, tuple[int, int]]:
    """A copy of a directory that shares its files by hard links: symbolic links, sockets and pipes too.

    ``without`` are paths to leave out, ``touched`` the directories whose times need not be kept. Returns the identity
    of every entry seen (path to device and inode). Raises OSError; EMLINK stands for "too many entries".
    """
    seen: dict[str, tuple[int, int]] = {}

    def copy_directory(directory: str, place: str) -> None:
        info = os.lstat(directory)
        os.mkdir(place, 0o700)
        with os.scandir(directory) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            if entry.path in without:
                continue
            found = entry.stat(follow_symlinks=False)
            seen[entry.path] = (found.st_dev, found.st_ino)
            if found.st_dev != info.st_dev:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), entry.path)
            if len(seen) > _MOST_ENTRIES:
                raise OSError(errno.EMLINK, "too many entries", directory)
            if entry.is_dir(follow_symlinks=False):
                copy_directory(entry.path, os.path.join(place, entry.name))
            else:
                os.link(entry.path, os.path.join(place, entry.name), follow_symlinks=False)
        os.chown(place, info.st_uid, info.st_gid)
        shutil.copystat(directory, place)
        if directory in touched:
            os.utime(place)
        sync_directory(place)

    copy_directory(source, copy)
    return seen


def _bring_late_entries(old: str, new: str, managed: Collection[str], seen: Mapping[str, tuple[int, int]]) -> None:
    """Entries that somebody else made or replaced while the copy was made are brought over (``old`` was ``new``)."""
    for directory, names, files in os.walk(old):
        for name in list(names) + files:
            path = os.path.join(directory, name)
            place = new + path[len(old) :]
            info = os.lstat(path)
            if place in managed or seen.get(place) == (info.st_dev, info.st_ino):
                continue
            if name in names and not os.path.islink(path):
                names.remove(name)
                if _kind(place) is None:
                    os.rename(path, place)
            else:
                _link_over(path, place)


def remove_tree(path: str) -> None:
    """Remove a directory of ours with all that is in it; it may be gone."""
    if _kind(path) is not None:
        shutil.rmtree(path)


def sync_directory(path: str) -> None:
    """The names in the directory outlive a power cut."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_label(source: str, target: str) -> None:
    """Give the target the SELinux label of the source, where there is such a thing."""
    with contextlib.suppress(OSError):
        os.setxattr(target, "security.selinux", os.getxattr(source, "security.selinux"), follow_symlinks=False)


# --- the stage --------------------------------------------------------------------------------------------------------

STAGE_PREFIX = ".vipstack-"
"""How our own names inside a set's directory begin, where a name beside it cannot be had."""


class Stage:
    """A directory of ours on the set's file system, for root's eyes only: ``new/N``, ``old/N`` and the next tree."""

    def __init__(self, path: str) -> None:
        self.path = path

    @staticmethod
    def places(tree: str, name: str) -> list[str]:
        """Where a stage of that set can be: beside its directory, or in it where that is a mount point."""
        beside = os.path.join(os.path.dirname(tree), ".%s.vipstack-%s" % (os.path.basename(tree), name))
        return [beside, os.path.join(tree, STAGE_PREFIX + name)]

    @classmethod
    def make(cls, tree: str, name: str) -> Stage:
        """A new, empty stage. Raises OSError."""
        beside, inside = cls.places(tree, name)
        place = inside if tree in mounts_at_or_below(_mountinfo(), tree) else beside
        try:
            return cls._make(place)
        except OSError as error:
            if place == inside or error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            return cls._make(inside)

    @classmethod
    def _make(cls, place: str) -> Stage:
        os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
        os.mkdir(place, 0o700)
        for versions in ("new", "old"):
            os.mkdir(os.path.join(place, versions), 0o700)
        return cls(place)

    def sources(self, slots: Sequence[Slot], versions: str) -> dict[str, str | None]:
        """For ``Tree.install``: each path with its file in this stage, None where it is to be absent."""
        return {
            slot.path: os.path.join(self.path, versions, str(number))
            if (slot.gets if versions == "new" else slot.had)
            else None
            for number, slot in enumerate(slots)
        }

    def scratch(self) -> str:
        """Where the next tree is built: on the set's file system, and gone with the stage."""
        path = os.path.join(self.path, "tree")
        remove_tree(path)
        return path

    def is_whole(self, slots: Sequence[Slot], versions: str) -> bool:
        """Whether every version that the slots speak of is still here."""
        return all(source is None or os.path.lexists(source) for source in self.sources(slots, versions).values())

    def fill(self, tree: Tree, changes: Sequence[Change], label: Callable[[str], str | None]) -> None:
        """Write the new versions and keep the old ones, all on disk. Raises OSError, such as ENOSPC."""
        # The old versions keep their files: a full disk has no room for copies when they have to come back.
        for number, change in enumerate(changes):
            real = tree.real(change.path)
            if change.after is not None:
                write_file(
                    os.path.join(self.path, "new", str(number)),
                    change.after,
                    real if change.before is not None else None,
                    real,
                    label,
                )
            if change.before is not None:
                _duplicate(real, os.path.join(self.path, "old", str(number)))
        for path in ("new", "old", ""):
            sync_directory(os.path.join(self.path, path))
        sync_directory(os.path.dirname(self.path))


def write_file(path: str, file: File, like: str | None, place: str, label: Callable[[str], str | None]) -> None:
    """A new file with all its rights, on disk. ``like``: an older version whose extended attributes it keeps;
    otherwise its label is the one that the policy (``label``) or else its future directory gives to ``place``."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(file.content)
        stream.flush()
        os.chown(path, file.uid, file.gid)
        if like is not None and not os.path.islink(like):
            _copy_attributes(like, path)
        else:
            _set_label(path, place, label(place))
        os.chmod(path, file.mode)
        os.fsync(stream.fileno())


def _copy_attributes(source: str, target: str) -> None:
    with contextlib.suppress(OSError):
        for name in os.listxattr(source, follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)


def _set_label(path: str, place: str, label: str | None) -> None:
    if label is not None:
        with contextlib.suppress(OSError):
            os.setxattr(path, "security.selinux", label.encode() + b"\0", follow_symlinks=False)
        return
    directory = os.path.dirname(place)
    while _kind(directory) is None:
        directory = os.path.dirname(directory)
    copy_label(directory, path)
