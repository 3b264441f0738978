# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is and has already: what the model is fitted to, and why a role starts no task for what is there."""

from __future__ import annotations

import os
import pwd
import re
import stat
from typing import Any, Sequence

from .._errors import LvsError
from . import firewall, kernel_modules, listeners, selinux, system
from .accounts import group_name, user_name
from .command import CommandError, run
from .files import HostFiles
from .links import links
from .marks import look as look_for_marks
from .places import NGINX_CACHES

# A host of the family has the file; the first that is there says which.
FAMILIES = (("/etc/redhat-release", "RedHat"), ("/etc/debian_version", "Debian"))
# The same by the names in /etc/os-release.
ALIKE = {"RedHat": {"rhel", "fedora", "centos"}, "Debian": {"debian", "ubuntu"}}
# Where packages and the state of the stack go.
DISKS = ("/usr", "/var")
MEGABYTE = 1024 * 1024


def describe(
    paths: Sequence[str] = (),
    units: Sequence[str] = (),
    users: Sequence[str] = (),
    modules: Sequence[str] = (),
    ports: Sequence[int] = (),
    versions: Sequence[str] = (),
    marks: bool = False,
) -> dict[str, Any]:
    """The fact ``lvs_host``; whatever is not there is not in the mappings."""
    return {
        **from_os_release(HostFiles().read("/etc/os-release") or ""),
        "family": next((family for path, family in FAMILIES if os.path.exists(path)), None),
        "kernel": os.uname().release,
        "user": user_name(os.geteuid()),
        "root": os.geteuid() == 0,
        "systemd": os.path.isdir("/run/systemd/system"),
        "selinux": selinux.mode(HostFiles()),
        "selinux_policy": selinux.policy(HostFiles()),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE,
        "disks_mb": {path: free_mb(path) for path in DISKS if os.path.isdir(path)},
        "cache_disk_mb": size_mb(NGINX_CACHES),
        "clock": system.clock(),
        "links": links(),
        "firewall": firewall.look(),
        "modules": kernel_modules.states(HostFiles(), modules),
        "ports": listeners.holders(ports),
        **({"marks": look_for_marks()} if marks else {}),
        "paths": {path: facts for path, facts in ((path, path_facts(path)) for path in paths) if facts},
        "units": unit_facts(units),
        "users": {name: facts for name, facts in ((name, user_facts(name)) for name in users) if facts},
        "versions": {path: found for path, found in ((path, version_of(path)) for path in versions) if found},
    }


def from_os_release(text: str) -> dict[str, Any]:
    """``{distribution, distribution_id, release, family}`` by the text of /etc/os-release alone."""
    lines = (re.match(r"([A-Z_]+)=(.*)", line) for line in text.splitlines())
    names = {one.group(1): one.group(2).strip().strip("\"'") for one in lines if one}
    alike = {names.get("ID", ""), *names.get("ID_LIKE", "").split()}
    return {
        "distribution": names.get("PRETTY_NAME") or names.get("NAME") or None,
        "distribution_id": names.get("ID"),
        "release": release(names.get("VERSION_ID", "")),
        "family": next((family for family, members in ALIKE.items() if members & alike), None),
    }


def release(version: str) -> int | None:
    """The first number of a distribution's version; None where it has none."""
    found = re.match(r"\d+", version)
    return int(found.group()) if found else None


def free_mb(path: str) -> int:
    facts = os.statvfs(path)
    return facts.f_bavail * facts.f_frsize // MEGABYTE


def size_mb(path: str) -> int:
    """The whole file system on which a folder is, or will be."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    facts = os.statvfs(path)
    return facts.f_blocks * facts.f_frsize // MEGABYTE


def path_facts(path: str) -> dict[str, str] | None:
    """``{mode, owner, group}``: octal digits and names."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return {
        "mode": "%04o" % stat.S_IMODE(facts.st_mode),
        "owner": user_name(facts.st_uid),
        "group": group_name(facts.st_gid),
    }


def version_of(program: str) -> str | None:
    """The version that a program tells, such as 1.22.1; None where it tells none or is not there."""
    try:
        told = run([program, "-v"], 5)
    except CommandError:
        return None
    found = re.search(r"(?:/|^Keepalived v)([0-9]+(\.[0-9]+)+)", told.output) if told.status == 0 else None
    return found.group(1) if found else None


def unit_facts(names: Sequence[str]) -> dict[str, dict[str, bool]]:
    """``{active, enabled}`` of each unit that systemd knows; none where there is no systemd."""
    try:
        found = system.units(names) if names else {}
    except LvsError:
        return {}
    return {
        name: {"active": unit["active"] == "active", "enabled": unit["enabled"] == "enabled"}
        for name, unit in found.items()
        if unit["load"] == "loaded"
    }


def user_facts(name: str) -> dict[str, Any] | None:
    """``{uid, home, shell}``."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    return {"uid": user.pw_uid, "home": user.pw_dir, "shell": user.pw_shell}
