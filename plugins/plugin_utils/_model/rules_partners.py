# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of what a request goes to besides its upstream: a canary, a mirror, an application that is asked."""

from __future__ import annotations

from .derive_upstreams import tls_of
from .normal import SiteInput
from .rules_held import Held, held
from .rules_scope import Scope


def check_partners(scope: Scope, path: str, site: SiteInput) -> None:
    """For the rest of the site and for each of its routes, with what holds there.

    A canary speaks as the upstream beside it does. Who gets copies or is asked speaks HTTP, and so does the upstream
    whose requests are copied. An option that a route does not give itself is its site's, and so is the mistake.
    """
    for place in held(path, site):
        _check(scope, place)


def _check(scope: Scope, place: Held) -> None:
    canary = place.part["canary"]
    if canary:
        _check_partner(scope, place.path + ".canary", canary["upstream"], place.upstream, None)
        _check_alike(scope, place.path + ".canary.upstream", canary["upstream"], place.upstream)
    where, mirror = place.get("mirror")
    if mirror and mirror["percent"] and place.upstream:
        _check_partner(scope, where, mirror["upstream"], place.upstream, "http")
    where, asked = place.get("auth_request")
    if asked and asked["enabled"]:
        _check_partner(scope, where, asked["upstream"], None, "http")


def _check_partner(scope: Scope, path: str, name: str | None, beside: str | None, protocol: str | None) -> None:
    """``beside``: the upstream of the requests; ``protocol``: what both must speak, None: the same."""
    upstreams = scope.cluster["upstreams"] or {}
    partner, main = upstreams.get(name or ""), upstreams.get(beside or "")
    wanted = protocol or (main["protocol"] if main else None)
    if partner and wanted and partner["protocol"] not in (None, wanted):
        what = "is %s, whose protocol is %s; must be one whose protocol is %s"
        scope.wrong(path + ".upstream", what % (name, partner["protocol"], wanted))
    if main and wanted and main["protocol"] not in (None, wanted):
        what = "is beside upstream %s, whose protocol is %s; must be beside one whose protocol is %s"
        scope.wrong(path, what % (beside, main["protocol"], wanted))
    for one, found in ((name, partner), (beside, main)):
        if found and found["resolve"]:
            scope.wrong(path, "is with upstream %s, which has resolve; must be with one that has none" % one)


def _check_alike(scope: Scope, path: str, name: str | None, beside: str | None) -> None:
    """Nginx has a variable for the upstream of a canary, and none for how it speaks with its servers."""
    upstreams = scope.cluster["upstreams"] or {}
    partner, main = upstreams.get(name or ""), upstreams.get(beside or "")
    if not partner or not main or partner["protocol"] != main["protocol"]:
        return
    own, other = ({"tls": tls_of(one), "fastcgi": one["fastcgi"], "params": one["params"]} for one in (partner, main))
    for key in sorted(key for key in own if own[key] != other[key]):
        scope.wrong(
            path, "is %s, whose %s is not that of upstream %s beside it; must be the same" % (name, key, beside)
        )
