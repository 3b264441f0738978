# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance of a site, which has a page and stays healthy, and of a node, which says that it is not."""

from __future__ import annotations

from typing import Iterator

from .._model.asked import CHALLENGES
from .._model.routes import escaped
from .._model.shape_nginx import Nginx, Site
from .content import NOTHING, error_page
from .directive import Directive, Line, block, geo, simple, variable
from .handling import seconds

# A file of the name of a site, or node, is looked for with each request, so that none needs a reload.
DIRECTORY = "/etc/nginx/lvs-maintenance"
_PLACE = "//lvs/maintenance"
_ASKED = "//lvs/health"


def maintenance_maps(site: Site, health_path: str, challenged: bool = False) -> Iterator[Directive]:
    """At the level of http: whether a request would meet the maintenance. The checks and our own locations do not, nor
    what a directory of ACME asks, where it is ``challenged``."""
    given = site["maintenance"]
    if given is None:
        return
    default = "$" + variable(site["name"], "stranger") if given["bypass"] else "1"
    if given["bypass"]:
        yield geo(default, 1, dict.fromkeys(given["bypass"], 0))
    open_paths = ["~^%s\\z" % escaped(health_path), "~^//lvs/", *(["~^" + escaped(CHALLENGES)] if challenged else [])]
    rows = [simple("volatile"), simple("default", default), *(simple(one, 0) for one in open_paths)]
    yield block("map", ["$uri", _meets(site)], rows)


def maintenance(site: Site) -> Iterator[Directive]:
    """In the server block, before its locations."""
    given = site["maintenance"]
    if given is None:
        return
    closed = _meets(site)
    if not given["enabled"]:
        yield simple("set", "$lvs_closed", "0")
        yield block("if", ["(-f", "%s/%s)" % (DIRECTORY, site["name"])], [simple("set", "$lvs_closed", closed)])
        closed = "$lvs_closed"
    yield block("if", ["(%s)" % closed], [simple("rewrite", "^", _PLACE, "last")])
    # As an error page, it is a GET whatever the request was, so that every method gets the file.
    page = _PLACE + "/page"
    inside = [simple("internal")]
    if any("max_body" in route["handling"] for route in site["routes"]):
        # Else a body that the site takes would be too large here.
        inside.append(simple("client_max_body_size", 0))
    yield block("location", ["=", _PLACE], [*inside, simple("error_page", 503, page), simple("return", 503)])
    lines = [*inside, simple("add_header", "Retry-After", given["retry_after"], "always")]
    lines.append(simple("add_header", "Cache-Control", "no-store", "always"))
    own = given["page"] or {"file": None, "text": None, "media_type": ""}
    yield block("location", ["=", page], [*lines, *(list(error_page("503", own)) or [simple("return", 503)])])


def _meets(site: Site) -> str:
    return "$" + variable(site["name"], "closed")


def health(nginx: Nginx) -> Iterator[Line]:
    """Where the directors ask."""
    yield "The directors ask here whether this node is fit to serve."
    asked = nginx["health"]
    lines: list[Line] = [simple("access_log", "off"), simple("default_type", "text/plain")]
    gone = simple("return", 503, "maintenance\n")
    healthy = simple("return", 200, "ok\n")
    if nginx["mode"] == "real_server" and not nginx["maintenance"]:
        lines.append(block("if", ["(-f", DIRECTORY + "/node)"], [gone]))
    if nginx["maintenance"]:
        lines.append(gone)
    elif asked is None:
        lines.append(healthy)
    else:
        lines += [simple("auth_request", _ASKED), simple("try_files", NOTHING, "@lvs_healthy")]
    yield block("location", ["=", nginx["health_path"]], lines)
    if asked is None or nginx["maintenance"]:
        return
    quiet = [simple("access_log", "off"), simple("default_type", "text/plain")]
    yield block("location", ["@lvs_healthy"], [*quiet, healthy])
    question = [simple("internal"), simple("access_log", "off")]
    question.append(simple("proxy_pass", "http://%s%s" % (asked["upstream"], asked["path"])))
    question.append(simple("proxy_http_version", "1.1"))
    for name, value in (("Connection", ""), ("Content-Length", ""), ("Host", asked["host"] or asked["upstream"])):
        question.append(simple("proxy_set_header", name, value))
    for name in ("connect", "read", "send", "next_upstream"):
        question.append(simple("proxy_%s_timeout" % name, seconds(asked["timeout"])))
    question.append(simple("proxy_next_upstream", "error", "timeout", "http_500", "http_502", "http_503", "http_504"))
    yield block("location", ["=", _ASKED], question)
