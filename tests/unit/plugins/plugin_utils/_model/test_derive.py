# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived from an inventory: everything that an operator does not have to write down."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.checks import tries_ms
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.derive_vrrp import (
    crash_ms,
    label_of,
    planned_ms,
)

Tree = Any  # of no type, as a test changes a model into what no model is
VIP, VIP6 = "198.51.100.200/24", "2001:db8::200/64"
PORTS = {"lvs_virtual_services.web.ports": [80, 8080], "lvs_nginx_sites.www.ports": [80, 8080]}
# A pool of its own that speaks no HTTP.
SSH = {
    "group:lvs_real_servers": ["web1", "web2", "ssh1"],
    "group:web": ["web1", "web2"],
    "group:ssh": ["ssh1"],
    "ssh1:lvs_address": "198.51.100.104",
    "lvs_virtual_services": {
        "web": {"vip": "web", "ports": [80], "pool": "web"},
        "ssh": {"vip": "web", "ports": [22], "pool": "ssh"},
    },
}
BOTH = {"lvs_vips.web.addresses": [VIP, VIP6], **V6_TOO}


def model(changes: Tree | None = None) -> Tree:
    return model_of(with_changes(changes or {}))


def director(host: str = "d1", changes: Tree | None = None) -> Tree:
    found: Tree = model(changes)["hosts"][host]["director"]
    return found


def instance(host: str = "d1", changes: Tree | None = None) -> Tree:
    found: Tree = director(host, changes)["instances"][0]
    return found


def service(changes: Tree | None = None) -> Tree:
    found: Tree = director(changes=changes)["services"][0]
    return found


# -- VRRP


def test_priorities_follow_the_directors_and_leave_room_for_a_check() -> None:
    assert [instance(host)["priority"] for host in ("d1", "d2")] == [254, 250]
    preferred = {"lvs_vips.web.prefer": ["d2"]}
    assert [instance(host, preferred)["priority"] for host in ("d1", "d2")] == [250, 254]


def test_given_priorities_stand_and_make_the_order() -> None:
    given = {"lvs_vips.web.priorities": {"d1": 90, "d2": 100}}
    assert [instance(host, given)["priority"] for host in ("d1", "d2")] == [90, 100]
    assert model(given)["clusters"]["default"]["vips"]["web"]["holder_order"] == ["d2", "d1"]


def test_without_preemption_everybody_begins_as_backup() -> None:
    assert [(one["state"], one["preempt"]) for one in map(instance, ("d1", "d2"))] == [("BACKUP", False)] * 2
    wanted = {"lvs_vips.web.preempt": True}
    assert [instance(host, wanted)["state"] for host in ("d1", "d2")] == ["MASTER", "BACKUP"]


def test_a_delay_of_preemption_is_of_a_director_that_begins_as_backup() -> None:
    wanted = {"lvs_vips.web.preempt": True, "lvs_vips.web.preempt_delay": 30}
    assert [instance(host, wanted)["state"] for host in ("d1", "d2")] == ["BACKUP", "BACKUP"]


def test_vrrp_is_on_the_service_network_wherever_the_vip_is() -> None:
    one = instance(changes={"lvs_vips.web.interface": "eth1"})
    assert (one["interface"], one["track_interfaces"]) == ("?", ["eth1"])
    assert one["addresses"] == [{"address": VIP, "interface": "eth1", "label": "eth1:0", "gateway": False}]


@pytest.mark.parametrize(
    "changes", [{}, {"lvs_vips.web.interface": "eth0", "lvs_interface": "eth0"}, {"lvs_interface": "ens3"}]
)
def test_only_another_interface_is_tracked(changes: Tree) -> None:
    one = instance(changes=changes)
    assert one["track_interfaces"] == []
    assert one["addresses"][0]["interface"] == one["interface"]


@pytest.mark.parametrize(("profile", "interval"), [("fast", 0.1), ("balanced", 0.25), ("tolerant", 1.0)])
def test_a_profile_is_an_interval(profile: str, interval: float) -> None:
    assert instance(changes={"lvs_failover": profile})["advert_interval"] == interval


def test_version_2_has_whole_seconds() -> None:
    assert instance(changes={"lvs_vips.web.version": 2})["advert_interval"] == 1


def test_adverts_go_to_the_peers_alone() -> None:
    one = instance()
    assert (one["unicast_source"], one["unicast_peers"]) == ("198.51.100.100", ["198.51.100.101"])
    assert instance(changes={"lvs_vips.web.unicast": False})["unicast_peers"] == []


def test_a_vip_without_a_vrid_gets_its_last_byte() -> None:
    assert instance(changes={"lvs_vips.web.vrid": ...})["vrid"] == 200


def test_a_password_is_named_and_not_held() -> None:
    found = model({"lvs_vips.web.auth_pass": "geheim1", "lvs_vips.web.version": 2})
    assert found["hosts"]["d1"]["director"]["instances"][0]["auth"] == "pass"
    assert "geheim1" not in str(found)


def test_two_families_are_two_instances_that_move_together() -> None:
    found = director(changes=BOTH)
    assert [(one["name"], one["family"]) for one in found["instances"]] == [("web", "inet"), ("web_v6", "inet6")]
    assert found["sync_groups"] == [{"name": "web", "instances": ["web", "web_v6"]}]
    assert [address["label"] for one in found["instances"] for address in one["addresses"]] == ["?:0", None]


@pytest.mark.parametrize(
    ("interface", "part", "label"),
    [("eth0", "0", "eth0:0"), ("enp129s0f0np", "10", "enp129s0f0np:10"), ("enp129s0f0np0", "10", None)],
)
def test_a_label_fits_or_is_left_out(interface: str, part: str, label: str | None) -> None:
    assert label_of(interface, part) == label


# -- what it costs


def test_the_outage_of_a_crash_is_three_adverts_and_the_skew() -> None:
    assert crash_ms(3, 0.25, 250) == 756
    assert crash_ms(2, 1, 90) == 3649
    assert (planned_ms(3, 0.25, 250), planned_ms(2, 1, 90)) == (6, 649)


def test_one_director_has_no_worst_case_outage() -> None:
    alone = model({"group:lvs_directors": ["d1"]})["clusters"]["default"]["vips"]["web"]
    assert (alone["crash_ms"], alone["planned_ms"]) == (None, None)


def test_a_dead_real_server_is_out_after_its_tries() -> None:
    assert tries_ms({"interval": 1, "timeout": 1, "retries": 1, "retry_delay": 0.5}) == 3500
    assert service()["detection_ms"] == 3500


# -- services and real servers


def test_each_service_has_a_name_of_its_own() -> None:
    """By a number behind a minus, the second address of `a` on port 81 would be the first of `a-81` on port 1."""
    found = director(
        changes={
            "lvs_vips.web.addresses": [VIP, "198.51.100.210/24"],
            "lvs_virtual_services": {"a": {"vip": "web", "ports": [81]}, "a-81": {"vip": "web", "ports": [1]}},
            "lvs_nginx_sites": {},
        }
    )["services"]
    assert [one["name"] for one in found] == ["a-81", "a-81+1", "a-81-1", "a-81-1+1"]


def test_the_last_of_many_directors_has_a_priority() -> None:
    many = {"m%d" % number: "192.0.2.%d" % number for number in range(1, 63)}
    changes = {"group:lvs_directors": ["d1", "d2", *many], **{name + ":lvs_address": many[name] for name in many}}
    assert instance("m62", changes)["priority"] == 2


def test_a_service_is_one_per_address_and_port() -> None:
    found = director(changes={**BOTH, **PORTS})["services"]
    assert [(one["name"], one["address"]) for one in found] == [
        ("web-80", "198.51.100.200"),
        ("web-8080", "198.51.100.200"),
        ("web-80-v6", "2001:db8::200"),
        ("web-8080-v6", "2001:db8::200"),
    ]


def test_a_real_server_serves_each_family_by_its_address_of_it() -> None:
    four, six = director(changes=BOTH)["services"]
    assert [(one["host"], one["address"]) for one in four["real_servers"]] == [
        ("web1", "198.51.100.102"),
        ("web2", "198.51.100.103"),
    ]
    assert [(one["host"], one["address"]) for one in six["real_servers"]] == [
        ("web1", "2001:db8::102"),
        ("web2", "2001:db8::103"),
    ]


def test_directors_speak_each_family_from_and_to_their_addresses_of_it() -> None:
    found = director(changes=BOTH)["instances"]
    assert [(one["unicast_source"], one["unicast_peers"]) for one in found] == [
        ("198.51.100.100", ["198.51.100.101"]),
        ("2001:db8::100", ["2001:db8::101"]),
    ]


def test_hosts_of_ipv6_alone_need_one_address() -> None:
    changes = {"lvs_vips.web": {"addresses": [VIP6]}, **V6_ONLY}
    assert [one["address"] for one in service(changes)["real_servers"]] == ["2001:db8::102", "2001:db8::103"]
    assert instance(changes=changes)["unicast_peers"] == ["2001:db8::101"]


def test_our_nginx_is_asked_by_http_and_others_by_tcp() -> None:
    assert (service()["check"]["type"], service()["check"]["path"]) == ("http", "/lvs-health")
    other = {"lvs_nginx_sites": {}, "lvs_virtual_services.web.ports": [5432]}
    assert service(other)["check"]["type"] == "tcp"
    assert service({**other, "lvs_virtual_services.web.protocol": "udp"})["check"]["type"] == "none"


def test_a_static_table_is_checked_by_nobody() -> None:
    assert service({"lvs_table_owner": "static"})["check"]["type"] == "none"


@pytest.mark.parametrize(
    ("changes", "drained"),
    [({}, False), ({"web1:lvs_state": "drained"}, True), ({"web1:lvs_drained_services": ["web"]}, True)],
)
def test_a_drained_host_is_drained_in_its_services(changes: Tree, drained: bool) -> None:
    first, second = service(changes)["real_servers"]
    assert (first["drained"], second["drained"]) == (drained, False)


def test_the_vips_of_a_real_server_are_those_that_reach_it_as_they_are() -> None:
    assert model()["hosts"]["web1"]["real_server"]["vips"] == [
        {"address": "198.51.100.200", "prefix": 32, "family": "inet", "label": "lo:0"}
    ]
    nat = {"lvs_virtual_services.web.forward": "nat"}
    assert model(nat)["hosts"]["web1"]["real_server"]["vips"] == []
    assert director(changes=nat)["kernel"]["sysctls"]["net.ipv4.ip_forward"] == 1


def test_nat_needs_a_director_that_forwards_packets_of_the_family() -> None:
    changes = {"lvs_virtual_services.web.forward": "nat", "lvs_vips.web": {"addresses": [VIP6]}, **V6_ONLY}
    sysctls = director(changes=changes)["kernel"]["sysctls"]
    assert sysctls["net.ipv6.conf.all.forwarding"] == 1
    assert "net.ipv4.ip_forward" not in sysctls


def test_the_kernel_gets_what_the_services_need() -> None:
    plain = director()["kernel"]
    assert plain["modules"] == ["ip_vs", "ip_vs_mh"]
    assert plain["options"] == {"ip_vs": {"conn_tab_bits": 20}}
    assert "net.ipv4.vs.expire_quiescent_template" not in plain["sysctls"]
    held = director(changes={"lvs_virtual_services.web.persistence": {"timeout": 60}})["kernel"]["sysctls"]
    assert held["net.ipv4.vs.expire_quiescent_template"] == 1
    assert plain["sysctls"]["net.ipv4.vs.sloppy_tcp"] == 1
    in_turn = director(changes={"lvs_virtual_services.web.scheduler": "wrr"})["kernel"]
    assert in_turn["modules"] == ["ip_vs", "ip_vs_wrr"]
    assert "net.ipv4.vs.sloppy_tcp" not in in_turn["sysctls"]


@pytest.mark.parametrize(
    ("changes", "prefix"),
    [
        ({"lvs_virtual_services.web.persistence": 60}, 32),
        ({"lvs_virtual_services.web.persistence": {"prefix": 24}}, 24),
        ({**BOTH, "lvs_vips.web.addresses": [VIP6], "lvs_virtual_services.web.persistence": 60}, 128),
    ],
)  # fmt: skip
def test_a_persistent_client_is_a_whole_address_unless_said_otherwise(changes: Tree, prefix: int) -> None:
    assert service(changes)["persistence"]["prefix"] == prefix


SCHEDULERS: dict[str, tuple[Tree, tuple[str, list[str]]]] = {
    "each connection has its real server on every director": ({}, ("mh", ["mh-fallback", "mh-port"])),
    "a client that keeps its real server has it on every director": (
        {"persistence": {"timeout": 60}},
        ("mh", ["mh-fallback"]),
    ),
    "another scheduler has no flags of mh": ({"scheduler": "wrr"}, ("wrr", [])),
    "flags that were asked for": ({"scheduler_flags": ["mh-port"]}, ("mh", ["mh-port"])),
    "no flags, as asked": ({"scheduler_flags": []}, ("mh", [])),
}


@pytest.mark.parametrize(("written", "expected"), SCHEDULERS.values(), ids=SCHEDULERS)
def test_the_scheduler_and_its_flags(written: Tree, expected: tuple[str, list[str]]) -> None:
    changes = {"lvs_virtual_services.web." + key: value for key, value in written.items()}
    service = director(changes=changes)["services"][0]
    assert (service["scheduler"], service["scheduler_flags"]) == expected


# -- Nginx


def test_nginx_is_on_real_servers_and_on_directors_where_asked() -> None:
    assert [model()["hosts"][host]["nginx"] is None for host in ("d1", "web1")] == [True, False]
    sorry = model({"lvs_nginx_on_directors": "sorry"})["hosts"]["d1"]
    assert sorry["nginx"]["mode"] == "sorry"
    assert sorry["director"]["check_script"]["http"] == {
        "address": "127.0.0.1", "port": 80, "path": "/lvs-health", "proxy": False,
    }  # fmt: skip


def test_nginx_serves_where_a_service_brings_its_ports() -> None:
    """No site listens on port 22, no HTTP is asked there, and a host without HTTP runs no Nginx."""
    found = model(SSH)
    ssh, web = found["hosts"]["d1"]["director"]["services"]
    assert [(one["name"], one["check"]["type"]) for one in (ssh, web)] == [("ssh-22", "tcp"), ("web-80", "http")]
    assert found["hosts"]["ssh1"]["nginx"] is None
    assert [site["ports"] for site in found["hosts"]["web1"]["nginx"]["sites"]] == [[80]]


def test_a_host_has_the_sites_of_its_own_services() -> None:
    changes = {
        **SSH,
        "lvs_vips": {"web": {"addresses": [VIP]}, "api": {"addresses": ["198.51.100.210/24"]}},
        "lvs_virtual_services.ssh": {"vip": "api", "ports": [80, 8080], "pool": "ssh"},
        "lvs_nginx_upstreams": {"app": {"servers": ["192.0.2.1:80"]}},
        "lvs_nginx_sites": {
            "www": {"upstream": "app", "server_names": ["example.com"]},
            "api": {"upstream": "app", "server_names": ["api.example.com"], "ports": [80, 8080]},
        },
    }
    hosts = model(changes)["hosts"]
    sites = {host: hosts[host]["nginx"]["sites"] for host in ("web1", "ssh1")}
    assert [(one["name"], one["ports"]) for one in sites["web1"]] == [("api", [80]), ("www", [80])]
    assert [(one["name"], one["ports"]) for one in sites["ssh1"]] == [("api", [80, 8080]), ("www", [80])]


def test_the_directors_nginx_has_the_ports_of_all_sites() -> None:
    found = model({**PORTS, "lvs_nginx_on_directors": "sorry"})["hosts"]["d1"]
    assert [site["ports"] for site in found["nginx"]["sites"]] == [[80, 8080]]
    assert [one["sorry_server"]["port"] for one in found["director"]["services"]] == [80, 8080]


def test_the_sorry_server_is_the_directors_own_nginx_in_each_family() -> None:
    changes = {**BOTH, "lvs_nginx_on_directors": "sorry"}
    found = [one["sorry_server"] for one in director(changes=changes)["services"]]
    assert found == [{"address": "127.0.0.1", "port": 80}, {"address": "::1", "port": 80}]


def test_the_only_site_of_a_port_is_its_default() -> None:
    assert model()["hosts"]["web1"]["nginx"]["sites"][0]["default"] is True
    two = {"lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app"}}
    assert [site["default"] for site in model(two)["hosts"]["web1"]["nginx"]["sites"]] == [False, False]


def test_a_site_without_names_is_the_default() -> None:
    two = {"lvs_nginx_sites.api": {"upstream": "app"}}
    sites = model(two)["hosts"]["web1"]["nginx"]["sites"]
    assert [(site["name"], site["default"]) for site in sites] == [("api", True), ("www", False)]


def test_hosts_of_a_group_are_servers_of_an_upstream() -> None:
    """By their names; those of the cluster by what it knows of them, the others by their own variables."""
    changes = {
        "lvs_nginx_upstreams.app": {"servers": ["192.0.2.9:80"], "group": "apps", "port": 8080},
        "group:apps": ["a3", "web2", "a2", "192.0.2.1"],
        "web2:lvs_weight": 7,
        "other:a2:ansible_host": "192.0.2.2",
        "other:a2:lvs_state": "drained",
        "other:a3:lvs_address": "2001:db8::3",
        "other:a3:lvs_weight": "0",
    }
    found = model(changes)["hosts"]["web1"]["nginx"]["upstreams"][0]["servers"]
    assert [(one["address"], one["port"], one["weight"], one["down"]) for one in found] == [
        ("192.0.2.9", 80, 1, False),
        ("192.0.2.1", 8080, 1, False),
        ("192.0.2.2", 8080, 1, True),
        ("2001:db8::3", 8080, 1, True),
        ("198.51.100.103", 8080, 7, False),
    ]


@pytest.mark.parametrize(("servers", "kib"), [(1, 64), (16, 64), (65, 260), (1000, 4000)])
def test_an_upstream_has_room_for_its_servers(servers: int, kib: int) -> None:
    written = {"lvs_nginx_upstreams.app.servers": ["192.0.2.1:%d" % port for port in range(1, servers + 1)]}
    assert model(written)["hosts"]["web1"]["nginx"]["upstreams"][0]["zone_kib"] == kib


@pytest.mark.parametrize(
    ("longest", "count", "bucket_size", "max_size"),
    [(11, 1, 64, 512), (14, 128, 64, 512), (15, 129, 128, 1024), (47, 1000, 256, 4096), (253, 1, 1024, 512)],
)
def test_the_table_of_names_has_room_for_them(longest: int, count: int, bucket_size: int, max_size: int) -> None:
    names = [("%d." % number).ljust(longest, "x") for number in range(count)]
    found = model({"lvs_nginx_sites.www.server_names": names})["hosts"]["web1"]["nginx"]["names_hash"]
    assert found == {"bucket_size": bucket_size, "max_size": max_size}


VRRP_ONLY: Tree = {"lvs_virtual_services": {}, "lvs_nginx_on_directors": "real_server"}


def test_without_a_service_the_holder_serves_all_sites_and_has_no_ipvs() -> None:
    slice_ = model({**VRRP_ONLY, "lvs_nginx_sites.www.ports": [80, 8080]})["hosts"]["d1"]
    assert (slice_["nginx"]["mode"], slice_["nginx"]["sites"][0]["ports"]) == ("real_server", [80, 8080])
    assert (slice_["director"]["services"], slice_["director"]["check_script"]["http"]["port"]) == ([], 80)
    kernel = slice_["director"]["kernel"]
    assert (kernel["modules"], kernel["options"]) == ([], {})
    assert set(kernel["sysctls"]) == {"net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce"}


def test_without_a_service_clients_of_the_sites_are_let_in() -> None:
    openings = model(VRRP_ONLY)["hosts"]["d1"]["firewall"]["openings"]
    (found,) = [one for one in openings if one["protocol"] == "tcp"]
    assert (found["sources"], found["destinations"], found["ports"]) == ([], ["198.51.100.200"], [80])


def test_without_a_service_nginx_listens_on_the_families_of_the_vips() -> None:
    assert [
        model({**VRRP_ONLY, **changes})["hosts"]["d1"]["nginx"]["ipv6"]
        for changes in ({}, {"lvs_vips.web": {"addresses": [VIP6]}, **V6_ONLY})
    ] == [False, True]


def test_a_real_server_has_a_weight_of_its_own_in_a_service() -> None:
    changes = {"web1:lvs_weight": 7, "web2:lvs_weight": 8, "lvs_virtual_services.web.weights": {"web1": 0}}
    director = model_of(with_changes({**changes, "lvs_virtual_services.ssh": {"vip": "web", "ports": [22]}}))
    found = director["hosts"]["d1"]["director"]
    weights = {one["service"]: [server["weight"] for server in one["real_servers"]] for one in found["services"]}
    assert weights == {"ssh": [7, 8], "web": [0, 8]}
    assert sorted(one["weight"] for one in found["weights"] if one["service"] == "web") == [0, 8]


@pytest.mark.parametrize("weights", [{"web1": 0, "web2": 0}, {"web1": 0}])
def test_weights_of_nought_leave_nobody(weights: dict[str, int]) -> None:
    built = build(with_changes({"lvs_virtual_services.web.weights": weights}))
    said = [one for one in built.warnings if "gets no new connections" in one]
    assert len(said) == (len(weights) == 2)
