# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services, upstreams and sites whose parts do not go together."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
SERVICE, UPSTREAM, SITE = "lvs_virtual_services.web", "lvs_nginx_upstreams.app", "lvs_nginx_sites.www"
BOTH_ROLES = {"group:lvs_real_servers": ["d1", "d2"], "lvs_nginx_on_directors": "real_server"}
V6 = {"lvs_vips.web": {"addresses": ["2001:db8::200/64"]}}
DUAL = {"lvs_vips.web": {"addresses": ["198.51.100.200/24", "2001:db8::200/64"]}}

WRONG: dict[str, tuple[Tree, list[str]]] = {
    "a VIP that is not there": (
        {SERVICE + ".vip": "wbe"},
        ['lvs_virtual_services.web.vip names "wbe", which is not a VIP; there are: web'],
    ),
    "a weight of a host that is no real server": (
        {SERVICE + ".weights": {"d1": 1}},
        [
            'lvs_virtual_services.web.weights names "d1", which is not a real server of the service; there are: web1, '
            "web2"
        ],
    ),
    "one port for two services": (
        {"lvs_virtual_services.api": {"vip": "web", "ports": [80]}},
        ["lvs_virtual_services.web.ports has 80, which lvs_virtual_services.api has on VIP web by tcp"],
    ),
    "one port twice in a service": ({SERVICE + ".ports": [80, 80]}, ["lvs_virtual_services.web.ports has 80 twice"]),
    "another port by direct routing": (
        {SERVICE + ".real_port": 8080},
        [
            (
                "lvs_virtual_services.web.real_port is 8080, but forward is dr, which keeps port 80; remove "
                "it or give forward: nat"
            )
        ],
    ),
    "one real port for two by tunnel": (
        {SERVICE + ".forward": "tunnel", SERVICE + ".ports": [80, 8080], SERVICE + ".real_port": 80},
        [
            (
                "lvs_virtual_services.web.real_port is 80, but forward is tunnel, which keeps port 8080; "
                "remove it or give forward: nat"
            )
        ],
    ),
    "a flag of another scheduler": (
        {SERVICE + ".scheduler": "sh", SERVICE + ".scheduler_flags": ["sh-port", "mh-port"]},
        ["lvs_virtual_services.web.scheduler_flags has mh-port, but scheduler is sh"],
    ),
    "a flag of a scheduler that has none": (
        {SERVICE + ".scheduler": "wrr", SERVICE + ".scheduler_flags": ["mh-port"]},
        ["lvs_virtual_services.web.scheduler_flags has mh-port, but scheduler is wrr"],
    ),
    "a scheduler that sends packets back and forth": (
        {**BOTH_ROLES, SERVICE + ".scheduler": "rr"},
        [
            (
                "lvs_virtual_services.web.scheduler is rr, but director d1 is a real server as well and would forward "
                "packets again; must be mh or sh"
            )
        ],
    ),
    "one packet at a time by TCP": (
        {SERVICE + ".one_packet": True},
        ["lvs_virtual_services.web.one_packet is true, but protocol is tcp; must be udp"],
    ),
    "an HTTP check of UDP": (
        {SERVICE + ".protocol": "udp", SERVICE + ".check": "http", "lvs_nginx_sites": {}},
        [
            "lvs_virtual_services.web.check.type is http, but protocol is udp; must be auto, dns, udp, "
            "ping, script or none, or have a port of its own"
        ],
    ),
    "a TCP check of UDP": (
        {SERVICE + ".protocol": "udp", SERVICE + ".check": "tcp", "lvs_nginx_sites": {}},
        [
            "lvs_virtual_services.web.check.type is tcp, but protocol is udp; must be auto, dns, udp, "
            "ping, script or none, or have a port of its own"
        ],
    ),
    "a path for a TCP check": (
        {SERVICE + ".check": {"type": "tcp", "path": "/", "host": "a"}},
        [
            "lvs_virtual_services.web.check.host is given, but type is tcp; must be http or https",
            "lvs_virtual_services.web.check.path is given, but type is tcp; must be http or https",
        ],
    ),
    "a prefix that IPv4 does not have": (
        {SERVICE + ".persistence": {"prefix": 64}},
        ["lvs_virtual_services.web.persistence.prefix is 64; must be 1-32 for IPv4"],
    ),
    "persistence for both families": (
        {**DUAL, **V6_TOO, SERVICE + ".persistence": 60},
        [
            (
                "lvs_virtual_services.web.persistence is given, but VIP web has both families; must be a "
                "service on a VIP with one"
            )
        ],
    ),
    "a lower threshold above the upper": (
        {SERVICE + ".lower_threshold": 9, SERVICE + ".upper_threshold": 8},
        ["lvs_virtual_services.web.lower_threshold is 9; must not be above upper_threshold, which is 8"],
    ),
    "a lower threshold alone": (
        {SERVICE + ".lower_threshold": 9},
        ["lvs_virtual_services.web.lower_threshold is 9; must not be above upper_threshold, which is 0"],
    ),
    "a pool that is not there": (
        {SERVICE + ".pool": "fast"},
        ['lvs_virtual_services.web.pool is "fast", which is no group of the inventory'],
    ),
    "a pool without hosts": (
        {SERVICE + ".pool": "fast", "group:fast": []},
        ['lvs_virtual_services.web.pool is "fast", a group without hosts'],
    ),
    "a pool with a host that is no real server": (
        {SERVICE + ".pool": "fast", "group:fast": ["web1", "d1"]},
        ['lvs_virtual_services.web.pool is "fast", which has d1, no real server of the cluster'],
    ),
    "both families for a real server of IPv4": (
        {**DUAL, **V6_TOO, "web2:lvs_address6": None},
        [
            (
                "lvs_virtual_services.web.vip names web, which has IPv6 addresses, but real server web2 has none; "
                "give it lvs_address6"
            )
        ],
    ),
    "IPv4 for a real server of IPv6": (
        {"web2:lvs_address": "2001:db8::2"},
        [
            (
                "lvs_virtual_services.web.vip names web, which has IPv4 addresses, but real server web2 has none; "
                "give it an lvs_address of IPv4"
            )
        ],
    ),
    "a sorry server on another port by direct routing": (
        {SERVICE + ".sorry_server": "192.0.2.1:81"},
        [
            "lvs_virtual_services.web.sorry_server is 192.0.2.1:81, but the service has port 80;"
            " must be the same port, or forward: nat"
        ],
    ),
    "a time that keepalived does not count": (
        {SERVICE + ".check": {"retry_delay": 1e-9}},
        ["lvs_virtual_services.web.check.retry_delay is 1e-09; must be 0-3600 in steps of 0.001"],
    ),
    "a sorry server of the other family": (
        {**V6, **V6_ONLY, SERVICE + ".sorry_server": "192.0.2.1:80"},
        ["lvs_virtual_services.web.sorry_server is 192.0.2.1:80, but VIP web has IPv6 addresses"],
    ),
    # Nginx
    "an upstream that is not there": (
        {SITE + ".upstream": "ap"},
        ['lvs_nginx_sites.www.upstream names "ap", which is not an upstream; there are: app'],
    ),
    "an upstream where there is none": (
        {"lvs_nginx_upstreams": ...},
        ['lvs_nginx_sites.www.upstream names "app", which is not an upstream; there are: none'],
    ),
    "one upstream server twice": (
        {UPSTREAM + ".servers": ["192.0.2.1:80", {"address": "192.0.2.1", "port": 80}]},
        ["lvs_nginx_upstreams.app.servers has 192.0.2.1:80 twice"],
    ),
    "only backups": (
        {UPSTREAM + ".servers": [{"address": "a", "port": 80, "backup": True}]},
        ["lvs_nginx_upstreams.app.servers are all backups; must have one that is none"],
    ),
    "a backup where Nginx has none": (
        {
            UPSTREAM + ".servers": ["a:80", {"address": "b", "port": 80, "backup": True}],
            UPSTREAM + ".method": "ip_hash",
        },
        ["lvs_nginx_upstreams.app.method is ip_hash, which has no backups, but b:80 is one"],
    ),
    "neither servers nor a group": (
        {UPSTREAM: {"keepalive": 9}},
        ["lvs_nginx_upstreams.app has neither servers nor group; must have one"],
    ),
    "a group without a port": (
        {UPSTREAM: {"group": "lvs_real_servers"}},
        ["lvs_nginx_upstreams.app.port is missing; must be that of the hosts of group lvs_real_servers"],
    ),
    "a port without a group": (
        {UPSTREAM + ".port": 80},
        ["lvs_nginx_upstreams.app.port is given, but no group; a server has a port of its own"],
    ),
    "a group of servers that is not there": (
        {UPSTREAM: {"group": "apps", "port": 80}},
        ['lvs_nginx_upstreams.app.group is "apps", which is no group of the inventory'],
    ),
    "a group of servers without hosts": (
        {UPSTREAM: {"group": "apps", "port": 80}, "group:apps": []},
        ['lvs_nginx_upstreams.app.group is "apps", a group without hosts'],
    ),
    "hosts of a group without address, weight and state": (
        {
            UPSTREAM: {"group": "apps", "port": 80},
            "group:apps": ["a1", "a2"],
            "other:a2:lvs_address": "192.0.2.7",
            "other:a2:lvs_weight": -1,
            "other:a2:lvs_state": "off",
        },
        [
            "a1: lvs_address is missing; must be an IP address, as neither ansible_host nor the inventory name is one",
            'a2: lvs_state is "off"; must be one of active, drained',
            "a2: lvs_weight is -1; must be 0-65535",
        ],
    ),
    "a group of hosts that are all out": (
        {
            UPSTREAM: {"group": "apps", "port": 80},
            "group:apps": ["192.0.2.7", "192.0.2.8"],
            "other:192.0.2.7:lvs_state": "drained",
            "other:192.0.2.8:lvs_weight": 0,
        },
        ["lvs_nginx_upstreams.app.group has only hosts that are down; must have one that is not"],
    ),
    "a host of a group that is a server itself": (
        {UPSTREAM: {"group": "apps", "port": 80, "servers": ["192.0.2.7:80"]}, "group:apps": ["192.0.2.7"]},
        ["lvs_nginx_upstreams.app.servers has 192.0.2.7:80 twice"],
    ),
    "no server that gets requests": (
        {UPSTREAM + ".servers": [{"address": "a", "port": 80, "down": True}]},
        ["lvs_nginx_upstreams.app.servers are all down; must have one that is not"],
    ),
    "a hash and a method": (
        {UPSTREAM + ".hash": "$uri", UPSTREAM + ".method": "least_conn"},
        ["lvs_nginx_upstreams.app.hash is given beside method least_conn; must be one of them"],
    ),
    "a hash of what is always the same": (
        {UPSTREAM + ".hash": "uri"},
        ["lvs_nginx_upstreams.app.hash.key has no variable, so that one server would get every request"],
    ),
    "a backup where a hash selects": (
        {UPSTREAM + ".servers": ["a:80", {"address": "b", "port": 80, "backup": True}], UPSTREAM + ".hash": "$uri"},
        ["lvs_nginx_upstreams.app.method is hash, which has no backups, but b:80 is one"],
    ),
    "TLS to servers that speak HTTP": (
        {UPSTREAM + ".tls": {"name": "a"}},
        ["lvs_nginx_upstreams.app.tls is given, but protocol is http; must be https or grpcs or stream"],
    ),
    "parameters in HTTP": (
        {UPSTREAM + ".params": {"A": "1"}},
        ["lvs_nginx_upstreams.app.params is given, but protocol is http; must be fastcgi or uwsgi"],
    ),
    "servers that have no name to prove": (
        {UPSTREAM + ".protocol": "https"},
        [
            "lvs_nginx_upstreams.app.tls.name is missing; must be the name in the certificates of the servers, which "
            "have not one name themselves"
        ],
    ),
    "a certificate without its key": (
        {UPSTREAM + ".protocol": "https", UPSTREAM + ".tls": {"name": "a", "certificate": "/a.pem"}},
        ["lvs_nginx_upstreams.app.tls.certificate is given without key"],
    ),
    "authorities that nobody asks": (
        {UPSTREAM + ".protocol": "https", UPSTREAM + ".tls": {"verify": False, "trusted": "/a.pem"}},
        ["lvs_nginx_upstreams.app.tls.trusted is given, but verify is false"],
    ),
    "kept connections where each is closed": (
        {UPSTREAM + ".protocol": "uwsgi", UPSTREAM + ".keepalive_requests": 9},
        ["lvs_nginx_upstreams.app.keepalive_requests is given, but protocol is uwsgi, which closes each connection"],
    ),
    "a retry that Nginx has for HTTP only": (
        {UPSTREAM + ".protocol": "fastcgi", SITE + ".retries": {"faults": ["error", "http_502"]}},
        [
            "lvs_nginx_sites.www.retries.faults has http_502, which Nginx does not know for upstream app, "
            "where protocol is fastcgi"
        ],
    ),
    "two names that are resolved": (
        {UPSTREAM: {"servers": ["a:80", "b:80"], "resolve": {"name_servers": ["192.0.2.53"]}}},
        ["lvs_nginx_upstreams.app.resolve is given, so servers must be one, by its name, and there is no group"],
    ),
    "an address that is resolved by a name": (
        {UPSTREAM: {"servers": ["192.0.2.1:80"], "resolve": {"name_servers": ["ns"]}}},
        [
            "lvs_nginx_upstreams.app.resolve is given, so servers must be one, by its name, and there is no group",
            'lvs_nginx_upstreams.app.resolve.name_servers[0] is "ns"; must be an IP address',
        ],
    ),
    "a name with what only an upstream block has": (
        {
            UPSTREAM: {
                "servers": [{"address": "a", "port": 80, "weight": 2}],
                "resolve": {"name_servers": ["192.0.2.53"]},
                "sticky": "sid",
                "extra": ["least_conn;"],
                "keepalive_timeout": 9,
            }
        },
        [
            "lvs_nginx_upstreams.app.keepalive_timeout is given, but resolve keeps no connection",
            "lvs_nginx_upstreams.app.resolve is given beside extra, for which there is no block then",
            "lvs_nginx_upstreams.app.resolve is given beside sticky; one server needs none",
            "lvs_nginx_upstreams.app.resolve is given, but the server has weight",
        ],
    ),
    "a cookie and a hash": (
        {UPSTREAM + ".sticky": "sid", UPSTREAM + ".hash": "$uri"},
        ["lvs_nginx_upstreams.app.sticky is given beside hash; must be one of them"],
    ),
    "a cookie and a method": (
        {UPSTREAM + ".sticky": "sid", UPSTREAM + ".method": "random"},
        ["lvs_nginx_upstreams.app.sticky is given beside method random; must be one of them"],
    ),
    "a cookie that browsers do not take": (
        {UPSTREAM + ".sticky": {"cookie": "sid", "same_site": "none"}},
        ["lvs_nginx_upstreams.app.sticky.secure is false, but browsers take same_site none only with true"],
    ),
    "a cookie of a name that Nginx cannot read": (
        {UPSTREAM + ".sticky": "s id"},
        ['lvs_nginx_upstreams.app.sticky.cookie is "s id"; must be 1-63 letters, digits or _'],
    ),
    "limits of connections that are not kept": (
        {UPSTREAM + ".keepalive": 0, UPSTREAM + ".keepalive_requests": 9, UPSTREAM + ".keepalive_time": 9},
        [
            "lvs_nginx_upstreams.app.keepalive_requests is given, but keepalive is 0",
            "lvs_nginx_upstreams.app.keepalive_time is given, but keepalive is 0",
        ],
    ),
    "an upstream server that is the service": (
        {UPSTREAM + ".servers": ["198.51.100.200:80"]},
        [
            (
                "lvs_nginx_upstreams.app.servers has 198.51.100.200:80, the virtual service web; a real "
                "server has that address itself and would ask itself"
            )
        ],
    ),
    "a site without a port": (
        {SERVICE + ".protocol": "udp"},
        ["lvs_nginx_sites.www.ports has 80, which no TCP service brings to the real servers; the services bring: none"],
    ),
    "a site on a port that NAT rewrites": (
        {SERVICE + ".forward": "nat", SERVICE + ".real_port": 8080},
        ["lvs_nginx_sites.www.ports has 80, which no TCP service brings to the real servers; the services bring: 8080"],
    ),
    "a site on a port of HTTPS": (
        {SERVICE + ".ports": [80, 443], SITE + ".ports": [80, 443]},
        [
            (
                "lvs_nginx_sites.www.ports has 443, where clients speak TLS; must be ports of plain HTTP; those of "
                "HTTPS are tls.ports of a site"
            )
        ],
    ),
    "HTTPS beside HTTP": (
        {SERVICE + ".ports": [80, 443]},
        [
            (
                "lvs_virtual_services.web.ports has 443, which no site has, beside 80 of lvs_nginx_sites.www; those of "
                "HTTPS are tls.ports of a site, and a port of another program must be in a service of its own"
            )
        ],
    ),
    "a port that the site does not have": (
        {SERVICE + ".ports": [80, 8080]},
        [
            (
                "lvs_virtual_services.web.ports has 8080, which no site has, beside 80 of lvs_nginx_sites.www; give it "
                "to the site as well, and a port of another program must be in a service of its own"
            )
        ],
    ),
    "an HTTP check where TLS is spoken": (
        {"lvs_virtual_services.tls": {"vip": "web", "ports": [443], "check": "http"}},
        [
            (
                "lvs_virtual_services.tls.check.type is http, but on port 443 servers speak TLS; must be https, tcp, "
                "dns, ping, script or none"
            )
        ],
    ),
    "one port twice in a site": ({SITE + ".ports": [80, 80]}, ["lvs_nginx_sites.www.ports has 80 twice"]),
    "two sites of one name": (
        {"lvs_nginx_sites.again": {"server_names": ["example.com"], "upstream": "app"}},
        ["lvs_nginx_sites.www.server_names has example.com, as lvs_nginx_sites.again on the same port"],
    ),
    "two sites for all other names": (
        {
            SERVICE + ".ports": [80, 8080],
            SITE + ".default": True,
            "lvs_nginx_sites.again": {"default": True, "ports": [8080, 80], "upstream": "app"},
        },
        [
            (
                "lvs_nginx_sites.www.default is true, but lvs_nginx_sites.again is for all other names on the same "
                "port; must be one"
            )
        ],
    ),
    "two sites of one name in other letters": (
        {"lvs_nginx_sites.again": {"server_names": ["EXAMPLE.com"], "upstream": "app"}},
        ["lvs_nginx_sites.www.server_names has example.com, as lvs_nginx_sites.again on the same port"],
    ),
    "two sites of one name, one with all below it": (
        {"lvs_nginx_sites.again": {"server_names": [".example.com"], "upstream": "app"}},
        ["lvs_nginx_sites.www.server_names has example.com, as lvs_nginx_sites.again on the same port"],
    ),
    "one name twice in a site": (
        {SITE + ".server_names": ["Example.com", "example.com"]},
        ["lvs_nginx_sites.www.server_names has example.com twice"],
    ),
    "one name in a site by itself and below a dot": (
        {SITE + ".server_names": [".example.com", "*.example.com"]},
        ["lvs_nginx_sites.www.server_names has *.example.com twice"],
    ),
    "two sites without names": (
        {SITE + ".server_names": [], "lvs_nginx_sites.again": {"upstream": "app"}},
        [
            (
                "lvs_nginx_sites.www.server_names are none, so it is for all other names, as lvs_nginx_sites.again on "
                "the same port; must be one"
            )
        ],
    ),
    "a site without names beside one for all other names": (
        {
            SITE + ".server_names": [],
            "lvs_nginx_sites.again": {"upstream": "app", "server_names": ["a.example.com"], "default": True},
        },
        [
            (
                "lvs_nginx_sites.www.server_names are none, so it is for all other names, as lvs_nginx_sites.again on "
                "the same port; must be one"
            )
        ],
    ),
    "a site that no request reaches": (
        {SITE + ".server_names": [], SITE + ".default": False},
        ["lvs_nginx_sites.www.default is false, but the site has no server_names, so no request would reach it"],
    ),
    "two upstreams of one name in other letters": (
        {"lvs_nginx_upstreams.App": {"servers": ["a:80"]}},
        ["lvs_nginx_upstreams.app is lvs_nginx_upstreams.App in other letters; must be another name"],
    ),
    "two sites in other letters": (
        {"lvs_nginx_sites.WWW": {"server_names": ["a.example.com"], "upstream": "app"}},
        ["lvs_nginx_sites.www is lvs_nginx_sites.WWW in other letters; must be another name"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_wrong(changes: Tree, expected: list[str]) -> None:
    _normal, mistakes, _warnings = normalise(with_changes(changes))
    assert [mistake.message for mistake in mistakes] == expected
    assert all(mistake.message.startswith(mistake.path + " ") for mistake in mistakes)


REPORTED: dict[str, tuple[Tree, list[str]]] = {
    "what is usual": ({}, []),
    "directors that serve, by hash": ({**BOTH_ROLES, SERVICE + ".scheduler": "sh"}, []),
    "directors that serve, by weight at one director": (
        {**BOTH_ROLES, "group:lvs_directors": ["d1"], SERVICE + ".scheduler": "wrr"},
        ["cluster default: d1 is the only director; nobody takes over from it"],
    ),
    "a tunnel": ({SERVICE + ".forward": "tunnel"}, []),
    "translation in one network": ({SERVICE + ".forward": "nat"}, []),
    "a sorry server that is none of ours, with NAT": (
        {SERVICE + ".forward": "nat", SERVICE + ".sorry_server": "198.51.100.9:80"},
        [
            (
                "cluster default: lvs_virtual_services.web.sorry_server is 198.51.100.9:80, with forward: nat; its "
                "answers must come back through the director that holds the VIP, which is not set up there"
            )
        ],
    ),
    "direct routing to another network": (
        {"web2:lvs_address": "203.0.113.7"},
        [
            (
                "cluster default: lvs_virtual_services.web.forward is dr, but real server web2 is not in "
                "198.51.100.0/24, as the directors are; it gets packets only where it is on the same link"
            )
        ],
    ),
    "direct routing for a VIP of another network": ({"lvs_vips.web.addresses": ["203.0.113.7/24"]}, []),
    "direct routing for a VIP without a network": ({"lvs_vips.web.addresses": ["198.51.100.200/32"]}, []),
    "no weight anywhere": (
        {"web1:lvs_weight": 0, "web2:lvs_weight": 0},
        [
            (
                "cluster default: lvs_virtual_services.web gets no new connections: every real server is drained or "
                "has weight 0"
            )
        ],
    ),
    "everybody drained, each in another way": (
        {"web1:lvs_state": "drained", "web2:lvs_drained_services": ["web"]},
        [
            (
                "cluster default: lvs_virtual_services.web gets no new connections: every real server is drained or "
                "has weight 0"
            )
        ],
    ),
    "one that is not drained": ({"web1:lvs_state": "drained"}, []),
}


@pytest.mark.parametrize(("changes", "expected"), REPORTED.values(), ids=REPORTED)
def test_what_may_not_be_meant_is_reported(changes: Tree, expected: list[str]) -> None:
    _normal, mistakes, warnings = normalise(with_changes(changes))
    assert (mistakes, warnings) == ([], expected)
