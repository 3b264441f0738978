# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are made smaller."""

from __future__ import annotations

from typing import Iterator

from .._model.shape_nginx import Route
from .directive import Directive, simple

# Nginx has it always, and warns where it is listed.
_ALWAYS = "text/html"


def compression(route: Route) -> Iterator[Directive]:
    """In each location of a route. What is compressed already stays as it is: Nginx looks at Content-Encoding."""
    given = route["handling"].get("compression")
    if not given or not given["enabled"]:
        return
    # Brotli goes first for those who take both, whatever stands first here.
    for word in given["algorithms"]:
        yield simple(word, "on")
        types = [one for one in given["types"] if one != _ALWAYS]
        if types:
            yield simple(word + "_types", *types)
        yield simple(word + "_comp_level", given["level"])
        yield simple(word + "_min_length", given["min_length"])
        if word == "gzip":
            yield simple("gzip_proxied", "any")  # also for clients behind a proxy
        if given["precompressed"] and route["static"]:
            yield simple(word + "_static", "on")
    # Caches on the way keep the forms apart by Vary.
    yield simple("gzip_vary", "on")
