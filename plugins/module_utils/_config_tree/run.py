# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of things in a run of ``config_tree``.

    finish what a killed run left  ->  read, plan  ->  validate  ->  stage  ->  journal "swapping"  ->  swap
    ->  journal "swapped"  ->  reload, confirm  ->  manifest  ->  end
                               or else: journal "returning"  ->  swap back  ->  reload  ->  end

A kill between any two of these leaves the old set or the new one, and a journal that tells the next run what to do.
"""

from __future__ import annotations

import errno
import os
from typing import Callable, Mapping, Sequence

from .._errors import LvsError
from .._host.foreign import ForeignRecord
from .daemon import NotServing, Reloader
from .entries import remove_tree
from .plan import (
    Entry,
    File,
    Journal,
    Manifest,
    Slot,
    check_owner,
    idle_directories,
    next_manifest,
    paths_to_read,
    plan,
    without_directories,
)
from .request import Outcome, Request
from .stage import Stage
from .state import State
from .text import (
    diff,
    explain,
    hidden_in,
    mask,
    masked_texts,
    secret_values,
    shapes,
)
from .tree import Tree
from .validation import NoPrivateMounts, run_check, validate


class Run:
    """One run for one set. ``label`` gives the SELinux label that the policy has for a new path, None for no policy."""

    def __init__(
        self,
        request: Request,
        names: tuple[Callable[[int], str], Callable[[int], str]] = (str, str),
        label: Callable[[str], str | None] = lambda path: None,
    ) -> None:
        self.request = request
        self.names = names
        self.label = label
        self.tree = Tree(os.path.realpath(request.path), request.directory_mode)
        self.state = State(request.state_dir, request.name)
        self.foreign = ForeignRecord(request.state_dir)
        self.values = secret_values(request.secrets)
        self.outcome = Outcome()
        self.trouble = ""

    def carry_out(self) -> Outcome:
        """Make it so. Raises LvsError; its details say whether the old set is back."""
        with self.state.locked(create=True, patience=self.request.patience):
            try:
                self._carry_out()
            except OSError as error:
                raise LvsError(
                    "%s (%s) stopped the run for %s; the next run finishes or undoes it"
                    % (error.strerror, error.filename or "", self.request.path)
                ) from error
        return self.outcome

    def _carry_out(self) -> None:
        self._recover()
        manifest = self._look({})
        if self.outcome.changes:
            self._apply(manifest, self._validate())
        elif self.trouble:
            raise LvsError(self.trouble)
        else:
            self.foreign.keep(self.outcome.kept)
            self._tidy(self._next(manifest, []), manifest)

    def preview(self) -> Outcome:
        """The same for check mode: nothing on the host is touched."""
        with self.state.locked(create=False, patience=self.request.patience):
            self._look(self._found_after_recovery())
            if self.outcome.changes:
                self._preview_validation()
            if self.outcome.changed:
                self.outcome.reloaded = Reloader(self.request.loading).needs_loading()
        return self.outcome

    # --- reading and planning

    def _look(self, instead: Mapping[str, Entry | None]) -> Manifest:
        """Read what is there (``instead`` wins), and fill in what has to change and how it reads."""
        request, outcome = self.request, self.outcome
        manifest = self.state.manifest(self.tree.path)
        check_owner(manifest, self.tree.path, request.name)
        found = {
            path: instead[path] if path in instead else self.tree.read(path)
            for path in paths_to_read(request.wanted, manifest, request.purge)
        }
        outcome.changes = plan(found, request.wanted)
        outcome.kept = self._foreign(manifest, [path for path, before in found.items() if before is not None])
        states = {change.path: change.state for change in outcome.changes}
        outcome.files = [{"path": path, "state": states.get(path, "unchanged")} for path in found]
        self._describe(manifest)
        return manifest

    def _describe(self, manifest: Manifest) -> None:
        outcome = self.outcome
        known = {path: tuple(manifest.masks.get(path, ())) + self._shapes().get(path, ()) for path in self._paths()}
        outcome.hidden = tuple(
            value
            for change in outcome.changes
            if isinstance(change.before, File)
            for value in hidden_in(change.before.content, known[change.path])
        )
        self.values = secret_values([*self.values, *outcome.hidden])
        outcome.diff = [
            diff(
                self.request.path, change, self.values, known[change.path], self.names,
                self.foreign.directory if self.tree.real(change.path) in outcome.kept else "",
            )
            for change in outcome.changes
        ]  # fmt: skip

    def _foreign(self, manifest: Manifest, there: Sequence[str]) -> list[str]:
        """Files that somebody else made, that become the set's and are not kept yet."""
        kept = self.foreign.read()["files"]
        paths = [self.tree.real(path) for path in there if path not in manifest.files]
        return [path for path in paths if path not in kept]

    def _paths(self) -> list[str]:
        return [change.path for change in self.outcome.changes]

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        values = secret_values(self.request.secrets)
        return {path: shapes(file.content, values) for path, file in self.request.wanted.items() if file is not None}

    def _next(self, manifest: Manifest, made: Sequence[str]) -> Manifest:
        return next_manifest(manifest, self.request.wanted, self.request.purge, made, self._shapes())

    # --- the validation

    def _after(self) -> dict[str, File | None]:
        return {change.path: change.after for change in self.outcome.changes}

    def _validate(self) -> bool:
        """Whether the set was validated before anything is touched. False: there is no check, or it needs the swap."""
        request = self.request
        if not request.validate:
            return True
        lacking = [path for path in request.validate_requires if not os.path.exists(path)]
        if lacking:
            raise LvsError(
                "%s is not there, so %s cannot be validated; install it before" % (", ".join(lacking), request.path)
            )
        try:
            verdict = validate(
                request.validate, self.tree.path, self._after(), request.directory_mode, request.validate_scratch
            )
        except NoPrivateMounts:
            return False
        if not verdict.accepts(request.validate_stderr_empty):
            raise self._refusal(verdict.status, verdict.errors + "\n" + verdict.output)
        self.outcome.validated = True
        return True

    def _preview_validation(self) -> None:
        """In check mode a daemon may be missing; a set that needs the swap for its validation is only named."""
        request = self.request
        lacking = [path for path in request.validate_requires if not os.path.exists(path)]
        if lacking:
            self.outcome.notes.append(
                "%s is not there yet, so the set is not validated now; a run validates it by: %s"
                % (", ".join(lacking), " ".join(request.validate))
            )
        elif not self._validate():
            self.outcome.notes.append(
                "no private mounts are allowed here, so the set is not validated now; a run validates it by: %s"
                % " ".join(request.validate)
            )

    def _refusal(self, status: int, output: str) -> LvsError:
        lines = self._explain(output)
        return LvsError(
            "%s refuses the new set (exit status %d); the old one stays in place:\n%s"
            % (
                os.path.basename([*self.request.validate_requires, *self.request.validate][0]),
                status,
                "\n".join(lines),
            ),
            daemon=lines,
            rolled_back=False,
            validated=False,
        )

    def _explain(self, output: str) -> list[str]:
        request = self.request
        texts = masked_texts(request.path, request.wanted, self.values)
        named = [path for path in texts if path in request.validate]
        only = named[0] if len(named) == 1 else next(iter(texts), "") if len(texts) == 1 else ""
        return explain(output, texts, only, self.values)

    # --- the change

    def _apply(self, manifest: Manifest, validated: bool) -> None:
        changes = self.outcome.changes
        self.foreign.keep(self.outcome.kept)
        made = self.tree.missing_directories([change.path for change in changes if change.after is not None])
        coming = self._next(manifest, made)
        stage, journal = self._stage(coming, made)
        try:
            self.tree.install(journal.slots, stage, "new", made)
        except OSError as error:
            self._undo(journal, stage)
            raise self._failed(error) from error
        if not validated:
            self._validate_in_place(journal, stage)
        self.state.mark("swapping", "swapped")
        self._serve(journal, stage)
        self._tidy(coming, coming)

    def _stage(self, coming: Manifest, made: Sequence[str]) -> tuple[Stage, Journal]:
        """Everything that needs room on the disk is written here, before anything changes."""
        changes, request = self.outcome.changes, self.request
        slots = tuple(Slot(change.path, change.before is not None, change.after is not None) for change in changes)
        self.state.end()
        self._clear_stage()
        try:
            stage = Stage.make(self.tree.path, request.name)
            stage.fill(self.tree.real, changes, self.label)
            self.state.stage_manifest(coming)
            journal = Journal(self.tree.path, stage.path, slots, tuple(made), request.directory_mode, request.loading)
            self.state.begin(journal)
        except OSError as error:
            self._clear_stage()
            self.state.end()
            raise self._failed(error) from error
        return stage, journal

    def _failed(self, error: OSError) -> LvsError:
        what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else str(error.strerror)
        return LvsError(
            "%s cannot be changed: %s (%s); the old set is in place" % (self.request.path, what, error.filename or ""),
            rolled_back=False,
        )

    def _clear_stage(self) -> None:
        for place in Stage.places(self.tree.path, self.request.name):
            remove_tree(place)

    def _validate_in_place(self, journal: Journal, stage: Stage) -> None:
        """Without private mounts the check sees the swapped files; the daemon has not been told of them."""
        verdict = run_check(self.request.validate)
        if not verdict.accepts(self.request.validate_stderr_empty):
            self._undo(journal, stage)
            raise self._refusal(verdict.status, verdict.errors + "\n" + verdict.output)
        self.outcome.validated = True

    def _undo(self, journal: Journal, stage: Stage) -> None:
        """The old files are back and nothing of this run is left; the daemon is not told."""
        self._put_back(journal, stage)
        self._end(stage)

    @staticmethod
    def _put_back(journal: Journal, stage: Stage) -> None:
        tree = Tree(journal.path, journal.directory_mode)
        tree.install(journal.slots, stage, "old", journal.directories)
        tree.remove_idle(sorted(journal.directories, key=len, reverse=True))

    def _end(self, stage: Stage) -> None:
        self.state.end()
        remove_tree(stage.path)

    def _serve(self, journal: Journal, stage: Stage) -> None:
        """The daemon loads what is in place and serves, or the old set is back and loaded."""
        daemon = Reloader(journal.loading)
        was_active = daemon.is_active()
        try:
            self.outcome.reloaded = daemon.load()
        except NotServing as failure:
            self.state.mark("swapped", "returning")
            self._undo_loaded(journal, stage, was_active, failure)
        self.outcome.confirmed = self.outcome.reloaded and bool(journal.loading.confirm or journal.loading.service)
        self.state.commit_manifest()
        self._end(stage)

    def _undo_loaded(self, journal: Journal, stage: Stage, was_active: bool, failure: NotServing) -> None:
        self._put_back(journal, stage)
        trouble = Reloader(journal.loading).load_again(was_active)
        self._end(stage)
        lines = self._explain(failure.lines)
        raise LvsError(
            "the new set of %s was loaded but does not serve (%s); the old one is back%s:\n%s"
            % (
                self.request.path,
                mask(failure.reason, self.values),
                " and loaded" if not trouble else ", but not loaded: " + mask(trouble, self.values),
                "\n".join(lines),
            ),
            daemon=lines,
            rolled_back=True,
            reloaded=not trouble,
            validated=self.outcome.validated,
        )

    def _tidy(self, coming: Manifest, written: Manifest) -> None:
        """Directories that the set made and no longer needs go; the manifest says what is so."""
        gone = self.tree.remove_idle(idle_directories(coming))
        coming = without_directories(coming, gone)
        if coming != written:
            try:
                self.state.save_manifest(coming)
            except OSError as error:
                raise LvsError(
                    "%s is in place, but its manifest in %s cannot be written: %s"
                    % (self.request.path, self.request.state_dir, error.strerror)
                ) from error

    # --- what a killed run left

    def _recover(self) -> None:
        """Finish a run that was killed after its swap; undo one that was killed before or on its way back."""
        left = self.state.journal()
        if left is None:
            self._clear_stage()
            self.state.end()
            return
        phase, journal = left
        stage = Stage(journal.stage)
        if not stage.is_whole(journal.slots, "old"):
            raise LvsError(
                "a run for %s was interrupted (%s) and its stage %s is no longer whole, so it cannot be undone; "
                "look at %s, then remove %s"
                % (
                    self.request.name, phase, journal.stage, journal.path,
                    os.path.join(self.request.state_dir, "%s.%s" % (self.request.name, phase)),
                )
            )  # fmt: skip
        if phase == "swapped":
            self._recover_forward(journal, stage)
            return
        self.outcome.recovered = "undone"
        self._recover_back(journal, stage)

    def _recover_forward(self, journal: Journal, stage: Stage) -> None:
        """The set is validated and in place: load it. It gets no second chance; this run's own set comes after it."""
        self.outcome.recovered = "finished"
        try:
            self._serve(journal, stage)
        except LvsError as error:
            if not error.details["reloaded"]:
                raise
            self.outcome.recovered = "undone"
            self.outcome.notes.append("of an interrupted run: %s" % error.message)

    def _recover_back(self, journal: Journal, stage: Stage) -> None:
        """Nobody knows what the daemon read meanwhile (the host may have come up since): it reads the old set again."""
        self._put_back(journal, stage)
        daemon = Reloader(journal.loading)
        trouble = daemon.load_again(daemon.is_active())
        if not trouble:
            self._end(stage)
            return
        self.trouble = "the old set of %s is back after an interrupted run, but the daemon does not load it: %s" % (
            journal.path,
            mask(trouble, self.values),
        )
        self.outcome.notes.append(self.trouble)

    def _found_after_recovery(self) -> dict[str, Entry | None]:
        """For check mode: what recovery would put in place."""
        left = self.state.journal()
        if left is None:
            return {}
        phase, journal = left
        self.outcome.recovered = "finished" if phase == "swapped" else "undone"
        self.outcome.notes.append("an interrupted run would be %s first" % self.outcome.recovered)
        if phase == "swapped":
            return {}
        old = Tree(os.path.join(journal.stage, "old"))
        return {slot.path: old.read(str(number)) for number, slot in enumerate(journal.slots)}
