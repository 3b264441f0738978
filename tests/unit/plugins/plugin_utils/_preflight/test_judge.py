# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts before a run: what is told of each, and what is asked on the network."""

from __future__ import annotations

from typing import Any

import pytest
from host_facts import facts, link
from inventory import DIRECTORS, REAL_SERVERS, good, model_of

from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.fit import settle
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.request import OUR_KEEPALIVED
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.shape import Problem
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preflight import judge, wire

Tree = Any
HOSTS = {**DIRECTORS, **REAL_SERVERS}
NOW = 1795532028.0
VIP = "198.51.100.200"


def mac(host: str) -> str:
    return "02:00:00:00:00:%02x" % list(HOSTS).index(host)


def observations() -> Tree:
    """Hosts that can be set up."""
    return {
        host: {
            "status": "seen", "message": "", "asked": NOW - 0.1, "answered": NOW + 0.1,
            "facts": facts(
                links=[link("lo", "127.0.0.1/8"), link("eth0", address + "/24", mac=mac(host))],
                clock={"epoch": NOW, "synchronised": True},
            ),
            "report": {},
        }
        for host, address in HOSTS.items()
    }  # fmt: skip


def told(seen: Tree, variables: Tree | None = None) -> dict[str, list[str]]:
    report = judge.judge(model_of(good()), seen, variables or {})
    return {host: [problem.message for problem in found] for host, found in report.problems.items()}


def advert(**changes: Any) -> Tree:
    return {
        "source": "198.51.100.9", "destination": "224.0.0.18", "version": 3, "vrid": 51, "priority": 150,
        "auth": "none", "interval": 1.0, "addresses": [VIP], "outgoing": False, "count": 2, **changes,
    }  # fmt: skip


def test_hosts_that_can_be_set_up() -> None:
    report = judge.judge(model_of(good()), observations(), {})
    assert judge.text(report) == "4 hosts can be set up"
    assert judge.as_data(report) == {
        "ok": True, "summary": "4 hosts can be set up", "hosts": sorted(HOSTS), "problems": [], "notes": [],
    }  # fmt: skip


def test_everything_is_told_host_by_host() -> None:
    seen = observations()
    seen["web1"]["facts"]["ports"] = {"80": "apache2"}
    seen["d1"]["facts"].update(systemd=False, selinux="enforcing", selinux_policy={"booleans": {}, "permissive": []})
    report = judge.judge(model_of(good()), seen, {})
    assert judge.text(report).splitlines() == [
        "2 of 4 hosts cannot be set up; no host was changed",
        "d1",
        "  - systemd is not running; must be what runs the host: the daemons are its units",
        "  note: SELinux is enforcing: Keepalived may not read /var/lib/vipstack-lvs and /run/vipstack-lvs.handover,"
        " so drains, weights and the handover have no effect; semanage permissive -a keepalived_t, or a policy of your"
        " own",
        "web1",
        "  - port 80 is held by apache2; must be free for Nginx",
    ]
    assert [(one["host"], one["what"]) for one in judge.as_data(report)["problems"]] == [
        ("d1", "systemd"), ("web1", "port 80"),
    ]  # fmt: skip


UNSEEN = [
    ("unreachable", "Connection refused", "the connection is Connection refused; must be possible: see"),
    ("failed", "sudo: a password is required", "the right to become root is missing (sudo: a password is required)"),
    ("failed", "Missing sudo password", "the right to become root is missing (Missing sudo password)"),
    (
        "failed",
        "ansible-core requires a minimum of Python version 3.8. Current version: 3.6.8",
        "Python is too old or missing (ansible-core requires",
    ),
    ("failed", "/bin/sh: 1: /usr/bin/python3: not found", "Python is too old or missing (/bin/sh"),
    ("failed", "the disk is on fire", "the first look is not possible (the disk is on fire); must be possible: run"),
]


@pytest.mark.parametrize(("status", "message", "expected"), UNSEEN, ids=[one[1] for one in UNSEEN])
def test_a_host_that_was_not_seen(status: str, message: str, expected: str) -> None:
    seen = observations()
    seen["web2"] = {"status": status, "message": message, "facts": {}}
    (problem,) = told(seen)["web2"]
    assert problem.startswith(expected)


def test_a_host_without_a_python_is_refused_by_its_name() -> None:
    seen = observations()
    old = {"family": "RedHat", "distribution": "CentOS Linux 7 (Core)", "distribution_id": "centos", "release": 7}
    seen["web2"] = {"status": "failed", "message": "/usr/bin/python3: not found", "facts": old}
    first, second = told(seen)["web2"]
    assert first.startswith("the distribution is CentOS Linux 7 (Core): it has Keepalived 1.3")
    assert second.startswith("Python is too old")


def test_a_clock_that_is_not_that_of_the_others() -> None:
    seen = observations()
    seen["web2"]["facts"]["clock"]["epoch"] += 90
    assert told(seen) == {
        "web2": ["the clock is 90.0 s ahead; must be that of the other hosts (chrony, systemd-timesyncd)"]
    }


def test_variables_of_roles_are_of_their_hosts() -> None:
    found = judge.judge(model_of(good()), observations(), {"web1": [Problem("nginx_x", "1", "2")]})
    assert judge.text(found).splitlines()[1:] == ["web1", "  - nginx_x is 1; must be 2"]


# --- the network ------------------------------------------------------------------------------------------------


def answer(*macs: str) -> Tree:
    return {"arp": [{"address": VIP, "macs": list(macs), "own": False}]}


def test_a_stranger_that_answers_for_a_vip() -> None:
    seen = observations()
    seen["d2"]["report"] = answer("02:00:00:00:99:99")
    assert told(seen) == {
        "d2": [
            "lvs_vips.web.addresses is 198.51.100.200, for which 02:00:00:00:99:99 answers on eth0;"
            " must be an address that nobody else has"
        ]
    }


def test_a_host_of_the_cluster_that_answers_is_no_stranger() -> None:
    seen = observations()
    seen["d2"]["report"] = answer(mac("d1"))
    assert told(seen) == {}


def test_a_stranger_that_uses_a_vrid() -> None:
    seen = observations()
    seen["d1"]["report"] = {"adverts": [advert(), advert(priority=150)]}
    assert told(seen) == {
        "d1": [
            "lvs_vips.web.vrid is 51, which 198.51.100.9 uses on eth0 (VRRP 3, priority 150);"
            " must be a number that nobody else uses there"
        ]
    }


@pytest.mark.parametrize(
    "changes",
    [{"vrid": 52}, {"outgoing": True}, {"source": DIRECTORS["d2"]}, {"source": "fe80::9"}],
    ids=["another number", "its own", "a peer's", "another family"],
)
def test_adverts_that_disturb_nobody(changes: Tree) -> None:
    seen = observations()
    seen["d1"]["report"] = {"adverts": [advert(**changes)]}
    assert told(seen) == {}


@pytest.mark.parametrize("lost", ["limit", "unreachable"])
def test_without_all_hosts_nobody_is_a_stranger(lost: str) -> None:
    seen = observations()
    seen["d1"]["report"] = {**answer("02:00:00:00:99:99"), "adverts": [advert()]}
    if lost == "limit":
        del seen["d2"]
    else:
        seen["d2"] = {"status": "unreachable", "message": "gone", "facts": {}}
    assert "d1" not in told(seen)


def test_a_network_that_cannot_be_asked_is_a_note() -> None:
    seen = observations()
    seen["d1"]["report"] = {"arp": {"error": "eth0: no packet socket: Operation not permitted"}}
    report = judge.judge(model_of(good()), seen, {})
    assert report.notes == {"d1": ["arp was not looked at: eth0: no packet socket: Operation not permitted"]}


def asked(host: str, **others: Any) -> Tree:
    found: Tree = {**observations()[host]["facts"], **others}
    return wire.questions(settle(model_of(good())["hosts"][host], found), found)


OURS: Tree = {"units": {"keepalived.service": {"active": True, "enabled": True}}, "paths": {OUR_KEEPALIVED: {}}}
PROBES = [{"interface": "eth0", "addresses": [VIP], "seconds": 0.6}]


def test_what_a_director_asks_before_keepalived_runs() -> None:
    assert asked("d1") == {"arp_probes": PROBES, "vrrp_listen": {"interface": "eth0", "seconds": 2.0}}


def test_a_backup_of_ours_asks_and_does_not_listen() -> None:
    kept = [link("lo", "127.0.0.1/8", VIP + "/32"), link("eth0", DIRECTORS["d1"] + "/24")]
    assert asked("d1", links=kept, **OURS) == {"arp_probes": PROBES}


def test_a_holder_of_ours_asks_nothing() -> None:
    assert asked("d1", links=[link("eth0", DIRECTORS["d1"] + "/24", VIP + "/24")], **OURS) == {}


def test_a_keepalived_that_is_not_ours_is_listened_beside() -> None:
    assert "vrrp_listen" in asked("d1", **{**OURS, "paths": {}})


def test_nobody_else_asks() -> None:
    assert asked("web1") == {}
    assert asked("d1", links=[link("eth0", "192.0.2.1/24")]) == {}
