# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of a set of files: the diff, the daemon's complaint beside our line, and no secret in either. Pure.

A secret that is being replaced stands in the *old* file and nobody gives us its value. So the lines that hold a secret
are remembered by their shape (the line with ``********`` in place of the secret), and whatever stands in that place of
an old file is hidden too.
"""

from __future__ import annotations

import hashlib
import re
from typing import Callable, Iterable, Mapping, Sequence

from .._host.system import without_secrets
from .plan import Change, Entry, File, Link

MASK = "********"
OPAQUE = MASK
"""The shape of a file whose secret is not a part of one line (a key, a whole line): all of it is hidden."""

_SHORTEST_GUESS = 4
"""Old secrets shorter than this are hidden where they stand, but not wherever else these letters occur."""

_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


# --- secrets ----------------------------------------------------------------------------------------------------------


def secret_values(secrets: Iterable[str | None]) -> tuple[str, ...]:
    """The strings to hide, the longest first: each secret, and each longer line of one that has several."""
    values = set()
    for secret in secrets:
        for value in [secret or "", (secret or "").strip()]:
            values.add(value)
        lines = (secret or "").strip().splitlines()
        values |= {line.strip() for line in lines if len(lines) > 1 and len(line.strip()) >= 8}
    return tuple(sorted((value for value in values if value.strip()), key=lambda value: (-len(value), value)))


def mask(text: str, values: Sequence[str]) -> str:
    """The text with every secret, what follows a word such as auth_pass, and the inside of private keys hidden."""
    for value in values:
        text = text.replace(value, MASK)
    return without_secrets(_PRIVATE_KEY.sub(r"\1\n" + MASK + r"\n\2", text))


def shapes(content: bytes, values: Sequence[str]) -> tuple[str, ...]:
    """The shapes of the lines of a file that hold a secret; ``OPAQUE`` where a whole line is one."""
    text = content.decode("utf-8", "replace")
    for value in values:
        text = text.replace(value, MASK)
    return tuple(sorted({" ".join(line.split()) for line in text.splitlines() if MASK in line}))


def _pattern(shape: str) -> re.Pattern[str]:
    """Matches lines of that shape; its groups are what stands in the secret's place."""
    parts = [r"\s+".join(re.escape(word) for word in part.split(" ")) for part in shape.split(MASK)]
    return re.compile(r"^(\s*)%s(\s*)$" % r"(\S.*?)".join(parts))


def hidden_in(content: bytes, known_shapes: Iterable[str]) -> tuple[str, ...]:
    """What stands in an old file where a shape has its secret: values to hide elsewhere, too."""
    patterns = [_pattern(shape) for shape in known_shapes if shape != OPAQUE]
    found = set()
    for line in content.decode("utf-8", "replace").splitlines():
        for pattern in patterns:
            match = pattern.match(line)
            if match:
                found |= set(match.groups()[1:-1])
    return tuple(value for value in secret_values(found) if len(value) >= _SHORTEST_GUESS and value != MASK)


def _mask_shaped(text: str, known_shapes: Iterable[str]) -> str:
    """The text with whatever stands in the place of a secret hidden, whether we know the value or not."""
    patterns = [(shape, _pattern(shape)) for shape in known_shapes if shape != OPAQUE]
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        body = line.rstrip("\r\n")
        for shape, pattern in patterns:
            match = pattern.match(body)
            if match:
                lines[index] = match.group(1) + shape + line[len(body) :]
    return "".join(lines)


# --- the diff ---------------------------------------------------------------------------------------------------------


def diff(
    root: str,
    change: Change,
    values: Sequence[str],
    known_shapes: Sequence[str],
    names: tuple[Callable[[int], str], Callable[[int], str]] = (str, str),
    kept_in: str = "",
) -> dict[str, str]:
    """One change in the shape that Ansible prints. ``names`` turn the numbers of an owner and a group into names.

    ``kept_in``: the folder in which somebody else's version is kept.
    """
    before, after = _body(change.before, values, known_shapes), _body(change.after, values, known_shapes)
    if before == after and _content(change.before) != _content(change.after):
        after += "(a secret in it changes)\n"
    old, new = _rights(change.before, names), _rights(change.after, names)
    if change.before is not None and change.after is not None and old != new:
        before, after = old + before, new + after
    path = "%s/%s" % (root, change.path)
    return {
        "before_header": _header(
            path, change.before, " (not of this collection; kept in %s)" % kept_in if kept_in else ""
        ),
        "after_header": _header(path, change.after),
        "before": before,
        "after": after,
    }


def _header(path: str, entry: Entry | None, more: str = "") -> str:
    return path + (more if entry is not None else " (absent)")


def _content(entry: Entry | None) -> bytes | None:
    return entry.content if isinstance(entry, File) else None


def _rights(entry: Entry | None, names: tuple[Callable[[int], str], Callable[[int], str]]) -> str:
    if isinstance(entry, File):
        return "(mode %04o, owner %s, group %s)\n" % (entry.mode, names[0](entry.uid), names[1](entry.gid))
    return "(symbolic link)\n" if isinstance(entry, Link) else ""


def _body(entry: Entry | None, values: Sequence[str], known_shapes: Sequence[str]) -> str:
    if entry is None:
        return ""
    if isinstance(entry, Link):
        return "(to %s)\n" % mask(entry.target, values)
    if OPAQUE in known_shapes:
        return "(secret content)\n"
    try:
        text = entry.content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return "(%d bytes that are no text, sha256 %s)\n" % (
            len(entry.content),
            hashlib.sha256(entry.content).hexdigest()[:16],
        )
    return mask(_mask_shaped(text, known_shapes), values)


# --- the daemon's words -----------------------------------------------------------------------------------------------

_PLACES = (
    re.compile(r"(?P<path>/[^\s:(){}]+):\s?(?:[Ll]ine )?(?P<line>\d+)"),  # nginx, visudo, keepalived with its path
    re.compile(r"(?P<path>/[^\s:(){}]+): .*near line (?P<line>\d+)"),  # older visudo
    re.compile(r"(?P<path>)\([Ll]ine (?P<line>\d+)\)"),  # keepalived with one file
)


def explain(
    output: str,
    texts: Mapping[str, str],
    only: str,
    values: Sequence[str] = (),
    most: int = 40,
) -> list[str]:
    """The daemon's lines, each followed by the line of our file that it names, secrets hidden.

    ``texts`` maps absolute paths to the (masked) text of the staged files. ``only`` is the file that a complaint
    without a path means. A daemon of several processes says the same several times; it is given once.
    """
    lines: list[str] = []
    quoted = set()
    for line in dict.fromkeys(line.rstrip() for line in output.splitlines() if line.strip()):
        lines.append(mask(line, values))
        place = _place(line, only)
        if place and place[0] in texts and place not in quoted:
            quoted.add(place)
            text = texts[place[0]].splitlines()
            if 0 < place[1] <= len(text):
                lines.append("    %s:%d: %s" % (place[0], place[1], mask(text[place[1] - 1].strip(), values)))
    return [*lines[:most], "(%d more lines)" % (len(lines) - most)] if len(lines) > most else lines


def _place(line: str, only: str) -> tuple[str, int] | None:
    for pattern in _PLACES:
        match = pattern.search(line)
        if match:
            return match.group("path") or only, int(match.group("line"))
    return None


def masked_texts(root: str, files: Mapping[str, File | None], values: Sequence[str]) -> dict[str, str]:
    """The staged files as ``explain`` wants them: absolute path to masked text. Masking never changes line numbers."""
    return {
        "%s/%s" % (root, path): "\n".join(
            mask(line, values) for line in file.content.decode("utf-8", "replace").splitlines()
        )
        for path, file in files.items()
        if file is not None
    }
