# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request goes to besides its upstream speaks what it has to, on the site and where a route inherits it."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
UPSTREAMS: Tree = {
    "lvs_nginx_upstreams.two": {"servers": ["192.0.2.2:80"]},
    "lvs_nginx_upstreams.php": {"servers": ["192.0.2.3:9000"], "protocol": "fastcgi"},
    "lvs_nginx_upstreams.php2": {"servers": ["192.0.2.4:9000"], "protocol": "fastcgi"},
    "lvs_nginx_upstreams.php3": {"servers": ["192.0.2.4:9000"], "protocol": "fastcgi", "fastcgi": "/srv/next"},
    "lvs_nginx_upstreams.php4": {"servers": ["192.0.2.4:9000"], "protocol": "fastcgi", "params": {"A": "1"}},
    "lvs_nginx_upstreams.tls": {"servers": ["a.example:443"], "protocol": "https"},
    "lvs_nginx_upstreams.tls2": {"servers": ["b.example:443"], "protocol": "https"},
    "lvs_nginx_upstreams.tls3": {"servers": ["b.example:443"], "protocol": "https", "tls": {"name": "a.example"}},
    "lvs_nginx_upstreams.name": {"servers": ["app.example:80"], "resolve": {"name_servers": ["192.0.2.53"]}},
}


def said(site: Tree) -> list[str]:
    given = {"server_names": ["example.com"], "upstream": "app", **site}
    return [one.message for one in build(with_changes({**UPSTREAMS, SITE: given})).mistakes]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (
            {"canary": {"upstream": "php"}},
            ".canary.upstream is php, whose protocol is fastcgi; must be one whose protocol is http",
        ),
        (
            {"canary": {"upstream": "name"}},
            ".canary is with upstream name, which has resolve; must be with one that has none",
        ),
        *(
            (
                {"upstream": one, "canary": {"upstream": other}},
                ".canary.upstream is %s, whose %s is not that of upstream %s beside it; must be the same"
                % (other, key, one),
            )
            for one, other, key in (("php", "php3", "fastcgi"), ("php", "php4", "params"), ("tls", "tls2", "tls"))
        ),
        ({"mirror": "php"}, ".mirror.upstream is php, whose protocol is fastcgi; must be one whose protocol is http"),
        ({"mirror": "name"}, ".mirror is with upstream name, which has resolve; must be with one that has none"),
        (
            {"mirror": "two", "routes": [{"path": "/php", "upstream": "php"}]},
            ".mirror is beside upstream php, whose protocol is fastcgi; must be beside one whose protocol is http",
        ),
        (
            {"routes": [{"path": "/php", "upstream": "php", "mirror": "two"}]},
            ".routes[0].mirror is beside upstream php, whose protocol is fastcgi; "
            "must be beside one whose protocol is http",
        ),
        (
            {"routes": [{"path": "/a", "upstream": "php", "canary": {"upstream": "two"}}]},
            ".routes[0].canary.upstream is two, whose protocol is http; must be one whose protocol is fastcgi",
        ),
        (
            {"auth_request": {"upstream": "php"}},
            ".auth_request.upstream is php, whose protocol is fastcgi; must be one whose protocol is http",
        ),
        (
            {"routes": [{"path": "/a", "auth_request": {"upstream": "name"}}]},
            ".routes[0].auth_request is with upstream name, which has resolve; must be with one that has none",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(site: Tree, words: str) -> None:
    assert said(site) == [SITE + words]


@pytest.mark.parametrize(
    "site",
    [
        {"upstream": "php", "canary": {"upstream": "php2"}},
        {"upstream": "tls", "canary": {"upstream": "tls3"}},
        {"mirror": "two", "routes": [{"path": "/a", "answer": 204}, {"path": "/b", "static": "/srv"}]},
        {"mirror": "two", "routes": [{"path": "/php", "upstream": "php", "mirror": {"upstream": "two", "percent": 0}}]},
        {"auth_request": {"upstream": "two"}, "routes": [{"path": "/php", "upstream": "php"}]},
    ],
)
def test_what_goes_together(site: Tree) -> None:
    assert said(site) == []


@pytest.mark.parametrize(
    ("site", "path"),
    [
        ({"upstream": None, "static": "/srv", "response_headers": {"set": {"Content-Type": "a/b"}}}, ""),
        (
            {"routes": [{"path": "/a", "answer": 404, "response_headers": {"add": {"Content-Type": "a/b"}}}]},
            ".routes[0]",
        ),
    ],
)
def test_headers_that_nginx_writes_itself_are_for_upstreams(site: Tree, path: str) -> None:
    (mistake,) = said(site)
    assert mistake.startswith(SITE + path + ".response_headers.")
    assert mistake.endswith("has Content-Type, but no upstream answers there, and Nginx writes it itself")
    assert said({**site, "upstream": "app", "static": None, "routes": []}) == []
