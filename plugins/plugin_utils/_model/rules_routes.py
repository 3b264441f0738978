# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of routes: each does one thing, can win a request, and says nothing that would have no effect."""

from __future__ import annotations

import re
from typing import Mapping

from .nginx_values import GROUP
from .normal import RouteInput, SiteInput
from .routes import Request, clean_path, conditions, places, taking_all, winner
from .rules_canary import check_route_release, check_site_release
from .rules_content import HOP, check_content, check_static
from .rules_scope import Scope
from .said import shown
from .shape_nginx import Answer, Redirect, Rewrite

# Nginx writes these itself, whatever else there is.
OWN = (*HOP, "date", "server")
# Statuses of answers that have no body.
WITHOUT_BODY = (204, 304, 444)


def check_routes(scope: Scope, path: str, site: SiteInput) -> None:
    if site["static"]:
        check_static(scope, path, site["static"], site["upstream"])
    check_content(scope, path, site, site.get("error_pages"))
    routes = site["routes"] or []
    check_site_release(scope, path, site)
    if len(routes) == 0 or not scope.read_whole(path + ".routes"):
        _check_headers(scope, path, site)
        return
    _check_headers(scope, path, site)
    scope.twice(path + ".routes", [route["name"] or str(index) for index, route in enumerate(routes)])
    for index, route in enumerate(routes):
        where = "%s.routes[%d]" % (path, index)
        _check_action(scope, where, route, site)
        check_route_release(scope, where, route, site)
        _check_matching(scope, where, route)
        _check_headers(scope, where, route)
        pages = route.get("error_pages")
        check_content(scope, where, route, site.get("error_pages") if pages is None else pages)
        _check_round(scope, where, site, index)
    _check_order(scope, path, routes)
    last = taking_all(routes)
    own = "upstream" if site["upstream"] else "static"
    if (
        last is not None
        and (site["upstream"] or site["static"])
        and all(route["upstream"] or route["static"] or _ends(route) for route in routes)
    ):
        what = "takes every request that comes so far, so none reaches %s.%s; leave one of the two out"
        scope.wrong("%s.routes[%d]" % (path, last), what % (path, own))


def _ends(route: RouteInput) -> bool:
    """Whether a request goes no further than Nginx."""
    return bool(route["redirect"] or route["answer"])


def _check_action(scope: Scope, path: str, route: RouteInput, site: SiteInput) -> None:
    given = [name for name in ("upstream", "static", "redirect", "answer") if route[name]]
    if len(given) > 1 and given != ["upstream", "static"]:
        scope.wrong(path, "has %s; must have one of them" % " and ".join(given))
    if not given and not site["upstream"] and not site["static"]:
        what = "has no upstream, static, redirect or answer, and its site has neither upstream nor static"
        scope.wrong(path, what + "; must have one")
    if route["static"]:
        check_static(scope, path, route["static"], route["upstream"])
    if route["upstream"] and scope.cluster["upstreams"] is not None:
        scope.known(path + ".upstream", route["upstream"], scope.cluster["upstreams"], "an upstream")
    if route["redirect"]:
        _check_redirect(scope, path + ".redirect", route["redirect"])
    if route["answer"]:
        _check_answer(scope, path + ".answer", route["answer"])
    if route["rewrite"]:
        _check_rewrite(scope, path, route, route["rewrite"])


def _check_redirect(scope: Scope, path: str, redirect: Redirect) -> None:
    parts = [name for name in ("scheme", "host", "path") if redirect[name]]
    if redirect["to"] and parts:
        scope.wrong(path, "has to and %s; must be the whole address or parts of it" % " and ".join(parts))
    if not redirect["to"] and not parts:
        scope.wrong(path, "says nowhere to go; must have to, scheme, host or path")
    if redirect["to"] and not re.match(r"https?://[^/?#]|/|\$", redirect["to"]):
        scope.wrong(path + ".to", "is %s; must begin with http://, https:// or /" % shown(redirect["to"]))
    elif redirect["to"] and re.match(r"[^/]*//[^/]*[?#]", redirect["to"]):
        scope.wrong(path + ".to", "is %s; must have a path before ? or #" % shown(redirect["to"]))
    if redirect["path"] and not redirect["path"].startswith(("/", "$")):
        scope.wrong(path + ".path", "is %s; must begin with /" % shown(redirect["path"]))


def _check_round(scope: Scope, path: str, site: SiteInput, index: int) -> None:
    """A redirect to what the same route takes again goes round until the client gives up."""
    route = site["routes"][index]
    redirect = route["redirect"]
    if not redirect or conditions(route):
        return
    target = redirect["path"] or (redirect["to"] or "")
    host = redirect["host"]
    stays = host is None or host in (site["server_names"] or ())
    if target.startswith("/") and "$" not in target and stays and not redirect["scheme"]:
        request = Request("GET", "", 0, clean_path(target), "", {}, "0.0.0.0")
        if winner(site["routes"], request) == index:
            what = "leads to %s, which this route takes again; must lead to another route or host"
            scope.wrong(path + ".redirect", what % shown(target))
    elif host and stays and not target and not redirect["scheme"]:
        what = "is %s, a name of this site, whose requests this route takes again; must be another (see aliases)"
        scope.wrong(path + ".redirect.host", what % host)


def _check_answer(scope: Scope, path: str, answer: Answer) -> None:
    if answer["body"] and answer["status"] in WITHOUT_BODY:
        scope.wrong(path + ".body", "is given, but an answer with status %d has none" % answer["status"])
    if answer["status"] in (301, 302, 303, 307, 308):
        scope.wrong(path + ".status", "is %d; must be that of no redirect, which is redirect" % answer["status"])


def _check_rewrite(scope: Scope, path: str, route: RouteInput, rewrite: Rewrite) -> None:
    where = path + ".rewrite"
    if route["redirect"] or route["answer"]:
        scope.wrong(where, "is given, but nothing looks at the path")
    if (rewrite["pattern"] is None) != (rewrite["to"] is None):
        scope.wrong(where, "has one of pattern and to; must have both or neither")
    if rewrite["to"] is not None and not rewrite["to"].startswith("/"):
        scope.wrong(where + ".to", "is %s; must begin with /" % shown(rewrite["to"]))
    groups = re.compile(rewrite["pattern"] or "").groups
    for number in sorted(set(map(int, GROUP.findall(rewrite["to"] or "")))):
        if number > groups:
            scope.wrong(where + ".to", "has $%d, but pattern has %d groups" % (number, groups))
    if rewrite["pattern"] is not None and (rewrite["strip"] or rewrite["add"]):
        scope.wrong(where, "has pattern beside strip or add; must have one of them")
    if not rewrite["strip"] and not rewrite["add"] and rewrite["pattern"] is None:
        scope.wrong(where, "changes nothing; must have strip, add or pattern")
    if rewrite["strip"] and route["path"].startswith("~"):
        scope.wrong(where + ".strip", "is true, but the route's path is a regular expression; use pattern")


def _check_matching(scope: Scope, path: str, route: RouteInput) -> None:
    if route["exact"] and route["path"].startswith("~"):
        scope.wrong(path + ".exact", "is true, but the path is a regular expression; use ^ and $ in it")
    if route["exact"] and route["path"] == scope.cluster["health_path"]:
        scope.wrong(path + ".path", "is %s, where Nginx answers the health checks" % route["path"])
    _check_letters(scope, path + ".headers", route["headers"])


def _check_letters(scope: Scope, path: str, names: Mapping[str, str]) -> None:
    """Names of headers do not differ by capital letters."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        if seen.setdefault(name.lower(), name) != name:
            scope.wrong("%s.%s" % (path, name), "is %s in other letters" % seen[name.lower()])


def _check_headers(scope: Scope, path: str, given: SiteInput | RouteInput) -> None:
    for key, own in (("request_headers", HOP), ("response_headers", OWN)):
        headers = given.get(key)
        if not isinstance(headers, dict):
            continue
        for part in ("set", "add", "remove"):
            names = headers.get(part) or ()
            for name in sorted(name for name in names if name.lower() in own):
                scope.wrong("%s.%s.%s" % (path, key, part), "has %s, which Nginx writes itself" % name)
            if isinstance(names, dict):
                _check_letters(scope, "%s.%s.%s" % (path, key, part), names)
        for name in sorted({*(headers.get("set") or ())} & {*(headers.get("remove") or ())}):
            scope.wrong("%s.%s" % (path, key), "has %s in set and in remove; set replaces it" % name)


def _check_order(scope: Scope, path: str, routes: list[RouteInput]) -> None:
    """A route that every request leaves to an earlier one is a mistake."""
    winning = {index for place in places(routes) for index in place.routes}
    for index in sorted(set(range(len(routes))) - winning):
        what = "can never win: earlier routes take every request that it fits; must stand before them"
        scope.wrong("%s.routes[%d]" % (path, index), what)
