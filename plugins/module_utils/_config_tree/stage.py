# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of a set: new and old versions of its files, on its file system, before anything changes."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Callable, Sequence

from .entries import STAGE_PREFIX, copy_label, duplicate, kind_of, mountinfo, remove_tree, sync_directory
from .plan import Change, File, Slot, mounts_at_or_below


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
        place = inside if tree in mounts_at_or_below(mountinfo(), tree) else beside
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

    def fill(self, real: Callable[[str], str], changes: Sequence[Change], label: Callable[[str], str | None]) -> None:
        """Write the new versions and keep the old ones, all on disk. ``real``: relative to absolute path.

        Raises OSError, such as ENOSPC.
        """
        # The old versions keep their files: a full disk has no room for copies when they have to come back.
        for number, change in enumerate(changes):
            place = real(change.path)
            if change.after is not None:
                write_file(
                    os.path.join(self.path, "new", str(number)),
                    change.after,
                    place if change.before is not None else None,
                    place,
                    label,
                )
            if change.before is not None:
                duplicate(place, os.path.join(self.path, "old", str(number)))
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
    while kind_of(directory) is None:
        directory = os.path.dirname(directory)
    copy_label(directory, path)
