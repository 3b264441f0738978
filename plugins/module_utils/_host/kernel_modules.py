# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules, their options and sysctls: what is wanted, what is there, what to do about it.

The order is the whole point. An option counts when its module is loaded, so it is written first; the sysctls of
IPVS exist only once ip_vs is loaded, so they are set last. At boot systemd keeps the same order by itself:
systemd-modules-load runs before systemd-sysctl.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Callable, Mapping, Sequence, Tuple

from .._errors import InvalidInput, LvsError
from .files import FileChange, HostFiles
from .foreign import ForeignRecord
from .sysctl import (
    SysctlChange,
    Sysctls,
    path_of,
    render,
    value_text,
)

HEADER = "Written by vipstack.lvs.kernel; it is written anew at every run."
_MODULE = re.compile(r"[A-Za-z0-9_-]+\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_TABLE_SIZE = re.compile(r"size=(\d+)")

# Runs modprobe for a module: (exit status, what it reported). None: there is no modprobe on this host.
Modprobe = Callable[[str], Tuple[int, str]]


@dataclass(frozen=True)
class Wanted:
    """The configuration of one ``name``. ``options``: module to option to value, all text."""

    name: str
    modules: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a run does, in this order: ``files`` but the sysctl.d one, ``load``, ``sysctls``, ``sysctl_files``."""

    files: tuple[FileChange, ...]
    load: tuple[str, ...]
    sysctls: tuple[SysctlChange, ...]
    sysctl_files: tuple[FileChange, ...]
    restart_needed: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.files or self.load or self.sysctls or self.sysctl_files)

    def lines(self) -> list[str]:
        """The live part as a person reads it."""
        return ["+ module %s" % module for module in self.load] + [str(change) for change in self.sysctls]

    def diff(self) -> list[dict[str, str]]:
        """Files as unified diffs, then the live part."""
        found = [change.diff() for change in self.files + self.sysctl_files]
        if self.lines():
            found.append({"prepared": "\n".join(self.lines()) + "\n"})
        return found


def from_options(
    name: str, modules: Sequence[str], options: Mapping[str, object], sysctls: Mapping[str, object]
) -> Wanted:
    """The checked form of the parameters. Raises InvalidInput with every mistake."""
    problems = []
    if not _NAME.match(name):
        problems.append("name is %r; allowed are letters, digits, dots, dashes and underscores" % name)
    problems += [
        "modules[%d] is %r; allowed are letters, digits, dashes and underscores" % (index, module)
        for index, module in enumerate(modules)
        if not _MODULE.match(module)
    ]
    checked: dict[str, dict[str, str]] = {}
    for module, values in options.items():
        if not _MODULE.match(module):
            problems.append("options has the key %r; must be the name of a kernel module" % module)
        elif not isinstance(values, Mapping):
            problems.append("options.%s is %r; must be a table of option: value" % (module, values))
        else:
            checked[_underscored(module)] = {str(key): value_text(value) for key, value in values.items()}
            problems += [
                "options.%s.%s is %r; must be one word" % (module, key, value)
                for key, value in values.items()
                if not value_text(value) or " " in value_text(value) or not re.match(r"\w+\Z", str(key))
            ]
    for sysctl, value in sysctls.items():
        try:
            path_of(sysctl)
        except LvsError as error:
            problems.append("sysctls: %s" % error.message)
        if isinstance(value, (dict, list)) or value is None or value_text(value) == "":
            problems.append("sysctls.%s is %r; must be a number or a text" % (sysctl, value))
    if problems:
        raise InvalidInput(problems)
    unique = tuple(dict.fromkeys(_underscored(module) for module in modules))
    return Wanted(name, unique, checked, {key: value_text(value) for key, value in sysctls.items()})


def _underscored(module: str) -> str:
    """The kernel's spelling: modprobe takes dashes for underscores, /sys/module does not."""
    return module.replace("-", "_")


def paths(name: str) -> tuple[str, str, str]:
    """The files of one name: module options, modules, sysctls."""
    return (
        "/etc/modprobe.d/%s.conf" % name,
        "/etc/modules-load.d/%s.conf" % name,
        "/etc/sysctl.d/90-%s.conf" % name,
    )


def files_of(wanted: Wanted) -> dict[str, str | None]:
    """Text of each file, None for the one whose part is empty."""
    options, modules, sysctls = paths(wanted.name)
    option_lines = [
        "options %s %s" % (module, " ".join("%s=%s" % item for item in values.items()))
        for module, values in wanted.options.items()
        if values
    ]
    head = "# %s\n" % HEADER
    return {
        options: head + "\n".join(option_lines) + "\n" if option_lines else None,
        modules: head + "\n".join(wanted.modules) + "\n" if wanted.modules else None,
        sysctls: render(wanted.sysctls, HEADER) if wanted.sysctls else None,
    }


def table_bits(proc_net_ip_vs: str) -> int | None:
    """conn_tab_bits from the head of /proc/net/ip_vs (``... (size=4096)``), None where it does not say."""
    match = _TABLE_SIZE.search(proc_net_ip_vs.split("\n", 1)[0])
    return int(match.group(1)).bit_length() - 1 if match else None


def is_built_in(module: str, listing: str) -> bool:
    """Whether a modules.builtin file names the module (``kernel/net/netfilter/ipvs/ip_vs.ko``)."""
    names = (os.path.basename(line.strip()).split(".", 1)[0] for line in listing.splitlines())
    return module in {_underscored(name) for name in names}


def has_built_in_symbol(module: str, kallsyms: str) -> bool:
    """Whether the kernel image itself has the module's init function; a loaded module's lines end with ``[module]``."""
    return re.search(r"^[0-9a-f]+ \w %s_init$" % re.escape(module), kallsyms, re.MULTILINE) is not None


def is_available(module: str, dependencies: str) -> bool:
    """Whether a modules.dep file has the module (``kernel/net/netfilter/ipvs/ip_vs.ko.xz: …``)."""
    paths = (line.partition(":")[0] for line in dependencies.splitlines())
    return module in {_underscored(os.path.basename(path).split(".", 1)[0]) for path in paths}


def states(files: HostFiles, names: Sequence[str]) -> dict[str, str]:
    """loaded (or built in), available or missing, of each module. Nothing is loaded."""
    kernel = KernelModules(files, None)
    found = {}
    for name in names:
        if kernel.is_loaded(name):
            found[name] = "loaded"
        else:
            dependencies = files.read(kernel.directory + "/modules.dep") or ""
            found[name] = "available" if is_available(name, dependencies) else "missing"
    return found


class KernelModules:
    """The modules of the running kernel."""

    def __init__(self, files: HostFiles, modprobe: Modprobe | None) -> None:
        self.files = files
        self.modprobe = modprobe
        self.directory = "/lib/modules/" + os.uname().release

    def is_loaded(self, module: str) -> bool:
        """Loaded, or part of the kernel image."""
        if os.path.isdir(self.files.real("/sys/module/" + module)):
            return True
        if os.path.isdir(self.files.real(self.directory)):
            return is_built_in(module, self.files.read(self.directory + "/modules.builtin") or "")
        # A kernel without a modules directory has everything in its image; reading kallsyms is dear, but rare.
        return has_built_in_symbol(module, self.files.read("/proc/kallsyms") or "")

    def load(self, module: str) -> None:
        """Load one module. Raises LvsError that names it, says why it cannot be loaded and what to do."""
        status, reported = self.modprobe(module) if self.modprobe else (127, "modprobe is not installed (package kmod)")
        if status == 0:
            return
        raise LvsError(
            "kernel module %s cannot be loaded: %s. Install the modules of kernel %s, or, in a container, load it on"
            " the host (modprobe %s)" % (module, reported.strip() or "modprobe ended with %d" % status,
                                         os.uname().release, module),
            module=module,
        )  # fmt: skip

    def option(self, module: str, option: str) -> str | None:
        """The value an option has now, None where the kernel does not say."""
        text = self.files.read("/sys/module/%s/parameters/%s" % (module, option))
        if text is not None:
            return value_text(text)
        if (module, option) == ("ip_vs", "conn_tab_bits"):
            bits = table_bits(self.files.read("/proc/net/ip_vs") or "")
            return None if bits is None else str(bits)
        return None


class Kernel:
    """Reads the host into a plan and carries a plan out."""

    def __init__(self, files: HostFiles, modprobe: Modprobe | None) -> None:
        self.files = files
        self.modules = KernelModules(files, modprobe)
        self.sysctls = Sysctls(files)
        self.foreign = ForeignRecord(root=files.root)

    def plan(self, wanted: Wanted) -> Plan:
        """What has to be done for ``state: present``.

        Raises LvsError for a sysctl that is not there though every module is: no run of this module can bring it.
        """
        by_path = files_of(wanted)
        sysctl_file = paths(wanted.name)[2]
        load = tuple(module for module in wanted.modules if not self.modules.is_loaded(module))
        sysctls = tuple(self.sysctls.plan(wanted.sysctls))
        missing = [change.name for change in sysctls if change.before is None]
        if missing and not load:
            raise LvsError(
                "%s is not there: no loaded module brings it; name its module in modules, or take it out of sysctls"
                % " and ".join(path_of(name) for name in missing)
            )
        return Plan(
            files=tuple(self.files.plan({path: text for path, text in by_path.items() if path != sysctl_file})),
            load=load,
            sysctls=sysctls,
            sysctl_files=tuple(self.files.plan({sysctl_file: by_path[sysctl_file]})),
            restart_needed=tuple(self._stale_options(wanted)),
            warnings=tuple(self.sysctls.boot_overrides(sysctl_file, wanted.sysctls)),
        )

    def plan_absent(self, name: str) -> Plan:
        """What has to be done for ``state: absent``: the files go; what is live stays until the next boot."""
        changes = tuple(self.files.plan(dict.fromkeys(paths(name))))
        return Plan(files=changes, load=(), sysctls=(), sysctl_files=(), restart_needed=(), warnings=())

    def _stale_options(self, wanted: Wanted) -> list[str]:
        """Options that a loaded module has otherwise than wanted: they count when it is loaded the next time."""
        found = []
        for module, values in wanted.options.items():
            for option, value in values.items():
                now = self.modules.option(module, option)
                if now is not None and not _same_value(now, value):
                    found.append(
                        "%s is loaded with %s=%s; %s counts from the next load of the module (a reboot)"
                        % (module, option, now, value)
                    )
        return found

    def apply(self, plan: Plan) -> None:
        """Carry the plan out: options and modules to load at boot, the modules, the sysctls, their file."""
        self.foreign.keep_before(plan.files + plan.sysctl_files, HEADER)
        self.files.apply(plan.files)
        for module in plan.load:
            self.modules.load(module)
        self.foreign.note_sysctls(self.sysctls.before(plan.sysctls))
        for change in plan.sysctls:
            self.sysctls.write(change.name, change.after)
        self.files.apply(plan.sysctl_files)


def _same_value(now: str, wanted: str) -> bool:
    """The kernel prints a bool as Y or N whatever it was given."""
    letters = {"Y": "1", "N": "0", "y": "1", "n": "0"}
    return letters.get(now, now) == letters.get(wanted, wanted)
