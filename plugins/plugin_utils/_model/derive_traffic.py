# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for a route: where its requests are counted."""

from __future__ import annotations

from typing import Any

from .normal import RouteInput


def add_places(handling: dict[str, Any], route: RouteInput, name: str) -> None:
    """``handling``: all that holds for a route of this name. Limits of a site count the requests of all its routes."""
    if handling.get("limits"):
        handling["limits"] = {**handling["limits"], "place": None if route.get("limits") is None else name}
