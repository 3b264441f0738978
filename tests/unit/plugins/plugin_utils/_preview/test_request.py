# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes a request, as preview says it."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.asked import asked
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.request import told

SITES = {
    "www": {
        "server_names": ["example.com"],
        "aliases": ["old.example.com"],
        "default": False,
        "upstream": "app",
        "routes": [
            {"name": "beta", "path": "/api", "cookies": {"beta": "1"}, "answer": "410"},
            {"path": "/office", "clients": ["192.0.2.0/24"], "redirect": "https://office.example.com"},
            {"path": "/api", "rewrite": {"strip": True}, "extra": ["proxy_buffering off;"]},
        ],
    },
    "old": {
        "server_names": ["*.example.org"],
        "default": False,
        "routes": [{"path": "/a", "answer": {"body": "old"}}, {"path": "/c", "static": "/srv/c"}],
    },
}
CHANGES: dict[str, Any] = {
    "lvs_nginx_sites": SITES,
    "lvs_nginx_upstreams.app.servers": ["192.0.2.1:8080", "192.0.2.2:8080"],
}
BOTH = "  web1, web2, port 80:\n"


def said(written: str, headers: Any = None, client: str = "", changes: dict[str, Any] | None = None) -> str:
    return told(model_of(with_changes({**CHANGES, **(changes or {})})), asked(written, headers, client))


def test_who_is_asked_and_who_is_kept_out() -> None:
    given = {"allow": ["192.0.2.0/24"], "basic_auth": "staff", "auth_request": {"upstream": "app", "path": "/who"}}
    hash_of = "$6$saltsalt$" + "a" * 86
    changes = {
        "lvs_nginx_sites.www.routes": [{"path": "/api", **given}],
        "lvs_nginx_users": {"staff": {"anna": hash_of}},
    }
    inside = said("http://example.com/api", client="192.0.2.7", changes=changes)
    assert "    first a password of lvs_nginx_users.staff, else 401\n" in inside
    assert "    first upstream app is asked at /who\n    upstream app: GET /api\n" in inside
    assert hash_of not in inside
    outside = said("http://example.com/api", changes=changes)
    assert outside.endswith(
        "        allow and deny decide by the client; use lvs_preview_request_client\n"
        "    answer 403: allow and deny keep the client out\n"
    )


def test_the_limits_that_hold() -> None:
    limits = {
        "requests": ["10/s", {"rate": "30/m", "burst": 5, "at_once": 2, "key": "$http_x_user"}],
        "connections": [4],
        "bandwidth": {"rate": "1m", "after": "10m"},
        "exempt": ["192.0.2.0/24"],
    }
    changes = {"lvs_nginx_sites.www.limits": limits}
    lines = [
        "limit by $remote_addr: at most 10/s and 10 more at a time; more is 429",
        "limit by $http_x_user: at most 30/m and 5 more at a time, of which 3 wait; more is 429",
        "limit by $remote_addr: 4 requests at the same time; more is 429",
        "limit of the answer: 1m bytes a second, after the first 10m",
    ]
    words = "".join("    %s\n" % line for line in lines)
    assert words in said("http://example.com/api", changes=changes)
    exempt = said("http://example.com/api", client="192.0.2.7", changes=changes)
    assert ("    no limits: the client is exempt\n" in exempt, "limit by" in exempt) == (True, False)
    limits["dry_run"] = True
    assert "requests at the same time; logged only\n" in said("http://example.com/api", changes=changes)


def test_a_cache_is_looked_into_first() -> None:
    changes = {"lvs_nginx_sites.www.cache": "pages", "lvs_nginx_caches": {"pages": "1g"}}
    words = "    first cache lvs_nginx_caches.pages is looked into\n    upstream app: GET /x\n"
    assert words in said("http://example.com/api/x", changes=changes)
    assert "lvs_nginx_caches" not in said("POST http://example.com/api/x", changes=changes)


def test_the_whole_text() -> None:
    assert said("GET http://Example.com/api/x?q=1#part") == (
        "GET http://Example.com/api/x?q=1#part\n"
        "  web1, web2, port 80:\n"
        "    site www, by its name example.com (lvs_nginx_sites.www)\n"
        "    not route beta: cookie beta does not fit\n"
        "    route 2 (lvs_nginx_sites.www.routes[2])\n"
        "    upstream app: GET /x?q=1\n"
        "        round_robin of 192.0.2.1:8080, 192.0.2.2:8080\n"
        "    raw lines (extra) of the site or the route may change this\n"
    )


@pytest.mark.parametrize(
    ("written", "headers", "words"),
    [
        ("POST http://example.com/api", ["Cookie: a=b; beta=1"], "route beta (lvs_nginx_sites.www.routes[0])"),
        ("http://example.com/api", {"cookie": "beta=1"}, "answer 410: Nginx's own page"),
        ("http://x.example.org/a", None, "site old, by its name *.example.org"),
        ("http://x.example.org/a", None, "answer 200: 'old'"),
        ("http://old.example.com/x?y", None, "site www, by its alias old.example.com"),
        ("http://old.example.com/x?y", None, "redirect 301 to http://example.com/x?y"),
        ("http://x.example.org/b", None, "no route: 404"),
        ("http://x.example.org/c", None, "files below /srv/c\n"),
        ("http://198.51.100.200/", None, "no site has the name 198.51.100.200, and none is the default"),
        ("http://198.51.100.200/", None, "no answer: the connection is closed"),
        ("http://198.51.100.200/", "Host: example.com:80", "site www"),
        ("http://198.51.100.200/lvs-health", None, "the health address: 200"),
        ("http://example.com?v=1", None, "upstream app: GET /?v=1"),
        ("http://example.com/office", None, "no client is given; use lvs_preview_request_client"),
        ("https://example.com/", None, "nothing: no TCP service has port 443; the services have: 80"),
        ("http://example.com:81/", None, "nothing: no TCP service has port 81"),
    ],
)
def test_each_word(written: str, headers: Any, words: str) -> None:
    assert words in said(written, headers)


def test_a_site_in_maintenance() -> None:
    closed = {"lvs_nginx_sites.www.maintenance": {"enabled": True, "bypass": ["192.0.2.0/24"]}}
    assert "maintenance: 503, but not to clients of 192.0.2.0/24" in said("http://example.com/", changes=closed)


def test_a_client_is_of_a_network() -> None:
    assert "redirect 301 to https://office.example.com/office" in said("http://example.com/office", client="192.0.2.7")
    assert "upstream app" in said("http://example.com/office", client="2001:db8::1")


def test_a_port_is_that_of_the_real_servers() -> None:
    """Another one behind forward: nat; and each pool may have other sites."""
    changes = {
        "lvs_virtual_services.web": {"vip": "web", "ports": [8080], "real_port": 80, "forward": "nat"},
        "lvs_virtual_services.raw": {"vip": "web", "ports": [8081], "forward": "nat"},
    }
    assert BOTH + "    site www, by its name example.com" in said("http://example.com:8080/", changes=changes)
    assert "port 8081:\n    no site has the port" in said("http://example.com:8081/", changes=changes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("example.com/",), "is no request; must be like GET https://example.com/path"),
        (("GET http://example.com/a b",), "is no request"),
        (("http://example.com/", "X-Kind"), "'X-Kind' is no header; must be like X-Kind: 1"),
        (("http://example.com/", None, "me"), "'me' is no address of a client"),
    ],
)
def test_what_is_no_request(given: Any, words: str) -> None:
    with pytest.raises(LvsError, match=words):
        asked(*given)


CANARY = {
    "lvs_nginx_upstreams.next.servers": ["192.0.2.3:8080"],
    "lvs_nginx_sites.old.routes": [],
    "lvs_nginx_sites.old.upstream": "app",
}


@pytest.mark.parametrize(
    ("canary", "headers", "client", "words"),
    [
        (
            {"percent": 12.5},
            None,
            "",
            ["upstream next, the canary, for 12.5 % of the clients: GET /", "upstream app for the others: GET /"],
        ),
        ({}, None, "", ["upstream app, no canary, by percent: GET /"]),
        ({"percent": 100}, None, "", ["upstream next, the canary, by percent: GET /"]),
        ({"headers": {"X-New": "1"}}, ["X-New: 1"], "", ["upstream next, the canary, by header X-New: GET /"]),
        (
            {"percent": 100, "never": {"cookies": {"old": "~.*"}}},
            ["Cookie: old=1"],
            "",
            ["upstream app, no canary, by cookie old: GET /"],
        ),
        (
            {"clients": ["192.0.2.0/24"], "never": {"clients": ["192.0.2.8/32"]}},
            None,
            "192.0.2.8",
            ["upstream app, no canary, by client in 192.0.2.8/32: GET /"],
        ),
    ],
)
def test_the_side_of_a_canary(canary: Any, headers: Any, client: str, words: list[str]) -> None:
    changes = {**CANARY, "lvs_nginx_sites.old.canary": {"upstream": "next", **canary}}
    lines = said("http://x.example.org/", headers, client, changes).splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("upstream")] == words


TLS: dict[str, Any] = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_certificates": {"www": "www.pem", "staff": "staff.pem"},
    "lvs_nginx_sites.old.tls": {"certificate": "www", "client_certificates": "staff"},
}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("https://a.example.org/a", ["site old, by its name *.example.org (lvs_nginx_sites.old)"]),
        ("https://a.example.org/a", ["route 0 (lvs_nginx_sites.old.routes[0])",
                                     "first a certificate of a client, else 403", "answer 200: 'old'"]),
        ("http://a.example.org/a?b=c", ["redirect 301 to https://a.example.org/a?b=c"]),
        ("http://a.example.org/lvs-health", ["the health address: 200, ok"]),
        ("https://a.example.org/lvs-health", ["the health address: 200, ok"]),
        ("https://example.com/", ["no site has the name example.com, and none is the default",
                                  "no answer: the handshake fails"]),
        ("https://example.com/lvs-health", ["no answer: the handshake fails"]),
        ("http://example.com:443/", ["HTTP on a port of HTTPS: 400"]),
        ("https://example.com:80/", ["HTTPS on a port of plain HTTP: the handshake fails"]),
    ],
)  # fmt: skip
def test_a_request_with_tls(written: str, words: list[str]) -> None:
    lines = [line.strip() for line in said(written, changes=TLS).splitlines()]
    assert [one for one in words if one not in lines] == []


def test_a_site_that_is_the_default_of_plain_http_alone() -> None:
    changes = {**TLS, "lvs_nginx_sites": {"old": {**SITES["old"], "default": None}}}
    assert "    no answer: the handshake fails\n" in said("https://x.example/a", changes=changes)
    assert "    redirect 301 to https://x.example/a\n" in said("http://x.example/a", changes=changes)
    changes["lvs_nginx_sites.old.default"] = True
    assert "    answer 200: 'old'\n" in said("https://x.example/a", changes=changes)
