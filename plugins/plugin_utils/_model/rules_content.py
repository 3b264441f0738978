# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of content and access: what would have no effect, or another one than it says."""

from __future__ import annotations

from .rules_scope import Scope
from .shape_content import Static


def check_static(scope: Scope, path: str, static: Static, upstream: str | None) -> None:
    """``path``: that of the site or route that has the files."""
    scope.twice(path + ".static.index", static["index"] or ())
    scope.twice(path + ".static.extensions", static["extensions"] or ())
    if static["fallback"] and upstream:
        what = "is given beside an upstream, which gets what is no file; must be one of them"
        scope.wrong(path + ".static.fallback", what)
