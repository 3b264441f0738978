# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries in the inventory: what is read, what is refused in which words, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
NEXT = {"lvs_nginx_upstreams.next.servers": ["192.0.2.1:80"]}


def changes(canary: Any, **others: Any) -> Tree:
    given = {"server_names": ["example.com"], "upstream": "app", "canary": canary, **others}
    return {**NEXT, SITE: {key: value for key, value in given.items() if value is not None}}


def said(given: Tree) -> list[str]:
    return [one.message for one in build(with_changes(given)).mistakes]


@pytest.mark.parametrize(
    ("written", "read"), [(0, 0), (25, 25), ("25", 25), (12.5, 12.5), ("0.01", 0.01), (100, 100), ("100.00", 100)]
)
def test_a_percent(written: Any, read: float) -> None:
    model = model_of(with_changes(changes({"upstream": "next", "percent": written})))
    canary = model["hosts"]["web1"]["nginx"]["sites"][0]["routes"][0]["canary"]
    assert (canary["percent"], type(canary["percent"])) == (read, type(read))


@pytest.mark.parametrize("percent", [-1, 100.01, 101, "25%", "1.234", 0.001, True, "", "1e1", "01", [1]])
def test_what_is_no_percent(percent: Any) -> None:
    (message,) = said(changes({"upstream": "next", "percent": percent}))
    assert message.startswith(SITE + ".canary.percent is ")
    assert message.endswith("; must be 0-100, with at most two decimals")


@pytest.mark.parametrize(
    ("canary", "words"),
    [
        ({}, ".canary.upstream is missing"),
        ({"upstream": "nowhere"}, '.canary.upstream names "nowhere", which is not an upstream; there are: app, next'),
        ({"upstream": "app"}, '.canary.upstream is "app", which the route has without a canary; must be another one'),
        ({"upstream": "next", "by": "header"}, '.canary.by is "header"; must be cookie, client or header:NAME'),
        ({"upstream": "next", "cookie_name": "a b"}, ".canary.cookie_name is "),
        (
            {"upstream": "next", "headers": {"X-A": "1"}, "never": {"headers": {"X-A": "1"}}},
            ".canary.headers.X-A is in never as well, so it has no effect",
        ),
        (
            {"upstream": "next", "clients": ["10.0.0.0/8"], "never": {"clients": ["10.0.0.0/8"]}},
            ".canary.clients has 10.0.0.0/8, which is in never as well",
        ),
        ({"upstream": "next", "clients": ["10.0.0.0/8", "10.0.0.0/8"]}, ".canary.clients has 10.0.0.0/8 twice"),
    ],
)
def test_a_canary_that_cannot_be_served(canary: Tree, words: str) -> None:
    in_site = said(changes(canary))
    assert [one.startswith(SITE + words) for one in in_site] == [True], in_site
    in_route = said(changes(None, routes=[{"path": "/a", "canary": canary}]))
    assert [one.startswith(SITE + ".routes[0]" + words) for one in in_route] == [True], in_route


def test_a_canary_stands_beside_an_upstream() -> None:
    canary = {"upstream": "next"}
    assert said(changes(canary, upstream=None, routes=[{"upstream": "app"}])) == [
        SITE + ".canary is given, but the site has no upstream beside it; must have one, or be in a route"
    ]
    assert said(changes(None, routes=[{"path": "/a", "answer": 404, "canary": canary}])) == [
        SITE + ".routes[0].canary is given, but the route has no upstream beside it"
    ]


def test_names_of_routes_differ_from_places_in_the_list() -> None:
    routes = [{"path": "/a"}, {"path": "/b", "name": "0"}]
    assert said(changes(None, routes=routes)) == [SITE + ".routes has 0 twice"]


TWO = changes(
    {"upstream": "next", "percent": 5},
    routes=[{"path": "/a"}, {"path": "/b", "canary": {"upstream": "next"}}, {"path": "/c", "upstream": "app"}],
)


def shares_of(given: Tree) -> list[float | None]:
    """The share of each route; None of one without a canary."""
    routes = model_of(with_changes(given))["hosts"]["web1"]["nginx"]["sites"][0]["routes"]
    return [route["canary"] and route["canary"]["percent"] for route in routes]


def test_shares_go_before_those_of_sites_and_routes() -> None:
    assert shares_of(TWO) == [5, 0, None, 5]
    assert shares_of({**TWO, "lvs_nginx_canary": {"www": "25"}}) == [25, 0, None, 25]
    assert shares_of({**TWO, "lvs_nginx_canary": {"www/1": 50, "www": 0}}) == [0, 50, None, 0]


@pytest.mark.parametrize("place", ["shop", "www/0", "www/2", "www/nowhere"])
def test_a_share_is_one_of_a_canary(place: str) -> None:
    what = 'lvs_nginx_canary names "%s", which is not a site or a route with a canary; there are: www, www/1'
    assert said({**TWO, "lvs_nginx_canary": {place: 1}}) == [what % place]


def test_a_share_has_the_path_of_its_canary() -> None:
    assert said({**TWO, "lvs_nginx_canary": {"www": "many"}}) == [
        'lvs_nginx_canary.www is "many"; must be 0-100, with at most two decimals'
    ]


@pytest.mark.parametrize(
    ("mirror", "words"),
    [
        ("nowhere", '.mirror.upstream names "nowhere", which is not an upstream; there are: app, next'),
        ("app", '.mirror.upstream is "app", which gets the request itself; must be another one'),
        ({"upstream": "next", "percent": 101}, ".mirror.percent is 101; must be 0-100, with at most two decimals"),
        ({}, ".mirror.upstream is missing"),
    ],
)
def test_a_mirror_that_cannot_get_copies(mirror: Any, words: str) -> None:
    assert said(changes(None, mirror=mirror)) == [SITE + words]
    assert said(changes(None, routes=[{"path": "/a", "mirror": mirror}])) == [SITE + ".routes[0]" + words]


def test_a_mirror_stands_beside_an_upstream() -> None:
    what = ".mirror is given, but there is no upstream beside it whose requests could be copied"
    assert said(changes(None, routes=[{"path": "/a", "answer": 404, "mirror": "next"}])) == [SITE + ".routes[0]" + what]
    assert said(changes(None, upstream=None, routes=[{"answer": 404}], mirror="next")) == [SITE + what]
    assert said(changes(None, upstream=None, routes=[{"upstream": "app"}], mirror="next")) == []
