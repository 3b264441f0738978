# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of what belongs to one route: no two routes have the same."""

from __future__ import annotations

from typing import NamedTuple

from .directive import variable


class Spot(NamedTuple):
    """A route: the name of its site, and its place there. ``looks``: it looks at the length of a body itself."""

    site: str
    number: int
    looks: bool = False

    def variable(self, what: str) -> str:
        """A variable, with its $."""
        return "$" + variable(self.site, what, self.number)

    @property
    def behind(self) -> str:
        """The location to which that of the route goes on, once it has let the request in."""
        return "@lvs_behind_%d" % self.number

    def inner(self, what: str) -> str:
        """The path of a location inside. No client can ask for it: of two slashes Nginx makes one."""
        return "//lvs/route-%d/%s" % (self.number, what)
