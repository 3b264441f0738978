# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of other people's boot files that set a VIP, a sysctl or the IPVS table, and the same text without them. Pure.

A line is never deleted: it becomes a comment behind `MARK`.
"""

from __future__ import annotations

import re
from typing import Callable, Collection, Iterable, Mapping, Sequence

from .._errors import LvsError
from .._host.sysctl import path_of, value_text

MARK = "vipstack.lvs: "
_ADDS = re.compile(r"\bifconfig\s|\b(?:a|addr|address)\s+(?:add|replace)\s")
# Not one that only lists or saves it.
_TABLE = re.compile(r"\bipvsadm-restore\b|\bipvsadm\s+(?!--?(?:[LlShv]|list|save|help|version))-")
_STANZA = re.compile(r"\s*(iface|auto|allow-\S+|no-auto-down|no-scripts|mapping|template|source\S*|rename)\b")
_HOOK = re.compile(r"\s*(?:pre-|post-)?(?:up|down)\s")


def mentions(text: str, vips: Iterable[str]) -> bool:
    """Whether one of the addresses stands in the text, as a whole one."""
    return any(_whole(vip).search(text) for vip in vips)


def _whole(vip: str) -> re.Pattern[str]:
    end = r"(?![0-9A-Fa-f:.])" if ":" in vip else r"(?![0-9.]*[0-9])"
    return re.compile(r"(?<![0-9A-Fa-f:.])" + re.escape(vip) + end, re.IGNORECASE)


# --- shell scripts ----------------------------------------------------------------------------------------------


def sets_vip(text: str, vips: Collection[str]) -> bool:
    """Whether a script adds one of the addresses to an interface."""
    return bool(_lines(text, lambda line: _adds(line, vips, _variables(text, vips))))


def sets_table(text: str) -> bool:
    """Whether a script writes the IPVS table."""
    return bool(_lines(text, lambda line: bool(_TABLE.search(line))))


def fighting_lines(text: str, vips: Collection[str], programs: Collection[str], table: bool) -> list[list[int]]:
    """The lines of a script that add a VIP, call one of the programs, or (``table``) write the IPVS table.

    Each is a list of line numbers from 0, as a line may go on behind a backslash.
    """
    variables = _variables(text, vips)
    calls = re.compile(r"(?<![\w./-])(?:%s)(?![\w.-])" % "|".join(map(re.escape, programs))) if programs else None

    def fights(line: str) -> bool:
        return bool(_adds(line, vips, variables) or (calls and calls.search(line)) or (table and _TABLE.search(line)))

    return _lines(text, fights)


def silenced(text: str, lines: Iterable[Sequence[int]]) -> str:
    """The script with these lines as comments; ``:`` holds the place of each, so that no block becomes empty."""
    found = text.splitlines(keepends=True)
    for numbers in lines:
        for number in numbers:
            found[number] = "%s# %s%s" % (": " if number == numbers[0] else "", MARK, found[number])
    return "".join(found)


def _lines(text: str, wanted: Callable[[str], bool]) -> list[list[int]]:
    found = []
    numbers: list[int] = []
    whole = ""
    for number, line in enumerate(text.splitlines()):
        numbers.append(number)
        whole += line
        if line.endswith("\\"):
            whole = whole[:-1] + " "
            continue
        code = whole.strip()
        if code and not code.startswith("#") and MARK not in code and wanted(code):
            found.append(numbers)
        numbers, whole = [], ""
    return found


def _variables(text: str, vips: Collection[str]) -> list[str]:
    """The shell variables that hold a VIP: assigned, or in a loop over it."""
    found = []
    for name, value in re.findall(r"^\s*(?:export\s+|local\s+|readonly\s+)?(\w+)=(.*)$", text, re.MULTILINE):
        found += [name] if mentions(value, vips) else []
    for name, value in re.findall(r"\bfor\s+(\w+)\s+in\b(.*)$", text, re.MULTILINE):
        uses = any(_uses(value, known) for known in found)
        found += [name] if uses or mentions(value, vips) else []
    return found


def _uses(line: str, variable: str) -> bool:
    return bool(re.search(r"\$(?:%s\b|\{%s\b)" % (variable, variable), line))


def _adds(line: str, vips: Collection[str], variables: Iterable[str]) -> bool:
    return bool(_ADDS.search(line)) and (mentions(line, vips) or any(_uses(line, name) for name in variables))


# --- sysctl.d ---------------------------------------------------------------------------------------------------


def without_sysctls(text: str, wanted: Mapping[str, str]) -> tuple[str, list[str]]:
    """A sysctl file without lines that set one of these otherwise, and the names of those sysctls."""
    paths = {path_of(name): (name, value) for name, value in wanted.items()}
    lines, names = text.splitlines(keepends=True), []
    for number, line in enumerate(lines):
        left, sign, right = line.strip().lstrip("-").partition("=")
        if not sign or left[:1] in ("#", ";") or any(one in left for one in "*?["):
            continue
        try:
            name, value = paths[path_of(left.strip())]
        except (KeyError, LvsError):
            continue
        if value_text(right) != value:
            lines[number] = "# %s%s" % (MARK, line)
            names.append(name)
    return "".join(lines), names


# --- ifupdown ---------------------------------------------------------------------------------------------------


def without_interfaces(text: str, vips: Collection[str]) -> str:
    """A file of ifupdown without aliases that have a VIP as their address, and without hooks that name a VIP."""
    lines = text.splitlines(keepends=True)
    gone = set()
    for name, numbers in _ifaces(lines):
        body = [lines[number].split() for number in numbers[1:]]
        if ":" in name and any(words[:1] == ["address"] and mentions(words[1], vips) for words in body if words[1:]):
            gone.add(name)
            _comment(lines, numbers)
        else:
            hooks = [number for number in numbers[1:] if _HOOK.match(lines[number]) and mentions(lines[number], vips)]
            _comment(lines, hooks)
    for number, line in enumerate(lines):
        words = line.split()
        if words and re.match(r"auto$|allow-", words[0]) and gone & set(words[1:]):
            left = [word for word in words if word not in gone]
            lines[number] = "# %s%s" % (MARK, line) + (" ".join(left) + "\n" if left[1:] else "")
    return "".join(lines)


def _ifaces(lines: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Each iface stanza: its name and the numbers of its lines, without blank lines and comments behind it."""
    found: list[tuple[str, list[int]]] = []
    inside = False
    for number, line in enumerate(lines):
        stripped = line.strip()
        if _STANZA.match(line):
            words = stripped.split()
            inside = words[0] == "iface" and len(words) > 1
            if inside:
                found.append((words[1], [number]))
        elif inside and stripped and not stripped.startswith("#"):
            found[-1][1].append(number)
    return found


def _comment(lines: list[str], numbers: Iterable[int]) -> None:
    for number in numbers:
        lines[number] = "# %s%s" % (MARK, lines[number])
