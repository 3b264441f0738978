# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about Nginx, as data: sites, routes, and how a route handles a request."""

from __future__ import annotations

from dataclasses import replace

from .fields import REQUIRED, Field, choice, many, number, switch, table, text, whole
from .schema_canary import CANARY, MIRROR
from .schema_content import CONTENT, OF_SITE, STATIC
from .schema_logs import LOG
from .schema_tls import CLIENT_CERTIFICATE, SITE_TLS
from .schema_traffic import TRAFFIC
from .schema_upstreams import RETRIES

EXTRA = many("Raw lines for Nginx, each of whole directives.", [], Field("raw"))


def _values(doc: str, of: Field, form: str) -> Field:
    return Field("map", doc, {}, of=of, form=form)


# How a request is handled. A site has each of these for all of its routes; a route of its own goes first.
HANDLING: dict[str, Field] = {
    "connect_timeout": number(
        "Time to connect to a server.", None, 0.1, 75, "s", "`nginx_proxy_connect_timeout` of the role"
    ),
    "read_timeout": number(
        "Time between two reads from a server.", None, 0.1, 86400, "s", "`nginx_proxy_read_timeout` of the role"
    ),
    "send_timeout": number(
        "Time between two writes to a server.", None, 0.1, 86400, "s", "`nginx_proxy_send_timeout` of the role"
    ),
    "max_body": Field(
        "size",
        "Largest body of a request; `0`: no limit.",
        None,
        otherwise="`nginx_client_max_body_size` of the role",
    ),
    "retries": RETRIES,
    "request_headers": table(
        "Headers that an upstream gets, besides what the client sent.",
        None,
        set=_values("They replace what the client sent.", Field("sent"), "header_name"),
        remove=many("They do not reach the upstream.", [], text("", REQUIRED, "header_name")),
    ),
    "response_headers": table(
        "Headers that a client gets, besides what the upstream sent.",
        None,
        set=_values("They replace what the upstream sent.", Field("sent"), "header_name"),
        add=_values("They stand beside what the upstream sent.", Field("sent"), "header_name"),
        remove=many("They do not reach the client.", [], text("", REQUIRED, "header_name")),
    ),
    "mirror": MIRROR,
    **CONTENT,
    **TRAFFIC,
}

# What a route asks of a request. Everything that is given has to fit.
MATCHING: dict[str, Field] = {
    "path": Field(
        "route_path",
        "The path and all below it: `/a` fits `/a/b`, not `/ab`. `~` and a regular expression: found in it.",
        "/",
    ),
    "exact": switch("The path itself only, without what is below it.", False),
    "methods": many("Methods; none: all.", [], text("", REQUIRED, "method")),
    "headers": _values(
        "Headers by name: a value, or `~` and a regular expression for it.", Field("matched"), "header_name"
    ),
    "cookies": _values("Cookies by name, likewise.", Field("matched"), "cookie_name"),
    "query": _values("Arguments of the query by name, likewise, as they are sent.", Field("matched"), "argument_name"),
    "clients": many("Networks of clients; none: all.", [], Field("network")),
}

REDIRECT = table(
    "A redirect. What of the address is not given is kept.",
    None,
    "to",
    to=Field(
        "sent",
        "The whole address; where it has no path, that of the request and its query come behind it.",
        None,
        otherwise="made of the parts below",
    ),
    scheme=choice("`http` or `https`.", None, "http", "https"),
    host=text("Name of the host; the port is kept.", None, "host_name", "that of the request"),
    path=Field("sent", "Path; without the query.", None, otherwise="that of the request, and its query"),
    status=choice("Permanent: 301, 308. Temporary: 302, 303, 307.", "301", "301", "302", "303", "307", "308"),
)

ANSWER = table(
    "An answer of Nginx itself. A single number sets `status`.",
    None,
    "status",
    status=whole("Status; 444: the connection is closed without an answer.", 200, 200, 599),
    media_type=text("Type of the body.", "text/plain", "media_type"),
    body=Field("expanded", "Body.", None, otherwise="Nginx's own page, from 300 on; none below"),
)

REWRITE = table(
    "What the upstream sees as path, or what is looked up below `static`. The query stays.",
    None,
    strip=switch("Without the route's path in front.", False),
    add=text("With this path in front.", None, "url_path", "none"),
    pattern=Field("regex", "Regular expression; where it is found in the path, `to` is the new path.", None),
    to=Field("replaced", "New path; `$1` to `$9` are the groups of `pattern`.", None),
)

ROUTE = table(
    "A route: which requests, and what is done with them.",
    name=text("Name of the route in logs and in preview.", None, "name", "its place in the list"),
    **MATCHING,
    upstream=text("A name in `lvs_nginx_upstreams`.", None, "name", "that of the site"),
    canary=replace(CANARY, otherwise="that of the site, where the upstream is that of the site"),
    redirect=REDIRECT,
    answer=ANSWER,
    static=STATIC,
    rewrite=REWRITE,
    client_certificate=CLIENT_CERTIFICATE,
    **HANDLING,
    extra=EXTRA,
)

SITE = table(
    "A site: a server block of Nginx.",
    server_names=many(
        "Names of the site; `*.` or `.*` is allowed at one end, `~` begins a regular expression.",
        [],
        Field("server_name"),
    ),
    upstream=text(
        "A name in `lvs_nginx_upstreams`, for what no route takes.",
        None,
        "name",
        "none: what no route takes is answered with 404",
    ),
    static=STATIC,
    canary=CANARY,
    routes=many("Routes, in the order in which they win.", [], ROUTE),
    ports=many(
        "Ports of plain HTTP that the site listens on where a TCP service brings them.",
        [80],
        whole("", REQUIRED, 1, 65535),
        1,
    ),
    tls=SITE_TLS,
    proxy_protocol=switch(
        "Clients come through the proxies of `lvs_trusted_proxies`, which tell their addresses by the PROXY protocol.",
        False,
    ),
    default=switch(
        "Answers requests for names that no site has.",
        None,
        "`true` for a site that is alone on its ports or has no names",
    ),
    **OF_SITE,
    log=LOG,
    **HANDLING,
    extra=EXTRA,
)
