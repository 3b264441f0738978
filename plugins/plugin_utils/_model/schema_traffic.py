# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about traffic: answers that are made smaller."""

from __future__ import annotations

from .fields import REQUIRED, Field, many, switch, table, text, whole

# Without fonts, pictures, films and archives, which are compressed already. That of HTML is always one of them.
_TEXTS = [
    "application/atom+xml", "application/javascript", "application/json", "application/ld+json",
    "application/manifest+json", "application/rss+xml", "application/wasm", "application/xhtml+xml", "application/xml",
    "image/svg+xml", "text/css", "text/csv", "text/javascript", "text/markdown", "text/plain", "text/xml",
]  # fmt: skip

COMPRESSION = table(
    "Answers are compressed (gzip) for clients that take it. `true` alone sets `enabled`.",
    None,
    "enabled",
    enabled=switch("`false`: none here, although the site has it.", True),
    types=many("Media types besides `text/html`.", _TEXTS, text("", REQUIRED, "bare_type")),
    level=whole("1 is quick, 9 is small.", 5, 1, 9),
    min_length=whole("Shorter answers stay as they are, if their length is known.", 1024, 0, 2**30, "bytes"),
    precompressed=switch("A file `NAME.gz` beside `NAME` of `static` is sent in its place.", False),
)

# What a site may say for all of its routes, and a route for itself.
TRAFFIC: dict[str, Field] = {
    "compression": COMPRESSION,
}
