# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls that drop everything are opened for the stack and for nobody else: by packets, on three Debians."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inventory import V6_TOO, model_of, with_changes
from rendering import files, of_firewall

from ansible_collections.vipstack.lvs.plugins.filter.render import firewall_plan
from lab.daemons import SUITES, Court, court, firewall_tree
from lab.state import Settings

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mmdebstrap") is None, reason="needs root and the program mmdebstrap"
)
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
MODULE_UTILS = "/opt/ansible_collections/vipstack/lvs/plugins/module_utils/"
SCRIPT = "/usr/libexec/vipstack-lvs/lvs-firewall"
POLICY = "/etc/firewalld/policies/vipstack-lvs.xml"
PLACES = {"opener": SCRIPT, "policy": POLICY}
MODEL = model_of(with_changes({**V6_TOO, "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"]}))
STRANGER, STRANGER6 = "198.51.100.9", "2001:db8::9"
# A host with its VIP, and all others behind one wire.
WIRE = """
ip link set lo up
ip netns add others
trap 'ip netns delete others' EXIT
ip link add eth0 type veth peer name eth0 netns others
ip address add {own}/24 dev eth0
ip address add {own6}/64 dev eth0 nodad
ip address add 198.51.100.200/32 dev eth0
ip address add 2001:db8::200/128 dev eth0 nodad
ip link set eth0 up
for n in 9 100 101; do
    ip -n others address add 198.51.100.$n/24 dev eth0 2> /dev/null
    ip -n others address add 2001:db8::$n/64 dev eth0 nodad
done
ip -n others address delete {own}/24 dev eth0 2> /dev/null || true
ip -n others address delete {own6}/64 dev eth0 2> /dev/null || true
ip -n others link set eth0 up
until ip -6 -n others route show dev eth0 | grep -q 2001:db8::/64; do sleep 0.05; done
"""
NFT = """
nft -f - << 'END'
table inet filter {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        tcp dport 22 accept
    }
    chain forward {
        type filter hook forward priority 0; policy drop;
    }
}
END
"""
NFT_BY_FAMILY = """
nft -f - << 'END'
table ip mine {
    chain in-coming {
        type filter hook input priority 0; policy accept;
        ct state established,related accept
        counter drop
    }
}
table ip6 mine {
    chain in-coming {
        type filter hook input priority 0; policy accept;
        ct state established,related accept
        counter reject with icmpv6 type admin-prohibited
    }
}
table inet bans {
    set banned { type ipv4_addr; }
    chain input {
        type filter hook input priority -1; policy accept;
        ip saddr @banned drop
    }
}
END
"""
# iptables is there and cannot read these.
NFT_ALONE = """
nft -f - << 'END'
table ip filter {
    map who {
        type ipv4_addr : verdict
    }
    chain INPUT {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        ip saddr vmap @who
    }
}
table ip6 filter {
    chain INPUT {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
    }
}
END
"""
# Debian has the program `iptables` twice: by nftables, and by the kernel's older interface.
IPTABLES = """
for program in iptables ip6tables; do
    ln -sf $program-{kind} /usr/sbin/$program
    ln -sf $program-{kind}-restore /usr/sbin/$program-restore
    $program -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
    $program -A INPUT -p tcp --dport 22 -j ACCEPT
    $program -A INPUT -j REJECT
    $program -P FORWARD DROP
done
"""
IPTABLES_PLACES = ["iptables INPUT", "iptables FORWARD", "ip6tables INPUT", "ip6tables FORWARD"]
RULES = {
    "nftables, one table for both families": (NFT, ["nft inet filter input", "nft inet filter forward"]),
    "nftables, a table for each family": (NFT_BY_FAMILY, ["nft ip mine in-coming", "nft ip6 mine in-coming"]),
    "nftables, tables with the names of iptables": (NFT_ALONE, ["nft ip filter INPUT", "nft ip6 filter INPUT"]),
    "iptables": (IPTABLES.format(kind="nft"), IPTABLES_PLACES),
    "iptables of the older interface": (IPTABLES.format(kind="legacy"), IPTABLES_PLACES),
}
# Who gets in, and who does not: what, from where, to where. The last one always gets in.
DIRECTOR = [
    ("vrrp", STRANGER, "198.51.100.100", False),
    ("vrrp", STRANGER6, "2001:db8::100", False),
    ("80", STRANGER, "198.51.100.100", False),
    ("80", STRANGER6, "2001:db8::100", False),
    ("vrrp", "198.51.100.101", "198.51.100.200", False),
    ("vrrp", "198.51.100.101", "198.51.100.100", True),
    ("vrrp", "2001:db8::101", "2001:db8::100", True),
    ("80", STRANGER6, "2001:db8::200", True),
    ("80", STRANGER, "198.51.100.200", True),
]
REAL_SERVER = [
    ("vrrp", "198.51.100.100", "198.51.100.102", False),
    ("80", STRANGER, "198.51.100.102", False),
    ("80", STRANGER6, "2001:db8::102", False),
    ("80", "2001:db8::100", "2001:db8::102", True),
    ("80", "198.51.100.101", "198.51.100.102", True),
    ("80", STRANGER6, "2001:db8::200", True),
    ("80", STRANGER, "198.51.100.200", True),
]
HOSTS = {"d1": ("198.51.100.100", "2001:db8::100", DIRECTOR), "web1": ("198.51.100.102", "2001:db8::102", REAL_SERVER)}
STATE = "exec 2> /dev/null; nft -s list ruleset; iptables -S || true; ip6tables -S || true"


class Firewalls:
    """A Debian: scripts run in its tree, each in a network namespace of its own."""

    def __init__(self, one: Court) -> None:
        self._court = one
        place = PLUGINS / "module_utils"
        self._files = {
            MODULE_UTILS + str(path.relative_to(place)): (path.read_text(encoding="utf-8"), 0o644)
            for path in place.rglob("*.py")
        }
        self._files["/opt/case.py"] = (Path(__file__).with_name("firewall_case.py").read_text(encoding="utf-8"), 0o644)

    def run(self, host: str, script: str, **files: str) -> str:
        """The output of a script on the host, with `look` and `ask` for `firewall_case.py`. ``files``: of PLACES."""
        own, own6, asked = HOSTS[host]
        questions = json.dumps(asked)
        words = "set -e\ncp -r --preserve=mode /case/files/. /\nexport PYTHONPATH=/opt\n"
        words += "look() { python3 -B /opt/case.py look; }\nask() { python3 -B /opt/case.py ask '%s'; }\n" % questions
        given = {PLACES[name]: (text, 0o755 if name == "opener" else 0o644) for name, text in files.items()}
        self._court.hand({**self._files, **given}, words + WIRE.format(own=own, own6=own6) + script)
        status, said = self._court.verdict()
        assert status == 0, said
        return said


@pytest.fixture(scope="module", params=SUITES)
def firewalls(request: pytest.FixtureRequest) -> Iterator[Firewalls]:
    with court(firewall_tree(Settings.of(os.environ), request.param)) as one:
        yield Firewalls(one)


def planned(host: str, found: Any) -> Any:
    return firewall_plan(MODEL["hosts"][host]["firewall"], found)


@pytest.mark.parametrize(("name", "host"), [*((name, "d1") for name in RULES), (next(iter(RULES)), "web1")])
def test_the_stack_gets_in_and_nobody_else(firewalls: Firewalls, name: str, host: str) -> None:
    rules, places = RULES[name]
    found = json.loads(firewalls.run(host, rules + "look"))
    assert [one["place"] for one in found["closed"]] == places
    plan = planned(host, found)
    assert plan["is_needed"]
    assert plan["closed"] == [place for place in places if "forward" not in place.lower()]
    said = firewalls.run(
        host,
        rules + "echo; (%s) > /before; %s open; look; ask; (%s) > /opened" % (STATE, SCRIPT, STATE)
        + "\n%s open; (%s) | cmp - /opened; %s close; (%s) | diff /before -" % (SCRIPT, STATE, SCRIPT, STATE),
        opener=of_firewall("lvs-firewall.j2", plan),
    )  # fmt: skip
    seen, got_in = map(json.loads, said.strip().splitlines())
    assert got_in == [one[3] for one in HOSTS[host][2]]
    assert planned(host, seen)["closed"] == []


# A bus and firewalld, for as long as the script runs; eth0 is in the zone drop, which lets nothing in.
FIREWALLD = """
rm -f {policy} /run/dbus/pid
mkdir -p /run/dbus
dbus-daemon --system --fork --print-pid > /bus
firewalld --nofork --nopid > /said 2>&1 &
daemon=$!
trap 'kill $daemon $(cat /bus); wait $daemon || true; ip netns delete others' EXIT
until [ "$(firewall-cmd --state 2>&1)" = running ]; do kill -0 $daemon || {{ cat /said; exit 1; }}; sleep 0.1; done
firewall-cmd --quiet --permanent --zone=drop --change-interface=eth0
firewall-cmd --quiet --reload
"""


def test_firewalld_lets_the_stack_in_and_nobody_else(firewalls: Firewalls) -> None:
    host = "d1"
    begin = FIREWALLD.format(policy=POLICY)
    found = json.loads(firewalls.run(host, begin + "look"))
    assert found == {"firewalld": True, "policies": [], "closed": []}
    plan = planned(host, found)
    assert plan["closed"] == ["firewalld policy vipstack-lvs"]
    said = firewalls.run(
        host,
        begin.replace("rm -f " + POLICY, "mv %s /policy; rm -f" % POLICY)
        + "mv /policy %s\nfirewall-cmd --check-config > /dev/null\n%s reload-firewalld\nask" % (POLICY, SCRIPT),
        opener=of_firewall("lvs-firewall.j2", plan), policy=of_firewall("policy-in.xml.j2", plan),
    )  # fmt: skip
    assert json.loads(said) == [one[3] for one in HOSTS[host][2]]


@pytest.mark.parametrize(
    ("add", "listed"),
    [
        ("--zone=public --add-port=9/tcp", "--zone=public --list-ports"),
        ("--direct --add-rule ipv4 filter INPUT 0 -p tcp --dport 9 -j ACCEPT", "--direct --get-all-rules"),
    ],
)
def test_firewalld_is_not_reloaded_where_that_would_lose_something(firewalls: Firewalls, add: str, listed: str) -> None:
    begin = FIREWALLD.format(policy=POLICY)
    said = firewalls.run(
        "d1",
        begin + "firewall-cmd --quiet %s\n%s reload-firewalld && exit 1\nfirewall-cmd %s" % (add, SCRIPT, listed),
        opener=of_firewall("lvs-firewall.j2", planned("d1", {"firewalld": True})),
    )
    assert "firewalld has settings that a reload would lose" in said
    assert "9" in said.splitlines()[-1]


TOGETHER = model_of(
    with_changes({
        **V6_TOO, "lvs_vips.web.addresses": ["198.51.100.200/24", "2001:db8::200/64"],
        "lvs_virtual_services.web.ports": [80, 8080], "lvs_virtual_services.web.together": True,
        "lvs_nginx_sites.www.ports": [80, 8080],
    })
)  # fmt: skip
# Packets are counted by their mark. A client asks each port of the VIPs, one that is none of the service's,
# and the host's own address.
MARKED = """
nft -c -f /marks.nft
nft -f /marks.nft
nft -f /marks.nft
nft -f - << 'END'
table inet seen {{
    chain input {{
        type filter hook input priority 0; policy accept;
        tcp flags & (syn | ack) != syn accept
        meta mark {four} counter accept
        meta mark {six} counter accept
        meta l4proto tcp counter accept
    }}
}}
END
ip netns exec others python3 -c '
import socket
for place in ("198.51.100.200", "2001:db8::200", "198.51.100.100"):
    for port in (80, 8080, 81):
        socket.socket(socket.AF_INET6 if ":" in place else socket.AF_INET).connect_ex((place, port))
'
nft list chain inet seen input | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'
python3 -B -c 'from ansible_collections.vipstack.lvs.plugins.module_utils._host.marks import look; print(look())'
"""


def test_packets_to_ports_that_are_together_get_their_mark_and_no_others(firewalls: Firewalls) -> None:
    four, six = (one["fwmark"] for one in TOGETHER["hosts"]["d1"]["director"]["services"])
    rules = files(TOGETHER, "d1", {})["/etc/vipstack-lvs/marks.nft"]
    script = "cat > /marks.nft << 'END'\n%sEND\n" % rules + MARKED.format(four=four, six=six)
    *counted, marks = firewalls.run("d1", script).strip().splitlines()
    assert (counted, json.loads(marks)) == (["2", "2", "5"], sorted([four, six]))
