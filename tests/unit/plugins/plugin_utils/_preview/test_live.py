# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do to live hosts: every kind of change is told, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import healthy
import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.live import changes, text

Tree = Any  # of no type, as a test changes a model into what no model is
VIP, WEB_80 = healthy.VIP, healthy.WEB_80
ONE_STAYS = "? 1 difference of the table stays: Keepalived does not see what others did; verify names it"


@pytest.fixture
def model() -> Tree:
    return healthy.model()


@pytest.fixture
def seen() -> Tree:
    """What the hosts report while they are as the model was before a test edits it."""
    return healthy.observations(healthy.model())


def directors(model: Tree) -> list[Tree]:
    return [model["hosts"][host]["director"] for host in ("d1", "d2")]


def of(model: Tree, seen: Tree, host: str = "d1") -> list[str]:
    found: Tree = changes(model, seen)["hosts"][host]
    return [*found["changes"], *found["daemons"]]


def transitions(model: Tree, seen: Tree) -> list[str]:
    found: list[str] = changes(model, seen)["transitions"]["default"]
    return found


def test_nothing_changes_where_all_is_as_the_model_says(model: Tree, seen: Tree) -> None:
    assert text(changes(model, seen)).splitlines() == [
        "d1: nothing changes",
        "d2: nothing changes",
        "web1: nothing changes",
        "web2: nothing changes",
        "cluster default: no VRRP transition",
    ]


def test_a_host_that_was_not_seen_is_said(model: Tree, seen: Tree) -> None:
    seen["web2"] = {"status": "unreachable", "message": "no route to host"}
    said = text(changes(model, seen))
    assert "web2: not compared, it cannot be looked at: no route to host\n" in said
    assert "web1: nothing changes\n" in said


# --- files and daemons ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "daemon"),
    [
        ("/etc/keepalived/keepalived.conf", ["Keepalived is reloaded"]),
        ("/etc/nginx/nginx.conf", []),
        ("/usr/libexec/keepalived/lvs-check", []),
        (
            "/etc/systemd/system/keepalived.service.d/vipstack-lvs.conf",
            ["Keepalived needs a restart before all of its unit counts; a run does none"],
        ),
        ("/etc/modprobe.d/ours.conf", ["new module options take effect when ip_vs is loaded next (a reboot)"]),
    ],
)
def test_a_file_of_a_director_and_what_follows(model: Tree, seen: Tree, path: str, daemon: list[str]) -> None:
    seen["d1"]["expected"] = {path: {"sha256": "new", "mode": "0644"}}
    seen["d1"]["report"]["files"] = {path: {"exists": True, "sha256": "old", "mode": "0644"}}
    assert of(model, seen) == ["~ " + path, *daemon]
    seen["d1"]["report"]["files"][path].update(sha256="new", mode="0600")
    assert of(model, seen) == ["~ " + path, *daemon]


def test_files_come_and_go(model: Tree, seen: Tree) -> None:
    seen["web1"]["expected"] = {"/etc/nginx/a": {"sha256": "a", "mode": "0644"}, "/etc/nginx/b": None}
    seen["web1"]["report"]["files"] = {"/etc/nginx/a": {"exists": False}, "/etc/nginx/b": {"exists": True}}
    assert of(model, seen, "web1") == ["+ /etc/nginx/a", "- /etc/nginx/b", "Nginx is reloaded"]


@pytest.mark.parametrize(
    ("state", "words"),
    [({"active": "failed"}, "Keepalived is started"), ({"load": "not-found"}, "Keepalived is set up and started")],
)
def test_a_daemon_that_does_not_run_is_started(model: Tree, seen: Tree, state: Tree, words: str) -> None:
    seen["d1"]["report"]["units"]["keepalived.service"].update(state)
    assert of(model, seen) == [words]


def test_a_sysctl_that_differs_or_is_not_there(model: Tree, seen: Tree) -> None:
    seen["d1"]["report"]["sysctls"]["net.ipv4.vs.expire_nodest_conn"] = "0"
    assert of(model, seen) == ["~ net.ipv4.vs.expire_nodest_conn = 0 => 1"]
    seen["d1"]["report"]["sysctls"]["net.ipv4.vs.expire_nodest_conn"] = None
    assert of(model, seen) == ["+ net.ipv4.vs.expire_nodest_conn = 1"]


def test_the_vips_of_a_real_server(model: Tree, seen: Tree) -> None:
    seen["web1"]["report"]["vips"][VIP] = [{"interface": "eth0", "prefix": 32, "label": ""}]
    seen["web1"]["report"]["links"][0]["addresses"].append({"address": "198.51.100.209", "prefix": 32})
    assert of(model, seen, "web1") == ["+ %s/32 dev lo" % VIP, "- 198.51.100.209/32 dev lo, if a run made it"]


def test_the_vips_that_keepalived_keeps_on_lo_are_not_removed(model: Tree, seen: Tree) -> None:
    """On a director that is a real server of another VIP."""
    model["hosts"]["d1"]["real_server"] = {"interface": "lo", "vips": []}
    seen["d1"]["report"]["links"][0]["addresses"].append({"address": VIP, "prefix": 32})
    assert not [line for line in of(model, seen) if " dev lo" in line]


@pytest.mark.parametrize("part", ["files", "sysctls", "vips", "links", "units"])
@pytest.mark.parametrize("host", ["d1", "web1"])
def test_a_part_that_cannot_be_read_promises_nothing(model: Tree, seen: Tree, host: str, part: str) -> None:
    seen[host]["report"][part] = {"error": "no"}
    assert of(model, seen, host) == ["? %s: cannot be read (no), so not compared" % part]


# --- the table --------------------------------------------------------------------------------------------------


def test_a_destination_goes_another_comes_and_a_weight_changes(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        first, second = director["services"][0]["real_servers"]
        first["weight"] = 3
        second.update(host="web3", address="198.51.100.104")
    assert of(model, seen) == [
        "~ %s -> 198.51.100.102:80 weight 1 => 3" % WEB_80,
        "+ %s -> 198.51.100.104:80 dr weight 1" % WEB_80,
        "- %s -> 198.51.100.103:80 dr weight 1" % WEB_80,
    ]


def test_a_service_is_new_and_one_is_left_over(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        other = copy.deepcopy(director["services"][0])
        other.update(name="web-443", port=443, real_servers=[])
        director["services"].append(other)
    old = {"address": "198.51.100.209", "port": 25, "protocol": "tcp", "real_servers": []}
    seen["d1"]["report"]["keepalived"]["virtual_servers"].append(old)
    assert of(model, seen) == ["+ tcp %s:443 mh mh-fallback,mh-port" % VIP, "- tcp 198.51.100.209:25"]


def test_what_a_check_did_is_no_change(model: Tree, seen: Tree) -> None:
    report = seen["d1"]["report"]
    report["ipvs"]["services"][0]["destinations"][0]["weight"] = 0
    assert of(model, seen) == [ONE_STAYS]
    report["keepalived"]["virtual_servers"][0]["real_servers"][0]["alive"] = False
    assert of(model, seen) == []


def test_a_sorry_server_that_answers_is_no_change(model: Tree, seen: Tree) -> None:
    sorry = {"address": "127.0.0.1", "port": 80, "forward": "local", "weight": 1}
    thresholds = {"lower_threshold": 0, "upper_threshold": 0}
    seen["d1"]["report"]["ipvs"]["services"][0]["destinations"].append({**sorry, **thresholds})
    assert of(model, seen) == [ONE_STAYS]
    for director in directors(model):
        director["services"][0]["sorry_server"] = {"address": "127.0.0.1", "port": 80}
    assert of(model, seen) == []


def stranger(**fields: Any) -> Tree:
    """A service that no model knows, with one real server."""
    server = {"address": "203.0.113.9", "port": 25, "forward": "dr", "weight": 1}
    thresholds = {"lower_threshold": 0, "upper_threshold": 0}
    service = {"family": "inet", "scheduler": "rr", "scheduler_flags": [], "one_packet": False, "persistence": None}
    return {**service, "pe_name": "", **fields, "destinations": [{**server, **thresholds}]}


MARK = stranger(fwmark=7)
ELSEWHERE = stranger(protocol="tcp", address="203.0.113.1", port=25)
AT_THE_VIP = stranger(protocol="tcp", address=VIP, port=25)


def static(model: Tree) -> None:
    for director in directors(model):
        director["table_owner"] = "static"


def test_a_strangers_service_stays(model: Tree, seen: Tree) -> None:
    seen["d1"]["report"]["ipvs"]["services"] += [MARK, ELSEWHERE]
    assert of(model, seen) == []


def test_a_static_table_is_purged_of_strangers(model: Tree, seen: Tree) -> None:
    """The module ipvs removes whatever the model does not know, also firewall marks."""
    static(model)
    seen["d1"]["report"]["ipvs"]["services"] += [MARK, ELSEWHERE, AT_THE_VIP]
    assert of(model, seen) == [
        "- %s, unless director_static_purge is false" % name
        for name in ("tcp %s:25" % VIP, "fwmark 7 inet", "tcp 203.0.113.1:25")
    ]


def test_a_static_table_is_corrected(model: Tree, seen: Tree) -> None:
    static(model)
    seen["d1"]["report"]["ipvs"]["services"][0]["destinations"][0]["weight"] = 7
    assert of(model, seen) == ["~ %s -> 198.51.100.102:80 weight 7 => 1" % WEB_80]


def by_hand_a_service(report: Tree) -> None:
    report["ipvs"]["services"].append(AT_THE_VIP)


def by_hand_no_service(report: Tree) -> None:
    report["ipvs"]["services"] = []


def by_hand_a_scheduler(report: Tree) -> None:
    report["ipvs"]["services"][0].update(scheduler="rr", scheduler_flags=[])


def by_hand_a_destination(report: Tree) -> None:
    pool = report["ipvs"]["services"][0]["destinations"]
    pool.append({**pool[0], "address": "198.51.100.109"})


def by_hand_no_destination(report: Tree) -> None:
    del report["ipvs"]["services"][0]["destinations"][1]


def by_hand_a_weight(report: Tree) -> None:
    report["ipvs"]["services"][0]["destinations"][0]["weight"] = 7


def by_hand_a_threshold(report: Tree) -> None:
    report["ipvs"]["services"][0]["destinations"][0]["upper_threshold"] = 7


@pytest.mark.parametrize(
    "edit",
    [
        by_hand_a_service,
        by_hand_a_scheduler,
        by_hand_a_destination,
        by_hand_no_destination,
        by_hand_a_weight,
        by_hand_a_threshold,
    ],
)
def test_what_was_done_past_keepalived_stays_and_that_is_told(model: Tree, seen: Tree, edit: Any) -> None:
    edit(seen["d1"]["report"])
    assert of(model, seen) == [ONE_STAYS]


def test_a_service_that_was_removed_past_keepalived_does_not_come_back(model: Tree, seen: Tree) -> None:
    by_hand_no_service(seen["d1"]["report"])
    assert of(model, seen) == [ONE_STAYS.replace("1 difference of the table stays", "3 differences of the table stay")]


def test_what_keepalived_has_and_the_model_lacks_goes(model: Tree, seen: Tree) -> None:
    report = seen["d1"]["report"]
    by_hand_a_service(report)
    old = {**report["keepalived"]["virtual_servers"][0], "port": 25, "real_servers": []}
    mark = {**old, "address": None, "port": None, "fwmark": 9}
    report["keepalived"]["virtual_servers"] += [old, mark]
    said = of(model, seen)
    assert said[0].startswith("- tcp %s:25 rr" % VIP)
    assert said[-1] == "- fwmark 9"
    assert not [line for line in said if line.startswith("?")]


def test_another_scheduler_of_the_model_comes_with_the_reload(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        director["services"][0].update(scheduler="wlc", scheduler_flags=[])
    path = "/etc/keepalived/keepalived.conf"
    seen["d1"]["expected"] = {path: {"sha256": "new", "mode": "0644"}}
    seen["d1"]["report"]["files"] = {path: {"exists": True, "sha256": "old", "mode": "0644"}}
    assert "~ %s scheduler mh => wlc, flags mh-fallback,mh-port => none" % WEB_80 in of(model, seen)


def test_a_keepalived_that_starts_adds_and_removes_nothing(model: Tree, seen: Tree) -> None:
    report = seen["d1"]["report"]
    report["keepalived"].update(running=False, instances=[], virtual_servers=None)
    by_hand_no_destination(report)
    by_hand_a_service(report)
    assert of(model, seen) == ["+ %s -> 198.51.100.103:80 dr weight 1" % WEB_80, ONE_STAYS]


def test_a_keepalived_that_does_not_report_its_table_changes_it_by_a_reload_only(model: Tree, seen: Tree) -> None:
    report = seen["d1"]["report"]
    report["keepalived"]["virtual_servers"] = None
    by_hand_a_weight(report)
    assert of(model, seen) == [ONE_STAYS]
    path = "/etc/keepalived/keepalived.conf"
    seen["d1"]["expected"] = {path: {"sha256": "new", "mode": "0644"}}
    report["files"] = {path: {"exists": True, "sha256": "old", "mode": "0644"}}
    assert "~ %s -> 198.51.100.102:80 weight 7 => 1" % WEB_80 in of(model, seen)


def test_a_table_that_cannot_be_read_is_taken_as_empty(model: Tree, seen: Tree) -> None:
    seen["d1"]["report"]["ipvs"] = {"error": "the kernel has no IPVS"}
    first, *rest = of(model, seen)
    assert first == "? the table cannot be read (the kernel has no IPVS); it is taken as empty"
    assert [line[:2] for line in rest] == ["+ ", "+ ", "+ "]


# --- transitions ------------------------------------------------------------------------------------------------


def test_without_preemption_a_priority_moves_nothing(model: Tree, seen: Tree) -> None:
    directors(model)[1]["instances"][0]["priority"] = 255
    assert transitions(model, seen) == []


def test_with_preemption_the_higher_priority_takes_over(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        director["instances"][0]["preempt"] = True
    assert transitions(model, seen) == []
    directors(model)[1]["instances"][0]["priority"] = 255
    assert transitions(model, seen) == ["instance web: moves from d1 to d2 (priority 255 over 254, with preemption)"]
    # Its own check keeps it down.
    seen["d2"]["report"]["keepalived"]["instances"][0]["priority"] -= 20
    assert transitions(model, seen) == []


def test_directors_that_do_not_hear_each_other(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        director["instances"][0].update(vrid=52, version=2, auth="pass", advert_interval=1)
    assert transitions(model, seen) == [
        "%s: instance web: vrid 51 => 52, version 3 => 2, auth none => pass, advert_interval 0.25 => 1;"
        " until all directors have it, each may hold the VIP" % host
        for host in ("d1", "d2")
    ]


def test_an_interval_of_version_3_is_taken_over_from_the_master(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        director["instances"][0]["advert_interval"] = 0.1
    assert transitions(model, seen) == []


def test_a_vip_that_changes_its_address(model: Tree, seen: Tree) -> None:
    for director in directors(model):
        director["instances"][0]["addresses"][0]["address"] = "198.51.100.210/24"
    assert transitions(model, seen)[:2] == ["d1: + VIP 198.51.100.210", "d1: - VIP %s" % VIP]


def test_an_instance_that_goes(model: Tree, seen: Tree) -> None:
    old = {**seen["d1"]["report"]["keepalived"]["instances"][0], "name": "old", "addresses": ["198.51.100.209/24"]}
    seen["d1"]["report"]["keepalived"]["instances"].append(old)
    assert transitions(model, seen) == ["d1: instance old goes with 198.51.100.209/24"]


def test_nobody_holds_the_vip_yet(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        seen[host]["report"]["keepalived"] = {"running": False, "instances": None, "virtual_servers": None}
    assert transitions(model, seen) == ["instance web: nobody holds it now, d1 will"]
    del seen["d2"]
    assert transitions(model, seen) == []


@pytest.mark.parametrize("answer", [{"error": "no"}, {"running": True, "source": None, "instances": None}])
def test_a_director_that_does_not_report_its_instances_may_hold_the_vip(model: Tree, seen: Tree, answer: Tree) -> None:
    seen["d1"]["report"]["keepalived"] = answer
    assert transitions(model, seen) == []
