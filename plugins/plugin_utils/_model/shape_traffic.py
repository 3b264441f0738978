# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of traffic."""

from __future__ import annotations

from typing import TypedDict


class Compression(TypedDict):
    """Answers that are made smaller."""

    enabled: bool
    types: list[str]
    level: int
    min_length: int
    precompressed: bool


class Traffic(TypedDict, total=False):
    """What a site says for all of its routes, or a route for itself."""

    compression: Compression
