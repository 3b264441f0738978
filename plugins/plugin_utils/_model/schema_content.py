# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about content and access: files, who may come, and what is answered in their place."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, number, switch, table, text, whole

STATIC = table(
    "Files of the node. A single path sets `root`. Beside an `upstream` that gets what is no file.",
    None,
    "root",
    root=text("Folder; the whole path of a request is looked up below it.", REQUIRED, "file_path"),
    index=many("Files that a folder is shown by.", ["index.html"], text("", REQUIRED, "name")),
    extensions=many("Also looked for: with `html`, `/about` finds `about.html`.", [], text("", REQUIRED, "name")),
    fallback=text("File below `root` for what is not there, such as `/index.html`.", None, "file_path", "none: 404"),
    cache_control=Field("sent", "Header `Cache-Control` of files; `fallback` has none.", None, otherwise="none"),
    symlinks=switch("Symbolic links below `root` are followed.", False),
)

BASIC_AUTH = table(
    "Name and password. A single name sets `users`.",
    None,
    "users",
    enabled=switch("`false`: none here, although the site has it.", True),
    users=text("A name in `lvs_nginx_users`.", None, "name", "none; needed where it is enabled"),
    realm=text("What a browser shows.", "Restricted", "realm"),
)

AUTH_REQUEST = table(
    "An application is asked about each request: 2xx lets it in, 401 and 403 go to the client, all else is 500.",
    None,
    enabled=switch("`false`: nobody is asked here, although the site does.", True),
    upstream=text("A name in `lvs_nginx_upstreams`.", None, "name", "none; needed where it is enabled"),
    path=text("Path at which it is asked.", "/", "url_path"),
    headers=many(
        "Headers of its answer that the upstream gets; a client's own do not reach it.",
        [],
        text("", REQUIRED, "header_name"),
    ),
)

CORS = table(
    "Pages of other origins may use this. The upstream's own headers for it are removed.",
    None,
    origins=many("Origins, `~` and a regular expression for a whole one, or `*` alone.", REQUIRED, Field("origin"), 1),
    methods=many("Methods that such a page may use.", ["GET", "HEAD", "POST"], text("", REQUIRED, "method")),
    headers=many("Headers that it may send.", [], text("", REQUIRED, "header_name")),
    expose=many("Headers of the answer that it may read.", [], text("", REQUIRED, "header_name")),
    credentials=switch("It may send cookies and passwords.", False),
    max_age=whole("How long a browser remembers the answer to its question.", 600, 0, 86400, "s"),
)

ERROR_PAGE = table(
    "What is sent with an error; without both, Nginx's own page. A single path sets `file`.",
    REQUIRED,
    "file",
    file=text("A file of the node.", None, "file_path", "none"),
    text=Field("expanded", "A text.", None, otherwise="none"),
    media_type=text("Type of the text.", "text/html", "media_type"),
)

# What a site may say for all of its routes, and a route for itself.
CONTENT: dict[str, Field] = {
    "allow": many(
        "Networks of clients that may come. The longest network of `allow` and `deny` decides.",
        None,
        Field("listed_network"),
        otherwise="all",
    ),
    "deny": many(
        "Networks of clients that get 403.",
        None,
        Field("listed_network"),
        otherwise="where `allow` has any, all others",
    ),
    "basic_auth": BASIC_AUTH,
    "auth_request": AUTH_REQUEST,
    "cors": CORS,
    "error_pages": Field("map", "Pages by status; the status stays.", None, of=ERROR_PAGE, form="error_status"),
    "intercept_errors": switch("`error_pages` also replace errors of the upstream.", None, "`false`"),
    "buffering": switch("An answer is collected before it is sent on; `false` for events.", None, "`true`"),
    "request_buffering": switch("A body is collected before it is sent on.", None, "`true`"),
}

USERS = Field("map", "Users with the hash of their password.", {}, of=Field("password_hash"), form="user_name")

MAINTENANCE = table(
    "Maintenance of the site: 503 to all but the health checks. Where this is given, a file "
    "`/etc/nginx/lvs-maintenance/SITE` on a node does the same without a reload. `true` alone sets `enabled`.",
    None,
    "enabled",
    enabled=switch("The site is in maintenance.", False),
    page=table("What is sent with it; without both, Nginx's own page.", None, "file", **ERROR_PAGE.fields),
    retry_after=whole("Header `Retry-After`.", 300, 1, 86400, "s"),
    bypass=many("Networks of clients that see the site.", [], Field("network")),
)

# Of a site only.
OF_SITE: dict[str, Field] = {
    "maintenance": MAINTENANCE,
    "aliases": many("Names that are redirected to the first of `server_names`.", [], Field("server_name")),
    "alias_status": choice("Status of that redirect.", "301", "301", "308"),
}

HEALTH = table(
    "What the health address depends on besides Nginx itself. A single name sets `upstream`.",
    {},
    "upstream",
    upstream=text(
        "A name in `lvs_nginx_upstreams` that is asked with each check. Where it fails, all nodes leave together.",
        None,
        "name",
        "none",
    ),
    path=text("Path at which it is asked; 2xx is healthy.", "/", "url_path"),
    host=text("Header `Host` with which it is asked.", None, "host_name", "the name of the upstream"),
    timeout=number("Time for its answer; shorter than that of the checks.", 0.8, 0.1, 60, "s"),
)
