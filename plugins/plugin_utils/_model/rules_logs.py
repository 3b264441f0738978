# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of Nginx's logs: a format is there and says one thing."""

from __future__ import annotations

from .normal import SiteInput
from .rules_scope import Scope

# Of the role, and of Nginx itself.
BUILT_IN = ("combined", "json")


def check_formats(scope: Scope) -> None:
    for name, given in sorted((scope.cluster["log_formats"] or {}).items()):
        path = "lvs_nginx_log_formats.%s" % name
        if name in (*BUILT_IN, "lvs_json"):
            scope.wrong(path, "is a format that is there already; must be another name")
        if not scope.read_whole(path):
            continue
        if given["fields"] and given["line"]:
            scope.wrong(path + ".line", "is given beside fields; must be one of the two")
        elif not given["fields"] and not given["line"]:
            scope.wrong(path, "has neither fields nor line; must have one of them")


def check_log(scope: Scope, path: str, site: SiteInput) -> None:
    log = site["log"]
    if not log or not log["format"]:
        return
    if scope.cluster["log_formats"] is not None:
        scope.known(path + ".format", log["format"], [*BUILT_IN, *scope.cluster["log_formats"]], "a log format")
    if log["path"] == "error.log":
        scope.wrong(path + ".path", "is error.log, where Nginx writes its errors; must be another file")
    if log["syslog"] and log["path"] != "access.log":
        scope.wrong(path + ".path", "is given beside syslog, which gets the lines; leave one of the two out")
