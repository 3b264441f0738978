# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about caches: where answers are kept, and which."""

from __future__ import annotations

from .fields import REQUIRED, Field, many, number, switch, table, text, whole

CACHE_ZONE = table(
    "A cache on the disk of each node. A single size sets `size`.",
    REQUIRED,
    "size",
    size=Field("size", "So much it may hold.", REQUIRED),
    answers=whole("So many answers Nginx has memory for; of 100,000 it is 14 MiB.", 100_000, 1_000, 10_000_000),
    inactive=whole("What nobody has asked for in this time is removed.", 86400, 1, 31_536_000, "s"),
)

CACHE = table(
    "Answers of the upstream are kept and sent again, as it says by `Cache-Control`. A single name sets `zone`.",
    None,
    "zone",
    enabled=switch("`false`: none here, although the site has it.", True),
    zone=text("A name in `lvs_nginx_caches`.", None, "name", "none; needed where it is enabled"),
    key=Field(
        "expanded",
        "What makes two requests the same, besides their route and their upstream.",
        None,
        otherwise="scheme, host, port and path with the query",
    ),
    valid=Field(
        "map",
        "For how long an answer is good that does not say so itself, by status.",
        {},
        of=whole("", REQUIRED, 1, 31_536_000, "s"),
        form="answer_status",
    ),
    stale=switch("An old answer is sent while somebody else fetches a new one, and where the upstream fails.", True),
    background=switch(
        "An old answer is sent to the first who asks, too; a new one is fetched in the background.", False
    ),
    lock=number(
        "Others who ask for the same wait so long for the answer that one fetches; 0: they do not.", 5, 0, 3600, "s"
    ),
    min_uses=whole("It is kept when it has been asked for so often.", 1, 1, 1_000_000),
    skip=table(
        "Requests that have one of these get an answer of their own, which is not kept.",
        {},
        headers=many("Headers.", [], text("", REQUIRED, "header_name")),
        cookies=many("Cookies.", [], text("", REQUIRED, "variable_part")),
        arguments=many("Arguments of the query.", [], text("", REQUIRED, "variable_part")),
    ),
    authorization=switch("`true`: the answer is for all, although the request has `Authorization`.", False),
    show=switch("The header `X-Cache-Status` says what the cache did: `HIT`, `MISS`, `STALE`, …", True),
)
