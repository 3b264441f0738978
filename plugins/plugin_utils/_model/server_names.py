# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which site takes a request: by the port that it comes to and the name that it asks for, as Nginx chooses."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

from .shape_nginx import Site

DEFAULT = ""
# In the place of a * in a name that is asked for.
_ANY = "lvs-check"


class Chosen(NamedTuple):
    """A site by its place in the list; ``by``: its server name that fits, `DEFAULT` where it is the default server.

    ``alias``: the name is one of its aliases, which are sent to the first of its names.
    """

    place: int
    by: str
    alias: bool = False


def chosen(sites: Sequence[Site], port: int, name: str) -> Chosen | None:
    """The site that takes a request for a name on a port; None: no site is the default there, or none has the port.

    ``name`` is a host without its port. The exact name goes first, then the longest wildcard in front
    (`*.example.com`), the longest one behind (`www.*`), the first regular expression in the order of the list, and the
    default server.
    """
    asked = host_name(name)
    there = [(index, site) for index, site in enumerate(sites) if port in site["ports"] or speaks_tls(site, port)]
    named = [Chosen(index, one) for index, site in there for one in site["server_names"]]
    named += [Chosen(index, one, True) for index, site in there for one in site["aliases"]]
    fits = [one for one in named if not one.by.startswith("~") and _fits(one.by, asked)]
    if fits:
        return max(fits, key=lambda one: _rank(one.by, asked))
    for one in named:
        if one.by.startswith("~") and _found(one.by[1:], asked):
            return one
    return next((Chosen(index, DEFAULT) for index, site in there if _takes_rest(site, port)), None)


def name_for(names: Sequence[str]) -> str | None:
    """A name by which a request reaches a site of these names; None where only expressions are there."""
    plain = [name for name in names if not name.startswith("~")]
    literal = [name for name in plain if "*" not in name and not name.startswith(".")]
    return next((name.replace("*", _ANY).lstrip(".") for name in [*literal, *plain]), None)


def speaks_tls(site: Site, port: int) -> bool:
    """Whether a site has a port for HTTPS."""
    return site["tls"] is not None and port in site["tls"]["ports"]


def _takes_rest(site: Site, port: int) -> bool:
    return site["default"] and (site["tls"] is None or port in site["ports"] or site["tls"]["default"])


def host_name(text: str) -> str:
    """A name as Nginx compares it: in small letters, without the dot at its end."""
    return text.lower()[: -1 if text.endswith(".") else None]


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith(pattern[1:])
    if pattern.startswith("."):
        return name == pattern[1:] or name.endswith(pattern)
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1]) and len(name) >= len(pattern)
    return name == pattern


def _rank(pattern: str, name: str) -> tuple[int, int]:
    """Higher is chosen before lower: exact, in front, behind; of one kind the longest."""
    if name in (pattern, pattern[1:]):
        return 2, 0
    return (0 if pattern.endswith(".*") else 1), len(pattern.strip("*."))


def _found(expression: str, name: str) -> bool:
    """Nginx ignores capitals where an expression has one itself."""
    flags = re.ASCII | (re.IGNORECASE if re.search("[A-Z]", expression) else 0)
    return bool(re.search(expression, name, flags))
