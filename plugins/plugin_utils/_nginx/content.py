# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the node: what a location looks for below a folder, and what it does where nothing is there."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._model.shape_content import ErrorPage, Static
from .._model.shape_nginx import Route
from .directive import Directive, block, simple
from .spot import Spot

# Names that begin with a dot, at every level; only /.well-known is for the world.
_HIDDEN = r"[^/]/\.|^/\.(?!well-known(?:/|$))"
# What no file has as its name, for a variable that is to find nothing.
NOTHING = "/.none"


def static_maps(routes: Iterable[Route]) -> Iterator[Directive]:
    """At the level of http: the path where it is a folder's, where it is not, and as the client wrote it.

    An error page has another path than the request before it, so the first two are computed anew each time.
    """
    if not any(route["static"] for route in routes):
        return
    for name, ending in (("lvs_folder", "/"), ("lvs_no_folder", "[^/]")):
        rows = [simple("volatile"), simple("default", NOTHING + "/"), simple("~%s\\z" % ending, "$uri")]
        yield block("map", ["$uri", "$" + name], rows)
    yield block("map", ["$request_uri", "$lvs_asked"], [simple("~^(?<lvs_asked_path>[^?]*)", "$lvs_asked_path")])


def hidden() -> Directive:
    """No file whose name begins with a dot; before a rewrite, which ends what comes behind it."""
    return block("if", ["($uri", "~", _HIDDEN + ")"], [simple("return", 404)])


def folder(given: Static) -> Iterator[Directive]:
    yield simple("root", given["root"])
    if not given["symlinks"]:
        yield simple("disable_symlinks", "on", "from=$document_root")


def files(spot: Spot, given: Static) -> Iterator[Directive]:
    """What is looked for, in its order. It is served by this location: no other route sees the file's own path."""
    found = ["$uri", *("$uri.%s" % one for one in given["extensions"])]
    found += ["${lvs_folder}%s" % one for one in given["index"]]
    if given["cache_control"]:
        yield simple("add_header", "Cache-Control", given["cache_control"])
    yield simple("try_files", *found, spot.behind)


def not_found(route: Route, given: Static, scheme: str) -> Iterator[Directive]:
    """A folder without its / is sent there, so that links in its page fit. Then the fallback."""
    address = scheme + "://$host$lvs_port$lvs_asked/$is_args$args"
    yield block("if", ["(-d", "$document_root$lvs_no_folder)"], [simple("return", 301, address)])
    if given["fallback"]:
        yield simple("try_files", given["fallback"], "=404")
    elif not route["upstream"]:
        yield simple("return", 404)


def error_pages(spot: Spot, route: Route) -> Iterator[Directive]:
    for status in pages(route):
        yield simple("error_page", status, spot.inner(status))


def pages(route: Route) -> dict[str, ErrorPage]:
    """Status -> page, in order; where a route has neither file nor text, the page is Nginx's own."""
    given = route["handling"].get("error_pages") or {}
    return {status: page for status, page in sorted(given.items()) if page["file"] or page["text"] is not None}


def error_page(status: str, given: ErrorPage) -> Iterator[Directive]:
    """In a location of its own. Without its file the status is there all the same."""
    if given["file"]:
        above, _slash, name = given["file"].rpartition("/")
        yield simple("root", above or "/")
        yield simple("try_files", "/" + name, "=" + status)
    elif given["text"] is not None:
        yield simple("default_type", given["media_type"])
        yield simple("return", status, given["text"])
