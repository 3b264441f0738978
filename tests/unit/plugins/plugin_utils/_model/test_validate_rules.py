# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are good by themselves and wrong together: the mistakes that cost a night when nobody names them."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
VIP, SERVICE, UPSTREAM, SITE = (
    "lvs_vips.web",
    "lvs_virtual_services.web",
    "lvs_nginx_upstreams.app",
    "lvs_nginx_sites.www",
)
PASSWORD = {VIP + ".version": 2, VIP + ".auth_pass": "s3cret"}
DUAL = {VIP + ".addresses": ["198.51.100.200/24", "2001:db8::200/64"], **V6_TOO}
WEIGHED = {"lvs_check_script": {"weight": -20}, VIP + ".preempt": True}
SECOND = {"lvs_vips.api": {"addresses": ["198.51.100.210/24"], "vrid": 52}}
MANY = {"m%d" % number: "192.0.2.%d" % number for number in range(1, 64)}
BLUE = {"d2:lvs_cluster": "blue", "web2:lvs_cluster": "blue"}

WRONG: dict[str, tuple[Tree, list[str]]] = {
    # Hosts and groups
    "no group of directors": (
        {"group:lvs_directors": []},
        [('lvs_directors_group is "lvs_directors", a group without hosts; must name the group of the directors')],
    ),
    "a group of directors that is not there": (
        {"lvs_directors_group": "directors"},
        [('lvs_directors_group is "directors", a group without hosts; must name the group of the directors')],
    ),
    "no real servers for a service": (
        {"group:lvs_real_servers": []},
        ["lvs_virtual_services.web has no real servers; the cluster has none"],
    ),
    "more directors than priorities": (
        {"group:lvs_directors": ["d1", "d2", *MANY], **{name + ":lvs_address": MANY[name] for name in MANY}},
        ["lvs_directors_group has 65 directors in one cluster; must be at most 64, as each has a priority of its own"],
    ),
    "a cluster without director": (
        {"web2:lvs_cluster": "blue"},
        ["lvs_cluster is blue for web2; must be a cluster with a director"],
    ),
    "two hosts with one address": (
        {"web2:lvs_address": "198.51.100.102"},
        ["web2: lvs_address is 198.51.100.102, as that of web1"],
    ),
    "two hosts without an address": (
        {"web1:lvs_address": None, "web2:lvs_address": None},
        [
            (
                "web1: lvs_address is missing; must be an IP address, as neither ansible_host nor the "
                "inventory name is one"
            ),
            (
                "web2: lvs_address is missing; must be an IP address, as neither ansible_host nor the "
                "inventory name is one"
            ),
        ],
    ),
    "two hosts with one IPv6 address in two spellings": (
        {
            "d1:lvs_address": "2001:db8::1",
            "d2:lvs_address": "2001:db8::2",
            "web1:lvs_address": "2001:db8::3",
            "web2:lvs_address": "2001:DB8:0::3",
            VIP + ".addresses": ["2001:db8::200/64"],
        },
        ["web2: lvs_address is 2001:db8::3, as that of web1"],
    ),
    "two hosts with one second address": (
        {"web1:lvs_address6": "2001:db8::3", "web2:lvs_address6": "2001:DB8:0::3"},
        ["web2: lvs_address6 is 2001:db8::3, as that of web1"],
    ),
    "a second address of one family": (
        {**V6_ONLY, VIP + ".addresses": ["2001:db8::200/64"], "web1:lvs_address6": "2001:db8::9"},
        ["web1: lvs_address6 is given, but lvs_address is 2001:db8::102, of IPv6 as well; must be beside one of IPv4"],
    ),
    "a VIP that is a host's second address": (
        {**DUAL, "web1:lvs_address6": "2001:db8::200"},
        ["lvs_vips.web.addresses has 2001:db8::200, the address of host web1"],
    ),
    "a director that is a real server unasked": (
        {"group:lvs_real_servers": ["web1", "d1"]},
        [("lvs_nginx_on_directors is none, but director d1 is a real server as well; must be real_server")],
    ),
    "a director that is a real server with a sorry server": (
        {"group:lvs_real_servers": ["web1", "d1"], "lvs_nginx_on_directors": "sorry"},
        [("lvs_nginx_on_directors is sorry, but director d1 is a real server as well; must be real_server")],
    ),
    "hosts that do not agree": (
        {"d2:lvs_failover": "fast", "d1:lvs_failover": "tolerant"},
        ["lvs_failover differs between d1 and d2; must be the same for all hosts of a cluster"],
    ),
    "hosts that do not agree about a password": (
        {**PASSWORD, "d2:lvs_vips.web.auth_pass": "0ther"},
        ["lvs_vips differs between d1 and d2; must be the same for all hosts of a cluster"],
    ),
    "hosts that do not agree about a group": (
        {"d2:lvs_directors_group": "others"},
        [("lvs_directors_group differs between d1 and d2; must be the same for all hosts of the inventory")],
    ),
    "a password that a director does not have": (
        {**PASSWORD, "d2:lvs_vips": ...},
        ["lvs_vips is not set for director d2, which needs the auth_pass in it"],
    ),
    "a host drained from a service that is not there": (
        {"web1:lvs_drained_services": ["api"]},
        ['web1: lvs_drained_services names "api", which is not a virtual service; there are: web'],
    ),
    # VIPs
    "no VIPs": (
        {"lvs_vips": {}, "lvs_virtual_services": {}, "lvs_nginx_sites": {}},
        ["lvs_vips is empty; must name at least one VIP"],
    ),
    "one address for two VIPs": (
        {**SECOND, "lvs_vips.api.addresses": ["198.51.100.200/32"]},
        ["lvs_vips.web.addresses has 198.51.100.200, which is in lvs_vips.api.addresses"],
    ),
    "one address twice in a VIP": (
        {VIP + ".addresses": ["198.51.100.200/24", "198.51.100.200/32"]},
        ["lvs_vips.web.addresses has 198.51.100.200 twice"],
    ),
    "a VIP that is a host's address": (
        {VIP + ".addresses": ["198.51.100.102/24"]},
        ["lvs_vips.web.addresses has 198.51.100.102, the address of host web1"],
    ),
    "a VIP that is where Ansible reaches a host": (
        {"web1:ansible_host": "198.51.100.200"},
        ["lvs_vips.web.addresses has 198.51.100.200, the address of host web1"],
    ),
    "a VIP that is where Ansible reaches a host of no cluster": (
        {"db1:ansible_host": "198.51.100.200"},
        ["lvs_vips.web.addresses has 198.51.100.200, the address of host db1"],
    ),
    "a VIP that is a host's name": (
        {"198.51.100.200:x": 1},
        ["lvs_vips.web.addresses has 198.51.100.200, the address of host 198.51.100.200"],
    ),
    "more IPv4 addresses than a packet holds": (
        {VIP + ".addresses": ["10.0.%d.%d/8" % (n // 200, n % 200 + 1) for n in range(256)]},
        [
            (
                "lvs_vips.web.addresses has 256 IPv4 addresses, of which a VRRP packet holds 255; put the others "
                "into another VIP"
            )
        ],
    ),
    "one vrid for two VIPs": (
        {**SECOND, "lvs_vips.api.vrid": 51},
        ["lvs_vips.web.vrid is 51, as lvs_vips.api.vrid on the interface of lvs_address; must be another"],
    ),
    "one vrid for two VIPs on a named interface": (
        {**SECOND, "lvs_vips.api.vrid": 51, "lvs_interface": "eth1"},
        ["lvs_vips.web.vrid is 51, as lvs_vips.api.vrid on eth1; must be another"],
    ),
    "one vrid for two VIPs of two networks": (
        {**SECOND, "lvs_vips.api.vrid": 51, "lvs_vips.api.interface": "eth1"},
        ["lvs_vips.web.vrid is 51, as lvs_vips.api.vrid on the interface of lvs_address; must be another"],
    ),
    "one vrid for two VIPs, one derived": (
        {**SECOND, "lvs_vips.api.vrid": ..., VIP + ".vrid": 210},
        ["lvs_vips.web.vrid is 210, as lvs_vips.api.vrid on the interface of lvs_address; must be another"],
    ),
    "one vrid and address for two clusters": (
        BLUE,
        [
            (
                "cluster default: lvs_vips.web.addresses has 198.51.100.200, which is in cluster blue: "
                "lvs_vips.web.addresses"
            ),
            (
                "cluster default: lvs_vips.web.vrid is 51, as cluster blue: lvs_vips.web.vrid on the interface of "
                "lvs_address; must be another"
            ),
        ],
    ),
    "a password with version 3": (
        {VIP + ".auth_pass": "s3cret"},
        [("lvs_vips.web.auth_pass is given, but VRRP version 3 has no passwords; remove it or give version: 2")],
    ),
    "half a second with version 2": (
        {VIP + ".version": 2, VIP + ".advert_interval": 0.5},
        ["lvs_vips.web.advert_interval is 0.5; must be whole seconds with version 2"],
    ),
    "one and a half seconds with version 2": (
        {VIP + ".version": 2, VIP + ".advert_interval": 1.5},
        ["lvs_vips.web.advert_interval is 1.5; must be whole seconds with version 2"],
    ),
    "a minute with version 3": (
        {VIP + ".advert_interval": 60},
        ["lvs_vips.web.advert_interval is 60; must be 0.01-40.95 with version 3"],
    ),
    "five milliseconds in an advert interval": (
        {VIP + ".advert_interval": 0.255},
        ["lvs_vips.web.advert_interval is 0.255; must be a multiple of 0.01"],
    ),
    "IPv6 with version 2": (
        {**DUAL, VIP + ".version": 2},
        ["lvs_vips.web.version is 2, but lvs_vips.web has an IPv6 address; must be 3"],
    ),
    "IPv6 of a director that has none": (
        {**DUAL, "d2:lvs_address6": None},
        ["lvs_vips.web has IPv6 addresses, but director d2 has none; give it lvs_address6"],
    ),
    "IPv4 of a director that has none": (
        {"d2:lvs_address": "2001:db8::2"},
        ["lvs_vips.web has IPv4 addresses, but director d2 has none; give it an lvs_address of IPv4"],
    ),
    "IPv6 by multicast": (
        {**DUAL, VIP + ".unicast": False},
        [
            (
                "lvs_vips.web.unicast is false, but lvs_vips.web has an IPv6 address; must be true, as by multicast "
                "its first one must be link-local"
            )
        ],
    ),
    "more IPv6 addresses than a packet holds": (
        {VIP + ".addresses": ["2001:db8::1:%x/64" % n for n in range(1, 77)], **V6_ONLY},
        [
            (
                "lvs_vips.web.addresses has 76 IPv6 addresses, of which a VRRP packet holds 75; put the others into "
                "another VIP"
            )
        ],
    ),
    "a delay without preemption": (
        {VIP + ".preempt_delay": 30},
        ["lvs_vips.web.preempt_delay is 30, but preempt is false"],
    ),
    "a preferred director that is none": (
        {VIP + ".prefer": ["web1"]},
        ['lvs_vips.web.prefer names "web1", which is not a director of the cluster; there are: d1, d2'],
    ),
    "a director that is preferred twice": ({VIP + ".prefer": ["d1", "d1"]}, ["lvs_vips.web.prefer has d1 twice"]),
    "prefer and priorities": (
        {VIP + ".prefer": ["d1"], VIP + ".priorities": {"d1": 2, "d2": 1}},
        ["lvs_vips.web.prefer is given beside priorities; must be one of them"],
    ),
    "a priority for a host that is no director": (
        {VIP + ".priorities": {"d1": 3, "d2": 2, "d3": 1}},
        [('lvs_vips.web.priorities names "d3", which is not a director of the cluster; there are: d1, d2')],
    ),
    "a director without priority": (
        {VIP + ".priorities": {"d1": 100}},
        ["lvs_vips.web.priorities has none for d2; must have one for every director"],
    ),
    "one priority for two directors": (
        {VIP + ".priorities": {"d1": 100, "d2": 100}},
        ["lvs_vips.web.priorities.d2 is 100, as that of d1; must be another"],
    ),
    "a label too few": (
        {VIP + ".addresses": ["198.51.100.200/24", "198.51.100.205/24"], VIP + ".labels": ["0"]},
        ["lvs_vips.web.labels has 1 for 2 IPv4 addresses; must have one for each"],
    ),
    "one label for two addresses": (
        {VIP + ".addresses": ["198.51.100.200/24", "198.51.100.205/24"], VIP + ".labels": ["0", "0"]},
        ["lvs_vips.web.labels has 0 twice"],
    ),
    "a label that is too long behind its interface": (
        {VIP + ".labels": ["elevenchars"], "d1:lvs_interface": "eth0"},
        ["lvs_vips.web.labels makes eth0:elevenchars, 16 characters; must be at most 15"],
    ),
    "a VIP with the name of another's IPv6 instance": (
        {
            **DUAL,
            "lvs_vips.web_v6": {"addresses": ["198.51.100.9/24"]},
            "lvs_virtual_services": {},
            "lvs_nginx_sites": {},
        },
        ["lvs_vips.web_v6 is also the name of the IPv6 instance of lvs_vips.web; must be another"],
    ),
    # Checks that take a VIP away
    "a weight without preemption": (
        {**WEIGHED, VIP + ".preempt": False},
        [
            (
                "lvs_check_script.weight is -20, but lvs_vips.web does not preempt, so it would never fail "
                "over; give weight: 0 or preempt: true"
            )
        ],
    ),
    "a weight that does not cross the next priority": (
        {**WEIGHED, VIP + ".priorities": {"d1": 120, "d2": 90}},
        [
            (
                "lvs_check_script.weight is -20, but with it d1 has priority 100 in lvs_vips.web when it "
                "fails, and d2 has 90; must be below"
            )
        ],
    ),
    "a weight that only reaches the next priority": (
        {**WEIGHED, VIP + ".priorities": {"d1": 110, "d2": 90}},
        [
            (
                "lvs_check_script.weight is -20, but with it d1 has priority 90 in lvs_vips.web when it "
                "fails, and d2 has 90; must be below"
            )
        ],
    ),
    "a restart of an Nginx that is not there": (
        {"lvs_check_script": {"restart": True}},
        ["lvs_check_script.restart is true, but lvs_nginx_on_directors is none; must be false"],
    ),
    "a weight that does not cross derived priorities": (
        {**WEIGHED, "lvs_check_script": {"weight": -4}},
        [
            (
                "lvs_check_script.weight is -4, but with it d1 has priority 250 in lvs_vips.web when it "
                "fails, and d2 has 250; must be below"
            )
        ],
    ),
    "a weight that lifts both to the top": (
        {**WEIGHED, "lvs_check_script": {"weight": 20}, VIP + ".priorities": {"d1": 245, "d2": 240}},
        [
            (
                "lvs_check_script.weight is 20, which lifts d1 and d2 to priority 254 in lvs_vips.web; must "
                "leave them apart"
            )
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_wrong(changes: Tree, expected: list[str]) -> None:
    _normal, mistakes, _warnings = normalise(with_changes(changes))
    assert [mistake.message for mistake in mistakes] == expected
    assert all(mistake.message.startswith(mistake.path + " ") for mistake in mistakes)
    assert "s3cret" not in str(mistakes)
    assert "0ther" not in str(mistakes)
