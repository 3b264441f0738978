# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gRPC: what it needs is there, and what has no sense with it is refused where it is written."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
BASE: Tree = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_certificates.www": {"on_node": True, "certificate": "/etc/ssl/www.pem"},
    "lvs_nginx_caches.kept": "1g",
    "lvs_nginx_upstreams.rpc": {"servers": ["192.0.2.2:80"], "protocol": "grpc"},
    "lvs_nginx_upstreams.rpcs": {"servers": ["app.example:443"], "protocol": "grpcs"},
    "lvs_nginx_upstreams.rpc2": {"servers": ["192.0.2.3:80"], "protocol": "grpc"},
}
IN_A_ROUTE = [{"path": "/shop.Shop", "upstream": "rpc"}]
WITH = "with upstream rpc, whose protocol is grpc"


def said(changes: Tree, **site: Any) -> list[str]:
    given = {"server_names": ["example.com"], "upstream": "app", "tls": "www", **site}
    return [one.message for one in build(with_changes({**BASE, SITE: given, **changes})).mistakes]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"upstream": "rpc", "compression": True}, ".compression is %s, but gRPC compresses its messages itself"),
        ({"routes": IN_A_ROUTE, "compression": True}, ".compression is %s, but gRPC compresses its messages itself"),
        ({"upstream": "rpc", "buffering": True}, ".buffering is %s, but messages of gRPC are sent on"),
        ({"upstream": "rpc", "request_buffering": True}, ".request_buffering is %s, but messages of gRPC"),
        ({"routes": IN_A_ROUTE, "error_pages": {502: {"text": "x"}}}, ".error_pages is %s, but clients of gRPC"),
        (
            {"upstream": "rpc", "retries": {"faults": ["error", "http_503"]}},
            ".retries.faults has http_503 %s: a call that a server has got goes to no other one",
        ),
        ({"upstream": "rpc", "canary": {"upstream": "rpc2"}}, ".canary.by is cookie %s, whose clients keep none"),
        (
            {"routes": [{**IN_A_ROUTE[0], "canary": {"upstream": "rpc2"}}]},
            ".routes[0].canary.by is cookie %s, whose clients keep none",
        ),
        ({"upstream": "rpc", "mirror": "app"}, ".mirror is beside upstream rpc, whose protocol is grpc"),
        ({"upstream": "app", "mirror": "rpc"}, ".mirror.upstream is rpc, whose protocol is grpc"),
        ({"upstream": "app", "auth_request": {"upstream": "rpc"}}, ".auth_request.upstream is rpc, whose protocol"),
        ({"upstream": "rpc", "cache": {"zone": "kept"}}, ".cache is %s; must be with one of http, https"),
        ({"upstream": "rpc", "tls": None}, ".tls is missing; must be there, as upstream rpc speaks gRPC"),
        ({"routes": IN_A_ROUTE, "tls": None}, ".tls is missing; must be there, as upstream rpc speaks gRPC"),
    ],
)
def test_what_has_no_sense_is_refused(site: Tree, words: str) -> None:
    (mistake,) = said({}, **site)
    assert mistake.startswith(SITE + (words % WITH if "%s" in words else words))


def test_errors_of_the_application_stay_as_they_are() -> None:
    pages = {"error_pages": {502: {"text": "x"}}, "intercept_errors": True}
    assert [one.split(" ")[0] for one in said({}, upstream="rpc", **pages)] == [
        SITE + ".error_pages", SITE + ".intercept_errors",
    ]  # fmt: skip


def test_a_mistake_of_a_site_is_told_once() -> None:
    routes = [*IN_A_ROUTE, {"path": "/b", "upstream": "rpc"}]
    assert len(said({}, routes=routes, compression=True)) == 1
    assert len(said({}, routes=routes, tls=None)) == 1


def test_http2_has_to_be_there() -> None:
    (mistake,) = said({"lvs_tls": {"http2": False}}, upstream="rpc")
    assert mistake.startswith("lvs_tls.http2 is false; must be true, as upstream rpc of %s speaks gRPC" % SITE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"lvs_nginx_upstreams.rpc.sticky": "sid"},
            "rpc.sticky is given, but clients of gRPC keep no cookies",
        ),
        (
            {"lvs_nginx_upstreams.rpc.tls": {"name": "a"}},
            "rpc.tls is given, but protocol is grpc; must be https or grpcs",
        ),
        ({"lvs_nginx_upstreams.rpc.params": {"A": "1"}}, "rpc.params is given, but protocol is grpc; must be fastcgi"),
        ({"lvs_nginx_upstreams.rpcs.servers": ["192.0.2.9:443"]}, "rpcs.tls.name is missing; must be the name in"),
    ],
)
def test_what_an_upstream_cannot_have(changes: Tree, words: str) -> None:
    (mistake,) = said(changes)
    assert mistake.startswith("lvs_nginx_upstreams." + words)


def test_health_cannot_ask_grpc() -> None:
    (mistake,) = said({"lvs_nginx_health": {"upstream": "rpc"}})
    assert mistake == "lvs_nginx_health.upstream is rpc; must be one whose protocol is http, without resolve"


@pytest.mark.parametrize(
    "site",
    [
        {"upstream": "rpc", "canary": {"upstream": "rpc2", "by": "client", "percent": 5}},
        {"upstream": "rpcs", "buffering": False, "request_buffering": False, "max_body": "8m"},
        {"upstream": "rpc", "auth_request": {"upstream": "app", "headers": ["X-User"]}, "retries": 3},
        {"upstream": "rpc", "limits": {"requests": ["9/s"], "bandwidth": "1m"}, "basic_auth": {"enabled": False}},
        {
            "compression": True,
            "mirror": "app2",
            "error_pages": {502: {"text": "x"}},
            "cache": {"zone": "kept"},
            "routes": [
                {
                    **IN_A_ROUTE[0],
                    "compression": False,
                    "mirror": {"upstream": "app2", "percent": 0},
                    "error_pages": {},
                    "cache": {"enabled": False},
                }
            ],
        },
    ],
)
def test_what_goes_together(site: Tree) -> None:
    assert said({"lvs_nginx_upstreams.app2": {"servers": ["192.0.2.4:80"]}}, **site) == []


def test_an_upstream_that_no_site_uses_asks_for_nothing() -> None:
    assert said({"lvs_virtual_services.web.ports": [80]}, tls=None) == []
