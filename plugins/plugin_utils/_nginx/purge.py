# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing what a node keeps of a site. Nginx fetches anew what is no longer on its disk."""

from __future__ import annotations

import re
import shlex

from ...module_utils._errors import LvsError
from .._model.shape_nginx import Nginx
from .cache import folder, used

# What means something in an expression of grep -E.
_SPECIAL = re.compile(r"[.\[\]{}()\\*+?^$|]")


def command(nginx: Nginx, site: str, path: str) -> str:
    """For a shell on the node; it prints how many answers it removed.

    ``path``: as clients send it, without the query; with ``*`` at its end all that begins so; empty: all that is in the
    caches of the site. Raises LvsError.
    """
    names = sorted(one["name"] for one in nginx["sites"])
    found = next((one for one in nginx["sites"] if one["name"] == site), None)
    if found is None:
        raise LvsError("site is %s; must be one of: %s" % (site or "not given", ", ".join(names)))
    caches = [cache for cache in map(used, found["routes"]) if cache]
    if not caches:
        raise LvsError("site is %s, which has no cache" % site)
    zones = {cache["zone"] for cache in caches}
    folders = " ".join(shlex.quote(folder(zone)) for zone in nginx["caches"] if zone["name"] in zones)
    if not path:
        return "find %s -type f -print -delete 2>/dev/null | wc -l" % folders
    if not re.fullmatch(r"/[!-~]*", path) or "?" in path:
        raise LvsError("path is %s; must be as clients send it: from / on, without a query" % ascii(path))
    if any(cache["key"] for cache in caches):
        raise LvsError("path is given, but a cache of site %s has a key of its own; leave path out" % site)
    whole = path.rstrip("*") if path.endswith("*") else path
    end = "" if path.endswith("*") else r"(\?|$)"
    pattern = r"^KEY: .*://[^/]*%s%s" % (_SPECIAL.sub(r"\\\g<0>", whole), end)
    return "LC_ALL=C grep -rlasZE %s %s | xargs -0r rm -fv -- | wc -l" % (shlex.quote(pattern), folders)
