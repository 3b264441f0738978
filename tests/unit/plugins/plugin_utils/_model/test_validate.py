# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A good inventory becomes Normal, whichever way it is written and in whichever order it comes."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import good, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema_nginx import HANDLING
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = Any  # of no type, as a test changes a model into what no model is


def normal_of(changes: Tree) -> Tree:
    normal, mistakes, _rest = normalise(with_changes(changes))
    assert mistakes == []
    return normal


def test_every_default_is_filled_in() -> None:
    normal, mistakes, warnings = normalise(good())
    assert (mistakes, warnings) == ([], [])
    host = {
        "cluster": "default",
        "interface": "?",
        "state": "active",
        "weight": 1,
        "firewall": "auto",
        "nginx_maintenance": False,
        "drained_services": [],
        "address6": None,
    }
    assert normal["hosts"] == {
        "d1": {**host, "address": "198.51.100.100"},
        "d2": {**host, "address": "198.51.100.101"},
        "web1": {**host, "address": "198.51.100.102"},
        "web2": {**host, "address": "198.51.100.103"},
    }
    server = {
        "weight": 1,
        "max_fails": 3,
        "fail_timeout": 10,
        "max_conns": 0,
        "backup": False,
        "down": False,
        "port": 8080,
    }
    assert normal["pools"] == {}
    assert normal["clusters"] == {
        "default": {
            "directors": ["d1", "d2"],
            "real_servers": ["web1", "web2"],
            "failover": "balanced",
            "table_owner": "keepalived",
            "nginx_on_directors": "none",
            "health_path": "/lvs-health",
            "vips": {
                "web": {
                    "addresses": ["198.51.100.200/24"], "gateways": [], "vrid": 51, "interface": None, "labels": None,
                    "prefer": [],
                    "priorities": {}, "preempt": False, "preempt_delay": 0, "version": 3, "advert_interval": None,
                    "auth_pass": False, "unicast": True, "track": True, "track_scripts": [], "track_interfaces": [],
                }
            },
            "streams": {},
            "virtual_services": {
                "web": {
                    "vip": "web", "ports": [80], "together": False, "protocol": "tcp",
                    "scheduler": "mh", "scheduler_flags": None,
                    "forward": "dr", "pool": None, "weights": {}, "real_port": None, "persistence": None,
                    "one_packet": False,
                    "check": {"type": "auto", "interval": 1, "timeout": 1, "retries": 1, "retry_delay": 0.5,
                              "warmup": None, "port": None, "path": None, "host": None, "status": ["200"],
                              "digest": None, "urls": [], "helo": None, "query": None, "record": "SOA",
                              "payload": None, "reply": False, "script": None,
                              "arguments": ["{address}", "{port}"], "user": None},
                    "sorry_server": None, "quorum": 1, "hysteresis": 0,
                    "inhibit_on_failure": True, "lower_threshold": 0, "upper_threshold": 0,
                }
            },
            "upstreams": {
                "app": {
                    "servers": [{"address": "198.51.100.201", **server}, {"address": "198.51.100.202", **server}],
                    "protocol": "http", "tls": None, "fastcgi": None, "params": {}, "resolve": None,
                    "method": "round_robin", "hash": None, "sticky": None, "keepalive": 32, "keepalive_requests": None,
                    "keepalive_timeout": None, "keepalive_time": None, "extra": [], "group": None, "port": None,
                }
            },
            "sites": {
                "www": {
                    "server_names": ["example.com"], "upstream": "app", "ports": [80], "default": None, "routes": [],
                    "proxy_protocol": False,
                    "static": None, "canary": None, "log": None, "maintenance": None, "aliases": [],
                    "alias_status": "301", "extra": [], "tls": None, **dict.fromkeys(HANDLING),
                }
            },
            "certificates": {},
            "certificate_facts": {},
            "tls": {
                "profile": "intermediate", "http2": True, "http3": False, "ticket_secret": None, "ticket_days": None,
            },
            "log_formats": {},
            "trusted_proxies": [],
            "nginx_caches": {}, "nginx_users": {},
            "nginx_health": {"upstream": None, "path": "/", "host": None, "timeout": 0.8},
            "nginx_status_port": 8711,
            "nginx_challenge_port": 8712,
            "nginx_limits": {"backlog": 4096, "local_ports": None},
            "nginx_extra": [],
            "nginx_canary": {},
            "check_script": {"enabled": None, "interval": 2, "timeout": 2, "fall": 2, "rise": 2, "weight": 0,
                             "restart": False},
            "track_scripts": {},
            "notify": {"command": None, "mail": None},
            "kernel": {"conn_tab_bits": 20, "sysctls": {}},
        }
    }  # fmt: skip


VIP, SERVICE, UPSTREAM = "lvs_vips.web", "lvs_virtual_services.web", "lvs_nginx_upstreams.app"
SERVER = {"port": 80, "weight": 1, "max_fails": 3, "fail_timeout": 10, "max_conns": 0, "backup": False, "down": False}


WRITTEN: dict[str, tuple[Tree, str, Any]] = {
    "a check as a word": ({SERVICE + ".check": "tcp"}, "virtual_services.web.check.type", "tcp"),
    "a check as a dict": ({SERVICE + ".check": {"type": "tcp"}}, "virtual_services.web.check.retries", 1),
    "ports from templates": (
        {"lvs_virtual_services.tls": {"vip": "web", "ports": ["443", 25.0]}},
        "virtual_services.tls.ports",
        [443, 25],
    ),
    "a switch as text": ({VIP + ".preempt": "yes"}, "vips.web.preempt", True),
    "of a password only that there is one": (
        {VIP + ".version": 2, VIP + ".auth_pass": "s3cret"},
        "vips.web.auth_pass",
        True,
    ),
    "a password that is null is none": ({VIP + ".auth_pass": None}, "vips.web.auth_pass", False),
    "whole seconds as a whole number": ({VIP + ".advert_interval": 1.0}, "vips.web.advert_interval", 1),
    "ten millisecond steps": ({VIP + ".advert_interval": 0.29}, "vips.web.advert_interval", 0.29),
    "an upstream server by name": (
        {UPSTREAM + ".servers": ["app.example.com:80"]},
        "upstreams.app.servers",
        [{**SERVER, "address": "app.example.com"}],
    ),
    "an upstream server by IPv6": (
        {UPSTREAM + ".servers": ["[2001:DB8::1]:80"]},
        "upstreams.app.servers",
        [{**SERVER, "address": "2001:db8::1"}],
    ),
    "an upstream server as a dict": (
        {UPSTREAM + ".servers": ["192.0.2.1:80", {"address": "192.0.2.2", "port": 80, "backup": True}]},
        "upstreams.app.servers",
        [{**SERVER, "address": "192.0.2.1"}, {**SERVER, "address": "192.0.2.2", "backup": True}],
    ),
    "persistence as seconds": (
        {SERVICE + ".persistence": 60},
        "virtual_services.web.persistence",
        {"timeout": 60, "prefix": None},
    ),
    "persistence of a network": (
        {SERVICE + ".persistence": {"prefix": 24}},
        "virtual_services.web.persistence",
        {"timeout": 300, "prefix": 24},
    ),
    "a sorry server": (
        {SERVICE + ".sorry_server": "198.51.100.9:80"},
        "virtual_services.web.sorry_server",
        "198.51.100.9:80",
    ),
    "another port by NAT": (
        {SERVICE + ".forward": "nat", SERVICE + ".real_port": 8080, "lvs_nginx_sites.www.ports": [8080]},
        "virtual_services.web.real_port",
        8080,
    ),
    "a weight that crosses the next priority": (
        {"lvs_check_script": {"weight": -5}, VIP + ".preempt": True},
        "check_script.weight",
        -5,
    ),
    "a weight that lifts to the next priority": (
        {"lvs_check_script": {"weight": 20}, VIP + ".preempt": True, VIP + ".priorities": {"d1": 100, "d2": 90}},
        "check_script.weight",
        20,
    ),
    "one more sysctl": (
        {"lvs_kernel": {"sysctls": {"net.ipv4.vs.am_droprate": 10}}},
        "kernel.sysctls",
        {"net.ipv4.vs.am_droprate": 10},
    ),
    "a variable that one host gives is all hosts'": (
        {"d2:lvs_vips": ..., "web1:lvs_vips": ..., "web2:lvs_vips": ...},
        "vips.web.vrid",
        51,
    ),
    "a director that serves as well": (
        {"group:lvs_real_servers": ["d1", "web2"], "lvs_nginx_on_directors": "real_server"},
        "real_servers",
        ["d1", "web2"],
    ),
}


@pytest.mark.parametrize(("changes", "place", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_written_is_read(changes: Tree, place: str, expected: Any) -> None:
    found: Any = normal_of(changes)["clusters"]["default"]
    for key in place.split("."):
        found = found[key]
    assert found == expected
    assert type(found) is type(expected)


def test_an_address_may_stand_where_ansible_looks_for_it() -> None:
    by_name = with_changes({"group:lvs_real_servers": ["192.0.2.7", "web2"], "192.0.2.7:lvs_weight": 5})
    del by_name["hostvars"]["web1"]
    by_name["hostvars"]["web2"].pop("lvs_address")
    by_name["hostvars"]["web2"]["ansible_host"] = "192.0.2.8"
    normal, mistakes, _rest = normalise(by_name)
    assert mistakes == []
    assert [normal["hosts"][host]["address"] for host in ("192.0.2.7", "web2")] == ["192.0.2.7", "192.0.2.8"]


def test_clusters_of_one_inventory_have_hosts_and_variables_of_their_own() -> None:
    inventory = with_changes({"d2:lvs_cluster": "blue", "web2:lvs_cluster": "blue"})
    for host in ("d2", "web2"):
        inventory["hostvars"][host]["lvs_vips"] = {"web": {"addresses": ["203.0.113.9/24"], "vrid": 9}}
    normal, mistakes, warnings = normalise(inventory)
    assert mistakes == []
    assert {name: (one["directors"], one["real_servers"]) for name, one in normal["clusters"].items()} == {
        "blue": (["d2"], ["web2"]),
        "default": (["d1"], ["web1"]),
    }
    assert normal["clusters"]["blue"]["vips"]["web"]["vrid"] == 9
    assert warnings == [
        "cluster blue: d2 is the only director; nobody takes over from it",
        "cluster default: d1 is the only director; nobody takes over from it",
    ]


def test_a_pool_is_a_group_by_name() -> None:
    normal = normal_of({"group:fast": ["web2", "web1"], SERVICE + ".pool": "fast"})
    assert normal["pools"] == {"fast": ["web1", "web2"]}


def test_what_a_static_table_cannot_do_is_a_warning() -> None:
    changes = {"lvs_table_owner": "static", SERVICE + ".check": "tcp", SERVICE + ".sorry_server": "192.0.2.1:80"}
    _rest, mistakes, warnings = normalise(with_changes(changes))
    assert mistakes == []
    assert warnings == [
        "cluster default: lvs_virtual_services.web.check does nothing, as lvs_table_owner is static",
        "cluster default: lvs_virtual_services.web.sorry_server does nothing, as lvs_table_owner is static",
    ]


def test_the_inventory_is_left_as_it_was() -> None:
    inventory = with_changes({SERVICE + ".persistence": {"timeout": 5}})
    normalise(inventory)
    assert inventory == with_changes({SERVICE + ".persistence": {"timeout": 5}})


@pytest.mark.parametrize(
    ("name", "near"),
    [("lvs_vip", "lvs_vips"), ("d1:lvs_weigth", "lvs_weight"), ("lvs_volume_group", None), ("lvs_zzz", None)],
)
def test_a_foreign_variable_is_ignored_with_a_warning_where_it_resembles_ours(name: str, near: str | None) -> None:
    normal, mistakes, warnings = normalise(with_changes({name: "data"}))
    words = "%s is no variable of this collection and is ignored; did you mean %s?"
    assert (mistakes, warnings) == ([], [words % (name.rpartition(":")[2], near)] if near else [])
    assert normal == normalise(good())[0]
