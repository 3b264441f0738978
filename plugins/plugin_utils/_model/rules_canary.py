# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of canaries and mirrors: each sends requests somewhere else, and has some to send."""

from __future__ import annotations

from .derive_canary import canaries
from .normal import RouteInput, SiteInput
from .rules_scope import Scope
from .said import shown
from .shape_nginx import CanarySettings


def check_site_release(scope: Scope, path: str, site: SiteInput) -> None:
    """A canary of a site is for all that goes to the site's upstream, a mirror for all of its routes."""
    canary = site["canary"]
    uses = [site["upstream"], *(route["upstream"] for route in site["routes"] or ())]
    check_mirror(scope, path, site, site["upstream"] or next(filter(None, uses), None))
    if canary is None:
        return
    if site["upstream"] is None and scope.read_whole(path):
        scope.wrong(
            path + ".canary", "is given, but the site has no upstream beside it; must have one, or be in a route"
        )
    _check_canary(scope, path + ".canary", canary, site["upstream"])


def check_route_release(scope: Scope, path: str, route: RouteInput, site: SiteInput) -> None:
    canary = route["canary"]
    ends = route["redirect"] or route["answer"] or (route["static"] and not route["upstream"])
    check_mirror(scope, path, route, None if ends else route["upstream"] or site["upstream"])
    if canary is None:
        return
    if ends:
        scope.wrong(path + ".canary", "is given, but the route has no upstream beside it")
        return
    _check_canary(scope, path + ".canary", canary, route["upstream"] or site["upstream"])


def check_mirror(scope: Scope, path: str, given: SiteInput | RouteInput, beside: str | None) -> None:
    """``beside``: the upstream whose requests are copied; None where there is none."""
    mirror = given.get("mirror")
    if not mirror:
        return
    if beside is None and scope.read_whole(path):
        scope.wrong(path + ".mirror", "is given, but there is no upstream beside it whose requests could be copied")
    upstreams = scope.cluster["upstreams"]
    if mirror["upstream"] and upstreams is not None:
        scope.known(path + ".mirror.upstream", mirror["upstream"], upstreams, "an upstream")
    if mirror["upstream"] and mirror["upstream"] == beside:
        scope.wrong(
            path + ".mirror.upstream", "is %s, which gets the request itself; must be another one" % shown(beside)
        )


def check_shares(scope: Scope) -> None:
    """Each share is one of a canary that there is."""
    sites, shares = scope.cluster["sites"], scope.cluster["nginx_canary"]
    if sites is None or not scope.read_whole("lvs_nginx_sites"):
        return
    places = [place for name, site in sites.items() for place in canaries(name, site)]
    for place in sorted(shares or ()):
        scope.known("lvs_nginx_canary", place, places, "a site or a route with a canary")


def _check_canary(scope: Scope, path: str, canary: CanarySettings, beside: str | None) -> None:
    upstreams = scope.cluster["upstreams"]
    if canary["upstream"] and upstreams is not None:
        scope.known(path + ".upstream", canary["upstream"], upstreams, "an upstream")
    if canary["upstream"] and canary["upstream"] == beside:
        what = "is %s, which the route has without a canary; must be another one"
        scope.wrong(path + ".upstream", what % shown(beside))
    never = canary["never"]
    if never is None:
        return
    for kind in ("headers", "cookies"):
        yes, no = canary[kind] or {}, never[kind] or {}
        for name in sorted(yes):
            if no.get(name) == yes[name]:
                scope.wrong("%s.%s.%s" % (path, kind, name), "is in never as well, so it has no effect")
    for network in sorted(set(canary["clients"] or ()) & set(never["clients"] or ())):
        scope.wrong(path + ".clients", "has %s, which is in never as well" % network)
    scope.twice(path + ".clients", canary["clients"] or ())
    scope.twice(path + ".never.clients", never["clients"] or ())
