# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault by itself gives exactly the findings that name it; a cluster that is as the model says gives none."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable

import healthy
import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import MOST_PROBES, questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.tls_values import STAND_IN
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.catalogue import CATALOGUE, Finding
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.judge import counts, failing, findings, unseen

Tree = Any  # of no type, as a test changes a model into what no model is
Fault = Callable[[Tree, Tree], None]


def judged(fault: Fault) -> list[Finding]:
    model = healthy.model()
    seen = healthy.observations(model)
    fault(model, seen)
    return findings(model, seen)


def report(seen: Tree, host: str) -> Tree:
    found: Tree = seen[host]["report"]
    return found


def instance(seen: Tree, host: str) -> Tree:
    found: Tree = report(seen, host)["keepalived"]["instances"][0]
    return found


def destinations(seen: Tree, host: str) -> list[Tree]:
    found: list[Tree] = report(seen, host)["ipvs"]["services"][0]["destinations"]
    return found


def checks(seen: Tree, host: str) -> list[Tree]:
    found: list[Tree] = report(seen, host)["keepalived"]["virtual_servers"][0]["real_servers"]
    return found


# --- faults -----------------------------------------------------------------------------------------------------


def weights_damaged(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["drained"] = {"error": "/var/lib/vipstack-lvs/weights/web@web1 is damaged, so …"}


def handover_is_a_folder(_model: Tree, seen: Tree) -> None:
    report(seen, "d2")["handover"] = {"error": "/run/vipstack-lvs.handover cannot be read: Is a directory"}


def handover_left(_model: Tree, seen: Tree) -> None:
    report(seen, "d2")["handover"] = 1


def unreachable(_model: Tree, seen: Tree) -> None:
    seen["web1"] = {"status": "unreachable", "message": "no route to host"}


def not_inspected(_model: Tree, seen: Tree) -> None:
    seen["web1"] = {"status": "failed", "message": "sudo: a password is required"}


def part_unreadable(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["clock"] = {"error": "OSError: no"}


def daemon_silent(_model: Tree, seen: Tree) -> None:
    report(seen, "d2")["keepalived"]["errors"] = ["Keepalived did not write in time"]


def interface_named_otherwise(model: Tree, seen: Tree) -> None:
    model["hosts"]["web1"]["interface"] = "eth0"
    report(seen, "web1")["links"][1]["name"] = "ens3"


TUNNEL = {"interface": "lvs-ipip", "family": "inet", "address": "198.51.100.102"}
WAY = {
    "family": "inet", "address": "198.51.100.102", "gateway": "198.51.100.1", "table": 11200, "direct": [],
    "ports": [{"protocol": "tcp", "port": 80}, {"protocol": "sctp", "port": 80}],
}  # fmt: skip


def tunnel_down(model: Tree, seen: Tree) -> None:
    model["hosts"]["web1"]["real_server"]["tunnels"] = [TUNNEL]
    report(seen, "web1")["links"].append({**report(seen, "web1")["links"][1], "name": "lvs-ipip", "up": False})


def tunnel_away(model: Tree, _seen: Tree) -> None:
    model["hosts"]["web1"]["real_server"]["tunnels"] = [TUNNEL]


def answers_go_elsewhere(model: Tree, seen: Tree) -> None:
    model["hosts"]["web1"]["real_server"]["ways"] = [WAY]
    answers = {"address": "198.51.100.102", "protocol": "tcp", "port": 80}
    report(seen, "web1")["ways"] = [{**answers, "gateway": "198.51.100.254"}]


def answers_go_directly(model: Tree, seen: Tree) -> None:
    answers_go_elsewhere(model, seen)
    report(seen, "web1")["ways"][0]["gateway"] = None


def link_down(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["links"][1]["operstate"] = "down"


def second_address_missing(model: Tree, _seen: Tree) -> None:
    model["hosts"]["web1"]["address6"] = "2001:db8::102"


def address_elsewhere(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["links"][1]["addresses"] = []


def nginx_stopped(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["units"]["nginx.service"].update(active="inactive", sub="dead")
    report(seen, "web1")["probes"][0].update(error="Connection refused", status=None)


def unit_absent(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["units"]["vipstack-lvs-vips.service"].update(load="not-found", active="inactive")


def unit_disabled(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["units"]["keepalived.service"]["enabled"] = "disabled"


def nginx_upgraded(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["units"]["nginx.service"]["outdated"] = ["/usr/sbin/nginx"]


def rules_made_anew(model: Tree, seen: Tree) -> None:
    report(seen, "d2")["firewall"]["closed"] = [{"place": "iptables INPUT", "hook": "input", "opened": None}]


def unit_died(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["units"]["keepalived.service"]["restarts"] = 2


def keepalived_refuses(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["keepalived_test"] = {"ok": False, "status": 5, "output": "(line 3) Unknown keyword 'vrrp_x'"}


def keepalived_file_gone(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["keepalived_test"] = {"error": "/etc/keepalived/keepalived.conf is not there or empty"}


def nginx_refuses(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["nginx_test"] = {"ok": False, "status": 1, "output": "nginx: [emerg] unexpected }"}


def edited(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["files"]["/etc/ours.conf"]["sha256"] = "bb"


def deleted(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["files"]["/etc/ours.conf"] = {"exists": False, "mode": None, "sha256": None}


def left_over(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["files"]["/etc/not-ours.conf"] = {"exists": True, "mode": "0644", "sha256": "cc"}


def readable_by_all(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["files"]["/etc/ours.conf"]["mode"] = "0666"


def sysctl_overridden(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["sysctls"]["net.ipv4.vs.expire_nodest_conn"] = "0"


def unsynchronised(_model: Tree, seen: Tree) -> None:
    report(seen, "web2")["clock"]["synchronised"] = False


def clock_ahead(_model: Tree, seen: Tree) -> None:
    report(seen, "web2")["clock"]["epoch"] += 90


def other_vrid(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["vrid"] = 52


def other_auth_type(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["auth"] = "pass"


def other_interface(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["interface"] = "eth1"


def other_priority(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["base_priority"] = 100


def other_vips(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["addresses"] = ["198.51.100.201/24"]


def no_instance(_model: Tree, seen: Tree) -> None:
    report(seen, "d2")["keepalived"]["instances"] = []


def split(seen: Tree) -> None:
    instance(seen, "d2")["state"] = "MASTER"
    report(seen, "d2")["vips"][healthy.VIP] = [healthy.ON_ETH0, healthy.ON_LO]
    for host in ("web1", "web2"):
        report(seen, host)["arp"][0]["macs"].append(healthy.MACS["d2"])


def filtered_between(_model: Tree, seen: Tree) -> None:
    split(seen)
    report(seen, "d2")["adverts"] = []


def filtered_on_the_host(_model: Tree, seen: Tree) -> None:
    split(seen)
    mine = dict(report(seen, "d1")["adverts"][0], source=healthy.ADDRESSES["d2"], outgoing=False)
    report(seen, "d1")["adverts"].append(mine)


def other_password(model: Tree, seen: Tree) -> None:
    """As in a version 2 deployment; the peer's adverts arrive and are refused."""
    split(seen)
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["instances"][0]["auth"] = "pass"
        instance(seen, host)["auth"] = "pass"
    instance(seen, "d2")["counters"]["auth_failures"] = 40
    report(seen, "d2")["adverts"][0]["auth"] = "pass"


def filtered_after_other_passwords(model: Tree, seen: Tree) -> None:
    """The counter is from yesterday: no advert arrives today."""
    other_password(model, seen)
    report(seen, "d2")["adverts"] = []


def dead_in_the_table(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["probes"][0].update(error="Invalid argument", status=None, connected=False)


def wrong_answer_in_the_table(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["probes"][0]["status"] = 503


def other_vrid_and_split(_model: Tree, seen: Tree) -> None:
    split(seen)
    instance(seen, "d2")["vrid"] = 52


def vrid_taken(_model: Tree, seen: Tree) -> None:
    stranger = dict(report(seen, "d2")["adverts"][0], source="198.51.100.77")
    report(seen, "d2")["adverts"].append(stranger)


def keepalived_died(_model: Tree, seen: Tree) -> None:
    """Killed: the addresses stay."""
    report(seen, "d1")["units"]["keepalived.service"].update(active="failed", sub="failed", result="signal")
    report(seen, "d1")["keepalived"].update(running=False, instances=[], source=None, virtual_servers=[])


def both_stopped(_model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        report(seen, host)["units"]["keepalived.service"].update(active="inactive", sub="dead")
        report(seen, host)["keepalived"].update(running=False, instances=[], source=None, virtual_servers=[])
        report(seen, host)["vips"][healthy.VIP] = [healthy.ON_LO]
    for host in seen:
        report(seen, host)["arp"][0].update(macs=[], own=False)


def added_by_hand(_model: Tree, seen: Tree) -> None:
    split(seen)
    instance(seen, "d2")["state"] = "BACKUP"


def taken_by_a_network_manager(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["vips"][healthy.VIP] = [healthy.ON_LO]
    for host in seen:
        report(seen, host)["arp"][0].update(macs=[], own=False)


def on_another_interface(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["vips"][healthy.VIP][0]["interface"] = "eth1"


def nobody_answers(_model: Tree, seen: Tree) -> None:
    for host in ("d2", "web1", "web2"):
        report(seen, host)["arp"][0]["macs"] = []


def stranger_answers(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["arp"][0]["macs"].append("02:00:00:00:00:99")


def director_unfit(_model: Tree, seen: Tree) -> None:
    instance(seen, "d2")["state"] = "FAULT"


def changes_hands(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["transitions"] = [
        {"epoch": healthy.NOW - 60 + number, "instance": "web", "state": "MASTER"} for number in range(6)
    ]


def real_server_loud(_model: Tree, seen: Tree) -> None:
    report(seen, "d2")["arp"][0]["macs"].append(healthy.MACS["web2"])


def sysctls_lost(_model: Tree, seen: Tree) -> None:
    report(seen, "web2")["sysctls"]["net.ipv4.conf.all.arp_ignore"] = "0"


def not_on_lo(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["vips"][healthy.VIP] = []


def not_kept(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["vips"][healthy.VIP] = [healthy.ON_ETH0]


def short_prefix(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["vips"][healthy.VIP][0]["prefix"] = 24


def on_the_wire(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["vips"][healthy.VIP].append({"interface": "eth0", "prefix": 24, "label": "eth0"})


def nginx_silent(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["probes"][0].update(error="no answer within 2 s", status=None)


def nginx_wrong(_model: Tree, seen: Tree) -> None:
    report(seen, "web1")["probes"][0]["status"] = 404


def tls_of(model: Tree, seen: Tree, **answer: Any) -> None:
    """web1 has TLS; ``answer``: what is other than well in what it answers, ``days`` until the certificate expires."""
    model["hosts"]["web1"]["nginx"]["sites"][0]["tls"] = {"ports": [443]}
    expires = int(healthy.NOW + answer.pop("days", 90) * 86400)
    fine = dict(report(seen, "web1")["probes"][0], name="tls|site www", port=443, expires=expires, issuer="R3")
    report(seen, "web1")["probes"].append({**fine, **answer})


def no_handshake(model: Tree, seen: Tree) -> None:
    tls_of(model, seen, error="handshake failure", status=None, expires=None)


def certificate_of_3_weeks(model: Tree, seen: Tree) -> None:
    tls_of(model, seen, days=21)


def certificate_of_3_days(model: Tree, seen: Tree) -> None:
    tls_of(model, seen, days=3)


def certificate_of_yesterday(model: Tree, seen: Tree) -> None:
    tls_of(model, seen, days=-1)


def no_certificate_yet(model: Tree, seen: Tree) -> None:
    """A stand-in, which is made for 7 days, says that first."""
    tls_of(model, seen, days=3, issuer=STAND_IN)


def no_ipvs(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["ipvs"] = {"error": "the kernel has no IPVS"}


def no_service(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["ipvs"]["services"] = []


def one_service_more(_model: Tree, seen: Tree) -> None:
    table = report(seen, "d1")["ipvs"]["services"]
    table.append(dict(table[0], port=443, destinations=[]))


def known_by_mark(model: Tree, seen: Tree) -> None:
    for director in ("d1", "d2"):
        model["hosts"][director]["director"]["services"][0]["fwmark"] = 7
        table = report(seen, director)["ipvs"]["services"]
        table[0] = {"fwmark": 7, "family": "inet", **table[0]}
        for name in ("protocol", "address", "port"):
            del table[0][name]
        report(seen, director)["marks"] = [7]


def no_mark(model: Tree, seen: Tree) -> None:
    known_by_mark(model, seen)
    report(seen, "d1")["marks"] = [8]


def other_scheduler(_model: Tree, seen: Tree) -> None:
    report(seen, "d1")["ipvs"]["services"][0].update(scheduler="rr", scheduler_flags=[])


def no_destination(_model: Tree, seen: Tree) -> None:
    del destinations(seen, "d1")[1]


def one_destination_more(_model: Tree, seen: Tree) -> None:
    destinations(seen, "d1").append(dict(destinations(seen, "d1")[0], address="198.51.100.109"))


def other_method(_model: Tree, seen: Tree) -> None:
    destinations(seen, "d1")[0]["forward"] = "nat"


def other_weight(_model: Tree, seen: Tree) -> None:
    destinations(seen, "d1")[0]["weight"] = 7


def one_missing_and_another_weight(_model: Tree, seen: Tree) -> None:
    """Where the scheduler heeds the order: that the one has to move for the other hides nothing."""
    del destinations(seen, "d1")[0]
    destinations(seen, "d1")[0]["weight"] = 7


def weight_zero_by_hand(_model: Tree, seen: Tree) -> None:
    destinations(seen, "d1")[0]["weight"] = 0


def check_fails(seen: Tree, host: str, index: int = 0) -> None:
    destinations(seen, host)[index]["weight"] = 0
    checks(seen, host)[index].update(alive=False, failed_checks=1, effective_weight=0)
    report(seen, host)["probes"][index].update(error="Connection refused", status=None, connected=False)


def real_server_dead(_model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        check_fails(seen, host)


def real_server_dead_and_removed(model: Tree, seen: Tree) -> None:
    real_server_dead(model, seen)
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["inhibit_on_failure"] = False
        del destinations(seen, host)[0]


def real_server_dead_and_daemon_silent(model: Tree, seen: Tree) -> None:
    real_server_dead(model, seen)
    for host in ("d1", "d2"):
        report(seen, host)["keepalived"]["virtual_servers"] = []


def path_from_one_director_broken(_model: Tree, seen: Tree) -> None:
    check_fails(seen, "d1")


def all_real_servers_dead(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        check_fails(seen, host, 0)
        check_fails(seen, host, 1)


def sorry(model: Tree, seen: Tree) -> None:
    all_real_servers_dead(model, seen)
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["sorry_server"] = {"address": "127.0.0.1", "port": 80}
        extra = dict(destinations(seen, host)[0], address="127.0.0.1", forward="local", weight=1)
        destinations(seen, host).append(extra)


def sorry_on_every_port(model: Tree, seen: Tree) -> None:
    known_by_mark(model, seen)
    sorry(model, seen)
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["sorry_server"]["port"] = 0
        destinations(seen, host)[-1]["port"] = 0


def below_quorum(model: Tree, seen: Tree) -> None:
    """One is dead, and the other one alone is not enough."""
    sorry(model, seen)
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["quorum"] = 2
        for virtual in report(seen, host)["keepalived"]["virtual_servers"]:
            virtual["real_servers"][1]["alive"] = True


def drained(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["real_servers"][0]["drained"] = True
        destinations(seen, host)[0]["weight"] = 0


def drain_without_effect(model: Tree, seen: Tree) -> None:
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["real_servers"][0]["drained"] = True


CASES: list[tuple[Fault, set[tuple[str, str]]]] = [
    (unreachable, {("unreachable", "web1")}),
    (not_inspected, {("inspection_failed", "web1")}),
    (part_unreadable, {("inspection_incomplete", "web1")}),
    (daemon_silent, {("inspection_incomplete", "d2")}),
    (interface_named_otherwise, {("interface_missing", "web1")}),
    (link_down, {("interface_down", "web1")}),
    (address_elsewhere, {("address_missing", "web1")}),
    (second_address_missing, {("address_missing", "web1")}),
    (nginx_stopped, {("service_not_running", "web1")}),
    (unit_absent, {("service_not_running", "web1")}),
    (unit_disabled, {("service_not_enabled", "d1")}),
    (unit_died, {("service_came_back", "d1")}),
    (nginx_upgraded, {("service_outdated", "web1")}),
    (weights_damaged, {("drain_unreadable", "d1")}),
    (handover_is_a_folder, {("handover_unreadable", "d2")}),
    (handover_left, {("handover_left", "d2")}),
    (keepalived_refuses, {("config_broken", "d1")}),
    (keepalived_file_gone, {("config_broken", "d1")}),
    (nginx_refuses, {("config_broken", "web1")}),
    (edited, {("config_edited", "d1")}),
    (deleted, {("config_edited", "d1")}),
    (left_over, {("config_edited", "d1")}),
    (readable_by_all, {("config_edited", "d1")}),
    (sysctl_overridden, {("sysctl_differs", "d1")}),
    (rules_made_anew, {("firewall_closed", "d2")}),
    (unsynchronised, {("clock_not_synchronised", "web2")}),
    (clock_ahead, {("clocks_apart", "web2")}),
    (other_vrid, {("vrid_differs", "d2")}),
    (other_auth_type, {("auth_differs", "d2")}),
    (other_interface, {("wrong_interface", "d2")}),
    (other_priority, {("vrrp_settings_differ", "d2")}),
    (other_vips, {("vrrp_settings_differ", "d2")}),
    (no_instance, {("vrrp_instance_missing", "d2")}),
    (filtered_between, {("vrrp_filtered", "d1"), ("vrrp_filtered", "d2"), ("vip_on_both", "d1, d2")}),
    (filtered_on_the_host, {("vrrp_filtered", "d1"), ("vrrp_filtered", "d2"), ("vip_on_both", "d1, d2")}),
    (other_password, {("auth_differs", "d2"), ("vip_on_both", "d1, d2")}),
    (
        filtered_after_other_passwords,
        {("vrrp_filtered", "d1"), ("vrrp_filtered", "d2"), ("vip_on_both", "d1, d2")},
    ),
    (other_vrid_and_split, {("vrid_differs", "d2"), ("vip_on_both", "d1, d2")}),
    (vrid_taken, {("vrid_collision", "d2")}),
    (keepalived_died, {("service_not_running", "d1"), ("vip_stale", "d1")}),
    (both_stopped, {("service_not_running", "d1"), ("service_not_running", "d2"), ("vip_on_none", "d1, d2")}),
    (added_by_hand, {("vip_stale", "d2"), ("vip_on_both", "d1, d2")}),
    (taken_by_a_network_manager, {("vip_lost", "d1"), ("vip_on_none", "d1, d2")}),
    (on_another_interface, {("vip_misplaced", "d1")}),
    (nobody_answers, {("vip_not_answered", "d1")}),
    (stranger_answers, {("vip_answered_by_stranger", "web1")}),
    (director_unfit, {("director_in_fault", "d2")}),
    (changes_hands, {("flapping", "d1")}),
    (real_server_loud, {("real_server_answers_arp", "web2")}),
    (sysctls_lost, {("arp_sysctls_lost", "web2")}),
    (not_on_lo, {("vip_missing_on_lo", "web1")}),
    (not_kept, {("vip_not_kept", "d1")}),
    (short_prefix, {("vip_prefix_wrong", "web1")}),
    (on_the_wire, {("vip_on_wire", "web1")}),
    (tunnel_down, {("tunnel_missing", "web1")}),
    (tunnel_away, {("tunnel_missing", "web1")}),
    (answers_go_elsewhere, {("way_back_wrong", "web1")}),
    (answers_go_directly, {("way_back_wrong", "web1")}),
    (nginx_silent, {("nginx_not_answering", "web1")}),
    (nginx_wrong, {("nginx_not_answering", "web1")}),
    (no_handshake, {("tls_not_answering", "web1")}),
    (certificate_of_3_weeks, {("certificate_expires", "web1")}),
    (certificate_of_3_days, {("certificate_expires_now", "web1")}),
    (certificate_of_yesterday, {("certificate_expires_now", "web1")}),
    (no_certificate_yet, {("certificate_missing", "web1")}),
    (no_ipvs, {("ipvs_unreadable", "d1")}),
    (no_service, {("service_missing", "d1")}),
    (one_service_more, {("service_extra", "d1")}),
    (known_by_mark, set()),
    (no_mark, {("mark_missing", "d1")}),
    (other_scheduler, {("service_differs", "d1")}),
    (no_destination, {("destination_missing", "d1")}),
    (one_destination_more, {("destination_extra", "d1")}),
    (other_method, {("destination_differs", "d1")}),
    (other_weight, {("weight_differs", "d1")}),
    (one_missing_and_another_weight, {("destination_missing", "d1"), ("weight_differs", "d1")}),
    (weight_zero_by_hand, {("weight_differs", "d1")}),
    (real_server_dead, {("destination_degraded", "d1"), ("destination_degraded", "d2")}),
    (real_server_dead_and_removed, {("destination_degraded", "d1"), ("destination_degraded", "d2")}),
    (real_server_dead_and_daemon_silent, {("destination_degraded", "d1"), ("destination_degraded", "d2")}),
    (dead_in_the_table, {("destination_dead", "d1")}),
    (wrong_answer_in_the_table, {("destination_dead", "d1")}),
    (path_from_one_director_broken, {("destination_degraded", "d1"), ("tables_differ", "d1, d2")}),
    (
        all_real_servers_dead,
        {(code, host) for code in ("destination_degraded", "service_down") for host in ("d1", "d2")},
    ),
    (
        below_quorum,
        {(code, host) for code in ("destination_degraded", "service_on_sorry_server") for host in ("d1", "d2")},
    ),
    (sorry, {(code, host) for code in ("destination_degraded", "service_on_sorry_server") for host in ("d1", "d2")}),
    (drained, {("destination_drained", "d1"), ("destination_drained", "d2")}),
    (drain_without_effect, {("weight_differs", "d1"), ("weight_differs", "d2")}),
]


def test_a_sorry_server_of_several_ports_has_no_port() -> None:
    told = {one.what_is for one in judged(sorry_on_every_port) if one.code == "service_on_sorry_server"}
    assert told == {healthy.WEB_80 + ": 127.0.0.1 answers instead of the real servers"}


def test_a_cluster_as_the_model_says_has_no_finding() -> None:
    assert judged(lambda _model, _seen: None) == []


@pytest.mark.parametrize(("fault", "expected"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fault_is_named(fault: Fault, expected: set[tuple[str, str]]) -> None:
    found = judged(fault)
    assert {(one.code, one.host) for one in found} == expected
    json.dumps([one.as_dict() for one in found])


def test_what_changes_with_time_has_any_content_and_is_there() -> None:
    model = healthy.model()
    for fault, codes in ((edited, set()), (deleted, {"config_edited"}), (readable_by_all, {"config_edited"})):
        seen: Tree = healthy.observations(model)
        seen["d1"]["expected"]["/etc/ours.conf"]["aged"] = "yes"
        fault(model, seen)
        assert {one.code for one in findings(model, seen)} == codes


def test_every_entry_of_the_catalogue_is_found_by_a_fault() -> None:
    assert {code for _fault, expected in CASES for code, _host in expected} == set(CATALOGUE)


def test_a_certificate_that_is_good_for_long_is_no_finding() -> None:
    assert judged(tls_of) == []
    assert [one.what_is.partition(" at ")[0] for one in judged(certificate_of_yesterday)] == [
        "site www on port 443: its certificate expired"
    ]


def test_several_hosts_of_a_finding_are_a_list() -> None:
    both = [one for one in judged(filtered_between) if one.code == "vip_on_both"]
    assert [(one.as_dict()["host"], one.as_dict()["hosts"]) for one in both] == [("d1, d2", ["d1", "d2"])]


def test_words_name_what_is_and_what_should_be() -> None:
    (found,) = judged(not_on_lo)
    assert (found.what_is, found.what_should_be) == (
        "198.51.100.200 is not on lo",
        "198.51.100.200/32 on lo",
    )
    (found,) = judged(no_destination)
    assert found.what_is == "tcp 198.51.100.200:80 -> web2 (198.51.100.103:80) is not in the table"
    assert found.path == "lvs_virtual_services.web"
    degraded = judged(real_server_dead)
    assert degraded[0].what_is == (
        "tcp 198.51.100.200:80 -> web1 (198.51.100.102:80): weight 0, "
        "http://198.51.100.102:80/lvs-health: Connection refused"
    )


def test_a_check_with_tls_is_named_so() -> None:
    model = healthy.model()
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["services"][0]["check"]["type"] = "https"
    seen = healthy.observations(model)
    real_server_dead(model, seen)
    assert "https://198.51.100.102:80/lvs-health: Connection refused" in findings(model, seen)[0].what_is


def test_a_filter_on_the_host_is_told_from_one_on_the_way() -> None:
    words = {one.host: one.what_is for one in judged(filtered_on_the_host) if one.code == "vrrp_filtered"}
    assert words["d1"] == "adverts of d2 reach eth0, but Keepalived gets none: the host's own firewall"
    assert words["d2"] == "adverts of d1 reach eth0, but Keepalived gets none: the host's own firewall"
    words = {one.host: one.what_is for one in judged(filtered_between) if one.code == "vrrp_filtered"}
    assert words["d2"] == "no advert of d1 reaches eth0"


def test_hosts_outside_the_run_are_unseen_not_faulty() -> None:
    """With only the backup seen, nobody can tell that the VIP is on none, nor whose answer to ARP that is."""
    model = healthy.model()
    seen = {"d2": healthy.observations(model)["d2"]}
    assert findings(model, seen) == []
    assert unseen(model, seen) == ["d1", "web1", "web2"]


def test_a_director_that_does_not_answer_may_hold_the_vip() -> None:
    model = healthy.model()
    seen = healthy.observations(model)
    seen["d1"] = {"status": "unreachable", "message": "timed out"}
    assert {one.code for one in findings(model, seen)} == {"unreachable"}


def test_a_part_that_cannot_be_read_is_no_deviation() -> None:
    model = healthy.model()
    for host in model["hosts"]:
        for part in healthy.observations(model)[host]["report"]:
            seen = healthy.observations(model)
            seen[host]["report"][part] = {"error": "gone"}
            codes = {one.code for one in findings(model, seen)}
            special = {
                "ipvs": "ipvs_unreadable", "keepalived_test": "config_broken", "nginx_test": "config_broken",
                "drained": "drain_unreadable", "handover": "handover_unreadable",
            }  # fmt: skip
            assert codes == {special.get(part, "inspection_incomplete")}, (host, part)


def test_a_report_without_any_part_is_judged_without_a_crash() -> None:
    model = healthy.model()
    seen: Tree = {host: {"status": "seen", "message": "", "report": {}} for host in model["hosts"]}
    assert findings(model, seen) == []


def test_with_a_static_table_a_weight_of_zero_is_drift() -> None:
    def fault(model: Tree, seen: Tree) -> None:
        for host in ("d1", "d2"):
            model["hosts"][host]["director"]["table_owner"] = "static"
        check_fails(seen, "d1")

    assert {(one.code, one.host) for one in judged(fault)} >= {("weight_differs", "d1")}


def test_only_errors_fail_unless_the_run_is_strict() -> None:
    found = judged(real_server_dead) + judged(unsynchronised) + judged(drained)
    assert failing(found) == []
    assert failing(found, strict=True) == ["destination_degraded", "clock_not_synchronised"]
    assert failing(judged(not_on_lo)) == ["vip_missing_on_lo"]
    assert counts(found) == {"error": 0, "warning": 1, "degraded": 2, "note": 2}


def test_errors_come_first_and_causes_before_consequences() -> None:
    def fault(model: Tree, seen: Tree) -> None:
        other_vrid_and_split(model, seen)
        real_server_dead(model, seen)

    assert [one.code for one in judged(fault)] == [
        "vrid_differs",
        "vip_on_both",
        "destination_degraded",
        "destination_degraded",
    ]


def big(services: int) -> tuple[Tree, Tree]:
    """A model with so many services of ten real servers each, and what its hosts report."""
    model = healthy.model()
    for name in ("d1", "d2"):
        director = model["hosts"][name]["director"]
        (one,) = director["services"]
        pool = [{**one["real_servers"][0], "host": "web%d" % n, "address": "198.51.100.%d" % n} for n in range(1, 11)]
        director["services"] = [
            {
                **one,
                "name": "web-%d" % port,
                "port": port,
                "real_servers": [{**server, "port": port} for server in pool],
            }
            for port in range(1000, 1000 + services)
        ]
    return model, healthy.observations(model)


def calls_to_judge(model: Tree, seen: Tree) -> int:
    """How many calls of functions the judgement takes: what a big table costs, on whatever machine."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        findings(model, seen)
    finally:
        sys.setprofile(before)
    return count


def test_a_big_table_costs_what_its_size_says_and_is_asked_with_care() -> None:
    small, large = calls_to_judge(*big(50)), calls_to_judge(*big(500))
    assert large < 12 * small, "ten times as many services take about ten times as much"
    model, seen = big(500)
    del report(seen, "d1")["ipvs"]["services"][250]["destinations"][3]
    found = findings(model, seen)
    assert [(one.code, one.host) for one in found] == [("destination_missing", "d1")]
    assert len(questions(model, "d1", "verify")["probes"]) == MOST_PROBES


def test_one_thing_is_asked_once_for_all_services() -> None:
    model, _seen = big(1)
    services = model["hosts"]["d1"]["director"]["services"]
    services.append({**services[0], "name": "other", "address": "198.51.100.201"})
    assert len(questions(model, "d1", "verify")["probes"]) == 10


# --- other deployments ------------------------------------------------------------------------------------------


def dual_stack(model: Tree) -> None:
    vip = "2001:db8::200"
    model["clusters"]["default"]["vips"]["web"]["addresses"].append(vip + "/64")
    for host in ("d1", "d2"):
        director = model["hosts"][host]["director"]
        placed = [{"address": vip + "/64", "interface": "eth0", "label": None}]
        director["instances"].append(
            {**director["instances"][0], "name": "web_v6", "family": "inet6", "addresses": placed}
        )
        service = {**director["services"][0], "name": "web-80-v6", "family": "inet6", "address": vip}
        servers = [
            {**one, "address": "2001:db8::%d" % number} for number, one in enumerate(service["real_servers"], 102)
        ]
        director["services"].append({**service, "real_servers": servers})
    for host in ("web1", "web2"):
        model["hosts"][host]["real_server"]["vips"].append(
            {"address": vip, "prefix": 128, "family": "inet6", "label": None}
        )


def static(model: Tree) -> None:
    model["clusters"]["default"]["table_owner"] = "static"
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["table_owner"] = "static"


def sorry_page_on_directors(model: Tree) -> None:
    for host in ("d1", "d2"):
        mine = model["hosts"][host]
        mine["nginx"] = {**model["hosts"]["web1"]["nginx"], "mode": "sorry"}
        mine["director"]["services"][0]["sorry_server"] = {"address": "127.0.0.1", "port": 80}


def two_boxes(model: Tree) -> None:
    """Two hosts are everything: directors of each other, real servers of both."""
    for host in ("d1", "d2"):
        mine = model["hosts"][host]
        mine["nginx"] = model["hosts"]["web1"]["nginx"]
        mine["real_server"] = model["hosts"]["web1"]["real_server"]
        mine["director"]["handover"]["vips"] = []
        pool = mine["director"]["services"][0]["real_servers"]
        for server, name in zip(pool, ("d1", "d2")):
            server.update(host=name, address=healthy.ADDRESSES[name])
    del model["hosts"]["web1"], model["hosts"]["web2"]


def reference(model: Tree) -> None:
    """VRRP version 2 with a password, a second apart, preemption."""
    for host in ("d1", "d2"):
        model["hosts"][host]["director"]["instances"][0].update(
            version=2, auth="pass", advert_interval=1, preempt=True, unicast_peers=["198.51.100.1"]
        )


def forwarded(model: Tree) -> None:
    model["hosts"]["web1"]["real_server"].update(tunnels=[TUNNEL], ways=[WAY])


@pytest.mark.parametrize("change", [dual_stack, static, sorry_page_on_directors, two_boxes, reference, forwarded])
@pytest.mark.parametrize("holder", ["d1", "d2"])
def test_other_deployments_as_the_model_says_have_no_finding(change: Callable[[Tree], None], holder: str) -> None:
    model = healthy.model()
    change(model)
    assert findings(model, healthy.observations(model, holder)) == []


def test_a_director_is_a_destination_of_its_own() -> None:
    """The kernel says local of it, whatever it was told."""
    model = healthy.model()
    two_boxes(model)
    seen = healthy.observations(model)
    for number, host in enumerate(("d1", "d2")):
        destinations(seen, host)[number]["forward"] = "local"
    assert findings(model, seen) == []


def test_a_holder_without_the_vip_on_lo_is_found_in_two_boxes() -> None:
    model = healthy.model()
    two_boxes(model)
    seen = healthy.observations(model)
    seen["d2"]["report"]["vips"][healthy.VIP] = []
    assert [(one.code, one.host) for one in findings(model, seen)] == [("vip_missing_on_lo", "d2")]
