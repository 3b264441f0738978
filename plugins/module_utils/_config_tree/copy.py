# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a directory that shares its files, for one exchange."""

from __future__ import annotations

import errno
import os
import shutil
from typing import Collection, Mapping

from .entries import kind_of, link_over, sync_directory

_MOST_ENTRIES = 5000
"""A directory with more entries than this is not copied for one exchange."""


def link_tree(source: str, copy: str, without: Collection[str], touched: Collection[str]) -> dict[str, tuple[int, int]]:
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


def bring_late_entries(old: str, new: str, managed: Collection[str], seen: Mapping[str, tuple[int, int]]) -> None:
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
                if kind_of(place) is None:
                    os.rename(path, place)
            else:
                link_over(path, place)
