# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, values and sysctl.d files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import HostFiles
from ansible_collections.vipstack.lvs.plugins.module_utils._host.sysctl import (
    Sysctls,
    overrides,
    parse,
    path_of,
    render,
    value_text,
)

OWN = "/etc/sysctl.d/90-web.conf"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.vs.conntrack", "/proc/sys/net/ipv4/vs/conntrack"),
        ("net.ipv4.conf.eth0/100.arp_ignore", "/proc/sys/net/ipv4/conf/eth0.100/arp_ignore"),
        ("net/ipv4/conf/eth0.100/arp_ignore", "/proc/sys/net/ipv4/conf/eth0.100/arp_ignore"),
    ],
)
def test_path_of(name: str, path: str) -> None:
    assert path_of(name) == path


@pytest.mark.parametrize("name", ["", "/etc/passwd", "net..ipv4", "net//ipv4", "../x", "net/../../etc/passwd"])
def test_a_name_cannot_leave_proc_sys(name: str) -> None:
    with pytest.raises(LvsError, match="is no name of a sysctl"):
        path_of(name)


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (True, "1"), ("False", "0"), ("4096\t87380  6291456\n", "4096 87380 6291456")]
)
def test_value_text(value: object, text: str) -> None:
    assert value_text(value) == text


def test_what_is_rendered_is_parsed_back() -> None:
    sysctls = {"net.ipv4.vs.conntrack": "1", "net.ipv4.tcp_rmem": "4096 87380 6291456"}
    assert dict(parse(render(sysctls, "ours\nsecond line"))) == sysctls


def test_parse_knows_comments_and_dashes() -> None:
    assert parse("# a=1\n;b=2\n-c = 3\n-d\n\n") == [("c", "3")]


def test_a_later_file_that_sets_it_otherwise_is_named() -> None:
    files = {
        OWN: "net.ipv4.conf.all.arp_ignore = 1\n",
        "/etc/sysctl.d/10-first.conf": "net.ipv4.conf.all.arp_ignore = 0\n",
        "/usr/lib/sysctl.d/99-last.conf": "net/ipv4/conf/all/arp_ignore = 0\n",
        "/etc/sysctl.d/99-same.conf": "net.ipv4.conf.all.arp_ignore = 1\n",
        "/etc/sysctl.d/99-glob.conf": "net.ipv4.conf.*.arp_ignore = 0\n",
    }
    assert overrides(files, OWN, {"net.ipv4.conf.all.arp_ignore": "1"}) == [
        "/usr/lib/sysctl.d/99-last.conf sets net.ipv4.conf.all.arp_ignore to 0 after /etc/sysctl.d/90-web.conf at boot;"
        " wanted is 1: remove it there"
    ]


def test_a_file_that_is_hidden_by_its_name_does_not_count(tmp_path: Path) -> None:
    host = HostFiles(str(tmp_path))
    host.write("/etc/sysctl.d/99-x.conf", "")
    host.write("/usr/lib/sysctl.d/99-x.conf", "a.b = 2\n")
    assert Sysctls(host).boot_overrides(OWN, {"a.b": "1"}) == []
    host.remove("/etc/sysctl.d/99-x.conf")
    assert len(Sysctls(host).boot_overrides(OWN, {"a.b": "1"})) == 1


def test_a_value_that_the_kernel_refuses_is_named_with_its_word() -> None:
    """The real kernel: ostype is read-only for everybody."""
    with pytest.raises(LvsError, match=r"/proc/sys/kernel/ostype does not take 'x': (Permission denied|Read-only)"):
        Sysctls(HostFiles()).write("kernel.ostype", "x")


def test_a_sysctl_that_is_not_there() -> None:
    sysctls = Sysctls(HostFiles())
    assert sysctls.read("net.ipv4.no_such") is None
    with pytest.raises(LvsError, match="/proc/sys/net/ipv4/no_such is not there"):
        sysctls.write("net.ipv4.no_such", "1")
