# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of content and access: what would have no effect, or another one than it says."""

from __future__ import annotations

from .normal import RouteInput, SiteInput
from .rules_held import held
from .rules_scope import Scope
from .shape_content import AuthRequest, BasicAuth, Cors, Static

# Of one connection, and not of what is sent over it: Nginx needs them as they are.
HOP = ("connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")

# What Nginx writes of its own answers and of files, besides what an operator says.
OF_NGINX = ("accept-ranges", "content-type", "location")


def check_static(scope: Scope, path: str, static: Static, upstream: str | None) -> None:
    """``path``: that of the site or route that has the files."""
    scope.twice(path + ".static.index", static["index"] or ())
    scope.twice(path + ".static.extensions", static["extensions"] or ())
    if static["fallback"] and upstream:
        what = "is given beside an upstream, which gets what is no file; must be one of them"
        scope.wrong(path + ".static.fallback", what)


def check_content(scope: Scope, path: str, given: SiteInput | RouteInput, pages: object) -> None:
    """``path``: that of the site or the route; ``pages``: the error pages that hold for it."""
    _check_networks(scope, path, given.get("allow") or [], given.get("deny") or [])
    _check_basic_auth(scope, path + ".basic_auth", given.get("basic_auth"))
    _check_auth_request(scope, path + ".auth_request", given.get("auth_request"))
    _check_cors(scope, path + ".cors", given.get("cors"))
    for status, page in sorted((given.get("error_pages") or {}).items()):
        where = "%s.error_pages.%s" % (path, status)
        if page["file"] and page["text"] is not None:
            scope.wrong(where, "has file and text; must have one of them")
    if given.get("intercept_errors") and not pages:
        scope.wrong(path + ".intercept_errors", "is true, but there are no error_pages")


def _check_basic_auth(scope: Scope, path: str, given: BasicAuth | None) -> None:
    if given and given["enabled"] and given["users"] is None and scope.read_whole(path):
        scope.wrong(path + ".users", "is not given; must be a name in lvs_nginx_users")
    if given and given["users"] and scope.cluster["nginx_users"] is not None:
        scope.known(path + ".users", given["users"], scope.cluster["nginx_users"], "in lvs_nginx_users")


def _check_auth_request(scope: Scope, path: str, given: AuthRequest | None) -> None:
    if not given:
        return
    if given["enabled"] and given["upstream"] is None and scope.read_whole(path):
        scope.wrong(path + ".upstream", "is not given; must be the one that is asked")
    if given["upstream"] and scope.cluster["upstreams"] is not None:
        scope.known(path + ".upstream", given["upstream"], scope.cluster["upstreams"], "an upstream")
    names = [name.lower() for name in given["headers"] or ()]
    scope.twice(path + ".headers", names)
    for name in sorted({*names} & {*HOP}):
        scope.wrong(path + ".headers", "has %s, which Nginx writes itself" % name)


def _check_networks(scope: Scope, path: str, allow: list[str], deny: list[str]) -> None:
    scope.twice(path + ".allow", allow)
    scope.twice(path + ".deny", deny)
    for network in sorted({*allow} & {*deny}):
        scope.wrong(path + ".deny", "has %s, as allow; must be in one of them" % network)


def _check_cors(scope: Scope, path: str, cors: Cors | None) -> None:
    if not cors:
        return
    origins = cors["origins"] or []
    lists = {"origins": origins, "methods": cors["methods"], "headers": cors["headers"], "expose": cors["expose"]}
    for name, listed in lists.items():
        scope.twice("%s.%s" % (path, name), listed or ())
    if "*" in origins and len(origins) > 1:
        scope.wrong(path + ".origins", "has * beside others; must be alone, as it is all of them")
    if "*" in origins and cors["credentials"]:
        scope.wrong(path + ".credentials", "is true, but origins has *, with which no browser sends any; name them")


def check_site_content(scope: Scope, path: str, name: str, site: SiteInput) -> None:
    given = site["maintenance"]
    if given and name == "node":
        what = "is given, but a file of the name node is for the whole node; the site must have another name"
        scope.wrong(path + ".maintenance", what)
    if given:
        scope.twice(path + ".maintenance.bypass", given["bypass"] or ())
        if given["page"] and given["page"]["file"] and given["page"]["text"] is not None:
            scope.wrong(path + ".maintenance.page", "has file and text; must have one of them")
    _check_own_headers(scope, path, site)
    first = (site["server_names"] or [""])[0]
    if site["aliases"] and (not first or first.startswith(("~", ".", "*")) or first.endswith("*")):
        what = "are given, but the first of server_names is no plain name, to which they could be redirected"
        scope.wrong(path + ".aliases", what)


def _check_own_headers(scope: Scope, path: str, site: SiteInput) -> None:
    """A header of Nginx would be there twice; one of a site that has upstreams as well is for their answers."""
    answered = any(place.upstream for place in held(path, site))
    for place in held(path, site):
        headers = place.part.get("response_headers")
        if not isinstance(headers, dict) or (answered if place.part is site else place.upstream):
            continue
        for part, names in (("set", headers.get("set")), ("add", headers.get("add"))):
            for name in sorted(name for name in names or () if name.lower() in OF_NGINX):
                what = "has %s, but no upstream answers there, and Nginx writes it itself"
                scope.wrong("%s.response_headers.%s" % (place.path, part), what % name)


def check_health(scope: Scope) -> None:
    given = scope.cluster["nginx_health"]
    if given and given["upstream"] and scope.cluster["upstreams"] is not None:
        scope.known("lvs_nginx_health.upstream", given["upstream"], scope.cluster["upstreams"], "an upstream")
        upstream = scope.cluster["upstreams"].get(given["upstream"])
        if upstream and (upstream["protocol"] not in (None, "http") or upstream["resolve"]):
            what = "is %s; must be one whose protocol is http, without resolve"
            scope.wrong("lvs_nginx_health.upstream", what % given["upstream"])
        what = "lvs_nginx_health.upstream is %s: where it fails, all real servers leave together"
        scope.warnings.append(what % given["upstream"])
    shut = [host for host in scope.cluster["real_servers"] if scope.hosts[host]["nginx_maintenance"]]
    if shut and shut == scope.cluster["real_servers"]:
        scope.warnings.append("lvs_nginx_maintenance is true for all real servers; none would serve")
