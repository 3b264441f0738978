# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes what a host has before the first run, and disables what other people's set-up would do at the next boot."""

from __future__ import annotations

import os
from typing import Any, Callable, Sequence

from .._errors import LvsError
from .._host import places, system
from .._host.accounts import user_number
from .._host.command import run
from .._host.files import HostFiles
from .._host.foreign import ForeignRecord
from .._netlink.route import Address, RouteSocket
from .look import DISABLED, NOTHING, UNITS, BootChange, Finding, Look, Question, vips_are_ours

# Runs systemctl with some arguments: raises LvsError where it fails.
Systemctl = Callable[[Sequence[str]], None]
_SCRIPT_USER = places.STACK.script_user
KEEPALIVED, NGINX = "keepalived.service", "nginx.service"


def systemctl_here() -> Systemctl | None:
    """systemctl as a function, None where systemd does not run."""
    if not os.path.isdir("/run/systemd/system"):
        return None

    def systemctl(arguments: Sequence[str]) -> None:
        done = run(["systemctl", *arguments], 90.0)
        if done.status:
            raise LvsError("systemctl %s failed: %s" % (" ".join(arguments), done.output.strip()))

    return systemctl


def note(question: Question, record: ForeignRecord, write: bool) -> list[str]:
    """What is noted now, a line each; nothing where it was noted before."""
    if record.read()["first"]:
        return []
    files = HostFiles()
    known = not _converged(record)
    wanted = [KEEPALIVED] * question.director + [NGINX] * question.nginx
    fights = {one.unit: one.table for one in Look(question, files).findings() if one.unit}
    states = unit_states([*wanted, *fights]) if known else {}
    for name, state in states.items():
        if state and fights.get(name):
            state["table"] = True
    addresses = _addresses(question) if known and not vips_are_ours(files) else []
    if write:
        users = {_SCRIPT_USER: user_number(_SCRIPT_USER) is not None} if known and question.director else {}
        record.note_first([vars(address) for address in addresses], states, users)
    lines = ["%s/%d dev %s" % (one.address, one.prefix, one.interface) for one in addresses]
    return [*lines, *("%s %s" % (name, _words(state)) for name, state in states.items())]


def _converged(record: ForeignRecord) -> bool:
    """Whether a run of a release without a record was here: then what there is now is not what was first."""
    try:
        return any(name.endswith(".json") for name in os.listdir(record.state_dir))
    except FileNotFoundError:
        return False


def _words(state: dict[str, Any] | None) -> str:
    if state is None:
        return "is not installed"
    return "%s, %s" % ("runs" if state["active"] else "does not run", state["enabled"] or "not at boot")


def unit_states(names: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """``{active, enabled}`` of each unit, None for one that is not installed; nothing where there is no systemd."""
    try:
        found = system.units(names) if names else {}
    except LvsError:
        return {}
    return {
        name: {"active": unit["active"] in ("active", "reloading"), "enabled": unit["enabled"]}
        if unit["load"] != "not-found"
        else None
        for name, unit in found.items()
    }


def _addresses(question: Question) -> list[Address]:
    """The VIPs that a real server has now; those of a director are Keepalived's."""
    with RouteSocket() as route:
        links = route.links()
        loopbacks = {link.name for link in links if link.loopback}
        return [one for one in route.addresses(links) if one.address in question.vips and one.interface in loopbacks]


# --- the boot ---------------------------------------------------------------------------------------------------


def fighting(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.kind == DISABLED]


def disable(findings: Sequence[Finding], record: ForeignRecord, systemctl: Systemctl | None) -> None:
    """Keep what changes, then change it; what runs goes on as it is."""
    files = HostFiles(record.root)
    changes = [change for one in findings for change in one.changes]
    record.keep([change.path for change in changes])
    for change in changes:
        _apply(files, change)
    if systemctl and any(change.path.startswith(UNITS) for change in changes):
        systemctl(["daemon-reload"])


def _apply(files: HostFiles, change: BootChange) -> None:
    real = files.real(change.path)
    if change.text is not None:
        info = os.stat(real)
        files.write(change.path, change.text, info.st_mode & 0o7777)
        os.chown(real, info.st_uid, info.st_gid)
        os.chmod(real, info.st_mode & 0o7777)
    elif change.masked:
        try:
            os.symlink(NOTHING, real)
        except OSError as error:
            raise LvsError("%s cannot be made: %s" % (change.path, error.strerror)) from error
    else:
        files.remove(change.path)


def diff_of(change: BootChange, files: HostFiles) -> dict[str, str]:
    """Only the lines that change: the rest of the file is none of ours."""
    if change.masked:
        return {"prepared": "+ %s -> %s\n" % (change.path, NOTHING)}
    if change.text is None:
        return {"prepared": "- %s\n" % change.path}
    before, after = (files.read(change.path) or "").splitlines(), change.text.splitlines()
    gone = ["- " + line for line in before if line not in after]
    come = ["+ " + line for line in after if line not in before]
    return {"prepared": system.without_secrets("\n".join(["~ " + change.path, *gone, *come])) + "\n"}
