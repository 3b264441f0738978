# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /proc, the file system, systemd and the transition log say: pure readers of their texts, and who fetches
them."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import stat
import struct
import time
from datetime import datetime
from typing import Any, Iterable, Iterator, Sequence

from .._errors import LvsError
from .accounts import group_name, user_name
from .command import run
from .places import TRANSITION_LOG

# A line in which a file of ours records what the host had before; it differs from host to host.
_RECORD = b"# before: "
UNIT_PROPERTIES = (
    "Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "NRestarts", "ActiveEnterTimestampMonotonic",
    "MainPID", "Result",
)  # fmt: skip
# A clock whose greatest error the kernel puts at 16 s is synchronised by nobody (linux/timex.h, MAXPHASE).
UNSYNCHRONISED_US = 16_000_000
# What stands behind one of these words in a file or in a daemon's message.
_SECRET = re.compile(
    r"""\b((?:auth_pass|password|passwd|secret|authorization)\b[ \t=:]+)"""
    r"""("[^"\n]*"|'[^'\n]*'|(?:(?:basic|bearer)[ \t]+)?[^\s;"']+)""",
    re.IGNORECASE,
)
_TRANSITION = re.compile(r"^(\S+) (\S+) (MASTER|BACKUP|FAULT|STOP)\b", re.IGNORECASE)
# An ignored signal stays ignored over exec.
_DEAF = ("/bin/sh", "-c", 'trap "" TERM; exec "$0" "$@"')


# --- pure -------------------------------------------------------------------------------------------------------


def parse_units(text: str, names: Sequence[str], offset: float) -> dict[str, dict[str, Any]]:
    """The output of ``systemctl show`` over ``names``, one block each in their order.

    ``offset``: epoch of the monotonic clock's zero, in seconds. The result's ``since`` is an epoch, None where the
    unit was never active.
    """
    found = {}
    for name, block in zip(names, text.strip("\n").split("\n\n")):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        since = int(values.get("ActiveEnterTimestampMonotonic") or 0)
        found[name] = {
            "load": values.get("LoadState", ""),
            "active": values.get("ActiveState", ""),
            "sub": values.get("SubState", ""),
            "enabled": values.get("UnitFileState", ""),
            "restarts": int(values.get("NRestarts") or 0),
            "since": round(offset + since / 1e6, 3) if since else None,
            "pid": int(values.get("MainPID") or 0) or None,
            "result": values.get("Result", ""),
        }
    return found


def replaced_files(maps: str) -> list[str]:
    """Programs and libraries of which a process runs an old version, from its /proc/PID/maps: a file that was replaced
    since. Memory that only looks like a file is none."""
    found = re.findall(r"^\S+ ..x. \S+ \S+ [1-9][0-9]* +(/.*) \(deleted\)$", maps, re.MULTILINE)
    return sorted({path for path in found if not path.startswith(("/dev/", "/memfd:", "/SYSV", "/[aio]"))})


def parse_transitions(text: str, last: int) -> list[dict[str, Any]]:
    """The last transitions of a log with lines ``TIME INSTANCE STATE``, the newest last. TIME is ISO 8601; a state
    is in capitals here, whatever it is there."""
    found = []
    for line in text.splitlines():
        match = _TRANSITION.match(line)
        moment = _epoch(match.group(1)) if match else None
        if match and moment is not None:
            found.append({"epoch": moment, "instance": match.group(2), "state": match.group(3).upper()})
    return found[-last:] if last else []


def _epoch(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None


def without_secrets(text: str) -> str:
    """The same text with the values of passwords masked."""
    return _SECRET.sub(r"\1********", text)


# --- the host ---------------------------------------------------------------------------------------------------


def units(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """State of each unit, see `parse_units`; ``log`` is what one that failed, or tries once more, logged last."""
    shown = run(["systemctl", "show", "--property=" + ",".join(UNIT_PROPERTIES), *names])
    if shown.status:
        raise LvsError("systemctl show failed: %s" % shown.output.strip())
    found = parse_units(shown.output, names, time.time() - time.monotonic())
    for name, state in found.items():
        at_rest = state["result"] in ("", "success") and state["active"] in ("active", "inactive")
        state["log"] = None if at_rest else _last_words(name)
        state["outdated"] = replaced_files(_maps(state["pid"])) if state["pid"] else []
    return found


def _maps(process: int) -> str:
    """What a process has mapped; empty where that cannot be read."""
    with contextlib.suppress(OSError), open("/proc/%d/maps" % process, encoding="utf-8", errors="replace") as stream:
        return stream.read()
    return ""


def _last_words(unit: str) -> str | None:
    """What the unit's own processes logged last; None where the journal cannot be read or has nothing."""
    with contextlib.suppress(LvsError):
        logged = run(["journalctl", "-q", "-o", "cat", "--no-pager", "-n", "3", "_SYSTEMD_UNIT=" + unit])
        lines = dict.fromkeys(without_secrets(logged.output).splitlines())
        return "; ".join(lines) or None if logged.status == 0 else None
    return None


def digest_of(parts: Iterable[bytes]) -> str:
    """The SHA-256 of a file's content without the lines that record what the host had before."""
    digest = hashlib.sha256()
    for line in (line for part in parts for line in part.splitlines(keepends=True)):
        if not line.startswith(_RECORD):
            digest.update(line)
    return digest.hexdigest()


def file_facts(path: str) -> dict[str, Any]:
    """``{exists, mode, owner, group, size, sha256, target}``: of the link's target where it is one; ``target`` says
    where it leads."""
    found: dict[str, Any] = dict.fromkeys(("mode", "owner", "group", "size", "sha256", "target"))
    found["exists"] = os.path.lexists(path)
    if not found["exists"]:
        return found
    if os.path.islink(path):
        found["target"] = os.readlink(path)
    try:
        with open(path, "rb") if os.path.isfile(path) else contextlib.nullcontext() as stream:
            facts = os.fstat(stream.fileno()) if stream else os.stat(path)
            digest = digest_of(stream) if stream else None
    except OSError as error:
        found["error"] = error.strerror
        return found
    found.update(mode="%04o" % stat.S_IMODE(facts.st_mode), size=facts.st_size)
    found["owner"] = user_name(facts.st_uid)
    found["group"] = group_name(facts.st_gid)
    found["sha256"] = digest
    return found


def processes_here() -> Iterator[int]:
    """Every process of this PID namespace, in order."""
    here = os.readlink("/proc/self/ns/pid")
    for process in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        with contextlib.suppress(OSError):
            if os.readlink("/proc/%d/ns/pid" % process) == here:
                yield process


def clock() -> dict[str, Any]:
    """``{epoch, synchronised}`` by the kernel's own estimate of its error; seconds."""
    record = ctypes.create_string_buffer(512)  # struct timex is 208 bytes; modes 0 only reads
    libc = ctypes.CDLL(None, use_errno=True)
    synchronised = None
    if libc.adjtimex(record) >= 0:
        _modes, _offset, _frequency, greatest_error = struct.unpack_from("@Illl", record)
        synchronised = greatest_error < UNSYNCHRONISED_US
    return {"epoch": round(time.time(), 3), "synchronised": synchronised}


def transitions(last: int, path: str = TRANSITION_LOG) -> list[dict[str, Any]]:
    """The last VRRP transitions that the notify script logged, see `parse_transitions`; the rotated log counts too."""
    text = ""
    for name in (path + ".1", path):
        with contextlib.suppress(FileNotFoundError), open(name, encoding="utf-8", errors="replace") as stream:
            text += stream.read()
    return parse_transitions(text, last)


def config_test(arguments: Sequence[str], silent: bool, deaf: bool = False) -> dict[str, Any]:
    """``{ok, status, output}`` of a daemon's check of its own files; passwords are masked.

    ``silent``: whatever the daemon says is a complaint, also where its exit status is 0. ``deaf``: it ignores SIGTERM.
    """
    test = run([*_DEAF, *arguments] if deaf else arguments)
    output = without_secrets(test.output.strip())
    return {"ok": test.status == 0 and not (silent and output), "status": test.status, "output": output}
