# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model in one call: what the inventory says goes in, the model or every mistake comes out."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from .derive import derive
from .shape import Model
from .validate import Mistake, normalise


class Result(NamedTuple):
    """``model`` is None where there are mistakes."""

    model: Model | None
    mistakes: list[Mistake]
    warnings: list[str]


def build(inventory: Mapping[str, Any]) -> Result:
    """The model of ``{groups: {NAME: [HOST]}, hostvars: {HOST: {VARIABLE: VALUE}}}``, or all that is wrong with it.

    ``others``, likewise: variables of hosts that are only behind an upstream.
    """
    normal, mistakes, warnings = normalise(inventory)
    return Result(None if mistakes else derive(normal), mistakes, warnings)
