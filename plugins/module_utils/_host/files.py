# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small text files of a host: what is there, what should be, one atomic write each.

Paths are absolute as on the host; ``root`` puts all of them below another directory, which is how tests run the real
code on a tree of their own.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from typing import Iterable, Mapping

from .._errors import LvsError


@dataclass(frozen=True)
class FileChange:
    """One file that is not as wanted; None stands for "absent"."""

    path: str
    before: str | None
    after: str | None

    def diff(self) -> dict[str, str]:
        """The shape that Ansible prints as a unified diff."""
        return {
            "before_header": self.path if self.before is not None else "%s (absent)" % self.path,
            "after_header": self.path if self.after is not None else "%s (absent)" % self.path,
            "before": self.before or "",
            "after": self.after or "",
        }


class HostFiles:
    """Reads and writes the small files of a host."""

    def __init__(self, root: str = "/") -> None:
        self.root = root

    def real(self, path: str) -> str:
        """Where ``path`` lies in the file system of this process."""
        return os.path.join(self.root, path.lstrip("/"))

    def read(self, path: str) -> str | None:
        """The text of a file, None where there is none. Raises LvsError where it cannot be read."""
        try:
            with open(self.real(path), encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise LvsError("%s cannot be read: %s" % (path, error.strerror)) from error

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put ``text`` there in one step: a reader sees the old file or the new one."""
        real = self.real(path)
        try:
            os.makedirs(os.path.dirname(real), mode=0o755, exist_ok=True)
            handle, staged = tempfile.mkstemp(prefix=".vipstack-", dir=os.path.dirname(real))
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(text)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.chmod(staged, mode)
                os.replace(staged, real)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(staged)
                raise
        except OSError as error:
            raise LvsError("%s cannot be written: %s" % (path, error.strerror)) from error

    def remove(self, path: str) -> None:
        """Remove the file or link; it may be absent already."""
        try:
            os.unlink(self.real(path))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise LvsError("%s cannot be removed: %s" % (path, error.strerror)) from error

    def plan(self, wanted: Mapping[str, str | None]) -> list[FileChange]:
        """Which of the wanted files (path to text, None: absent) are not as wanted, in the order given."""
        changes = []
        for path, after in wanted.items():
            before = self.read(path)
            if before != after:
                changes.append(FileChange(path, before, after))
        return changes

    def apply(self, changes: Iterable[FileChange]) -> None:
        """Carry a plan out."""
        for change in changes:
            if change.after is None:
                self.remove(change.path)
            else:
                self.write(change.path, change.after)
