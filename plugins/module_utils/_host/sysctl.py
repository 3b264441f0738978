# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sysctls: names, values, sysctl.d files, and the live ones under /proc/sys.

Names follow sysctl.d: ``net.ipv4.conf.lo.arp_ignore``; a dot inside a component is written as a slash
(``net.ipv4.conf.eth0/100.arp_ignore``), and a name whose first separator is a slash is a path already.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable, Mapping

from .._errors import LvsError
from .files import HostFiles

# The order in which systemd-sysctl looks: a file name in an earlier directory hides the same name in a later one.
SYSCTL_DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


@dataclass(frozen=True)
class SysctlChange:
    """One live value that differs. ``before`` None: the sysctl is not there yet (its module is not loaded)."""

    name: str
    before: str | None
    after: str

    def __str__(self) -> str:
        if self.before is None:
            return "+ %s = %s" % (self.name, self.after)
        return "~ %s %s -> %s" % (self.name, self.before, self.after)


def path_of(name: str) -> str:
    """The file under /proc/sys of a sysctl's name. Raises LvsError for a name that leaves /proc/sys."""
    dot, slash = name.find("."), name.find("/")
    relative = name if slash >= 0 and (dot < 0 or slash < dot) else name.translate({ord("."): "/", ord("/"): "."})
    parts = relative.split("/")
    if not relative or any(part in ("", ".", "..") for part in parts):
        raise LvsError("sysctl %r is no name of a sysctl; allowed is a form such as net.ipv4.vs.conntrack" % name)
    return "/proc/sys/" + relative


def value_text(value: object) -> str:
    """How a value is compared and written: fields by single blanks, a yes or no as 1 or 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    text = str(value)
    if text in ("True", "False"):  # what a YAML yes becomes on its way through a module's parameters
        return "1" if text == "True" else "0"
    return " ".join(text.split())


def render(sysctls: Mapping[str, str], header: str) -> str:
    """The text of a sysctl.d file."""
    lines = ["# " + line for line in header.splitlines()]
    return "\n".join(lines + ["%s = %s" % item for item in sysctls.items()]) + "\n"


def parse(text: str) -> list[tuple[str, str]]:
    """(name or glob, value) of each line of a sysctl.d file; exclusions (``-name`` without a value) are left out."""
    found = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;" or "=" not in line:
            continue
        name, value = line.split("=", 1)
        found.append((name.strip().lstrip("-").strip(), " ".join(value.split())))
    return found


def overrides(files: Mapping[str, str], own: str, wanted: Mapping[str, str]) -> list[str]:
    """What other sysctl.d files undo at boot: one sentence for each wanted value that a later file sets otherwise.

    ``files``: path to text of every file that counts; ``own``: the path of ours. Files are read in the order of their
    base names, the last one wins; a glob never wins over a name that is set explicitly.
    """
    found = []
    for path in sorted(files, key=os.path.basename):
        if os.path.basename(path) <= os.path.basename(own):
            continue
        for name, value in parse(files[path]):
            for mine, want in wanted.items():
                if _same(name, mine) and value != want:
                    found.append(
                        "%s sets %s to %s after %s at boot; wanted is %s: remove it there"
                        % (path, mine, value, own, want)
                    )
    return found


def _same(name: str, mine: str) -> bool:
    if any(sign in name for sign in "*?["):
        return False
    try:
        return path_of(name) == path_of(mine)
    except LvsError:
        return False


class Sysctls:
    """The live values of this network namespace."""

    def __init__(self, files: HostFiles) -> None:
        self.files = files

    def read(self, name: str) -> str | None:
        """The value in the kernel's words, None where there is no such sysctl."""
        text = self.files.read(path_of(name))
        return None if text is None else value_text(text)

    def plan(self, wanted: Mapping[str, str]) -> list[SysctlChange]:
        """Which values are not as wanted."""
        changes = []
        for name, after in wanted.items():
            before = self.read(name)
            if before != after:
                changes.append(SysctlChange(name, before, after))
        return changes

    def before(self, changes: Iterable[SysctlChange]) -> dict[str, tuple[str, str]]:
        """Name to (present value, coming value) of the changes, without those that are not there."""
        found = {change.name: (self.read(change.name), change.after) for change in changes}
        return {name: (now, after) for name, (now, after) in found.items() if now is not None}

    def write(self, name: str, value: str) -> None:
        """Write one value and see that the kernel took it. Raises LvsError with path, value and the kernel's word."""
        path = path_of(name)
        try:
            # No O_CREAT and no rename here: /proc/sys is no ordinary directory.
            handle = os.open(self.files.real(path), os.O_WRONLY | os.O_TRUNC)
            try:
                os.write(handle, (value + "\n").encode())
            finally:
                os.close(handle)
        except FileNotFoundError as error:
            raise LvsError(
                "%s is not there: the kernel or the module that brings %s is missing" % (path, name)
            ) from error
        except OSError as error:
            raise LvsError("%s does not take %r: %s" % (path, value, error.strerror)) from error
        now = self.read(name)
        if now != value:
            raise LvsError("%s is %s after writing %s: the kernel did not take the value" % (path, now, value))

    def boot_overrides(self, own: str, wanted: Mapping[str, str]) -> list[str]:
        """`overrides` over the files of this host."""
        chosen: dict[str, str] = {}
        for directory in SYSCTL_DIRECTORIES:
            try:
                names = os.listdir(self.files.real(directory))
            except OSError:
                continue
            for name in names:
                if name.endswith(".conf"):
                    chosen.setdefault(name, "%s/%s" % (directory, name))
        texts = {path: self.files.read(path) or "" for path in chosen.values()}
        return overrides(texts, own, wanted)
