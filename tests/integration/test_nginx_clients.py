# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the client is, on the real Nginx: what trusted proxies say, and what nobody else can."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from nginx_served import Served

Tree = dict[str, Any]
PROXIES = {"lvs_trusted_proxies": ["10.0.0.0/8", "192.0.2.9", "2001:db8:1::/48"]}
CLAIMS = [
    ("X-Forwarded-For", "203.0.113.7"), ("X-Real-IP", "203.0.113.8"), ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "8443"), ("X-Forwarded-Host", "shop.example:8443"), ("X-Request-ID", "abc-1"),
]  # fmt: skip
TOLD = ["X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Host"]
V6 = {
    **{"%s:lvs_address6" % host: "2001:db8::%d" % index for index, host in enumerate(["d1", "d2", "web1", "web2"], 1)},
    "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"],
}


def told(nginx: Served, source: str, headers: Any = None) -> list[str | None]:
    seen = nginx.ask(source=source, headers=CLAIMS if headers is None else headers).seen
    return [seen.header(name) for name in TOLD]


def test_what_a_trusted_proxy_says_is_kept(nginx: Served) -> None:
    nginx.site({**PROXIES, **V6})
    for proxy in ("10.1.2.3", "192.0.2.9", "2001:db8:1::1"):
        kept = ["203.0.113.7, " + proxy, "203.0.113.7", "https", "8443", "shop.example:8443"]
        assert told(nginx, proxy) == kept
    assert nginx.ask(source="10.1.2.3", headers=CLAIMS).seen.header("X-Request-ID") == "abc-1"


@pytest.mark.parametrize("changes", [{}, PROXIES], ids=["no proxies", "others"])
def test_nobody_else_is_believed(nginx: Served, changes: Tree) -> None:
    nginx.site(changes)
    for source in ("192.0.2.1", "198.51.100.7"):
        assert told(nginx, source) == [source, source, "http", "80", "example.com"]
    assert nginx.ask(source="192.0.2.1", headers=CLAIMS).seen.header("X-Request-ID") != "abc-1"


def test_the_client_is_the_last_address_that_is_no_proxy(nginx: Served) -> None:
    """What a client writes itself stands in front of it."""
    nginx.site(PROXIES)
    chain = [("X-Forwarded-For", "198.51.100.1, 203.0.113.7"), ("X-Forwarded-For", "10.9.9.9")]
    whole = "198.51.100.1, 203.0.113.7, 10.9.9.9, 10.1.2.3"
    assert told(nginx, "10.1.2.3", chain)[:2] == [whole, "203.0.113.7"]
    assert told(nginx, "10.1.2.3", [])[:2] == ["10.1.2.3", "10.1.2.3"]


def test_what_is_no_value_is_not_kept(nginx: Served) -> None:
    nginx.site(PROXIES)
    bad = [
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Port", "8o"),
        ("X-Forwarded-Host", "a b"),
        ("X-Request-ID", 'a"b'),
    ]
    assert told(nginx, "10.1.2.3", bad)[2:] == ["http", "80", "example.com"]
    assert nginx.ask(source="10.1.2.3", headers=bad).seen.header("X-Request-ID") != 'a"b'
    assert told(nginx, "10.1.2.3", [("X-Forwarded-Proto", "https")])[2:4] == ["https", "443"]


def test_conditions_redirects_and_logs_have_the_client(nginx: Served) -> None:
    routes = [
        {"path": "/office", "clients": ["203.0.113.0/24"], "answer": {"body": "office"}},
        {"path": "/to", "redirect": "/there"},
        {"path": "/kept", "redirect": {"host": "www.example.com"}},
    ]
    nginx.site({**PROXIES, "lvs_nginx_sites.www": {"upstream": "app", "routes": routes}})
    assert nginx.ask("/office", source="10.1.2.3", headers=CLAIMS).body == "office"
    assert nginx.ask("/office", source="192.0.2.1", headers=CLAIMS).app == 9001
    assert nginx.ask("/to", source="10.1.2.3", headers=CLAIMS).header("Location") == "https://example.com/there"
    assert nginx.ask("/kept", source="10.1.2.3", headers=CLAIMS).header("Location") == "https://www.example.com/kept"
    assert nginx.ask("/to", source="192.0.2.1", headers=CLAIMS).header("Location") == "http://example.com/there"
    clients = Counter(one["client"] for one in nginx.requests(count=5))
    assert clients == {"203.0.113.7": 3, "192.0.2.1": 2}
