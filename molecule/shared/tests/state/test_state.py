# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a converged stack looks like to tools that are not ours."""

from __future__ import annotations

import json
import os

from testinfra.host import Host

VIP = "198.51.100.200"


def test_the_vip_is_on_exactly_one_director(directors: dict[str, Host]) -> None:
    holders = [
        name for name, host in directors.items() if f" {VIP}/24 " in host.check_output("ip -4 address show eth0")
    ]
    assert len(holders) == 1, f"{VIP} is on {holders or 'no director'}"


def test_the_vip_has_its_label(directors: dict[str, Host]) -> None:
    shown = [host.check_output("ip -4 address show eth0 label eth0:0") for host in directors.values()]
    assert sum(VIP in text for text in shown) == 1, shown


def test_the_table_holds_the_service_and_both_real_servers(director: Host) -> None:
    rules = director.check_output("ipvsadm -Sn").splitlines()
    assert rules == [
        f"-A -t {VIP}:80 {os.environ['EXPECTED_SCHEDULER']}",
        f"-a -t {VIP}:80 -r 198.51.100.102:80 -g -w 1",
        f"-a -t {VIP}:80 -r 198.51.100.103:80 -g -w 1",
    ]


def test_a_director_keeps_its_services_at_boot(director: Host) -> None:
    keepalived = director.service("keepalived")
    assert keepalived.is_running
    assert keepalived.is_enabled


def test_the_configuration_is_for_root_only_and_the_daemon_takes_it(director: Host) -> None:
    file = director.file("/etc/keepalived/keepalived.conf")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o640)
    # Keepalived 2.2.7 ends its own test with SIGTERM where scripts have a user; the trap lets it go on.
    checked = director.run("trap '' TERM; keepalived -t -f /etc/keepalived/keepalived.conf")
    assert (checked.rc, checked.stderr) == (0, "")


def test_ipvs_settings_are_live_and_at_boot(director: Host) -> None:
    assert director.sysctl("net.ipv4.vs.expire_nodest_conn") == 1
    assert (
        "net.ipv4.vs.expire_nodest_conn" in director.file("/etc/sysctl.d/90-vipstack-lvs-director.conf").content_string
    )
    assert "ip_vs" in director.file("/etc/modules-load.d/vipstack-lvs-director.conf").content_string


def test_scripts_belong_to_root_and_run_without_rights(director: Host) -> None:
    script = director.file("/usr/libexec/keepalived/lvs-notify")
    assert (script.user, script.mode) == ("root", 0o755)
    assert director.user("keepalived_script").shell == "/usr/sbin/nologin"
    assert director.file("/var/log/vipstack-lvs/transitions.log").user == "keepalived_script"


def test_a_director_keeps_the_vip_where_nobody_hears_of_it(director: Host) -> None:
    assert f"inet {VIP}/32 " in director.check_output("ip -4 address show dev lo")
    assert director.sysctl("net.ipv4.conf.all.arp_ignore") == 1
    assert director.sysctl("net.ipv4.conf.all.arp_announce") == 2


def test_a_real_server_is_silent_in_arp(real_server: Host) -> None:
    for where in ("all", "lo"):
        assert real_server.sysctl(f"net.ipv4.conf.{where}.arp_ignore") == 1
        assert real_server.sysctl(f"net.ipv4.conf.{where}.arp_announce") == 2


def test_a_real_server_holds_the_vip_on_lo(real_server: Host) -> None:
    assert f"inet {VIP}/32 " in real_server.check_output("ip -4 address show dev lo label lo:0")


def test_a_real_server_keeps_it_all_at_boot(real_server: Host) -> None:
    assert real_server.service("vipstack-lvs-vips").is_enabled
    assert real_server.service("nginx").is_enabled
    assert real_server.service("nginx").is_running
    assert real_server.run("nginx -t").rc == 0


def test_what_a_host_had_before_is_recorded(director: Host, real_server: Host) -> None:
    for host in (director, real_server):
        record = host.file("/var/lib/vipstack-lvs/foreign/record.json")
        assert (record.user, record.mode) == ("root", 0o600)
        assert json.loads(record.content_string)["first"] is True


def test_only_a_director_answers_arp_for_the_vip(client: Host, directors: dict[str, Host]) -> None:
    answer = client.check_output(f"arping -c 3 -w 3 -I eth0 {VIP}").lower()
    macs = {word.strip("[]()") for word in answer.split() if word.count(":") == 5}
    owned = {name: host.file("/sys/class/net/eth0/address").content_string.strip() for name, host in directors.items()}
    assert len(macs) == 1, answer
    assert macs <= set(owned.values()), f"{macs} is none of {owned}"


def test_requests_through_the_vip_spread_over_nodes_and_applications(client: Host) -> None:
    seen = client.check_output(
        "for i in $(seq 40); do curl -sS -m 2 -o /dev/null -w '%{http_code} %header{x-served-by}\\n' "
        f"-H 'Host: example.com' http://{VIP}/; done"
    ).splitlines()
    assert sorted(set(seen)) == ["200 web1", "200 web2"]
    assert abs(seen.count("200 web1") - 20) <= 16, "within five standard deviations of what hashing gives"
