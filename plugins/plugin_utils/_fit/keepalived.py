# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the Keepalived of a host knows all that its part of the model asks for.

An older one says a word, goes on with something else, and is then not what the model says.
"""

from __future__ import annotations

from typing import Iterator

from .._model.shape import Director, HostSlice
from . import programs, versions
from .request import KEEPALIVED
from .shape import HostFacts, Problem
from .versions import Use, Version

PAYLOAD: Version = (2, 2, 0)
SCHEDULERS: dict[str, Version] = {"twos": (2, 2, 7)}


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    director = mine["director"]
    return versions.problems(KEEPALIVED, facts, _uses(director)) if director else []


def _uses(director: Director) -> Iterator[Use]:
    """A static table is written without Keepalived."""
    for service in director["services"] if director["table_owner"] == "keepalived" else ():
        if service["scheduler"] in SCHEDULERS:
            path = "lvs_virtual_services.%s.scheduler" % service["service"]
            yield Use(path, service["scheduler"], SCHEDULERS[service["scheduler"]])
    for path in programs.settings(director, "payload"):
        yield Use(path, "given", PAYLOAD)
