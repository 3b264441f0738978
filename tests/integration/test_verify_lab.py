# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify.yml against a converged lab: green where all is well, and every classic fault found by its name.

Each case breaks one thing, past Ansible, and puts it right; the set of errors has to be exactly the one that is written
down, so a finding too many fails as well as one too few.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
from live_lab import NO_DROP, VIP, Answer, backup, drop, holder, holders, playbook, run, settled, until

CONF = "/etc/keepalived/keepalived.conf"
RELOAD = "systemctl reload-or-restart keepalived"


@pytest.fixture
def answer_file(tmp_path: Path) -> Path:
    return tmp_path / "verdict.json"


@pytest.fixture(autouse=True)
def healthy() -> Iterator[None]:
    """Every case starts from a cluster that is well, and leaves one."""
    until("a settled cluster", settled, 60)
    yield
    until("a settled cluster after the repair", settled, 60)


def verify(path: Path, *arguments: str) -> Answer:
    answer = playbook("verify", path, *arguments)
    assert answer.result, answer.output
    assert answer.status == (0 if answer.result["ok"] else 2), answer.output
    assert " changed=0 " in answer.output
    assert "changed=1" not in answer.output
    return answer


# --- all is well ------------------------------------------------------------------------------------------------


def test_a_converged_cluster_is_as_the_model_says(answer_file: Path) -> None:
    answer = verify(answer_file)
    assert answer.codes() == set(), answer.output
    assert answer.codes("degraded", "note") == set()
    assert answer.result["hosts"] == ["d1", "d2", "web1", "web2"]
    assert answer.seconds < 30


def test_check_mode_says_the_same(answer_file: Path) -> None:
    assert verify(answer_file, "--check").codes() == set()


def test_a_limit_leaves_the_others_unseen(answer_file: Path) -> None:
    answer = verify(answer_file, "--limit", backup())
    assert answer.codes() == set(), answer.output
    assert len(answer.result["unseen"]) == 3


def test_a_host_that_does_not_answer_is_a_finding(answer_file: Path, tmp_path: Path) -> None:
    """Nothing listens where the inventory leads to; the other hosts are judged all the same."""
    nowhere = "{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}"
    (tmp_path / "nowhere.yml").write_text("all: {hosts: {web2: %s}}\n" % nowhere)
    answer = verify(answer_file, "-i", str(tmp_path / "nowhere.yml"))
    assert answer.codes() == {"unreachable"}, answer.output
    assert [one["host"] for one in answer.result["findings"] if one["code"] == "unreachable"] == ["web2"]


def test_what_people_read(answer_file: Path) -> None:
    run("web1", "ip address del %s/32 dev lo" % VIP)
    try:
        answer = verify(answer_file)
    finally:
        run("web1", "systemctl restart vipstack-lvs-vips")
    assert "vip_missing_on_lo" in answer.output
    assert "%s is not on lo" % VIP in answer.output
    assert "1 error (vip_missing_on_lo)" in answer.output
    assert answer.result["failing"] == ["vip_missing_on_lo"]


def test_no_secret_is_said(answer_file: Path) -> None:
    """The password of a configuration that was edited by hand stays on its host."""
    with Fault({backup(): [_AUTH % "tellnoone", RELOAD]}, {backup(): [_RESTORE, RELOAD]}):
        answer = verify(answer_file, "-vvv")
    assert "config_edited" in answer.codes()
    assert "tellnoone" not in answer.output
    assert "tellnoone" not in answer_file.read_text()


# --- faults -----------------------------------------------------------------------------------------------------


@dataclass
class Fault:
    """Commands by host that break something, and those that put it right, in any case."""

    broken: dict[str, list[str]]
    repaired: dict[str, list[str]]

    def __enter__(self) -> None:
        self.stack = ExitStack()
        self.stack.callback(self._run, self.repaired)
        with self.stack:
            self._run(self.broken)
            self.stack = self.stack.pop_all()

    def __exit__(self, *_error: object) -> None:
        self.stack.close()

    @staticmethod
    def _run(commands: dict[str, list[str]]) -> None:
        for host, lines in commands.items():
            for line in lines:
                run(host, line)


_KEEP = "cp -a %s /run/keepalived.conf.kept; " % CONF
_RESTORE = "mv /run/keepalived.conf.kept %s" % CONF
_AUTH = (
    _KEEP + "sed -i -e 's/version 3/version 2/' -e 's/advert_int .*/advert_int 1/' "
    "-e 's/^    virtual_ipaddress {/    authentication { auth_type PASS\\n auth_pass %%s }\\n&/' %s" % CONF
)


def split() -> bool:
    return len(holders()) == 2


def found(path: Path, fault: Fault, ready: object = None) -> Answer:
    with fault:
        if callable(ready):
            until("the fault", ready, 30)
        return verify(path)


def test_vrid_differs(answer_file: Path) -> None:
    edit = _KEEP + "sed -i 's/virtual_router_id .*/virtual_router_id 52/' %s" % CONF
    fault = Fault({backup(): [edit, RELOAD]}, {backup(): [_RESTORE, RELOAD]})
    assert found(answer_file, fault, split).codes() == {"vrid_differs", "config_edited", "vip_on_both"}


def test_auth_differs(answer_file: Path) -> None:
    broken = {"d1": [_AUTH % "first", RELOAD], "d2": [_AUTH % "second", RELOAD]}
    fault = Fault(broken, {host: [_RESTORE, RELOAD] for host in ("d1", "d2")})
    answer = found(answer_file, fault, split)
    assert "auth_differs" in answer.codes()
    assert answer.codes() <= {"auth_differs", "vrrp_settings_differ", "config_edited", "vip_on_both"}
    assert "vrrp_filtered" not in answer.codes()


def test_vrrp_filtered(answer_file: Path) -> None:
    both = ("d1", "d2")
    fault = Fault({host: [drop("protocol 112 0xff")] for host in both}, {host: [NO_DROP] for host in both})
    assert found(answer_file, fault, split).codes() == {"vrrp_filtered", "vip_on_both"}


def test_wrong_interface(answer_file: Path) -> None:
    more = "ip link add other0 type dummy && ip address add 192.0.2.9/24 dev other0 && ip link set other0 up"
    edit = _KEEP + "sed -i 's/^    interface .*/    interface other0/' %s" % CONF
    fault = Fault({backup(): [more, edit, RELOAD]}, {backup(): [_RESTORE, RELOAD, "ip link del other0"]})
    codes = found(answer_file, fault).codes()
    assert {"wrong_interface", "config_edited"} <= codes <= {"wrong_interface", "config_edited", "vip_on_both"}


def test_service_not_running(answer_file: Path) -> None:
    fault = Fault({"web2": ["systemctl stop nginx"]}, {"web2": ["systemctl start nginx"]})
    answer = found(answer_file, fault)
    assert answer.codes() == {"service_not_running"}


def test_service_not_enabled(answer_file: Path) -> None:
    fault = Fault({"web2": ["systemctl disable -q nginx"]}, {"web2": ["systemctl enable -q nginx"]})
    assert found(answer_file, fault).codes() == {"service_not_enabled"}


def test_configuration_broken_by_hand(answer_file: Path) -> None:
    fault = Fault({backup(): [_KEEP + "echo 'nonsense {' >> %s" % CONF]}, {backup(): [_RESTORE]})
    assert found(answer_file, fault).codes() == {"config_broken", "config_edited"}


def test_configuration_edited_by_hand(answer_file: Path) -> None:
    edit = "cp -a /etc/nginx/nginx.conf /run/nginx.conf.kept; echo '# by hand' >> /etc/nginx/nginx.conf"
    fault = Fault({"web1": [edit]}, {"web1": ["mv /run/nginx.conf.kept /etc/nginx/nginx.conf"]})
    assert found(answer_file, fault).codes() == {"config_edited"}


def test_vip_on_both(answer_file: Path) -> None:
    host = backup()
    fault = Fault({host: ["ip address add %s/24 dev eth0" % VIP]}, {host: ["ip address del %s/24 dev eth0" % VIP]})
    assert found(answer_file, fault).codes() == {"vip_stale", "vip_on_both"}


def test_vip_on_none(answer_file: Path) -> None:
    stop = {host: ["systemctl stop keepalived"] for host in (backup(), holder())}
    fault = Fault(stop, {host: ["systemctl start keepalived"] for host in ("d1", "d2")})
    codes = found(answer_file, fault).codes()
    # Keepalived takes the services of its table along.
    assert {"service_not_running", "vip_on_none"} <= codes <= {"service_not_running", "vip_on_none", "service_missing"}


def test_real_server_answers_arp(answer_file: Path) -> None:
    fault = Fault({"web1": ["ip address add %s/32 dev eth0" % VIP]}, {"web1": ["ip address del %s/32 dev eth0" % VIP]})
    assert found(answer_file, fault).codes() == {"real_server_answers_arp", "vip_on_wire"}


def test_real_server_is_loud(answer_file: Path) -> None:
    loud = "for where in all lo; do sysctl -qw net.ipv4.conf.$where.arp_ignore=%d; done"
    fault = Fault({"web1": [loud % 0]}, {"web1": [loud % 1]})
    assert found(answer_file, fault).codes() == {"real_server_answers_arp", "arp_sysctls_lost"}


def test_arp_sysctls_lost(answer_file: Path) -> None:
    loud = "sysctl -qw net.ipv4.conf.all.arp_announce=%d"
    fault = Fault({"web2": [loud % 0]}, {"web2": [loud % 2]})
    assert found(answer_file, fault).codes() == {"arp_sysctls_lost"}


def test_vip_missing_on_lo(answer_file: Path) -> None:
    fault = Fault({"web2": ["ip address del %s/32 dev lo" % VIP]}, {"web2": ["systemctl restart vipstack-lvs-vips"]})
    assert found(answer_file, fault).codes() == {"vip_missing_on_lo"}


def test_service_missing(answer_file: Path) -> None:
    table = "ipvsadm -Sn > /run/table"
    host = backup()
    fault = Fault({host: [table, "ipvsadm -D -t %s:80" % VIP]}, {host: ["ipvsadm -R < /run/table"]})
    assert found(answer_file, fault).codes() == {"service_missing"}


def test_destination_missing(answer_file: Path) -> None:
    host = backup()
    place = "-t %s:80 -r 198.51.100.102:80" % VIP
    fault = Fault({host: ["ipvsadm -d " + place]}, {host: ["ipvsadm -a %s -g -w 1" % place]})
    answer = found(answer_file, fault)
    assert answer.codes() == {"destination_missing"}
    assert [one["host"] for one in answer.result["findings"] if one["code"] == "destination_missing"] == [host]


def test_destination_and_service_too_many(answer_file: Path) -> None:
    host = backup()
    more = ["ipvsadm -a -t %s:80 -r 198.51.100.109:80 -g -w 1" % VIP, "ipvsadm -A -t %s:81 -s rr" % VIP]
    less = ["ipvsadm -d -t %s:80 -r 198.51.100.109:80" % VIP, "ipvsadm -D -t %s:81" % VIP]
    assert found(answer_file, Fault({host: more}, {host: less})).codes() == {"destination_extra", "service_extra"}


def test_service_differs(answer_file: Path) -> None:
    host, change = backup(), "ipvsadm -E -t %s:80 -s %%s" % VIP
    answer = found(answer_file, Fault({host: [change % "rr"]}, {host: [change % "wrr"]}))
    assert answer.codes() == {"service_differs"}
    (one,) = [one for one in answer.result["findings"] if one["code"] == "service_differs"]
    assert one["what_is"] == "tcp %s:80: scheduler rr" % VIP
    assert one["what_should_be"] == "scheduler wrr"


def test_weight_differs(answer_file: Path) -> None:
    host = backup()
    change = "ipvsadm -e -t %s:80 -r 198.51.100.102:80 -g -w %%d" % VIP
    assert found(answer_file, Fault({host: [change % 9]}, {host: [change % 1]})).codes() == {"weight_differs"}


def test_tables_differ(answer_file: Path) -> None:
    """One director does not reach a real server that the other reaches."""
    host = backup()
    fault = Fault({host: [drop("src 198.51.100.102/32")]}, {host: [NO_DROP]})
    answer = found(answer_file, fault, lambda: " -w 0" in run(host, "ipvsadm -Sn"))
    assert answer.codes() == {"tables_differ"}
    assert "destination_degraded" in answer.codes("degraded")


def test_a_check_that_cannot_be_made_takes_nothing_out(answer_file: Path) -> None:
    """Keepalived tries for ever where connect() itself is refused, and goes on sending connections there."""
    host, route = backup(), "ip route %s blackhole 198.51.100.102/32"
    answer = found(answer_file, Fault({host: [route % "add"]}, {host: [route % "del"]}))
    assert answer.codes() == {"destination_dead"}


def test_a_dead_real_server_is_degraded_and_fails_only_a_strict_run(answer_file: Path) -> None:
    """Nginx is up but its health address is not: a firewall in front of it, as the director sees it."""
    with Fault({"web1": [drop("dport 80 0xffff")]}, {"web1": [NO_DROP]}):
        until("the check", lambda: all(" -w 0" in run(host, "ipvsadm -Sn") for host in ("d1", "d2")), 30)
        answer = verify(answer_file)
        assert answer.codes() == set(), answer.output
        assert answer.codes("degraded") == {"destination_degraded"}
        assert verify(answer_file, "-e", "verify_strict=true").status == 2
