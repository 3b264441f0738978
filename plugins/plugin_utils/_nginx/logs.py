# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx's logs: formats, and where the requests of a site are written."""

from __future__ import annotations

import json
import re
from typing import Iterator

from .._model.shape_logs import Log, LogFormat
from .._model.shape_nginx import Nginx, Site
from .._model.ways import GRPC
from .directive import Directive, block, simple, variable

FOLDER = "/var/log/nginx/"
# It stands behind the messages, or, without any, before them.
GRPC_STATUS = "$sent_http_grpc_status$sent_trailer_grpc_status"
_VARIABLE = re.compile(r"(\$(?:\{\w+\}|\w+))")


def log_maps(nginx: Nginx) -> Iterator[Directive]:
    """At the level of http: the formats, and the variable that says whether a request is in a sample."""
    for name, given in sorted(nginx["log_formats"].items()):
        if given["fields"]:
            yield simple("log_format", name, "escape=json", _json(given))
        else:
            yield simple("log_format", name, given["line"] or "")
    for site in nginx["sites"]:
        sample = _sample(site["log"])
        if sample is not None:
            drawn, logged = variable(site["name"], "drawn"), variable(site["name"], "logged")
            yield block("split_clients", ["$request_id", "$" + drawn], [simple("%g%%" % sample, 1), simple("*", 0)])
            told, fault = (
                ("$status", "~^[45]") if not speaks_grpc(nginx) else ("$status:" + GRPC_STATUS, "~^[45]|:[1-9]")
            )
            yield block("map", [told, "$" + logged], [simple("default", "$" + drawn), simple(fault, 1)])


def speaks_grpc(nginx: Nginx) -> bool:
    """Whether requests end with a status of gRPC."""
    return any(one["protocol"] in GRPC for one in nginx["upstreams"])


def site_log(site: Site) -> Iterator[Directive]:
    """In the server block; nothing where the log is the role's own."""
    log = site["log"]
    if log is None:
        return
    if not log["enabled"]:
        yield simple("access_log", "off")
    else:
        words = [_place(log), "lvs_json" if log["format"] == "json" else log["format"]]
        if _sample(log) is not None:
            words.append("if=$" + variable(site["name"], "logged"))
        yield simple("access_log", *words)
    if log["errors"]:
        yield simple("error_log", FOLDER + "error.log", log["errors"])


def _json(given: LogFormat) -> str:
    """An object; a variable stays one, and all else is as JSON has it."""
    fields = ("%s:%s" % (json.dumps(key), _text(value)) for key, value in given["fields"].items())
    return "{%s}" % ",".join(fields)


def _text(value: str) -> str:
    parts = _VARIABLE.split(value)
    return '"%s"' % "".join(part if part.startswith("$") else json.dumps(part)[1:-1] for part in parts)


def _sample(log: Log | None) -> float | None:
    """Percent, where not all are logged."""
    return log["sample"] if log and log["enabled"] and (log["sample"] or 100) < 100 else None


def _place(log: Log) -> str:
    syslog = log["syslog"]
    if not syslog:
        return FOLDER + log["path"]
    return "syslog:server=%s,facility=%s,tag=%s" % (syslog["server"], syslog["facility"], syslog["tag"])
