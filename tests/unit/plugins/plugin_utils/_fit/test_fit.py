# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's part of the model and its facts: what they settle, and each thing that cannot be there."""

from __future__ import annotations

from typing import Any

import pytest
from host_facts import facts, link
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.module_utils._host.places import NGINX_CACHES
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.fit import fit, settle
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._nginx.cache import FOLDER

Tree = dict[str, Any]
LO = link("lo", "127.0.0.1/8")


def slice_of(host: str = "d1", changes: Tree | None = None) -> Any:
    return model_of(with_changes(changes or {}))["hosts"][host]


def settled(mine: Any, found: Any) -> Any:
    return settle(mine, found)


def messages(mine: Any, found: Any) -> list[str]:
    return [problem.message for problem in fit(mine, found).problems]


# --- the interface ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["d1", "web1"])
def test_a_host_that_is_fit_has_no_problem(host: str) -> None:
    mine = slice_of(host)
    assert messages(mine, facts(mine["address"] + "/24")) == []


def test_the_interface_is_the_one_that_has_the_address() -> None:
    found = facts(links=[LO, link("ens3", "10.0.0.1/24"), link("bond0.100", "198.51.100.100/24")])
    fitted = settled(slice_of(), found)
    (instance,) = fitted["director"]["instances"]
    assert (fitted["interface"], instance["interface"]) == ("bond0.100", "bond0.100")
    (vip,) = instance["addresses"]
    assert (vip["address"], vip["interface"], vip["label"]) == ("198.51.100.200/24", "bond0.100", "bond0.100:0")


def test_an_address_that_is_on_the_loopback_too_is_on_the_other_one() -> None:
    found = facts(links=[link("lo", "198.51.100.100/32"), link("ens3", "198.51.100.100/24")])
    assert settle(slice_of(), found)["interface"] == "ens3"


SECOND = {"d1:lvs_address6": "2001:db8::100"}


@pytest.mark.parametrize(
    ("links", "where"),
    [
        ([link("eth0", "198.51.100.100/24"), link("eth1", "2001:db8::100/64")], "on eth1"),
        ([link("eth0", "198.51.100.100/24"), link("eth1", "192.0.2.7/24")], "on no interface of the host"),
    ],
    ids=["elsewhere", "nowhere"],
)
def test_both_addresses_of_a_host_are_on_one_interface(links: list[Tree], where: str) -> None:
    (message,) = messages(slice_of("d1", SECOND), facts(links=[LO, *links]))
    assert message.startswith("lvs_address6 is 2001:db8::100, which is %s (eth0 198.51.100.100" % where)
    assert message.endswith("; must be on eth0, as 198.51.100.100")


def test_a_host_with_both_addresses_is_fit() -> None:
    found = facts(links=[LO, link("eth0", "198.51.100.100/24", "2001:db8::100/64")])
    assert messages(slice_of("d1", SECOND), found) == []


def test_lvs_interface_is_an_override_and_stays() -> None:
    mine = slice_of("d1", {"d1:lvs_interface": "eth1"})
    found = facts(links=[LO, link("eth0", "198.51.100.100/24"), link("eth1", "198.51.100.100/24")])
    assert settle(mine, found) == mine
    assert messages(mine, found) == []


def test_a_vip_keeps_an_interface_of_its_own() -> None:
    mine = slice_of("d1", {"lvs_vips.web.interface": "eth1"})
    found = facts(links=[LO, link("eth0", "198.51.100.100/24"), link("eth1", "198.51.100.7/24")])
    (instance,) = settled(mine, found)["director"]["instances"]
    assert (instance["interface"], instance["addresses"][0]["interface"]) == ("eth0", "eth1")
    assert instance["track_interfaces"] == ["eth1"]


def test_a_vip_whose_own_interface_is_the_hosts_tracks_no_other() -> None:
    mine = slice_of("d1", {"lvs_vips.web.interface": "eth0"})
    (instance,) = settled(mine, facts("198.51.100.100/24"))["director"]["instances"]
    assert instance["track_interfaces"] == []


def test_a_label_for_which_the_kernel_has_no_room_is_left_out() -> None:
    found = facts(links=[LO, link("enp129s0f0np0v1", "198.51.100.100/24")])
    assert settled(slice_of(), found)["director"]["instances"][0]["addresses"][0]["label"] is None


def test_a_label_that_somebody_wrote_is_not_left_out() -> None:
    found = facts(links=[LO, link("enp129s0f0", "198.51.100.100/24")])
    assert messages(slice_of("d1", {"lvs_vips.web.labels": ["public"]}), found) == [
        "lvs_vips.web.labels is enp129s0f0:public with its interface; must be at most 15 characters"
    ]


@pytest.mark.parametrize("found", [None, {}])
def test_without_facts_it_is_said_what_is_open(found: Any) -> None:
    fitted = fit(slice_of(), found)
    assert fitted.open == ["the interface that has 198.51.100.100; lvs_interface is not set"]
    assert (fitted.slice, fitted.problems) == (slice_of(), [])
    assert fit(slice_of("d1", {"d1:lvs_interface": "eth0"}), found).open == []


def test_facts_of_an_older_release_settle_nothing_and_break_nothing() -> None:
    """A cache of facts may have them."""
    old = {"release": 12, "family": "Debian", "addresses": ["198.51.100.100"], "paths": {}, "units": {}, "users": {}}
    mine = slice_of()
    assert settled(mine, old) == mine


# --- what is wrong ----------------------------------------------------------------------------------------------

ETH0 = link("eth0", "198.51.100.100/24")
WRONG: list[tuple[Tree, Tree, list[str]]] = [
    (
        {},
        {"links": [LO, link("ens3", "198.51.100.7/24", "fe80::1/64")]},
        [
            "lvs_address is 198.51.100.100, which is on no interface of the host (ens3 198.51.100.7);"
            " must be an address of the host"
        ],
    ),
    (
        {"d1:lvs_interface": "eth0"},
        {"links": [LO, link("ens3", "198.51.100.100/24")]},
        [
            "lvs_interface is eth0, which is not there (ens3 198.51.100.100);"
            " must be the interface that has 198.51.100.100: ens3"
        ],
    ),
    (
        {"d1:lvs_interface": "eth1"},
        {"links": [LO, ETH0, link("eth1", "10.0.0.1/24")]},
        ["lvs_interface is eth1; must be eth0, which has 198.51.100.100"],
    ),
    (
        {},
        {"links": [LO, link("eth0", "198.51.100.100/24", operstate="lowerlayerdown")]},
        ["interface eth0 is down; must be up, with a carrier"],
    ),
    (
        {"lvs_vips.web.addresses": ["192.0.2.200/24"]},
        {"links": [LO, ETH0, link("eth1", "192.0.2.1/24")]},
        ["lvs_vips.web.interface is eth0, which has no address in 192.0.2.0/24; must be eth1, which has one"],
    ),
    (
        {"lvs_vips.web.addresses": ["192.0.2.200/24"]},
        {"links": [LO, ETH0]},
        [
            "lvs_vips.web.addresses is 192.0.2.200 on eth0, but no interface has an address in 192.0.2.0/24;"
            " must be in a network of eth0 (a VIP that is routed to here: 192.0.2.200/32)"
        ],
    ),
    (
        {"lvs_vips.web.interface": "eth7"},
        {"links": [LO, ETH0]},
        ["lvs_vips.web.interface is eth7, which is not there (eth0 198.51.100.100); must be an interface of the host"],
    ),
    (
        {"lvs_kernel.conn_tab_bits": 22},
        {},
        ["lvs_kernel.conn_tab_bits is 22; must be at most 20 on kernel 6.1.0-18-amd64 (more from 6.5 on)"],
    ),
    (
        {"lvs_kernel.conn_tab_bits": 27},
        {"kernel": "6.5.0", "memory_mb": 2000},
        ["lvs_kernel.conn_tab_bits is 27, a table of 1024 MB; must be at most 25 with 2000 MB of memory"],
    ),
    (
        {},
        {"modules": {"ip_vs": "available", "ip_vs_mh": "missing"}, "kernel": "4.9.0"},
        [
            "kernel module ip_vs_mh is missing in kernel 4.9.0;"
            " must be there (kernel 4.18 or newer), or another scheduler chosen"
        ],
    ),
    (
        {},
        {"modules": {"ip_vs": "missing", "ip_vs_mh": "missing"}},
        [
            "kernel module ip_vs is missing in kernel 6.1.0-18-amd64; must be there: install the kernel's modules,"
            " or in a container load it on its host (modprobe ip_vs)"
        ],
    ),
    (
        {},
        {"user": "deploy", "root": False},
        ["the user is deploy; must be root: become: true, and for this user sudo without a password or with -K"],
    ),
    (
        {},
        {"family": None, "distribution": "Alpine Linux v3.19"},
        ["the distribution is Alpine Linux v3.19; must be Debian 11, Ubuntu 22.04, Enterprise Linux 8, or newer"],
    ),
    (
        {},
        {"family": "RedHat", "distribution_id": "centos", "distribution": "CentOS Linux 7 (Core)", "release": 7},
        [
            "the distribution is CentOS Linux 7 (Core): it has Keepalived 1.3, kernel 3.10 without the scheduler mh,"
            " no Python 3.8, and no updates since 2024; must be Debian 11, Ubuntu 22.04, Enterprise Linux 8, or newer"
        ],
    ),
    ({}, {"systemd": False}, ["systemd is not running; must be what runs the host: the daemons are its units"]),
    ({}, {"memory_mb": 100}, ["memory is 100 MB; must be at least 200 MB"]),
    ({}, {"disks_mb": {"/var": 12}}, ["free space below /var is 12 MB; must be at least 100 MB"]),
    (
        {"lvs_notify.mail": "ops@example.com"},
        {},
        [
            "lvs_notify.mail is set, but there is no /usr/sbin/sendmail;"
            " must be left out, or a program that sends mail installed (nullmailer, postfix)"
        ],
    ),
]


@pytest.mark.parametrize(("changes", "others", "expected"), WRONG, ids=[one[2][0][:40] for one in WRONG])
def test_what_cannot_be_is_said(changes: Tree, others: Tree, expected: list[str]) -> None:
    assert messages(slice_of("d1", changes), facts("198.51.100.100/24", **others)) == expected


def test_a_port_that_somebody_else_holds() -> None:
    found = facts("198.51.100.102/24", ports={"80": "apache2"})
    assert messages(slice_of("web1"), found) == ["port 80 is held by apache2; must be free for Nginx"]
    assert messages(slice_of("web1"), facts("198.51.100.102/24", ports={"80": "nginx"})) == []


@pytest.mark.parametrize(
    "others",
    [
        {"family": "RedHat", "distribution_id": "fedora", "release": 6},
        {"family": "RedHat", "distribution_id": "rocky", "release": 9},
        {"family": "Debian", "distribution_id": "raspbian", "release": 1},
        {"release": None},
        {"kernel": "6.12.0-1", "modules": {"ip_vs": "loaded", "ip_vs_mh": "loaded"}},
        {"paths": {"/usr/sbin/sendmail": {}}},
    ],
)
def test_what_is_fit_has_no_problem(others: Tree) -> None:
    assert messages(slice_of("d1", {"lvs_kernel.conn_tab_bits": 20}), facts("198.51.100.100/24", **others)) == []


def test_a_holders_own_vip_is_no_address_in_its_network() -> None:
    mine = slice_of("d1", {"lvs_vips.web.addresses": ["192.0.2.200/24"]})
    found = facts(links=[LO, link("eth0", "198.51.100.100/24", "192.0.2.200/24")])
    assert len(messages(mine, found)) == 1


def test_a_vip_without_a_network_is_anywhere() -> None:
    mine = slice_of("d1", {"lvs_vips.web.addresses": ["192.0.2.200/32"]})
    assert messages(mine, facts("198.51.100.100/24")) == []


def test_only_directors_need_ip_vs() -> None:
    found = facts("198.51.100.102/24", modules={}, kernel="3.10.0")
    assert messages(slice_of("web1", {"lvs_kernel.conn_tab_bits": 27}), found) == []


# --- Nginx ------------------------------------------------------------------------------------------------------

NEW = {
    "lvs_nginx_upstreams.app.keepalive_time": 600,
    "lvs_nginx_upstreams.app.keepalive_timeout": 9,
    "lvs_nginx_upstreams.app.method": "random_two",
    "lvs_nginx_sites.www.limits": {"requests": ["9/s"], "dry_run": True, "exempt": ["192.0.2.0/24"], "bandwidth": "1m"},
    "lvs_nginx_sites.www.routes": [
        {"path": "/a"},
        {"path": "/b", "limits": {"connections": [9], "dry_run": True}},
        {"path": "/c", "upstream": "rpc", "canary": {"upstream": "rpc2", "by": "client"}},
    ],
    "lvs_nginx_upstreams.rpc": {"servers": ["192.0.2.2:80"], "protocol": "grpc"},
    "lvs_nginx_upstreams.rpc2": {"servers": ["192.0.2.3:80"], "protocol": "grpc"},
    "lvs_nginx_sites.www.tls": "www",
    "lvs_certificates.www": {"on_node": True, "certificate": "/etc/ssl/www.pem"},
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_nginx_upstreams.raw": {"servers": ["192.0.2.9:1883"], "protocol": "stream", "method": "random"},
    "lvs_trusted_proxies": ["192.0.2.7"],
    "lvs_nginx_streams.mqtt": {
        "ports": [8883],
        "vip": "web",
        "upstream": "raw",
        "tls": {"certificate": "www", "alpn": ["mqtt"]},
        "half_close": True,
        "proxy_protocol": True,
    },
    "lvs_nginx_upstreams.mails": {"servers": ["192.0.2.9:993"], "protocol": "stream", "tls": {"verify": False}},
    "lvs_nginx_streams.imap": {"ports": [143], "vip": "web", "upstream": "mails"},
    "lvs_nginx_upstreams.named": {
        "servers": ["app.example:443"],
        "protocol": "grpcs",
        "resolve": {"name_servers": ["192.0.2.53"]},
    },
}
SINCE = {
    "lvs_nginx_upstreams.app.method is random_two": "1.15.1",
    "lvs_nginx_upstreams.raw.method is random": "1.15.1",
    "lvs_nginx_streams.mqtt.proxy_protocol is true": "1.19.0",
    "lvs_nginx_streams.mqtt.half_close is true": "1.21.4",
    "lvs_nginx_streams.mqtt.tls.alpn is mqtt": "1.21.4",
    "lvs_nginx_streams.mqtt.tls is www": "1.21.2",
    "lvs_nginx_upstreams.mails.tls is of a stream": "1.21.2",
    "lvs_nginx_upstreams.app.keepalive_timeout is 9": "1.15.3",
    "lvs_nginx_upstreams.app.keepalive_time is 600": "1.19.10",
    "lvs_nginx_sites.www.limits.dry_run is true": "1.17.6",
    "lvs_nginx_sites.www.limits.exempt is beside bandwidth": "1.17.0",
    "lvs_nginx_sites.www.routes[1].limits.dry_run is true": "1.17.6",
    "lvs_nginx_sites.www.routes[2].canary is with upstream rpc, which speaks gRPC": "1.17.8",
    "lvs_nginx_upstreams.named.resolve is with protocol grpcs": "1.17.8",
    "lvs_nginx_upstreams.named.protocol is grpcs": "1.13.10",
    "lvs_nginx_upstreams.rpc.protocol is grpc": "1.13.10",
    "lvs_nginx_upstreams.rpc2.protocol is grpc": "1.13.10",
}


BROTLI = {"lvs_nginx_sites.www.compression": {"algorithms": ["brotli"]}}
MODULE = "/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so"


@pytest.mark.parametrize(
    ("own", "release", "has"),
    [("debian", 11, False), ("debian", 12, True), ("debian", 13, True), ("ubuntu", 22, False), ("ubuntu", 24, True),
     ("rocky", 9, False), ("fedora", 42, False)],
)  # fmt: skip
def test_brotli_is_refused_where_it_has_no_package(own: str, release: int, has: bool) -> None:
    mine = slice_of("web1", BROTLI)
    found = facts("198.51.100.102/24", distribution_id=own, release=release, distribution="Own 1")
    words = "compression.algorithms of lvs_nginx_sites.www is brotli, for which Own 1 has no package; must be "
    expected = [] if has else [words + "gzip alone, or on Debian 12 or Ubuntu 24.04 or newer"]
    assert [one for one in messages(mine, found) if "brotli" in one] == expected
    there = {**found, "paths": {**found["paths"], MODULE: {"owner": "root", "mode": "0644"}}}
    assert "brotli" not in str(messages(mine, there))


@pytest.mark.parametrize(
    ("version", "missing"),
    [
        ("1.12.2", set(SINCE.values())),
        ("1.14.1", set(SINCE.values()) - {"1.13.10"}),
        ("1.18.0", {"1.19.0", "1.19.10", "1.21.2", "1.21.4"}),
        ("1.19.9", {"1.19.10", "1.21.2", "1.21.4"}),
        ("1.20.1", {"1.21.2", "1.21.4"}),
        ("1.21.2", {"1.21.4"}),
        ("1.21.4", set()),
        ("", set()),
    ],
)
def test_what_the_version_of_nginx_does_not_know(version: str, missing: set[str]) -> None:
    found = facts("198.51.100.102/24", versions={"/usr/sbin/nginx": version} if version else {})
    wanted = "%s, which Nginx %s %s; must be left out, or Nginx %s or newer"
    faults = {"1.21.2": "lets some connections hang with"}
    expected = [
        wanted % (what, version, faults.get(since, "does not know"), since)
        for what, since in SINCE.items()
        if since in missing
    ]
    assert sorted(messages(slice_of("web1", NEW), found)) == sorted(expected)


CACHED = {
    "lvs_nginx_caches": {"pages": "2g", "unused": "900g"},
    "lvs_nginx_sites.www.cache": "pages",
}


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (2048, []),
        (None, []),
        (
            2047,
            [
                "lvs_nginx_caches is 2048 MB together (pages 2g), but the file system of /var/lib/nginx has 2047 MB; "
                "must be less, or on a larger one"
            ],
        ),
    ],
)
def test_caches_have_room_on_their_disk(size: int | None, said: list[str]) -> None:
    """Those that a host has: of others nothing is kept there."""
    known = {} if size is None else {"cache_disk_mb": size}
    assert messages(slice_of("web1", CACHED), facts("198.51.100.102/24", **known)) == said
    assert FOLDER == NGINX_CACHES


def test_a_host_with_streams_is_asked_for_their_module() -> None:
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"
    assert [module in questions(slice_of("web1", one))["paths"] for one in ({}, NEW)] == [False, True]
    assert 8883 in questions(slice_of("web1", NEW))["ports"]


def test_a_host_that_serves_no_upstream_needs_no_new_nginx() -> None:
    found = facts("198.51.100.100/24", versions={"/usr/sbin/nginx": "1.14.1"})
    assert messages(slice_of("d1", {**NEW, "lvs_nginx_on_directors": "sorry"}), found) == []


OLD_NGINX = {"lvs_nginx_upstreams.app.keepalive_time": 600}
DEBIAN = ("Debian", "debian", 11)


@pytest.mark.parametrize(
    ("distribution", "versions", "paths", "expected"),
    [
        (DEBIAN, {}, {}, "Nginx 1.18.0 of the distribution does not know; must be left out, or Nginx 1.19.10 or newer "
         "installed"),
        (("Debian", "ubuntu", 22), {}, {}, "Nginx 1.18.0 of the distribution does not know"),
        (("RedHat", "rocky", 8), {}, {}, "Nginx 1.14.1 of the distribution does not know"),
        (DEBIAN, {"/usr/sbin/nginx": "1.18.0"}, {}, "Nginx 1.18.0 does not know"),
        (DEBIAN, {"/usr/sbin/nginx": "1.26.3"}, {"/usr/sbin/nginx": {}}, ""),
        (DEBIAN, {}, {"/usr/sbin/nginx": {}}, ""),
        (("Debian", "debian", 12), {}, {}, ""),
        (("RedHat", "fedora", 8), {}, {}, ""),
        ((None, None, None), {}, {}, ""),
    ],
)  # fmt: skip
def test_a_host_without_the_daemon_gets_that_of_its_distribution(
    distribution: tuple[Any, Any, Any], versions: Tree, paths: Tree, expected: str
) -> None:
    """One that is there and does not tell its version is looked at by the daemon's own check alone."""
    family, name, release = distribution
    named = {"family": family, "distribution_id": name, "release": release}
    found = facts("198.51.100.102/24", **named, versions=versions, paths=paths)
    said = [one for one in messages(slice_of("web1", OLD_NGINX), found) if not one.startswith("the distribution")]
    assert len(said) == bool(expected)
    assert expected in "".join(said)


# --- Keepalived -------------------------------------------------------------------------------------------------

TWOS = {"lvs_virtual_services.web.scheduler": "twos"}
MODULES = {"ip_vs": "available", "ip_vs_twos": "available"}


@pytest.mark.parametrize(("version", "known"), [("2.1.5", False), ("2.2.4", False), ("2.2.7", True), ("2.2.8", True)])
def test_what_the_version_of_keepalived_does_not_know(version: str, known: bool) -> None:
    found = facts("198.51.100.100/24", versions={"/usr/sbin/keepalived": version}, modules=MODULES)
    assert messages(slice_of("d1", TWOS), found) == [
        "lvs_virtual_services.web.scheduler is twos, which Keepalived %s does not know; must be left out,"
        " or Keepalived 2.2.7 or newer" % version
    ] * (not known)
    static = {**TWOS, "lvs_table_owner": "static"}
    assert messages(slice_of("d1", static), found) == []
    assert messages(slice_of("web1", TWOS), {**found, "links": facts("198.51.100.102/24")["links"]}) == []


# --- the firewall -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "found", "message"),
    [
        ("auto", {"firewalld": False, "policies": []}, ""),
        ("auto", {"firewalld": True, "policies": []}, ""),
        ("nftables", {"firewalld": True, "policies": None}, ""),
        ("none", {"firewalld": True, "policies": None}, ""),
        (
            "firewalld",
            {"firewalld": False, "policies": []},
            "lvs_firewall is firewalld, which does not run on the host; must be auto, or the firewall of the host",
        ),
        (
            "auto",
            {"firewalld": True, "policies": None},
            "lvs_firewall is auto, and firewalld of the host is older than 0.9, without policies; must be none, with "
            "what preview says of the firewall opened by hand",
        ),
    ],
)
def test_the_firewall_that_is_named_is_the_hosts(kind: str, found: Tree, message: str) -> None:
    mine = slice_of(changes={"lvs_firewall": kind})
    told = {**facts(mine["address"] + "/24"), "firewall": {**found, "closed": []}}
    assert messages(mine, told) == ([message] if message else [])


# --- programs of Keepalived -------------------------------------------------------------------------------------

CHECK = "lvs_virtual_services.web.check"
LOOK = {"type": "script", "script": "/srv/look", "user": "looker"}
THERE = {"mode": "0755", "owner": "root", "group": "root"}


def with_check(check: Tree, **found: Any) -> list[str]:
    mine = slice_of(changes={CHECK: check})
    return messages(mine, facts(mine["address"] + "/24", **found))


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ({}, None),
        ({"mode": "0711"}, None),
        ({"mode": "0775"}, "/srv/look, of root with mode 0775"),
        ({"mode": "0757"}, "/srv/look, of root with mode 0757"),
        ({"mode": "0644"}, "/srv/look, of root with mode 0644"),
        ({"mode": "0750"}, "/srv/look, of root with mode 0750"),
        ({"owner": "bob"}, "/srv/look, of bob with mode 0755"),
        (None, "/srv/look, which is not there"),
    ],
)
def test_a_program_of_a_check_is_root_s_own(rights: Tree | None, said: str | None) -> None:
    paths = {} if rights is None else {"/srv/look": {**THERE, **rights}}
    wanted = "%s.script is %s; must be a program of root that others may run and not write (0755)"
    users = {"looker": {"shell": "/bin/false"}}
    assert with_check(LOOK, paths=paths, users=users) == ([wanted % (CHECK, said)] if said else [])


@pytest.mark.parametrize(
    ("user", "folder", "wanted"),
    [
        ("looker", {"mode": "0700"}, "in folders that looker may enter (0755)"),
        ("looker", {"mode": "0750", "group": "looker"}, None),
        ("looker", {"mode": "0700", "owner": "looker"}, None),
        ("looker", {"mode": "2775", "group": "staff"}, None),
        ("root", {"mode": "0700"}, None),
        ("root", {"mode": "0775"}, None),
        ("root", {"mode": "1777"}, None),
        ("root", {"mode": "2775", "group": "staff"}, "in folders of root that nobody else may write (0755), as root"),
        ("root", {"mode": "0757"}, "in folders of root that nobody else may write (0755), as root"),
        ("root", {"owner": "bob"}, "in folders of root that nobody else may write (0755), as root"),
        (None, {"mode": "0700"}, "in folders that keepalived_script may enter (0755)"),
    ],
)
def test_a_program_is_where_its_user_gets_to_it(user: str | None, folder: Tree, wanted: str | None) -> None:
    there = {**THERE, **folder}
    paths = {"/": THERE, "/srv": there, "/srv/look": THERE}
    words = "%s.script is /srv/look, in /srv of %s:%s with mode %s; must be %s"
    said = with_check({**LOOK, "user": user}, paths=paths, users={user: {}})
    assert [one.replace(" runs it", "") for one in said] == (
        [words % (CHECK, there["owner"], there["group"], there["mode"], wanted)] if wanted else []
    )


def test_a_program_needs_its_user() -> None:
    wanted = "%s.user is looker, whom the host does not know; must be a user of the host" % CHECK
    assert with_check(LOOK, paths={"/srv/look": THERE}, users={}) == [wanted]


@pytest.mark.parametrize(("version", "refused"), [("2.1.5", True), ("2.2.0", False), ("2.2.7", False)])
def test_what_a_keepalived_does_not_know_is_refused(version: str, refused: bool) -> None:
    payload = {"type": "udp", "port": 53, "payload": "00"}
    words = "%s.payload is given, which Keepalived %s does not know; must be left out, or Keepalived 2.2.0 or newer"
    found = with_check(payload, versions={"/usr/sbin/keepalived": version})
    assert found == ([words % (CHECK, version)] if refused else [])


def test_only_what_depends_on_it_is_asked() -> None:
    asked = questions(slice_of(changes={CHECK: LOOK}))
    assert ("looker" in asked["users"], {"/", "/srv", "/srv/look"} - {*asked["paths"]}) == (True, set())
    # Who owns the table checks nothing then.
    asked = questions(slice_of(changes={CHECK: LOOK, "lvs_table_owner": "static"}))
    assert ("/srv/look" in asked["paths"], "looker" in asked["users"]) == (False, False)
