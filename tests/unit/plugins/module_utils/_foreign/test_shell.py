# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of boot files: which of them set a VIP or the table, and the text without them."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._foreign.shell import (
    fighting_lines,
    mentions,
    sets_table,
    sets_vip,
    silenced,
    without_interfaces,
    without_sysctls,
)

VIP = "198.51.100.200"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (VIP, True),
        (f"{VIP}/32", True),
        (f"{VIP}:80", True),
        (f"1{VIP}", False),
        (f"{VIP}1", False),
        ("198.51.100.20", False),
        ("2001:DB8::200", True),
        ("2001:db8::2001", False),
    ],
)
def test_an_address_is_found_as_a_whole(text: str, expected: bool) -> None:
    assert mentions(text, [VIP, "2001:db8::200"]) is expected


@pytest.mark.parametrize(
    "line",
    [
        f"ip addr add {VIP}/32 dev lo",
        f"/sbin/ip address replace {VIP}/32 dev lo label lo:0",
        f"ifconfig lo:0 {VIP} netmask 255.255.255.255 broadcast {VIP} up",
        f"VIP={VIP}\nifconfig lo:0 $VIP netmask 255.255.255.255 up",
        f'SNS_VIP="{VIP}"\nip a add ${{SNS_VIP}}/32 dev lo',
        f"for vip in 192.0.2.1 {VIP}; do\n  ip addr add $vip/32 dev lo\ndone",
        f"VIPS='{VIP}'\nfor v in $VIPS; do ip addr add $v/32 dev lo; done",
        f"ip addr add \\\n  {VIP}/32 dev lo",
    ],
)
def test_a_script_that_adds_a_vip_is_found(line: str) -> None:
    assert sets_vip(f"#!/bin/sh\n{line}\n", [VIP])


@pytest.mark.parametrize(
    "line", [f"# ip addr add {VIP}/32 dev lo", f"curl http://{VIP}/", "ip addr add 192.0.2.1/32 dev lo", f"echo {VIP}"]
)
def test_a_script_that_only_names_it_is_none(line: str) -> None:
    assert not sets_vip(f"#!/bin/sh\n{line}\n", [VIP])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ipvsadm -A -t 198.51.100.200:80 -s rr", True),
        ("/sbin/ipvsadm -C", True),
        ("ipvsadm --restore < /etc/ipvsadm.rules", True),
        ("ipvsadm-restore < /etc/ipvsadm.rules", True),
        ("ipvsadm -Ln | grep -q web", False),
        ("ipvsadm --list", False),
        ("ipvsadm -Sn > /etc/ipvsadm.rules", False),
        ("ipvsadm-save -n > /etc/ipvsadm.rules", False),
    ],
)
def test_who_writes_the_table(line: str, expected: bool) -> None:
    assert sets_table(line) is expected


RC_LOCAL = f"""#!/bin/sh -e
VIP={VIP}
modprobe dummy
if true; then
    ip addr add $VIP/32 dev lo \\
        label lo:0
fi
/usr/local/sbin/bind_vip.sh start
ipvsadm -A -t {VIP}:80 -s rr
/usr/local/sbin/bind_vip.sh.old
exit 0
"""


def test_rc_local_loses_only_what_fights_and_stays_a_script() -> None:
    lines = fighting_lines(RC_LOCAL, [VIP], ["/usr/local/sbin/bind_vip.sh"], table=True)
    assert lines == [[4, 5], [7], [8]]
    after = silenced(RC_LOCAL, lines)
    assert subprocess.run(["sh", "-n"], input=after, text=True, check=False).returncode == 0
    assert after.count("\n") == RC_LOCAL.count("\n")
    assert fighting_lines(after, [VIP], ["/usr/local/sbin/bind_vip.sh"], table=True) == []
    undone = "".join(
        line.replace(": # vipstack.lvs: ", "").replace("# vipstack.lvs: ", "") for line in after.splitlines(True)
    )
    assert undone == RC_LOCAL


def test_a_director_alone_loses_the_table() -> None:
    assert fighting_lines(RC_LOCAL, [VIP], [], table=False) == [[4, 5]]


def test_sysctls_that_are_set_otherwise_become_comments() -> None:
    text = (
        "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.arp_ignore=0\n-net/ipv4/conf/all/arp_announce = 1\n"
        "net.ipv4.conf.all.arp_ignore = 1\n# net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.*.arp_ignore = 0\n"
    )
    after, names = without_sysctls(text, {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"})
    assert names == ["net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce"]
    lines = list(zip(text.splitlines(), after.splitlines()))
    assert [new for old, new in lines if old != new] == [
        "# vipstack.lvs: net.ipv4.conf.all.arp_ignore=0",
        "# vipstack.lvs: -net/ipv4/conf/all/arp_announce = 1",
    ]


def test_an_alias_of_ifupdown_and_a_hook_become_comments() -> None:
    text = f"""auto lo lo:0 eth0
iface lo inet loopback
    up ip addr add {VIP}/32 dev lo || true

iface lo:0 inet static
    address {VIP}/32

iface eth0 inet static
    address 198.51.100.100/24
"""
    after = without_interfaces(text, [VIP])
    assert [line for line in after.splitlines() if line and not line.startswith("#")] == [
        "auto lo eth0",
        "iface lo inet loopback",
        "iface eth0 inet static",
        "    address 198.51.100.100/24",
    ]
    assert without_interfaces(after, [VIP]) == after
    assert without_interfaces(text, ["192.0.2.1"]) == text


def test_an_interface_whose_own_address_it_is_stays() -> None:
    """That is no alias: the host would lose its network."""
    text = f"auto eth0\niface eth0 inet static\n    address {VIP}/24\n"
    assert without_interfaces(text, [VIP]) == text
