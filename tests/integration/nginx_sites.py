# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of sites and routes have in common."""

from __future__ import annotations

from typing import Any

import pytest

SITE = "lvs_nginx_sites.www"
# A route that is chosen by a header has another location than one by its path alone; the header of who is meant by it.
BY_PATH_AND_CHOSEN = pytest.mark.parametrize("condition", [{}, {"headers": {"X-Kind": "1"}}], ids=["by path", "chosen"])
CHOSEN = [("X-Kind", "1")]


def site(*listed: dict[str, Any], **others: Any) -> dict[str, Any]:
    """The changes that give the site these routes."""
    return {SITE: {"server_names": ["example.com"], "routes": list(listed), **others}}
