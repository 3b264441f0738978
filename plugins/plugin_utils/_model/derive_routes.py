# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of sites: each complete in itself, so that nobody has to look at its site again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, cast

from .derive_canary import canary_of
from .derive_traffic import add_places
from .normal import RouteInput, SiteInput
from .read import Reader
from .routes import taking_all
from .schema_nginx import HANDLING, ROUTE
from .shape_nginx import Canary, Handling, Route
from .shape_upstreams import Raw
from .view import ClusterView

# A route that nobody wrote: all paths, as they are.
_REST: RouteInput = Reader().default(replace(ROUTE, default={}))
_NOT_FOUND: RouteInput = Reader().default(replace(ROUTE, default={"answer": 404}))


def routes(view: ClusterView) -> dict[str, list[Route]]:
    """Site -> its routes, with all that is set for the site; the last one takes the rest to the site's upstream."""
    shares = view.data["nginx_canary"]
    return {name: _of_site(name, site, shares) for name, site in sorted(view.data["sites"].items())}


def _of_site(name: str, site: SiteInput, shares: Mapping[str, float]) -> list[Route]:
    path = "lvs_nginx_sites.%s" % name
    found = [
        _route(
            site,
            route,
            route["name"] or str(index),
            "%s.routes[%d]" % (path, index),
            canary_of(name, site, route, index, shares),
        )
        for index, route in enumerate(site["routes"])
    ]
    if taking_all(found) is not None:
        return found
    if site["upstream"] is None and site["static"] is None:
        # What no route takes is not found; that is a route where the site has a page for it.
        return (
            [*found, _route(site, _NOT_FOUND, "rest", path, None)]
            if "404" in (site.get("error_pages") or {})
            else found
        )
    return [*found, _route(site, _REST, "rest", path, canary_of(name, site, _REST, None, shares))]


def _route(site: SiteInput, given: RouteInput, name: str, source: str, canary: Canary | None) -> Route:
    handling: Any = {key: given.get(key) if given.get(key) is not None else site.get(key) for key in HANDLING}
    add_places(handling, given, name)
    ends = given["redirect"] or given["answer"]
    # A route without an action of its own has those of its site.
    acts = site if not (ends or given["upstream"] or given["static"]) else given
    return {
        "name": name,
        "source": source,
        "path": given["path"],
        "exact": given["exact"],
        "methods": given["methods"],
        "headers": given["headers"],
        "cookies": given["cookies"],
        "query": given["query"],
        "clients": given["clients"],
        "upstream": None if ends else acts["upstream"],
        "canary": canary,
        "redirect": given["redirect"],
        "answer": given["answer"],
        "static": None if ends else acts["static"],
        "rewrite": given["rewrite"],
        "client_certificate": _asks_client(site, given),
        "handling": cast(Handling, {key: value for key, value in handling.items() if value is not None}),
        "extra": raw(source + ".extra", given["extra"]),
    }


def _asks_client(site: SiteInput, given: RouteInput) -> bool:
    clients = (site["tls"] and site["tls"]["client_certificates"]) or None
    return clients is not None and (given["client_certificate"] or clients["mode"]) == "required"


def raw(path: str, lines: list[str]) -> list[Raw]:
    return [{"line": line, "source": "%s[%d]" % (path, index)} for index, line in enumerate(lines)]
