# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of purge.yml: what it takes away, and what it does not take."""

from __future__ import annotations

import shlex

import pytest
from inventory import Tree, model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._nginx.purge import command

CACHED: Tree = {
    "lvs_nginx_caches": {"pages": "1g", "other": "1g"},
    "lvs_nginx_sites.www.cache": "pages",
    "lvs_nginx_sites.api": {"server_names": ["api.example"], "upstream": "app"},
    "lvs_nginx_sites.shop": {"server_names": ["shop.example"], "upstream": "app", "cache": "other"},
}


def made(site: str, path: str = "", changes: Tree | None = None) -> list[str]:
    nginx = model_of(with_changes({**CACHED, **(changes or {})}))["hosts"]["web1"]["nginx"]
    return shlex.split(command(nginx, site, path))


def test_only_the_caches_of_the_site_are_looked_into() -> None:
    assert made("www")[:2] == ["find", "/var/lib/nginx/lvs-cache-proxy-pages"]
    assert "/var/lib/nginx/lvs-cache-proxy-other" not in made("www", "/a")


def test_what_means_something_to_grep_and_the_shell_stays_itself() -> None:
    assert made("www", "/a.b$(id)';|x")[3] == r"^KEY: .*://[^/]*/a\.b\$\(id\)';\|x(\?|$)"


@pytest.mark.parametrize(
    ("site", "path", "changes", "said"),
    [
        ("", "", {}, "site is not given; must be one of: api, shop, www"),
        ("zz", "", {}, "site is zz; must be one of: api, shop, www"),
        ("api", "", {}, "site is api, which has no cache"),
        ("www", "news", {}, "path is 'news'; must be as clients send it: from / on, without a query"),
        ("www", "/a?b", {}, "path is '/a?b'; must be as clients send it: from / on, without a query"),
        ("www", "/a b", {}, "path is '/a b'; must be as clients send it: from / on, without a query"),
        (
            "www", "/a", {"lvs_nginx_sites.www.cache": {"zone": "pages", "key": "$arg_a"}},
            "path is given, but a cache of site www has a key of its own; leave path out",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(site: str, path: str, changes: Tree, said: str) -> None:
    with pytest.raises(LvsError) as error:
        made(site, path, changes)
    assert str(error.value) == said
