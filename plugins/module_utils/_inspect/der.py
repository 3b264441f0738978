# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate in DER expires, and who issued it: what the standard library does not read without a check of the
certificate. Source: RFC 5280, 4.1. Pure."""

from __future__ import annotations

import calendar
import time
from typing import Iterator

_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0
_COMMON_NAME = bytes.fromhex("550403")


def expires(certificate: bytes) -> int | None:
    """Seconds since the epoch; None for what is no certificate."""
    try:
        _begin, (kind, end) = _parts(_fields(certificate)[3])
        return calendar.timegm(time.strptime(_whole_year(kind, end.decode("ascii")), "%Y%m%d%H%M%SZ"))
    except (ValueError, IndexError):
        return None


def issuer(certificate: bytes) -> str | None:
    """The common name of who issued it; None where there is none."""
    try:
        for _kind, names in _parts(_fields(certificate)[2]):
            for _kind, name in _parts(names):
                (_kind, which), (_kind, text) = _parts(name)
                if which == _COMMON_NAME:
                    return text.decode("utf-8", "replace")
    except (ValueError, IndexError):
        pass
    return None


def _fields(certificate: bytes) -> list[bytes]:
    """The serial number, the algorithm, the issuer, begin and end, the subject, and more."""
    (_kind, whole), *_rest = _parts(certificate)
    (_kind, signed), *_rest = _parts(whole)
    return [value for kind, value in _parts(signed) if kind != _VERSION]


def _whole_year(kind: int, text: str) -> str:
    if kind == _GENERALIZED_TIME:
        return text
    if kind != _UTC_TIME:
        raise ValueError(kind)
    return ("20" if int(text[:2]) < 50 else "19") + text


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each value in a sequence. Raises ValueError and IndexError."""
    place = 0
    while place < len(data):
        kind, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[place : place + count], "big")
            place += count
        if place + length > len(data):
            raise ValueError("it is cut")
        yield kind, data[place : place + length]
        place += length
