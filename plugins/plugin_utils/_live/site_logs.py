# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logs of a node tell of what: sides of canaries, sites, streams. Pure."""

from __future__ import annotations

from .._model.shape import HostSlice
from .._model.shape_nginx import Nginx, Site

SHARED, STREAMS = "access.log", "streams.log"
# What a line has to tell, and by which variable.
TOLD = {"site": "$lvs_site", "route": "$lvs_route", "side": "$lvs_side", "status": "$status"}


def log_of(nginx: Nginx, site: Site) -> str | None:
    """The name of the file in /var/log/nginx; None where no file has all of it."""
    log = site["log"]
    if log is None:
        return SHARED
    if not log["enabled"] or log["syslog"]:
        return None
    if log["format"] == "json":
        return log["path"]
    fields = nginx["log_formats"].get(log["format"], {"fields": {}, "line": None})["fields"]
    return log["path"] if all(fields.get(name) == value for name, value in TOLD.items()) else None


def logs_of(mine: HostSlice) -> list[str]:
    """The logs of all sites with a canary, by name."""
    nginx = mine["nginx"]
    if nginx is None:
        return []
    with_canary = [site for site in nginx["sites"] if any(route["canary"] for route in site["routes"])]
    return sorted({name for site in with_canary for name in [log_of(nginx, site)] if name})


def logged_streams(mine: HostSlice) -> list[str]:
    """The names of streams whose connections are in STREAMS."""
    return [one["name"] for one in (mine["nginx"]["streams"] if mine["nginx"] else ()) if one["log"]]


def logs_as_json(mine: HostSlice) -> list[str]:
    """The files of all sites that have the role's own format, by name."""
    sites = mine["nginx"]["sites"] if mine["nginx"] and mine["nginx"]["mode"] == "real_server" else []
    logs = [site["log"] for site in sites]
    own = {log["path"] for log in logs if log and log["enabled"] and not log["syslog"] and log["format"] == "json"}
    return sorted(own | {SHARED for log in logs if log is None})
