# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a director has the operator's own programs that its Keepalived runs, and the users that it runs them as."""

from __future__ import annotations

import stat
from pathlib import PurePosixPath
from typing import Iterator, Literal, Mapping

from ...module_utils._host.places import STACK
from .._model.checks import kind_of
from .._model.shape import Director, HostSlice, TrackScript
from .shape import HostFacts, Problem

_PROGRAM = "a program of root that others may run and not write (0755)"
_ENTERED = "in folders that %s may enter (0755)"
_KEPT = "in folders of root that nobody else may write (0755), as root runs it"


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    director = mine["director"]
    return [*_programs(director, facts), *_users(director, facts)] if director else []


def paths(director: Director | None) -> list[str]:
    """The programs."""
    return sorted(set(_programs_of(director).values()))


def folders(director: Director | None) -> list[str]:
    """All that the programs are in."""
    return sorted({folder for program in paths(director) for folder in _folders(program)})


def users(director: Director | None) -> list[str]:
    """The users, other than that of the collection."""
    return sorted(set(_users_of(director).values()))


def settings(director: Director | None, name: Literal["script", "user", "payload"]) -> dict[str, str]:
    """Path in the inventory -> the value of a setting, of each check of a kind that has it."""
    services = director["services"] if director else []
    found = {"lvs_virtual_services.%s.check.%s" % (one["service"], name): one["check"] for one in services}
    return {path: check[name] or "" for path, check in found.items() if name in kind_of(check).settings and check[name]}


def _tracked(director: Director | None) -> dict[str, TrackScript]:
    """Path in the inventory -> what VIPs track."""
    return {"lvs_track_scripts.%s" % one["name"]: one for one in (director["track_scripts"] if director else ())}


def _programs_of(director: Director | None) -> dict[str, str]:
    own = {path + ".script": one["command"][0] for path, one in _tracked(director).items()}
    return {**settings(director, "script"), **own}


def _users_of(director: Director | None) -> dict[str, str]:
    own = {path + ".user": one["user"] for path, one in _tracked(director).items() if one["user"]}
    return {**settings(director, "user"), **own}


def _folders(program: str) -> list[str]:
    """Those on the way to a program, from / on."""
    return [str(one) for one in reversed(PurePosixPath(program).parents)]


def _programs(director: Director, facts: HostFacts) -> Iterator[Problem]:
    if "paths" not in facts:
        return
    users_of = _users_of(director)
    for path, program in _programs_of(director).items():
        there = facts["paths"].get(program)
        if there is None:
            yield Problem(path, "%s, which is not there" % program, _PROGRAM)
        elif there["owner"] != "root" or not _fits(int(there["mode"], 8)):
            yield Problem(path, "%s, of %s with mode %s" % (program, there["owner"], there["mode"]), _PROGRAM)
        else:
            user = users_of.get(path[: -len("script")] + "user", STACK.script_user)
            yield from _ways(path, program, user, facts["paths"])


def _ways(path: str, program: str, user: str, paths: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """A program that its user does not get to has failed. What root runs, Keepalived leaves out where others write."""
    for folder in _folders(program):
        there = paths.get(folder)
        wanted = _ENTERED % user if user != "root" else _KEPT
        if there and not (_enters(user, there) if user != "root" else _keeps(there)):
            words = "%s, in %s of %s:%s with mode %s" % (program, folder, there["owner"], there["group"], there["mode"])
            yield Problem(path, words, wanted)


def _enters(user: str, folder: Mapping[str, str]) -> bool:
    mode = int(folder["mode"], 8)
    return bool(
        mode & 0o001 or (user == folder["owner"] and mode & 0o100) or (user == folder["group"] and mode & 0o010)
    )


def _keeps(folder: Mapping[str, str]) -> bool:
    """Whether nobody but root writes there, or only what is their own."""
    mode, others = int(folder["mode"], 8), 0o002 if folder["group"] == "root" else 0o022
    return folder["owner"] == "root" and not (mode & others and not mode & stat.S_ISVTX)


def _fits(mode: int) -> bool:
    """Others may run it, and nobody but its owner may write it."""
    return bool(mode & 0o001) and not mode & 0o022


def _users(director: Director, facts: HostFacts) -> Iterator[Problem]:
    known = facts.get("users")
    for path, user in _users_of(director).items() if known is not None else ():
        if user not in (known or {}):
            yield Problem(path, "%s, whom the host does not know" % user, "a user of the host")
