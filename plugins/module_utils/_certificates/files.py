# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that a node gets for all: what is in their files, and what became of earlier questions."""

from __future__ import annotations

import json
import ssl
import time
from typing import Any, Callable

from .._errors import LvsError
from .._host.files import HostFiles
from .._host.places import STATE

DIRECTORY = "/etc/nginx/lvs-certificates"
TRIES = STATE + "/certificates"
_MOST_TRIES = 20
_WEEK = 7 * 86400


def look(name: str, with_key: bool, files: HostFiles, now: Callable[[], float] = time.time) -> dict[str, Any]:
    """``chain``, ``source`` and, where it is asked for, ``key``: texts, empty where there is no file; ``fits``: whether
    the key is that of the certificate; ``tried``: earlier questions, as `tries`. Raises LvsError."""
    place = "%s/%s" % (DIRECTORY, name)
    found: dict[str, Any] = {"chain": files.read(place + ".crt") or "", "source": files.read(place + ".source") or ""}
    found["fits"] = bool(found["chain"]) and _fits(files.real(place + ".crt"), files.real(place + ".key"))
    if with_key:
        found["key"] = files.read(place + ".key") or ""
    found["tried"] = tries(name, files, now)
    return found


def _fits(certificate: str, key: str) -> bool:
    try:
        # A key with a passphrase would ask for it at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError):
        return False
    return True


def tries(name: str, files: HostFiles, now: Callable[[], float] = time.time) -> list[dict[str, Any]]:
    """Earlier questions of the last week: ``age`` in seconds, ``what`` was asked for, whether it was ``issued``, the
    ``words``."""
    moment = now()
    found = []
    for one in _read(name, files):
        age = moment - one["at"]
        # One in the future is of a clock that was wrong: it counts as just now, and is overwritten in time.
        if age < _WEEK:
            told = {key: one[key] for key in ("what", "issued", "words")}
            found.append({"age": max(0.0, age), **told})
    return found


def note(
    name: str, what: str, issued: bool, words: str, files: HostFiles, now: Callable[[], float] = time.time
) -> None:
    """Write down that a question was asked. Raises LvsError."""
    moment = now()
    kept = [one for one in _read(name, files) if one["at"] <= moment][-_MOST_TRIES:]
    text = json.dumps([*kept, {"at": moment, "what": what, "issued": issued, "words": words}])
    files.write("%s/%s.json" % (TRIES, name), text, 0o600)


def _read(name: str, files: HostFiles) -> list[dict[str, Any]]:
    """What cannot be read is nothing: it is of use only where it is whole."""
    try:
        found = json.loads(files.read("%s/%s.json" % (TRIES, name)) or "[]")
        return [
            {
                "at": float(one["at"]),
                "what": str(one["what"]),
                "issued": bool(one["issued"]),
                "words": str(one["words"]),
            }
            for one in found
        ]
    except (ValueError, TypeError, KeyError, LvsError):
        return []
