# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds at the places of a site: for its rest, and for each of its routes."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

from .normal import RouteInput, SiteInput


class Held(NamedTuple):
    """A place with all that holds there. What a route does not give itself is its site's, and so is the mistake."""

    above: str
    path: str
    site: SiteInput
    part: SiteInput | RouteInput

    def get(self, key: str) -> tuple[str, Any]:
        """The path of an option where it is written, and its value."""
        own = self.part.get(key)
        return ("%s.%s" % (self.above, key), self.site.get(key)) if own is None else ("%s.%s" % (self.path, key), own)

    @property
    def upstream(self) -> str | None:
        """The name of the upstream whose answers it has."""
        if self.part.get("redirect") or self.part.get("answer"):
            return None
        return self.part["upstream"] or (None if self.part["static"] else self.site["upstream"])


def held(path: str, site: SiteInput) -> Iterator[Held]:
    """``path``: that of the site. First its rest, which is what no route takes."""
    yield Held(path, path, site, site)
    for index, route in enumerate(site["routes"] or ()):
        yield Held(path, "%s.routes[%d]" % (path, index), site, route)
