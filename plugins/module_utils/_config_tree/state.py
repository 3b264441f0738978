# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of a set of files: its manifest, its lock, and the journal of a run that is under way."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator

from .._errors import LvsError
from .._host import lock
from .entries import sync_directory
from .plan import Journal, Manifest


class State:
    """What a host remembers of a set between runs: its manifest, and while a run is under way, its journal.

    The journal's phase is its file name, so every step after the swap is a rename and needs no room on the disk:
    ``NAME.swapping`` (undo it), ``NAME.swapped`` (the daemon has yet to load it), ``NAME.returning`` (undo it).
    """

    PHASES = ("swapping", "swapped", "returning")

    def __init__(self, directory: str, name: str) -> None:
        self.directory = directory
        self.name = name

    def _file(self, suffix: str) -> str:
        return os.path.join(self.directory, "%s.%s" % (self.name, suffix))

    @contextlib.contextmanager
    def locked(self, create: bool, patience: float) -> Iterator[None]:
        """One run at a time for a set. In check mode (``create`` false) a lock that is not there is not made."""
        handle = self._open_lock(create)
        if handle is None:
            yield
            return
        try:
            lock.take(
                handle,
                patience,
                "another run works on the set %s (%s is locked); it was waited for %g s"
                % (self.name, self._file("lock"), patience),
            )
            yield
        finally:
            os.close(handle)

    def _open_lock(self, create: bool) -> int | None:
        try:
            if create:
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
            return os.open(self._file("lock"), os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LvsError("%s cannot be used: %s" % (self._file("lock"), error.strerror)) from error

    def manifest(self, path: str) -> Manifest:
        """What the set made so far; nothing where it was never here."""
        text = _read_text(self._file("json"))
        if text is None:
            return Manifest(path)
        try:
            return Manifest.from_json(text)
        except (ValueError, TypeError) as error:
            raise LvsError(
                "%s is no manifest (%s); remove it to start anew: nothing is then purged" % (self._file("json"), error)
            ) from error

    def journal(self) -> tuple[str, Journal] | None:
        """The phase and the journal of a run that did not end, None where all runs did."""
        for phase in self.PHASES:
            text = _read_text(self._file(phase))
            if text is not None:
                try:
                    return phase, Journal.from_json(text)
                except ValueError as error:
                    raise LvsError("%s is no journal (%s)" % (self._file(phase), error)) from error
        return None

    def stage_manifest(self, manifest: Manifest) -> None:
        """The next manifest, on disk but not in force."""
        _write_text(self._file("json.next"), manifest.to_json())

    def begin(self, journal: Journal) -> None:
        """From here on a run that is cut off is undone by the next one."""
        _write_text(self._file("journal.next"), journal.to_json())
        os.rename(self._file("journal.next"), self._file(self.PHASES[0]))
        sync_directory(self.directory)

    def mark(self, old: str, new: str) -> None:
        """The journal goes from one phase to another."""
        os.rename(self._file(old), self._file(new))
        sync_directory(self.directory)

    def commit_manifest(self) -> None:
        """The staged manifest is in force; nothing happens where it is already."""
        with contextlib.suppress(FileNotFoundError):
            os.rename(self._file("json.next"), self._file("json"))
            sync_directory(self.directory)

    def save_manifest(self, manifest: Manifest) -> None:
        """A manifest for which no file changed."""
        self.stage_manifest(manifest)
        self.commit_manifest()

    def end(self) -> None:
        """The run is over: nothing of it has to be finished or undone."""
        left = [self._file(suffix) for suffix in (*self.PHASES, "json.next", "journal.next")]
        left = [path for path in left if os.path.lexists(path)]
        for path in left:
            os.unlink(path)
        if left:
            sync_directory(self.directory)


def _read_text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LvsError("%s cannot be read: %s" % (path, error)) from error


def _write_text(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
