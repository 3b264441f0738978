# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a daemon read its files again, see that it serves, and read what it logs when it does not."""

from __future__ import annotations

import os
import time
from typing import Mapping, Sequence

from .._host.command import CommandError, run
from .plan import Loading

_COMMAND_LIMIT = 90.0
LOADED_AT = "CONFIG_TREE_LOADED_AT"
"""Environment of a confirmation: when loading began, in seconds since the boot (the first number of /proc/uptime)."""
_SETTLE = 0.3
"""Seconds after which a daemon that a reload kills is gone."""


class NotServing(Exception):
    """The daemon did not load the set, or loaded it and does not serve. ``lines``: what it and its manager reported."""

    def __init__(self, reason: str, lines: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


class Reloader:
    """The process that reads a set of files."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self._loaded_at = ""

    def needs_loading(self) -> bool:
        """Whether a change of the files means a reload now: a service that does not run reads them when it starts."""
        return bool(self.loading.reload) or self._needs_systemd() or self.is_active()

    def _needs_systemd(self) -> bool:
        return self.loading.daemon_reload and _systemd_runs()

    def is_active(self) -> bool:
        """Whether the service runs. Where systemd does not run, none of its services does."""
        if not self.loading.service or not _systemd_runs():
            return False
        return _run(["systemctl", "is-active", "--quiet", self.loading.service])[0] == 0

    def load(self) -> bool:
        """Reload, and wait until it serves. False: there was nothing to reload. Raises NotServing."""
        since, size = time.time(), self._log_size()
        if self._needs_systemd():
            self._must(["systemctl", "daemon-reload"], since, size)
        if self.loading.reload or self.is_active():
            self._loaded_at = _uptime()
            self._must(self.loading.reload or ["systemctl", "reload", self.loading.service], since, size)
            self._confirm(since, size)
            return True
        return self._needs_systemd()

    def load_again(self, was_active: bool) -> str:
        """After the old set is back: reload, or start what the new set has killed. What went wrong, "" if nothing."""
        loading = self.loading
        commands = []
        if self._needs_systemd():
            commands.append(["systemctl", "daemon-reload"])
        if loading.reload:
            commands.append(list(loading.reload))
        elif was_active:
            commands.append(["systemctl", "reload" if self.is_active() else "start", loading.service])
        for command in commands:
            status, output = _run(command)
            if status != 0:
                return "%s exited with %d: %s" % (" ".join(command), status, output.strip())
        return ""

    def _must(self, command: Sequence[str], since: float, size: int) -> None:
        status, output = _run(command)
        if status != 0:
            raise NotServing(
                "%s exited with %d" % (" ".join(command), status), output + "\n" + self._heard(since, size)
            )

    def _confirm(self, since: float, size: int) -> None:
        until = time.monotonic() + self.loading.confirm_timeout
        if self.loading.confirm:
            self._ask_until(until, since, size)
        elif self.loading.service and not self.loading.reload:
            time.sleep(min(_SETTLE, self.loading.confirm_timeout))
        if self.loading.service and not self.loading.reload and not self.is_active():
            raise NotServing("%s is no longer active" % self.loading.service, self._heard(since, size))

    def _ask_until(self, until: float, since: float, size: int) -> None:
        while True:
            status, output = _run(
                self.loading.confirm, max(until - time.monotonic(), 1.0), {LOADED_AT: self._loaded_at}
            )
            if status == 0:
                return
            if time.monotonic() >= until:
                raise NotServing(
                    "%s failed for %g s, at last with exit status %d"
                    % (self.loading.confirm[0], self.loading.confirm_timeout, status),
                    output + "\n" + self._heard(since, size),
                )
            time.sleep(0.2)

    def _log_size(self) -> int:
        try:
            return os.stat(self.loading.log).st_size if self.loading.log else 0
        except OSError:
            return 0

    def _heard(self, since: float, size: int) -> str:
        """What the service wrote to the journal, and to its log file, since then."""
        lines = ""
        if self.loading.service:
            argv = ["journalctl", "--unit", self.loading.service, "--since", "@%.6f" % since]
            status, lines = _run([*argv, "--output", "cat", "--no-pager", "--lines", "30"])
            lines = "" if status != 0 or lines.strip() == "-- No entries --" else lines
        if self.loading.log:
            try:
                with open(self.loading.log, "rb") as stream:
                    stream.seek(size if os.stat(self.loading.log).st_size >= size else 0)
                    lines += "\n" + stream.read(64 * 1024).decode("utf-8", "replace")
            except OSError:
                pass
        return lines


def _systemd_runs() -> bool:
    return os.path.isdir("/run/systemd/system")


def _uptime() -> str:
    """Seconds since the boot, with two digits behind the point, by the clock that starts of processes are told in."""
    with open("/proc/uptime", encoding="ascii") as stream:
        return stream.read().split()[0]


def _run(
    argv: Sequence[str], limit: float = _COMMAND_LIMIT, environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Exit status and output; of a command that is missing or does not end the status and the words of a shell."""
    try:
        ended = run(argv, limit, environ=environ)
    except CommandError as error:
        return error.status, error.message
    return ended.status, ended.output
