# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of a file system: what it is, another name for it, its label, and how it outlives a power cut."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat

STAGE_PREFIX = ".vipstack-"
"""How our own names inside a set's directory begin, where a name beside it cannot be had."""


def kind_of(path: str) -> int | None:
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def noun_of(kind: int) -> str:
    return {
        stat.S_IFDIR: "a directory",
        stat.S_IFREG: "a file",
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }.get(kind, "a device")


def mountinfo() -> str:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except OSError:
        return ""


def link_over(source: str, target: str) -> None:
    """The target's name comes to mean the source's file, in one step. The source keeps its name."""
    spare = source + ".link"
    try:
        duplicate(source, spare)
        os.rename(spare, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        forget(spare)
        spare = spare_in_place(target)
        duplicate(source, spare)
        os.rename(spare, target)
    # Renaming one name of a file over another name of it does nothing and leaves both: the target was right already.
    forget(spare)


def spare_in_place(target: str) -> str:
    """Where a version is prepared whose stage lies on another file system (something is mounted inside the set)."""
    return os.path.join(os.path.dirname(target), STAGE_PREFIX + os.path.basename(target))


def duplicate(source: str, place: str) -> None:
    """Another name for a file or link, which costs no room; a copy where the file system has no such thing."""
    forget(place)
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


def forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def remove_tree(path: str) -> None:
    """Remove a directory of ours with all that is in it; it may be gone."""
    if kind_of(path) is not None:
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


def is_in_place(path: str, source: str | None) -> bool:
    """Whether the path is the version that it should be: another name of the same file, or nothing."""
    if source is None:
        return kind_of(path) is None
    return kind_of(path) is not None and os.path.samestat(os.lstat(path), os.lstat(source))
