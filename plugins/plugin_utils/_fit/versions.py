# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What not every version of a daemon has: the version that a host has or will get, and what is said of it."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Tuple

from .request import KEEPALIVED, NGINX
from .shape import HostFacts, Problem

Version = Tuple[int, ...]
_NAMES = {KEEPALIVED: "Keepalived", NGINX: "Nginx"}
# What a distribution of (family, the first number of its release) has, where that is older than something here.
_PACKAGED = {
    ("debian", 11): {KEEPALIVED: "2.1.5", NGINX: "1.18.0"},
    ("ubuntu", 22): {KEEPALIVED: "2.2.4", NGINX: "1.18.0"},
    ("el", 8): {KEEPALIVED: "2.1.5", NGINX: "1.14.1"},
    ("el", 9): {NGINX: "1.20.1"},
}


class Use(NamedTuple):
    """Something that not every version of a daemon has. ``fault``: what an older one does with it."""

    path: str
    value: str
    since: Version
    fault: str = "does not know"


def problems(program: str, facts: HostFacts, uses: Iterable[Use]) -> list[Problem]:
    """What a host's daemon does not know; where the host has none yet, that of its distribution."""
    said = facts.get("versions", {}).get(program, "")
    there = bool(said) or program in facts.get("paths", {})
    said = said if there else packaged(program, facts)
    version = tuple(int(part) for part in said.split(".") if part.isdigit())
    if not version:
        return []
    return [_problem(program, use, said, there) for use in dict.fromkeys(uses) if version < use.since]


def packaged(program: str, facts: HostFacts) -> str:
    """The version that the host's distribution has; empty where that is not known, or has all that is asked for."""
    own = facts.get("distribution_id") or ""
    known = "el" if facts.get("family") == "RedHat" and own != "fedora" else own
    return _PACKAGED.get((known, facts.get("release") or 0), {}).get(program, "")


def _problem(program: str, use: Use, said: str, there: bool) -> Problem:
    name = _NAMES[program]
    whose = "%s %s" % (name, said) if there else "%s %s of the distribution" % (name, said)
    wanted = "left out, or %s %s or newer" % (name, ".".join(map(str, use.since)))
    return Problem(use.path, "%s, which %s %s" % (use.value, whose, use.fault), wanted + " installed" * (not there))
