# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files below one directory: what is wanted, what is there, and what has to change. Pure.

All paths are relative to the directory of the set, normalised, with ``/`` between their parts. An entry is a ``File``,
a ``Link`` or None for "nothing there".
"""

from __future__ import annotations

import json
import os.path
import re
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Collection, Iterable, Mapping, Sequence, Union

from .._errors import InvalidInput, LvsError

UNKNOWN_ID = -1
"""Owner or group that does not exist yet: only in check mode, where the play would have made it before."""


@dataclass(frozen=True)
class File:
    """A regular file: its bytes, permission bits, and the numbers of owner and group.

    ``kept``: wanted only where there is no file yet, or none at ``beside``, where that is a path of the set.
    """

    content: bytes
    mode: int
    uid: int
    gid: int
    kept: bool = field(default=False, compare=False)
    beside: str = field(default="", compare=False)


@dataclass(frozen=True)
class Link:
    """A symbolic link; found, never made."""

    target: str


Entry = Union[File, Link]


@dataclass(frozen=True)
class Change:
    """One path that is not as wanted. ``before`` and ``after`` differ; ``after`` is never a link."""

    path: str
    before: Entry | None
    after: File | None

    @property
    def state(self) -> str:
        """What happens to the path: created, changed or removed."""
        if self.after is None:
            return "removed"
        return "created" if self.before is None else "changed"


@dataclass(frozen=True)
class Manifest:
    """What the set made: its files, its directories, and the shapes of lines that hold a secret.

    ``masks`` maps a file to such shapes (see ``text.py``). It is how the *old* secret stays hidden when a
    secret is replaced.
    """

    path: str
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    masks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": 1,
                "path": self.path,
                "files": list(self.files),
                "directories": list(self.directories),
                "masks": {path: list(shapes) for path, shapes in self.masks.items()},
            },
            indent=1,
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises ValueError where the text is no manifest."""
        data = _object(text)
        return cls(
            path=_string(data.get("path")),
            files=_strings(data.get("files")),
            directories=_strings(data.get("directories")),
            masks={_string(path): _strings(shapes) for path, shapes in dict(data.get("masks") or {}).items()},
        )


@dataclass(frozen=True)
class Loading:
    """How a daemon comes to read its files again, and how it shows that it serves. Empty: nothing is to be done."""

    daemon_reload: bool = False
    service: str = ""
    reload: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    confirm_timeout: float = 5.0
    log: str = ""


@dataclass(frozen=True)
class Slot:
    """One change in a journal: where the path was and will be a file or nothing. The bytes lie in the stage."""

    path: str
    had: bool
    gets: bool


@dataclass(frozen=True)
class Journal:
    """What a run is about to do, written before it does it: enough for another run to finish or to undo it."""

    path: str
    stage: str
    slots: tuple[Slot, ...]
    directories: tuple[str, ...]
    directory_mode: int
    loading: Loading

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": 1,
                "path": self.path,
                "stage": self.stage,
                "slots": [[slot.path, slot.had, slot.gets] for slot in self.slots],
                "directories": list(self.directories),
                "directory_mode": self.directory_mode,
                "loading": vars(self.loading),
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Journal:
        """Raises ValueError where the text is no journal."""
        data = _object(text)
        try:
            loading = dict(data["loading"])
            loading.update(reload=tuple(loading["reload"]), confirm=tuple(loading["confirm"]))
            return cls(
                path=_string(data["path"]),
                stage=_string(data["stage"]),
                slots=tuple(Slot(_string(path), bool(had), bool(gets)) for path, had, gets in data["slots"]),
                directories=_strings(data["directories"]),
                directory_mode=int(data["directory_mode"]),
                loading=Loading(**loading),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("not a journal: %s" % error) from error


def _object(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("version") != 1:
        raise ValueError("not an object of version 1")
    return data


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("%r is not a string" % (value,))
    return value


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(_string(item) for item in value or ())


# --- what is wanted ---------------------------------------------------------------------------------------------------


def from_options(
    files: Sequence[Mapping[str, Any]],
    find_uid: Callable[[str], int | None],
    find_gid: Callable[[str], int | None],
    lenient: bool = False,
) -> dict[str, File | None]:
    """The option ``files`` as entries by path; None: has to be absent. Raises InvalidInput with every mistake found.

    ``find_uid`` and ``find_gid`` give the number of a name, None where there is none. ``lenient`` (check mode) takes
    such a name as ``UNKNOWN_ID``: an earlier task of the same play makes it in a real run.
    """
    problems: list[str] = []
    wanted: dict[str, File | None] = {}
    for index, item in enumerate(files):
        here = "files[%d]" % index
        path = str(item.get("path") or "")
        reason = _path_problem(path)
        if reason:
            problems.append("%s.path is %r; %s" % (here, path, reason))
            continue
        path = os.path.normpath(path)
        if path in wanted:
            problems.append("%s.path is %s, which is listed before" % (here, path))
        wanted[path] = None
        if item.get("state") == "absent":
            continue
        content = item.get("content")
        if content is None:
            problems.append("%s (%s) has no content; give content or state: absent" % (here, path))
            continue
        mode = _mode(item.get("mode"), here, problems)
        uid = _number(item.get("owner"), find_uid, here + ".owner", "user", lenient, problems)
        gid = _number(item.get("group"), find_gid, here + ".group", "group", lenient, problems)
        kept = item.get("state") == "kept"
        beside = os.path.normpath(item["beside"]) if item.get("beside") else ""
        wanted[path] = File(str(content).encode("utf-8", "surrogateescape"), mode, uid, gid, kept, beside)
    problems += _nested(wanted)
    if problems:
        raise InvalidInput(problems)
    return wanted


def _path_problem(path: str) -> str:
    if not path or "\0" in path or "\n" in path:
        return "must be a path of one line"
    if path.startswith("/"):
        return "must be relative to the directory of the set"
    if ".." in path.split("/") or os.path.normpath(path) == ".":
        return "must lie below the directory of the set"
    if path.endswith("/"):
        return "must name a file"
    return ""


def parse_mode(value: Any) -> int | None:
    """Permission bits of ``"0640"`` or ``"640"``, None for anything else (a bare YAML number is ambiguous)."""
    if isinstance(value, str) and re.match(r"^[0-7]{3,4}$", value):
        return int(value, 8)
    return None


def _mode(value: Any, here: str, problems: list[str]) -> int:
    mode = parse_mode("0644" if value is None else value)
    if mode is None:
        problems.append('%s.mode is %r; must be octal digits in quotes, such as "0640"' % (here, value))
        return 0
    return mode


def _number(
    name: Any,
    find: Callable[[str], int | None],
    here: str,
    noun: str,
    lenient: bool,
    problems: list[str],
) -> int:
    number = find(str(name or "root"))
    if number is None and not lenient:
        problems.append("%s is %s; there is no such %s on this host" % (here, name, noun))
    return UNKNOWN_ID if number is None else number


def _nested(wanted: Mapping[str, File | None]) -> list[str]:
    """A path cannot be a file and a directory of another file."""
    return [
        "files: %s is a file, so %s cannot lie below it" % (parent, path)
        for path in wanted
        for parent in parents(path)
        if wanted.get(parent) is not None and wanted[path] is not None
    ]


def parents(path: str) -> list[str]:
    """The directories between the set's directory and the path, outermost first: ``a/b/c`` gives ``a`` and ``a/b``."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


# --- the plan ---------------------------------------------------------------------------------------------------------


def paths_to_read(wanted: Mapping[str, File | None], manifest: Manifest, purge: bool) -> list[str]:
    """Every path that the plan looks at: those wanted in their order, then those that purging would remove."""
    left = [path for path in manifest.files if path not in wanted] if purge else []
    return list(wanted) + left


def plan(found: Mapping[str, Entry | None], wanted: Mapping[str, File | None]) -> list[Change]:
    """What has to change, in the order of ``found`` (``paths_to_read``). What is not in ``wanted`` goes."""
    return [
        Change(path, before, wanted.get(path))
        for path, before in found.items()
        if before != wanted.get(path) and not _stays(before, wanted.get(path), found)
    ]


def _stays(before: Entry | None, after: File | None, found: Mapping[str, Entry | None]) -> bool:
    if after is None or not after.kept:
        return False
    return isinstance(before, File) and (not after.beside or isinstance(found.get(after.beside), File))


def next_manifest(
    old: Manifest,
    wanted: Mapping[str, File | None],
    purge: bool,
    made_directories: Iterable[str],
    masks: Mapping[str, tuple[str, ...]],
) -> Manifest:
    """What the set has made once the plan is carried out. ``masks`` are those of the wanted files."""
    files = {path for path, file in wanted.items() if file is not None}
    if not purge:
        files |= {path for path in old.files if path not in wanted}
    kept = {path: old.masks[path] for path in files if path not in wanted and path in old.masks}
    return replace(
        old,
        files=tuple(sorted(files)),
        directories=tuple(sorted(set(old.directories) | set(made_directories))),
        masks={**kept, **{path: shapes for path, shapes in masks.items() if shapes}},
    )


def idle_directories(manifest: Manifest) -> list[str]:
    """Directories that the set made and has no file in any more, innermost first. "" is the set's directory itself."""
    used = {parent for path in manifest.files for parent in [*parents(path), ""]}
    return sorted((path for path in manifest.directories if path not in used), key=len, reverse=True)


def without_directories(manifest: Manifest, gone: Collection[str]) -> Manifest:
    """The manifest after these directories were removed."""
    return replace(manifest, directories=tuple(path for path in manifest.directories if path not in gone))


def check_owner(manifest: Manifest, path: str, name: str) -> None:
    """A set keeps its directory: purging below another one would remove what was never made."""
    if manifest.path != path:
        raise LvsError(
            "the set %s belongs to %s, so it cannot be %s; give the new set another name, and empty the old one "
            "(files: []) where it has to go" % (name, manifest.path, path)
        )


# --- the swap ---------------------------------------------------------------------------------------------------------


def common_directory(paths: Sequence[str]) -> str:
    """The innermost directory that holds all the paths; "" is the set's directory."""
    return os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""


def first_missing(directory: str, missing: Collection[str]) -> str | None:
    """The outermost of a directory and its parents that is in ``missing``, None where all are there."""
    if "" in missing:
        return ""
    candidates = [*parents(directory), directory] if directory else []
    return next((path for path in candidates if path in missing), None)


def may_exchange(directory: str) -> bool:
    """Whether a directory (absolute) may be replaced as a whole: not ``/`` and nothing directly below it.

    ``/etc`` and its like belong to everybody, and init watches them.
    """
    return directory.rstrip("/").count("/") >= 2


def mounts_at_or_below(mountinfo: str, directory: str) -> list[str]:
    """The mount points in the text of ``/proc/self/mountinfo`` that are the directory or lie in it."""
    points = [_unescape(line.split(" ")[4]) for line in mountinfo.splitlines() if line.count(" ") >= 4]
    return [point for point in points if point == directory or point.startswith(directory.rstrip("/") + "/")]


def _unescape(text: str) -> str:
    """The kernel writes blanks, tabs, newlines and backslashes of a path as octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)
