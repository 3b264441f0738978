# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory of ACME asks for before it gives a certificate: any node is asked, and one of them knows.

Each node asks all of them, itself as well, until one has it: so it does not matter which of them wants the certificate,
and a node that is down is passed over.
"""

from __future__ import annotations

from typing import Iterator

from .._model.asked import CHALLENGES
from .._model.shape_nginx import Nginx
from .directive import Directive, Line, block, simple

# No upstream of an operator has such a name.
_UPSTREAM = "lvs~challenges"
# Where the client of ACME puts its answers: a place that Nginx may read everywhere, also with SELinux.
ROOT = "/var/lib/nginx/lvs-acme"


def upstream(nginx: Nginx) -> Iterator[Line]:
    """At the level of http: the nodes, and the server of each that has the files."""
    asked = nginx["challenges"]
    if asked is None:
        return
    servers = [simple("server", "%s:%d" % (_host(one), asked["port"])) for one in asked["nodes"]]
    yield ""
    yield block("upstream", [_UPSTREAM], [simple("zone", _UPSTREAM, "64k"), *servers])
    lines: list[Line] = [simple("listen", asked["port"])]
    if nginx["ipv6"] or any(":" in one for one in asked["nodes"]):
        lines.append(simple("listen", "[::]:%d" % asked["port"]))
    found = [simple("root", ROOT), simple("default_type", "text/plain")]
    lines += [simple("access_log", "off"), "", block("location", ["^~", CHALLENGES], found)]
    yield ""
    yield "The other nodes ask here for answers to a directory of ACME."
    yield block("server", [], [*lines, block("location", ["/"], [simple("return", 404)])])


def _host(address: str) -> str:
    return "[%s]" % address if ":" in address else address


def location(nginx: Nginx) -> Iterator[Directive]:
    """In each server block: before redirects, passwords and lists of clients, as a directory knows none of them."""
    if nginx["challenges"] is None:
        return
    yield block(
        "location",
        ["^~", CHALLENGES],
        [
            block("limit_except", ["GET"], [simple("deny", "all")]),
            simple("proxy_pass", "http://" + _UPSTREAM),
            simple("proxy_pass_request_headers", "off"),
            simple("proxy_pass_request_body", "off"),
            simple("proxy_connect_timeout", "1s"),
            simple("proxy_read_timeout", "2s"),
            simple("proxy_next_upstream", "error", "timeout", "invalid_header", "http_404", "http_500", "http_503"),
            simple("proxy_next_upstream_tries", 0),
            simple("proxy_next_upstream_timeout", "8s"),
        ],
    )
