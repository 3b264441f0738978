# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role firewall on hosts with a systemd and nftables or ufw: by Ansible, over a restart of these, and back."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from inventory import with_changes
from systemd_box import ROOT, Box, booted, lacking

_MISSING = lacking() or ", ".join(name for name in ("nft", "ufw") if shutil.which(name) is None)
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=_MISSING)

SCRIPT = "/usr/libexec/vipstack-lvs/lvs-firewall"
# What an operator has, and it stays as it is.
RULES = """flush ruleset
table inet filter {
    chain input {
        type filter hook input priority 0; policy drop;
        iif "lo" accept
        ct state established,related accept
        tcp dport 22 accept
    }
}
"""
# Of iptables: the chains in which we change anything, and ours.
CHAINS = "for one in iptables ip6tables; do $one -S INPUT; $one -S | grep VIPSTACK; done; :"
PLAY = """
- hosts: web1
  gather_facts: false
  roles: [vipstack.lvs.firewall]
"""


@contextlib.contextmanager
def web1(folder: Path) -> Iterator[Box]:
    """A box that is the host web1."""
    with booted(folder) as found:
        found.write("/run/play.yml", PLAY)
        found.run("ip", "address", "add", "198.51.100.102/24", "dev", "eth0")
        yield found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with web1(tmp_path_factory.mktemp("box")) as found:
        found.write("/etc/nftables.conf", RULES)
        found.run("systemctl", "start", "nftables.service")
        yield found


def run(box: Box, *words: str, **changes: Any) -> dict[str, int]:
    """One run of the role: how many tasks did what."""
    inventory = with_changes(changes)
    hosts = {name: {"ansible_connection": "local", **values} for name, values in inventory["hostvars"].items()}
    groups = {name: {"hosts": dict.fromkeys(members)} for name, members in inventory["groups"].items()}
    box.write("/run/hosts.json", json.dumps({"all": {"hosts": hosts, "children": groups}}))
    playbook = str(Path(sys.executable).with_name("ansible-playbook"))
    collections = "ANSIBLE_COLLECTIONS_PATH=%s/.ansible/collections" % ROOT
    python = "ansible_python_interpreter=" + sys.executable
    said = box.run("env", collections, playbook, "-i", "/run/hosts.json", "-e", python, *words, "/run/play.yml")
    recap = re.findall(r"(\w+)=(\d+)", said.rpartition("PLAY RECAP")[2])
    return {name: int(number) for name, number in recap}


def rules(box: Box) -> str:
    return box.run("nft", "-s", "list", "ruleset")


def is_open(box: Box) -> bool:
    found = rules(box)
    assert ("jump vipstack_lvs_in" in found) == ("ip daddr 198.51.100.200 tcp dport 80 accept" in found)
    return "jump vipstack_lvs_in" in found


def test_a_host_is_opened_and_stays_so_until_it_is_not_wanted(box: Box) -> None:
    before = rules(box)
    assert run(box, "--check")["changed"] > 0
    assert rules(box) == before
    assert run(box)["changed"] > 0
    assert is_open(box)
    assert run(box)["changed"] == 0
    assert run(box, "--check")["changed"] == 0
    for what in ("restart", "reload"):
        box.run("systemctl", what, "nftables.service")
        box.wait("nft list ruleset | grep -q 'jump vipstack_lvs_in'")
    box.run("nft", "-f", "/etc/nftables.conf")
    assert not is_open(box)
    assert run(box)["changed"] == 1
    assert is_open(box)
    box.run("systemctl", "stop", "vipstack-lvs-firewall.service")
    assert not is_open(box)
    assert run(box)["changed"] == 1
    assert is_open(box)
    assert box.run("systemctl", "is-active", "vipstack-lvs-firewall.service") == "active\n"
    wants = box.run("systemctl", "show", "--property", "Wants", "--value", "multi-user.target").split()
    assert "vipstack-lvs-firewall.service" in wants
    more = {"lvs_virtual_services.web.ports": [80, 8080], "lvs_nginx_sites.www.ports": [80, 8080]}
    assert run(box, **more)["changed"] == 1
    assert "tcp dport { 80, 8080 } accept" in rules(box)
    assert run(box, lvs_firewall="none")["changed"] > 0
    assert rules(box) == before
    assert run(box, lvs_firewall="none")["changed"] == 0
    assert box.run("sh", "-c", "test -e %s || echo gone" % SCRIPT).strip() == "gone"


def test_a_host_that_is_given_back_has_its_rules_as_they_were(box: Box) -> None:
    before = rules(box)
    run(box)
    assert is_open(box)
    answer = box.module("restore")
    assert "- vipstack-lvs-firewall.service runs" in answer["restored"], answer
    assert rules(box) == before
    said = box.run("sh", "-c", "find /etc/systemd/system /usr/libexec/vipstack-lvs -name '*vipstack*' 2>&1; true")
    assert "firewall" not in said


def test_a_host_stays_open_whatever_its_nftables_does(tmp_path: Path) -> None:
    with web1(tmp_path) as host:
        host.write("/etc/nftables.conf", RULES)
        # Somebody loaded the rules by hand: an operator starts the unit for the first time.
        host.run("nft", "-f", "/etc/nftables.conf")
        run(host)
        assert is_open(host)
        for what in ("start", "restart", "reload", "stop", "start"):
            host.run("systemctl", what, "nftables.service")
            # A reload ends before what it has our unit do.
            if what == "reload":
                host.wait("nft list ruleset | grep -q 'jump vipstack_lvs_in'")
            assert (is_open(host), "vipstack" in rules(host)) == (what != "stop", what != "stop"), what
        host.run("systemctl", "stop", "vipstack-lvs-firewall.service")
        assert "vipstack" not in rules(host)


def test_ufw_is_opened_and_stays_so(tmp_path: Path) -> None:
    with web1(tmp_path) as host:
        host.run("ufw", "--force", "enable")
        before = host.run("sh", "-c", CHAINS)
        assert run(host)["changed"] == 1
        opened = host.run("iptables", "-S", "VIPSTACK-LVS-IN")
        assert "-A VIPSTACK-LVS-IN -d 198.51.100.200/32 -p tcp -m tcp --dport 80 -j ACCEPT" in opened
        for again in (
            "ufw reload",
            "ufw disable && ufw --force enable",
            "systemctl restart ufw.service",
            "systemctl stop ufw.service && systemctl start ufw.service",
        ):
            host.run("sh", "-c", again)
            host.wait("iptables -S INPUT | head -n 2 | grep -q -e '-j VIPSTACK-LVS-IN'")
            assert host.run("iptables", "-S", "VIPSTACK-LVS-IN") == opened
            assert run(host)["changed"] == 0
        run(host, lvs_firewall="none")
        assert host.run("sh", "-c", CHAINS) == before
