# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Caches: what is refused, in which words, and which a host gets."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

SITE = "lvs_nginx_sites.www"
CACHES = {"lvs_nginx_caches": {"pages": "1g", "files": {"size": "2g", "answers": 1000, "inactive": 60}}}
PHP = {"lvs_nginx_upstreams.php": {"servers": ["192.0.2.9:9000"], "protocol": "fastcgi"}}


def changes(site: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {SITE: {"server_names": ["example.com"], "upstream": "app", **site}, **CACHES, **PHP, **others}


def said(site: dict[str, Any], **others: Any) -> list[str]:
    return [one.message for one in build(with_changes(changes(site, **others))).mistakes]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"cache": "none"}, ".cache.zone names \"none\", which is not in lvs_nginx_caches; there are: files, pages"),
        ({"cache": {}}, ".cache.zone is not given; must be a name in lvs_nginx_caches"),
        ({"upstream": None, "static": "/srv", "cache": "pages"},
            ".cache is given, but no answers of an upstream are there; must be where upstream is"),
        ({"routes": [{"path": "/a", "answer": 404, "cache": "pages"}]},
            ".routes[0].cache is given, but no answers of an upstream are there; must be where upstream is"),
        ({"routes": [{"path": "/a", "static": "/srv", "cache": "pages"}]},
            ".routes[0].cache is given, but no answers of an upstream are there; must be where upstream is"),
        ({"cache": "pages", "routes": [{"path": "/a", "buffering": False}]},
            ".routes[0].buffering is false beside %s.cache, which keeps only answers that are collected" % SITE),
        ({"buffering": False, "routes": [{"path": "/a", "cache": "pages"}]},
            ".buffering is false beside %s.routes[0].cache, which keeps only answers that are collected" % SITE),
        ({"cache": {"zone": "pages", "stale": False, "background": True}},
            ".cache.background is true, but stale is false, so no old answer is sent"),
        ({"cache": {"zone": "pages", "valid": {"600": 1}}},
            ".cache.valid.600 is no name; must be a status from 200 to 599"),
        ({"cache": {"zone": "pages", "valid": {404: 0}}}, ".cache.valid.404 is 0; must be 1-31536000"),
        ({"cache": {"zone": "pages", "key": "$hots"}},
            ".cache.key has $hots, which is no variable of Nginx; a $ alone cannot be written"),
        ({"cache": {"zone": "pages", "skip": {"cookies": ["sid", "SID"]}}}, ".cache.skip.cookies has sid twice"),
        ({"cache": {"zone": "pages", "skip": {"cookies": ["user-id"]}}},
            '.cache.skip.cookies[0] is "user-id"; must be 1-63 letters, digits or _'),
        ({"cache": {"zone": "pages", "min_uses": 0}}, ".cache.min_uses is 0; must be 1-1000000"),
    ],
)  # fmt: skip
def test_what_is_refused(site: dict[str, Any], words: str) -> None:
    assert said(site) == [SITE + words]


@pytest.mark.parametrize(
    ("size", "words"),
    [("0", "0; must be at least 1m"), ("1023k", "1023k; must be at least 1m"), ("100", "100; must be at least 1m")],
)
def test_a_cache_has_room(size: str, words: str) -> None:
    assert said({}, lvs_nginx_caches={"pages": size}) == ["lvs_nginx_caches.pages.size is " + words]


@pytest.mark.parametrize(
    "site",
    [
        {"cache": "pages"},
        {"routes": [{"path": "/a", "static": "/srv", "upstream": "app", "cache": "pages"}]},
        {"cache": "pages", "routes": [{"path": "/a", "static": "/srv"}, {"path": "/b", "answer": 404}]},
        {"cache": "pages", "routes": [{"path": "/a", "cache": {"enabled": False}, "buffering": False}]},
        {"upstream": None, "cache": "pages", "routes": [{"upstream": "php"}]},
        {"buffering": False, "routes": [{"path": "/a", "buffering": True, "cache": "pages"}]},
    ],
)
def test_what_is_taken(site: dict[str, Any]) -> None:
    assert said(site) == []


def test_a_host_gets_the_caches_that_its_sites_use() -> None:
    """One for each protocol."""
    listed = [{"path": "/a", "upstream": "php"}, {"path": "/b", "cache": "files"}, {"path": "/c", "static": "/srv"}]
    nginx = model_of(with_changes(changes({"cache": "pages", "routes": listed})))["hosts"]["web1"]["nginx"]
    found = [(one["way"], one["name"], one["size"], one["memory_kib"], one["inactive"]) for one in nginx["caches"]]
    assert found == [
        ("proxy", "files", "2g", 170, 60), ("fastcgi", "pages", "1g", 13782, 86400),
        ("proxy", "pages", "1g", 13782, 86400),
    ]  # fmt: skip
    off = model_of(with_changes(changes({"cache": {"zone": "pages", "enabled": False}})))
    assert off["hosts"]["web1"]["nginx"]["caches"] == []
