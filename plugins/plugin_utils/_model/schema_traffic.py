# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about traffic: answers that are made smaller, and how many there are."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, switch, table, text, whole
from .schema_cache import CACHE

# Without fonts, pictures, films and archives, which are compressed already. That of HTML is always one of them.
_TEXTS = [
    "application/atom+xml", "application/javascript", "application/json", "application/ld+json",
    "application/manifest+json", "application/rss+xml", "application/wasm", "application/xhtml+xml", "application/xml",
    "image/svg+xml", "text/css", "text/csv", "text/javascript", "text/markdown", "text/plain", "text/xml",
]  # fmt: skip

COMPRESSION = table(
    "Answers are compressed for clients that take it. `true` alone sets `enabled`.",
    None,
    "enabled",
    enabled=switch("`false`: none here, although the site has it.", True),
    algorithms=Field(
        "list",
        "How. Who takes both gets brotli, for which Debian 12, Ubuntu 24.04 and newer have packages.",
        ["gzip"],
        of=choice("", REQUIRED, "gzip", "brotli"),
        least=1,
        short="item",
    ),
    types=many("Media types besides `text/html`.", _TEXTS, text("", REQUIRED, "bare_type")),
    level=whole("1 is quick, 9 is small.", 5, 1, 9),
    min_length=whole("Shorter answers stay as they are, if their length is known.", 1024, 0, 2**30, "bytes"),
    precompressed=switch("A file `NAME.gz` or `NAME.br` beside `NAME` of `static` is sent in its place.", False),
)

_KEY = Field("expanded", "What is counted together; where it is empty, nothing is.", "$remote_addr")
_KEYS = whole("How many different keys a node remembers.", 50_000, 1_000, 1_000_000)

REQUEST_LIMIT = table(
    "How many requests in a time. A single text sets `rate`.",
    REQUIRED,
    "rate",
    rate=text("So many, evenly, by the second or the minute: `10/s`, `30/m`.", REQUIRED, "rate"),
    key=_KEY,
    burst=whole("So many more may come at a time.", None, 0, 1_000_000, "", "the number of `rate`"),
    at_once=whole(
        "So many of the burst are answered at once; the others wait until it is their turn.",
        None,
        0,
        1_000_000,
        "",
        "all",
    ),
    keys=_KEYS,
)

CONNECTION_LIMIT = table(
    "How many requests at the same time. A single number sets `most`.",
    REQUIRED,
    "most",
    most=whole("So many; what comes besides is refused.", REQUIRED, 1, 65535),
    key=_KEY,
    keys=_KEYS,
)

LIMITS = table(
    "How much one may ask of a node. `{}`: no limits here, although the site has some.",
    None,
    requests=many("Requests in a time; each of the limits holds.", [], REQUEST_LIMIT),
    connections=many("Requests at the same time; each of the limits holds.", [], CONNECTION_LIMIT),
    bandwidth=table(
        "How fast one answer is sent. A single size sets `rate`.",
        None,
        "rate",
        rate=Field("size", "Bytes in a second.", REQUIRED),
        after=Field("size", "So much is sent at full speed first.", None, otherwise="nothing"),
    ),
    exempt=many("Networks of clients without limits.", [], Field("network")),
    status=choice("Status for what is too much; 444: the connection is closed.", "429", "429", "503", "444"),
    dry_run=switch("Too much is only logged.", False),
)

# What a site may say for all of its routes, and a route for itself.
TRAFFIC: dict[str, Field] = {
    "compression": COMPRESSION,
    "limits": LIMITS,
    "cache": CACHE,
    "security_headers": Field(
        "choice",
        "Headers that tell browsers what a page may not do: `basic` breaks none, `strict` is for pages made for it.",
        None,
        choices=("none", "basic", "strict"),
        otherwise="`none`",
    ),
}
