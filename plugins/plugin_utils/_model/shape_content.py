# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of content and access."""

from __future__ import annotations

from typing import TypedDict


class Static(TypedDict):
    """Files of the node below a folder."""

    root: str
    index: list[str]
    extensions: list[str]
    fallback: str | None
    cache_control: str | None
    symlinks: bool
