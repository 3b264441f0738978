# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's sites in a real Nginx: what it takes, and what an upstream is told."""

from __future__ import annotations

from typing import Any

import pytest
from nginx_served import Served

Tree = dict[str, Any]
NAMES = {"lvs_nginx_sites.api": {"upstream": "app", "server_names": ["api.example.com"]}}
TAKEN: dict[str, Tree] = {
    "a site and an upstream": {},
    "65 servers in an upstream": {
        "lvs_nginx_upstreams.app.servers": ["198.51.100.1:%d" % port for port in range(1, 66)]
    },
    "2,000 servers in an upstream": {
        "lvs_nginx_upstreams.app.servers": [
            "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:%d" % (p + 9) for p in range(2000)
        ]
    },
    "a name of 47 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [47 * "x"]},
    "a name of 111 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [111 * "x"]},
    "a name of 253 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [253 * "x"]},
    "5,000 names": {**NAMES, "lvs_nginx_sites.www.server_names": ["www%d.example.com" % n for n in range(5000)]},
    "2,000 long names": {
        **NAMES,
        "lvs_nginx_sites.www.server_names": [("%d." % n).ljust(99, "x") for n in range(2000)],
    },
    "wildcards": {
        **NAMES,
        "lvs_nginx_sites.www.server_names": ["*.%dexample.com" % n for n in range(500)]
        + ["example%d.*" % n for n in range(500)],
    },
    "a site without names beside others": {**NAMES, "lvs_nginx_sites.rest": {"upstream": "app"}},
}


@pytest.mark.parametrize("changes", TAKEN.values(), ids=TAKEN)
def test_what_the_model_accepts_nginx_takes_without_a_word(nginx: Served, changes: Tree) -> None:
    assert nginx.site(changes) == ""


def test_an_upstream_is_told_the_port(nginx: Served) -> None:
    """As the client names it, and as it is connected; of what the client claims nothing is left."""
    nginx.site({"lvs_virtual_services.web.ports": [8080], "lvs_nginx_sites.www.ports": [8080]})
    hosts = ["example.com:8080", "example.com", "[2001:db8::1]:8080", "[2001:db8::1]"]
    claimed = [("X-Forwarded-Port", "1")]
    told = [nginx.ask(host=host, headers=claimed, port=8080, version="HTTP/1.0").seen for host in hosts]
    assert [one.header("Host") for one in told] == hosts
    assert [one.header("X-Forwarded-Host") for one in told] == hosts
    assert {(one.header("X-Forwarded-Port"), one.header("X-Forwarded-Proto")) for one in told} == {("8080", "http")}
