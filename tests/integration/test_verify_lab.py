# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify.yml against a converged lab: no finding without a fault, and a finding for every classic fault.

Each case breaks something, past Ansible, and puts it right; the set of errors has to be exactly the one that is written
down, so a finding too many fails as well as one too few. Faults that touch nothing of each other share a run, with the
host that each is found on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import pytest

from lab.hosts import VIP
from lab.stack import DIRECTORS, MANAGED, NO_DROP, Play, Stack, drop

CONF = "/etc/keepalived/keepalived.conf"
RELOAD = "systemctl reload-or-restart keepalived"
KEEP = "cp -a %s /run/keepalived.conf.kept; " % CONF
RESTORE = "mv /run/keepalived.conf.kept %s" % CONF
TABLE = "ipvsadm -Sn > /run/table"
OLD_TABLE = "ipvsadm -C; ipvsadm -R < /run/table"
# The repair of a lost table is asked for and does nothing, so that verify sees the loss.
_HELD = "/run/systemd/system/vipstack-lvs-repair.service.d"
HELD = f"mkdir {_HELD}; printf '[Unit]\\nConditionPathExists=/nowhere\\n' > {_HELD}/held.conf; systemctl daemon-reload"
FREE = "rm -r %s; systemctl daemon-reload" % _HELD
WEB1, WEB2 = "198.51.100.102", "198.51.100.103"


@pytest.fixture
def answer_file(tmp_path: Path) -> Path:
    return tmp_path / "verdict.json"


@pytest.fixture(autouse=True)
def healthy(stack: Stack) -> Iterator[None]:
    """Every case leaves a cluster without faults."""
    yield
    stack.settled()


@contextmanager
def fault(stack: Stack, broken: Mapping[str, str], repaired: Mapping[str, str]) -> Iterator[None]:
    """Commands by host that break something, and those that put it right, in any case."""
    try:
        stack.run_all(broken)
        yield
    finally:
        stack.run_all(repaired)


def verify(stack: Stack, path: Path, *arguments: str) -> Play:
    answer = stack.play("verify", *arguments, check=False, writes=path)
    assert answer.result, answer.output
    assert answer.status == (0 if answer.result["ok"] else 2), answer.output
    assert " changed=0 " in answer.output
    assert "changed=1" not in answer.output
    return answer


def found(
    stack: Stack,
    path: Path,
    broken: Mapping[str, str],
    repaired: Mapping[str, str],
    ready: Callable[[Stack], object] = lambda _stack: None,
    *arguments: str,
) -> Play:
    """The result of verify with a fault; ``ready`` waits until the fault has taken effect."""
    with fault(stack, broken, repaired):
        ready(stack)
        return verify(stack, path, *arguments)


# --- all is well ------------------------------------------------------------------------------------------------


def test_a_converged_cluster_is_as_the_model_says(stack: Stack, answer_file: Path) -> None:
    answer = verify(stack, answer_file)
    assert answer.codes() == set(), answer.output
    assert answer.codes("degraded", "note") == set()
    assert answer.result["hosts"] == list(MANAGED)


def test_a_limit_leaves_the_others_unseen(stack: Stack, answer_file: Path) -> None:
    answer = verify(stack, answer_file, "--limit", stack.backup(), "--check")
    assert answer.codes() == set(), answer.output
    assert len(answer.result["unseen"]) == 3


def test_a_host_that_does_not_answer_is_a_finding(stack: Stack, answer_file: Path, tmp_path: Path) -> None:
    """Nothing listens where the inventory leads to; the other hosts are judged all the same."""
    nowhere = "{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}"
    (tmp_path / "nowhere.yml").write_text("all: {hosts: {web2: %s}}\n" % nowhere)
    answer = verify(stack, answer_file, "-i", str(tmp_path / "nowhere.yml"), "-e", "verify_output=json")
    assert answer.errors() == {("web2", "unreachable")}, answer.output
    assert '"code": "unreachable"' in answer.output


# --- VRRP and the VIP -------------------------------------------------------------------------------------------


def split(stack: Stack) -> None:
    stack.wait("the split brain", lambda: len(stack.holders()) == 2)


def degraded_on(stack: Stack, *hosts: str) -> None:
    stack.wait("the check", lambda: all(stack.weights(host)["web1"] == 0 for host in hosts))


def password(text: str) -> str:
    """The command that makes a director's instance one of version 2 with this password."""
    block = r"    authentication { auth_type PASS\n auth_pass %s }\n&" % text
    edits = "-e 's/version 3/version 2/' -e 's/advert_int .*/advert_int 1/' -e 's/^    virtual_ipaddress {/%s/'" % block
    return KEEP + "sed -i %s %s\n" % (edits, CONF) + RELOAD


def test_a_split_brain_by_a_wire_without_vrrp(stack: Stack, answer_file: Path) -> None:
    """Neither director hears the other: verify fails, and reports that the network loses the adverts."""
    stack.lab.wire.block_vrrp("d2")
    try:
        split(stack)
        answer = verify(stack, answer_file)
    finally:
        stack.lab.wire.block_vrrp("d2", False)
    assert answer.status == 2
    assert answer.errors() == {("d1", "vrrp_filtered"), ("d2", "vrrp_filtered"), ("d1, d2", "vip_on_both")}
    words = {one["host"]: one["what_is"] for one in answer.found("vrrp_filtered")}
    assert words == {"d1": "no advert of d2 reaches eth0", "d2": "no advert of d1 reaches eth0"}
    assert "IP protocol 112" in answer.output


def test_vrrp_filtered_by_the_hosts_themselves(stack: Stack, answer_file: Path) -> None:
    silent = dict.fromkeys(DIRECTORS, drop("protocol 112 0xff"))
    answer = found(stack, answer_file, silent, dict.fromkeys(DIRECTORS, NO_DROP), split)
    assert answer.codes() == {"vrrp_filtered", "vip_on_both"}
    assert all("the host's own firewall" in one["what_is"] for one in answer.found("vrrp_filtered"))


def test_vrid_differs(stack: Stack, answer_file: Path) -> None:
    host = stack.backup()
    edit = KEEP + "sed -i 's/virtual_router_id .*/virtual_router_id 52/' %s\n" % CONF + RELOAD
    answer = found(stack, answer_file, {host: edit}, {host: RESTORE + "\n" + RELOAD}, split)
    assert answer.errors() == {(host, "vrid_differs"), (host, "config_edited"), ("d1, d2", "vip_on_both")}


def test_auth_differs_and_no_secret_is_said(stack: Stack, answer_file: Path) -> None:
    """The passwords of a configuration that was edited by hand stay on their hosts."""
    broken = {"d1": password("tellno1"), "d2": password("tellno2")}
    answer = found(stack, answer_file, broken, dict.fromkeys(broken, RESTORE + "\n" + RELOAD), split, "-vvv")
    assert "auth_differs" in answer.codes()
    assert answer.codes() <= {"auth_differs", "vrrp_settings_differ", "config_edited", "vip_on_both"}
    assert "tellno" not in answer.output
    assert "tellno" not in answer_file.read_text()


def test_wrong_interface(stack: Stack, answer_file: Path) -> None:
    host = stack.backup()
    more = "ip link add other0 type dummy && ip address add 192.0.2.9/24 dev other0 && ip link set other0 up\n"
    edit = KEEP + "sed -i 's/^    interface .*/    interface other0/' %s\n" % CONF + RELOAD
    answer = found(stack, answer_file, {host: more + edit}, {host: "%s\n%s\nip link del other0" % (RESTORE, RELOAD)})
    assert {"wrong_interface", "config_edited"} <= answer.codes()
    assert answer.codes() <= {"wrong_interface", "config_edited", "vip_on_both"}


def test_vip_on_both_by_hand(stack: Stack, answer_file: Path) -> None:
    host, address = stack.backup(), "ip address %%s %s/24 dev eth0" % VIP
    answer = found(stack, answer_file, {host: address % "add"}, {host: address % "del"})
    assert answer.errors() == {(host, "vip_stale"), ("d1, d2", "vip_on_both")}


def test_vip_on_none(stack: Stack, answer_file: Path) -> None:
    stop, start = (
        dict.fromkeys((stack.backup(), stack.holder()), "systemctl %s keepalived" % what) for what in ("stop", "start")
    )
    codes = found(stack, answer_file, stop, start).codes()
    # Keepalived takes the services of its table along.
    assert {"service_not_running", "vip_on_none"} <= codes <= {"service_not_running", "vip_on_none", "service_missing"}


# --- configuration, services, logs ------------------------------------------------------------------------------


def test_what_disturbs_nobody_yet(stack: Stack, answer_file: Path) -> None:
    """A file edited, a unit that will not come back, a setting lost, a VIP not kept; and what the logs hint at."""
    log = "/var/log/vipstack-lvs/transitions.log"
    host = stack.backup()
    died = """
        which() { systemctl show -P InvocationID nginx; }
        first=$(which); systemctl kill -s KILL nginx
        until [ "$(which)" != "$first" ] && systemctl is-active -q nginx; do sleep 0.3; done
    """
    broken = {
        host: "for n in 1 2 3 4 5 6; do date '+%%FT%%T%%z web fault by hand'; done >> %s\n" % log
        + KEEP
        + "sed -i '/^static_ipaddress/,/^}/d' %s; %s" % (CONF, RELOAD),
        "web1": "cp -a /etc/nginx/nginx.conf /run/nginx.conf.kept; echo '# by hand' >> /etc/nginx/nginx.conf",
        "web2": died + "systemctl disable -q nginx\nsysctl -qw net.ipv4.conf.all.arp_announce=0",
    }
    repaired = {
        host: "grep -v 'by hand' %s > /run/kept; cat /run/kept > %s\n" % (log, log) + RESTORE + "; " + RELOAD,
        "web1": "mv /run/nginx.conf.kept /etc/nginx/nginx.conf",
        "web2": "systemctl reset-failed nginx; systemctl enable -q nginx\nsysctl -qw net.ipv4.conf.all.arp_announce=2",
    }
    answer = found(stack, answer_file, broken, repaired, Stack.settled)
    assert answer.errors() == {
        (host, "config_edited"),
        ("web1", "config_edited"),
        ("web2", "service_not_enabled"),
        ("web2", "arp_sysctls_lost"),
    }
    assert [one["host"] for one in answer.found("vip_not_kept")] == [host]
    assert [one["host"] for one in answer.found("service_came_back")] == ["web2"]
    assert host in [one["host"] for one in answer.found("flapping")]


def test_configuration_broken_by_hand(stack: Stack, answer_file: Path) -> None:
    host = stack.backup()
    answer = found(stack, answer_file, {host: KEEP + "echo 'nonsense {' >> %s" % CONF}, {host: RESTORE})
    assert answer.errors() == {(host, "config_broken"), (host, "config_edited")}
    assert "Unknown keyword 'nonsense'" in answer.found("config_broken")[0]["what_is"]


def test_service_not_running(stack: Stack, answer_file: Path) -> None:
    """Nginx cannot start, and its last words say why."""
    conf = "/etc/nginx/nginx.conf"
    broken = "cp -a %s /run/nginx.conf.kept; echo 'nonsense;' >> %s\nsystemctl restart nginx || true" % (conf, conf)
    # An attempt of systemd with the broken file may be under way, and `start` would get what comes of it.
    repaired = "mv /run/nginx.conf.kept %s\nsystemctl reset-failed nginx; systemctl restart nginx" % conf
    answer = found(stack, answer_file, {"web2": broken}, {"web2": repaired})
    assert answer.errors() == {("web2", code) for code in ("service_not_running", "config_broken", "config_edited")}
    assert 'directive "nonsense"' in answer.found("service_not_running")[0]["what_is"]


# --- real servers -----------------------------------------------------------------------------------------------


def test_vip_missing_on_lo(stack: Stack, answer_file: Path) -> None:
    """A real server without the VIP on lo makes verify fail; and what people read of it."""
    away = {"web1": "ip address del %s/32 dev lo" % VIP}
    answer = found(stack, answer_file, away, {"web1": "systemctl restart vipstack-lvs-vips"})
    assert answer.status == 2
    assert answer.errors() == {("web1", "vip_missing_on_lo")}
    assert answer.result["failing"] == ["vip_missing_on_lo"]
    for words in ("%s is not on lo" % VIP, "%s/32 on lo" % VIP, "systemctl restart", "1 error (vip_missing_on_lo)"):
        assert words in answer.output


def test_files_of_the_vips_edited_by_hand(stack: Stack, answer_file: Path) -> None:
    """What would fail at the next boot only."""
    unit, sysctls = "/etc/systemd/system/vipstack-lvs-vips.service", "/etc/sysctl.d/90-vipstack-lvs-vips.conf"
    broken = "cp -a %s /run/unit.kept; cp -a %s /run/sysctls.kept\nsed -i /ExecStart=/d %s; rm %s" % (
        unit, sysctls, unit, sysctls,
    )  # fmt: skip
    repaired = "mv /run/unit.kept %s; mv /run/sysctls.kept %s" % (unit, sysctls)
    answer = found(stack, answer_file, {"web1": broken}, {"web1": repaired})
    assert answer.errors() == {("web1", "config_edited")}
    seen = sorted(one["what_is"] for one in answer.found("config_edited"))
    assert seen == ["%s is not there" % sysctls, "%s has another content" % unit]


def test_vip_on_the_wire_of_a_real_server(stack: Stack, answer_file: Path) -> None:
    address = "ip address %%s %s/32 dev eth0" % VIP
    answer = found(stack, answer_file, {"web1": address % "add"}, {"web1": address % "del"})
    assert answer.errors() == {("web1", "real_server_answers_arp"), ("web1", "vip_on_wire")}


def test_a_real_server_answers_arp(stack: Stack, answer_file: Path) -> None:
    loud = "for where in all lo; do sysctl -qw net.ipv4.conf.$where.arp_ignore=%d; done"
    answer = found(stack, answer_file, {"web1": loud % 0}, {"web1": loud % 1})
    assert answer.errors() == {("web1", "real_server_answers_arp"), ("web1", "arp_sysctls_lost")}


# --- the IPVS table ---------------------------------------------------------------------------------------------


def test_service_missing(stack: Stack, answer_file: Path) -> None:
    host = stack.backup()
    broken = "%s\n%s\nipvsadm -D -t %s:80" % (HELD, TABLE, VIP)
    answer = found(stack, answer_file, {host: broken}, {host: "%s\n%s" % (OLD_TABLE, FREE)})
    assert answer.errors() == {(host, "service_missing")}


def test_one_director_has_another_table(stack: Stack, answer_file: Path) -> None:
    """Each thing that somebody can change past Keepalived, with what is and what should be."""
    host, pool = stack.backup(), "-t %s:80" % VIP
    edits = [
        TABLE,
        "ipvsadm -E %s -s rr" % pool,
        "ipvsadm -d %s -r %s:80" % (pool, WEB1),
        "ipvsadm -e %s -r %s:80 -g -w 9" % (pool, WEB2),
        "ipvsadm -a %s -r 198.51.100.109:80 -g -w 1" % pool,
        "ipvsadm -A -t %s:81 -s rr" % VIP,
    ]
    answer = found(stack, answer_file, {host: "\n".join(edits)}, {host: OLD_TABLE})
    service = "tcp %s:80" % VIP
    assert {one["code"]: (one["host"], one["what_is"], one["what_should_be"]) for one in answer.result["findings"]
            if one["severity"] == "error"} == {
        "service_differs": (host, service + ": scheduler rr, flags none", "scheduler mh, flags mh-fallback,mh-port"),
        "service_extra": (host, "tcp %s:81 is in the table" % VIP, "the model has no such service"),
        "destination_missing": (host, "%s -> web1 (%s:80) is not in the table" % (service, WEB1), "weight 1"),
        "weight_differs": (host, "%s -> web2 (%s:80) has weight 9" % (service, WEB2), "weight 1"),
        "destination_extra": (
            host, "%s -> 198.51.100.109:80 with weight 1 is in the table" % service, "not in the pool",
        ),
    }  # fmt: skip


def test_tables_differ(stack: Stack, answer_file: Path) -> None:
    """One director does not reach a real server that the other reaches."""
    host = stack.backup()
    unreached = {host: drop("src %s/32" % WEB1)}
    answer = found(stack, answer_file, unreached, {host: NO_DROP}, lambda stack: degraded_on(stack, host))
    assert answer.errors() == {("d1, d2", "tables_differ")}
    assert [one["host"] for one in answer.found("destination_degraded")] == [host]


def test_a_check_that_cannot_be_made_takes_nothing_out(stack: Stack, answer_file: Path) -> None:
    """Keepalived tries for ever where connect() itself is refused, and goes on sending connections there."""
    host, route = stack.backup(), "ip route %%s blackhole %s/32" % WEB1
    answer = found(stack, answer_file, {host: route % "add"}, {host: route % "del"})
    assert answer.errors() == {(host, "destination_dead")}


def test_a_dead_real_server_is_degraded_and_fails_only_a_strict_run(stack: Stack, answer_file: Path) -> None:
    """Nginx is up but its health address is not: a firewall in front of it, as the director sees it."""
    with fault(stack, {"web1": drop("dport 80 0xffff")}, {"web1": NO_DROP}):
        degraded_on(stack, *DIRECTORS)
        answer = verify(stack, answer_file)
        assert answer.codes() == set(), answer.output
        assert answer.codes("degraded") == {"destination_degraded"}
        strict = verify(stack, answer_file, "-e", "verify_strict=true", "--check")
        assert "destination_degraded" in strict.result["failing"]
        assert strict.status == 2
