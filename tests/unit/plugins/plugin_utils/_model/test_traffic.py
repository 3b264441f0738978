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
    ],
)
def test_what_is_refused(site: dict[str, Any], words: str) -> None:
    assert said(site) == [SITE + words]


@pytest.mark.parametrize(
    "site",
    [
        {"static": "/srv", "compression": {"precompressed": True}},
        {"routes": [{"path": "/a", "static": "/srv"}], "compression": {"precompressed": True}},
        {"static": "/srv", "routes": [{"path": "/a", "compression": {"precompressed": True}}]},
        {"compression": {"types": ["x/" + "y" * 44]}},
    ],
)
def test_what_is_taken(site: dict[str, Any]) -> None:
    assert said(site) == []


def test_a_route_has_that_of_its_site_or_its_own() -> None:
    site = changes({"compression": True, "routes": [{"path": "/a", "compression": False}, {"path": "/b"}]})
    (served,) = model_of(with_changes(site))["hosts"]["web1"]["nginx"]["sites"]
    assert [route["handling"]["compression"]["enabled"] for route in served["routes"]] == [False, True, True]
