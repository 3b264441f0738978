# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of which each value is right by itself, and that would serve nobody."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SERVICE, SERVERS = "lvs_virtual_services.web.", "lvs_nginx_upstreams.app.servers"
SYSCTLS = "lvs_kernel.sysctls"
SILENT = "as every director has the VIPs on lo"
# Two hosts that are all at once.
BOXES = {"group:lvs_real_servers": ["d1", "d2"], "lvs_nginx_on_directors": "real_server"}
WRONG: list[tuple[Tree, str]] = [
    (
        {"lvs_vips.web.addresses": ["198.51.100.200/7"]},
        'lvs_vips.web.addresses[0] is "198.51.100.200/7"; must be an address with a prefix length 8-32: its'
        " holder takes"
        " all of that network for its own",
    ),
    (
        {**V6_TOO, "lvs_vips.web.addresses": ["2001:db8::5/15"]},
        'lvs_vips.web.addresses[0] is "2001:db8::5/15"; must be an address with a prefix length 16-128: its'
        " holder takes"
        " all of that network for its own",
    ),
    (
        {SYSCTLS: {"net.ipv4.conf.all.arp_ignore": 0}},
        "lvs_kernel.sysctls has 0 for net.ipv4.conf.all.arp_ignore; must be 1 or 2, " + SILENT,
    ),
    (
        {SYSCTLS: {"net.ipv4.conf.all.arp_announce": "1"}},
        "lvs_kernel.sysctls has 1 for net.ipv4.conf.all.arp_announce; must be 2, " + SILENT,
    ),
    (
        {SERVICE + "forward": "nat", SYSCTLS: {"net.ipv4.ip_forward": 0}},
        "lvs_kernel.sysctls has 0 for net.ipv4.ip_forward; must be 1, as answers to forward: nat go through"
        " the directors",
    ),
    ({"lvs_health_path": "/"}, "lvs_health_path is /, the first page of every site; must be a path that no site has"),
    (
        {SERVICE + "sorry_server": "198.51.100.200:80"},
        "lvs_virtual_services.web.sorry_server is 198.51.100.200:80, an address of VIP web; must be that of a server",
    ),
    (
        {SERVICE + "sorry_server": "198.51.100.103:80"},
        "lvs_virtual_services.web.sorry_server is 198.51.100.103:80, real server web2 of this very service;"
        " must be another"
        " server",
    ),
    (
        {**V6_ONLY, "lvs_vips.web.addresses": ["2001:db8::200/64"], SERVICE + "sorry_server": "[2001:db8::102]:80"},
        "lvs_virtual_services.web.sorry_server is [2001:db8::102]:80, real server web1 of this very service;"
        " must be another"
        " server",
    ),
    *(
        (
            {SERVERS: [place]},
            "lvs_nginx_upstreams.app.servers has %s, where Nginx of each real server serves sites itself; must be an"
            " application" % place,
        )
        for place in ("127.0.0.1:80", "127.9.9.9:80", "localhost:80", "[::1]:80")
    ),
    (
        {SERVERS: ["198.51.100.200:8080"]},
        "lvs_nginx_upstreams.app.servers has 198.51.100.200:8080, a VIP that real server web2 has on lo; an"
        " application of"
        " its own has 127.0.0.1",
    ),
    (
        {**BOXES, SERVICE + "persistence": 60},
        "lvs_virtual_services.web.persistence is given, but director d1 is a real server as well, which"
        " would not select as"
        " its sender did",
    ),
    (
        {**BOXES, SERVICE + "upper_threshold": 60},
        "lvs_virtual_services.web.upper_threshold is given, but director d1 is a real server as well, which"
        " would not select"
        " as its sender did",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message[:60] for _changes, message in WRONG])
def test_it_is_refused(changes: Tree, message: str) -> None:
    assert [mistake.message for mistake in build(with_changes(changes)).mistakes] == [message]


@pytest.mark.parametrize(
    "changes",
    [
        {"lvs_vips.web.addresses": ["198.51.100.200/8"]},
        {SYSCTLS: {"net.ipv4.conf.all.arp_ignore": "2", "net.ipv4.conf.all.arp_announce": 2}},
        {SYSCTLS: {"net.ipv4.vs.conn_reuse_mode": 0, "net.ipv4.ip_forward": 0}},
        {SYSCTLS: {"net.ipv4.conf.all.arp_ignore": 0}, "group:lvs_directors": ["d1"]},
        {"lvs_health_path": "/", "lvs_nginx_sites": {}},
        {SERVICE + "sorry_server": "198.51.100.203:80"},
        {SERVERS: ["127.0.0.1:8080", "localhost:8081", "[::1]:8082"]},
        # With NAT the VIP is the director's alone, and another port of it is another service's.
        {SERVICE + "forward": "nat", SERVERS: ["198.51.100.200:8080"]},
        {SERVICE + "persistence": 60, SERVICE + "upper_threshold": 60},
        {**BOXES, "group:lvs_directors": ["d1"], "group:lvs_real_servers": ["d1", "web1"], SERVICE + "persistence": 60},
    ],
)
def test_it_is_accepted(changes: Tree) -> None:
    assert [mistake.message for mistake in build(with_changes(changes)).mistakes] == []
