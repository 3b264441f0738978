# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of what TLS has of its own. No value of theirs goes on, but the path of a file."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from .fields import Field
from .said import Wrong

# What stands for a text in PEM: the text itself goes nowhere.
PEM = "-----BEGIN"
# The issuer of what nodes show until the first certificate comes.
STAND_IN = "vipstack.lvs: no certificate yet"


def _pem(field: Field, value: Any) -> str:
    """The path of a file, or PEM where it is the text itself."""
    if not isinstance(value, str):
        raise Wrong("is no text; must be a file or a text in PEM")
    if PEM in value:
        return PEM
    if not value or len(value) > 255 or not value.isprintable():
        raise Wrong("is neither a file nor a text in PEM, which has %s" % PEM)
    return value


def _ticket_secret(field: Field, value: Any) -> int:
    """How many secrets there are."""
    given = value if isinstance(value, (list, tuple)) else [value]
    for number, one in enumerate(given):
        place = "[%d] of it " % number if given is value else ""
        if not isinstance(one, str):
            raise Wrong("%sis no text; put it in quotes" % place)
        if not field.low <= len(one) <= field.high:
            raise Wrong("%shas %d characters; must have %d-%d" % (place, len(one), field.low, field.high))
    if not 1 <= len(given) <= 3 or len(set(given)) < len(given):
        raise Wrong("must be one secret, or a list of 2 or 3 different ones")
    return len(given)


TLS_VALUES: Mapping[str, Callable[[Field, Any], Any]] = {"pem": _pem, "ticket_secret": _ticket_secret}
