# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about the gray release of an application: canaries, and copies of requests."""

from __future__ import annotations

from .fields import REQUIRED, Field, many, number, switch, table, text, whole


def _values(doc: str, form: str) -> Field:
    return Field("map", doc, {}, of=Field("matched"), form=form)


CANARY = table(
    "A canary: a second upstream that gets a part of the clients. It is decided in this order, and the first that fits "
    "decides: headers, cookies, the client's network, percent.",
    None,
    upstream=text("A name in `lvs_nginx_upstreams`: where the canary is.", REQUIRED, "name"),
    percent=Field("percent", "Share of the clients that nothing else decides for.", 0),
    by=text(
        "What a client is known by. `cookie`: one that Nginx sets. `client`: its address. `header:NAME`: the value of "
        "a header, or its address where it sends none.",
        "cookie",
        "canary_by",
    ),
    cookie_name=text("Name of the cookie that Nginx sets.", "lvs_canary", "cookie_name"),
    cookie_max_age=whole(
        "How long a client keeps the cookie; 0: until the browser is closed.", 2592000, 0, 34560000, "s"
    ),
    headers=_values(
        "With one of these headers a client goes to the canary; values as those of a route.", "header_name"
    ),
    cookies=_values("With one of these cookies, likewise.", "cookie_name"),
    clients=many("From one of these networks, likewise.", [], Field("network")),
    never=table(
        "Who does not go there. At each step it is asked first; of networks the narrower one counts.",
        {},
        headers=_values("With one of these headers.", "header_name"),
        cookies=_values("With one of these cookies.", "cookie_name"),
        clients=many("From one of these networks.", [], Field("network")),
    ),
)

MIRROR = table(
    "Copies of requests go to another upstream as well; its answers are thrown away.",
    None,
    "upstream",
    upstream=text("A name in `lvs_nginx_upstreams`: who gets the copies.", REQUIRED, "name"),
    percent=Field("percent", "Share of the requests.", 100),
    body=switch("With their body.", True),
    timeout=number(
        "Time for each step of a copy: connect, write, read. A slow one keeps the client's connection so long.",
        1,
        0.1,
        60,
        "s",
    ),
)
