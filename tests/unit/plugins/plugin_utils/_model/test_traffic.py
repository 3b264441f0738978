# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic: what is refused, in which words, and what a route has of its site."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

SITE = "lvs_nginx_sites.www"


def changes(site: dict[str, Any]) -> dict[str, Any]:
    return {SITE: {"server_names": ["example.com"], "upstream": "app", **site}}


def said(site: dict[str, Any]) -> list[str]:
    return [one.message for one in build(with_changes(changes(site))).mistakes]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"compression": {"types": ["a/b", "a/b"]}}, ".compression.types has a/b twice"),
        (
            {"compression": {"types": ["text/css; charset=utf-8"]}},
            '.compression.types[0] is "text/css; charset=utf-8"; must be a media type of at most 46 characters, like '
            "text/css",
        ),
        (
            {"compression": {"precompressed": True}},
            ".compression.precompressed is true, but no files are served there; must be where static is",
        ),
        (
            {"static": "/srv", "routes": [{"path": "/a", "upstream": "app", "compression": {"precompressed": True}}]},
            ".routes[0].compression.precompressed is true, but no files are served there; must be where static is",
        ),
        (
            {"static": "/srv", "compression": {"enabled": False, "precompressed": True}},
            ".compression.precompressed is true, but enabled is false; must be one of them",
        ),
        ({"limits": {"requests": ["10"]}}, '.limits.requests[0].rate is "10"; must be a number of requests by '
            "second or minute, like 10/s or 30/m"),
        ({"limits": {"requests": [{"rate": "0/s"}]}}, '.limits.requests[0].rate is "0/s"; must be a number of '
            "requests by second or minute, like 10/s or 30/m"),
        ({"limits": {"requests": [{"rate": "9/s", "at_once": 10}]}},
            ".limits.requests[0].at_once is 10, but burst is 9; must be a part of it"),
        ({"routes": [{"path": "/a", "limits": {"requests": [{"rate": "9/s", "burst": 0, "at_once": 1}]}}]},
            ".routes[0].limits.requests[0].at_once is 1, but burst is 0; must be a part of it"),
        ({"limits": {"requests": [{"rate": "9/s", "key": "$client"}]}}, ".limits.requests[0].key has $client, which is "
            "no variable of Nginx; a $ alone cannot be written"),
        ({"limits": {"connections": [0]}}, ".limits.connections[0].most is 0; must be 1-65535"),
        ({"limits": {"connections": [{"most": 1, "keys": 10}]}},
            ".limits.connections[0].keys is 10; must be 1000-1000000"),
        ({"limits": {"bandwidth": "0k"}}, ".limits.bandwidth.rate is 0k, which limits nothing; leave it out"),
        ({"limits": {"exempt": ["192.0.2.1"]}},
            ".limits.exempt is given, but nothing is limited; must be beside a limit"),
        ({"limits": {"requests": ["1/s"], "exempt": ["192.0.2.1", "192.0.2.1/32"]}},
            ".limits.exempt has 192.0.2.1/32 twice"),
        ({"compression": {"algorithms": ["brotli", "brotli"]}}, ".compression.algorithms has brotli twice"),
        ({"compression": {"algorithms": []}}, ".compression.algorithms is empty"),
        ({"compression": {"algorithms": "zstd"}}, '.compression.algorithms[0] is "zstd"; must be one of gzip, brotli'),
        ({"static": "/srv", "compression": {"precompressed": True, "algorithms": "brotli"}},
            ".compression.precompressed is true, but the module for brotli finds no file where links are not followed; "
            "must be with gzip alone, or where static has symlinks: true"),
        ({"static": "/srv", "routes": [{"path": "/a", "compression": {"precompressed": True, "algorithms": "brotli"}}]},
            ".routes[0].compression.precompressed is true, but the module for brotli finds no file where links are not "
            "followed; must be with gzip alone, or where static has symlinks: true"),
        ({"security_headers": "high"}, '.security_headers is "high"; must be one of none, basic, strict'),
        ({"limits": {"requests": ["1/s"], "status": 418}}, ".limits.status is 418; must be one of 429, 503, 444"),
    ],
)  # fmt: skip
def test_what_is_refused(site: dict[str, Any], words: str) -> None:
    assert said(site) == [SITE + words]


@pytest.mark.parametrize(
    "site",
    [
        {"static": "/srv", "compression": {"precompressed": True}},
        {"routes": [{"path": "/a", "static": "/srv"}], "compression": {"precompressed": True}},
        {"static": "/srv", "routes": [{"path": "/a", "compression": {"precompressed": True}}]},
        {"compression": {"types": ["x/" + "y" * 44]}},
        {
            "static": {"root": "/srv", "symlinks": True},
            "compression": {"precompressed": True, "algorithms": ["brotli", "gzip"]},
            "routes": [{"path": "/a", "static": "/srv", "compression": {"algorithms": "brotli"}}],
        },
        {"limits": {}},
        {"limits": {"bandwidth": "1m", "exempt": ["192.0.2.1"]}},
        {"limits": {"requests": [{"rate": "9/s", "at_once": 9}]}},
    ],
)
def test_what_is_taken(site: dict[str, Any]) -> None:
    assert said(site) == []


def test_a_route_has_that_of_its_site_or_its_own() -> None:
    site = changes({"compression": True, "routes": [{"path": "/a", "compression": False}, {"path": "/b"}]})
    (served,) = model_of(with_changes(site))["hosts"]["web1"]["nginx"]["sites"]
    assert [route["handling"]["compression"]["enabled"] for route in served["routes"]] == [False, True, True]


def test_limits_know_where_they_are_counted() -> None:
    site = changes({"limits": {"connections": [1]}, "routes": [{"path": "/a", "limits": {}}, {"path": "/b"}]})
    (served,) = model_of(with_changes(site))["hosts"]["web1"]["nginx"]["sites"]
    assert [route["handling"]["limits"]["place"] for route in served["routes"]] == ["0", None, None]
