# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about an upstream, as data: its servers, and how Nginx selects one."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, number, switch, table, text, whole
from .ways import PROTOCOLS

UPSTREAM_SERVER = table(
    "A server behind Nginx. A single ADDRESS:PORT is enough.",
    REQUIRED,
    "endpoint",
    address=text("Address of the server.", REQUIRED, "host_name"),
    port=whole("Port of the server.", REQUIRED, 1, 65535),
    weight=whole("Share of the requests, relative to the other servers.", 1, 1, 65535),
    max_fails=whole("Failures within `fail_timeout` after which it is taken out; 0: never.", 3, 0, 1000),
    fail_timeout=whole("Time in which failures count, and for which the server then stays out.", 10, 1, 3600, "s"),
    max_conns=whole("Connections that a node opens to it at a time; 0: no limit.", 0, 0, 65535),
    backup=switch("Gets requests only when all others are out.", False),
    down=switch("Gets no requests. With a hash the others keep theirs.", False),
)

# What a server does wrong that another one may do right.
FAULTS = ("error", "timeout", "invalid_header", *("http_%d" % status for status in (403, 404, 429, 500, 502, 503, 504)))

RETRIES = table(
    "Other servers that a request may go to; none after a part of an answer, and no `POST`, `PATCH` or `LOCK` that was "
    "sent. A single number sets `tries`.",
    None,
    "tries",
    tries=whole(
        "Servers for one request; 1: no other one.", None, 1, 100, "", "`nginx_proxy_next_upstream_tries` of the role"
    ),
    timeout=number(
        "Time after which no other one is tried.",
        None,
        0.1,
        3600,
        "s",
        "`nginx_proxy_next_upstream_timeout` of the role",
    ),
    faults=many("What goes to another one.", ["error", "timeout"], choice("", REQUIRED, *FAULTS), least=1),
)

HASH = table(
    "The server is selected by a hash. A single text sets `key`.",
    None,
    "key",
    key=Field("expanded", "What is hashed, such as `$cookie_user`. Requests for which it is empty take turns."),
    consistent=switch("When a server comes or goes, only its own share moves.", True),
)

STICKY = table(
    "A client stays with its server by a cookie, which Nginx sets. A single text is `cookie`.",
    None,
    "cookie",
    cookie=text("Name of the cookie.", REQUIRED, "variable_part"),
    path=text("Paths that the client sends it for.", "/", "url_path"),
    max_age=whole("How long the client keeps it.", None, 1, 10**9, "s", "until its browser ends"),
    secure=switch("The client sends it over TLS only.", False),
    same_site=choice("Whether requests from other sites have it.", "lax", "lax", "strict", "none"),
)

TLS = table(
    "TLS to the servers.",
    None,
    name=text("Name that is sent to them and must be in their certificates.", None, "host_name", "that of the servers"),
    verify=switch("Their certificates are verified.", True),
    trusted=text(
        "File of the node with the certificates of the authorities that it trusts.",
        None,
        "file_path",
        "that of the system",
    ),
    certificate=text("File of the node with the certificate that Nginx shows.", None, "file_path", "none"),
    key=text("File of the node with its key, readable for root only.", None, "file_path", "none"),
)

FASTCGI = table(
    "Scripts of FastCGI servers, such as PHP. A single path sets `root`.",
    None,
    "root",
    root=text("Folder of the scripts, as the servers see it.", REQUIRED, "file_path"),
    script=text("The script that gets every request, such as `/index.php`.", None, "url_path", "the one in the path"),
)

RESOLVE = table(
    "The name of the one server is resolved while Nginx runs, and not only when it starts. Such an upstream has one "
    "server and no kept connections.",
    None,
    name_servers=many("IP addresses of those that are asked.", REQUIRED, text("", REQUIRED, "host_name"), least=1),
    valid=whole("How long an answer is used.", None, 1, 86400, "s", "as long as it says"),
    ipv6=switch("IPv6 addresses are asked for, too.", False),
)

UPSTREAM = table(
    "An upstream: servers behind Nginx.",
    servers=many("Servers of the upstream.", None, UPSTREAM_SERVER, 1, "none besides those of `group`"),
    group=text(
        "An inventory group whose hosts are servers: by `lvs_address`, with `lvs_weight`; `down` where drained.",
        None,
        "group",
        "none",
    ),
    port=whole("Port of the hosts of `group`.", None, 1, 65535),
    protocol=choice("What the servers speak; `stream`: anything, behind `lvs_nginx_streams`.", "http", *PROTOCOLS),
    tls=TLS,
    fastcgi=FASTCGI,
    params=Field(
        "map", "Parameters for FastCGI and uwsgi, besides the usual ones.", {}, of=Field("expanded"), form="param_name"
    ),
    resolve=RESOLVE,
    method=choice(
        "How Nginx selects a server. `random_two`: of two at random the one with fewer connections.",
        "round_robin",
        "round_robin",
        "least_conn",
        "ip_hash",
        "random",
        "random_two",
    ),
    hash=HASH,
    sticky=STICKY,
    keepalive=whole("Idle connections that each worker keeps open; 0: none.", 32, 0, 65535),
    keepalive_requests=whole(
        "Requests after which a connection is closed.",
        None,
        1,
        10**9,
        otherwise="1000; before Nginx 1.19.10 100",
    ),
    keepalive_timeout=whole(
        "How long a connection stays idle; below what the servers allow.", None, 1, 86400, "s", "60"
    ),
    keepalive_time=whole(
        "Age from which a connection is closed after its next answer; from Nginx 1.19.10 on.",
        None,
        1,
        86400,
        "s",
        "3600",
    ),
    extra=many("Raw lines for Nginx, each of whole directives.", [], Field("raw")),
)
