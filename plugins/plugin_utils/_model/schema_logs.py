# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about Nginx's logs, as data."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, number, switch, table, text

FACILITIES = ("user", "daemon", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7")
LEVELS = ("crit", "error", "warn", "notice", "info")

LOG_FORMAT = table(
    "A log format, as JSON or as a line.",
    fields=Field(
        "map", "JSON: the value of each field; quotes and control characters are escaped.", {}, of=Field("expanded"),
        form="name",
    ),
    line=Field("expanded", "A line of text; what is not printable is written as `\\xHH`.", None, otherwise="none"),
)  # fmt: skip

LOG = table(
    "The log of the site. A single word sets `format`. Health checks are in no log.",
    None,
    "format",
    enabled=switch("Requests are logged.", True),
    format=text("`json`, `combined` or a name in `lvs_nginx_log_formats`.", "json", "name"),
    path=text("File in `/var/log/nginx`, where the distribution rotates `*.log`.", "access.log", "log_file"),
    syslog=table(
        "A server of syslog that gets each line by UDP, in place of the file.",
        None,
        "server",
        server=Field("endpoint", "The server.", REQUIRED),
        facility=choice("Facility.", "local7", *FACILITIES),
        tag=text("Tag.", "nginx", "syslog_tag"),
    ),
    sample=number("Share of the requests that are logged; from status 400 on all are.", None, 0.01, 100, "%", "all"),
    errors=Field(
        "choice",
        "What is in the error log.",
        None,
        choices=LEVELS,
        otherwise="from `error` on",
    ),
)
