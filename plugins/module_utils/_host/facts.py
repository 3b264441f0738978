# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has already, so that a role starts no task for what is there."""

from __future__ import annotations

import os
import pwd
import re
import stat
from typing import Any, Sequence

from .._errors import LvsError
from .._netlink.route import RouteSocket
from . import system
from .accounts import group_name, user_name

# A host of the family has the file; the first that is there says which.
FAMILIES = (("/etc/redhat-release", "RedHat"), ("/etc/debian_version", "Debian"))


def describe(paths: Sequence[str], units: Sequence[str], users: Sequence[str]) -> dict[str, Any]:
    """``{family, release, addresses, paths, units, users}``; whatever is not there is not in the mappings."""
    return {
        "release": release(),
        "family": next((family for path, family in FAMILIES if os.path.exists(path)), None),
        "addresses": addresses(),
        "paths": {path: facts for path, facts in ((path, path_facts(path)) for path in paths) if facts},
        "units": unit_facts(units),
        "users": {name: facts for name, facts in ((name, user_facts(name)) for name in users) if facts},
    }


def release(path: str = "/etc/os-release") -> int | None:
    """The release of the distribution, its first number; None where it has none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            found = re.search(r'^VERSION_ID=["\']?(\d+)', stream.read(), re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) if found else None


def addresses() -> list[str]:
    """Every address of the host, of both families."""
    with RouteSocket() as route:
        return sorted({one.address for one in route.addresses(route.links())})


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
