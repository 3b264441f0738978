# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""real_server_vip on a real kernel in an empty network namespace; the program ip is the witness."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netns import ip, new_namespace

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import HostFiles
from ansible_collections.vipstack.lvs.plugins.module_utils._host.silent_vips import (
    from_options,
    link_path,
    sysctl_path,
    unit_path,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._host.vips_host import Host
from ansible_collections.vipstack.lvs.plugins.module_utils._host.vips_plan import Plan, make_plan

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a network namespace")

NAME = "vips"
V4: dict[str, object] = {"address": "198.51.100.200", "label": "lo:0"}
V6: dict[str, object] = {"address": "2001:db8::200"}
OTHER: dict[str, object] = {"address": "198.51.100.201"}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    os.symlink("/proc", tmp_path / "proc")
    with new_namespace():
        yield Host(HostFiles(str(tmp_path)), None)


def run(host: Host, *vips: dict[str, object], interface: str = "lo", purge: bool = True, absent: bool = False) -> Plan:
    wanted = from_options(NAME, interface, vips, purge)
    wanted = wanted.absent() if absent else wanted
    plan = make_plan(wanted, host.read(wanted), "/sbin/ip")
    host.apply(plan, NAME)
    assert not make_plan(wanted, host.read(wanted), "/sbin/ip").changed
    return plan


def addresses(interface: str = "lo") -> set[tuple[str, int, str | None]]:
    found: list[dict[str, Any]] = json.loads(ip("-j address show dev " + interface))[0]["addr_info"]
    return {(item["local"], item["prefixlen"], item.get("label")) for item in found if item["scope"] == "global"}


def value(name: str) -> str:
    return Path("/proc/sys/net/ipv4/conf", name).read_text().strip()


def silence() -> list[str]:
    return [value(where + "/" + name) for where in ("all", "lo") for name in ("arp_ignore", "arp_announce")]


def test_there_and_back(host: Host) -> None:
    plan = run(host, V4, V6)
    assert plan.lines(NAME) == [
        "~ net.ipv4.conf.all.arp_ignore 0 -> 1",
        "~ net.ipv4.conf.all.arp_announce 0 -> 2",
        "~ net.ipv4.conf.lo.arp_ignore 0 -> 1",
        "~ net.ipv4.conf.lo.arp_announce 0 -> 2",
        "+ 198.51.100.200/32 dev lo label lo:0",
        "+ 2001:db8::200/128 dev lo",
        "+ vips.service at boot",
    ]
    assert addresses() == {("198.51.100.200", 32, "lo:0"), ("2001:db8::200", 128, None)}
    assert silence() == ["1", "2", "1", "2"]
    assert "tentative" not in ip("address show dev lo")

    run(host, absent=True)
    assert addresses() == set()
    assert silence() == ["0", "0", "0", "0"]
    assert [host.files.read(path) for path in (unit_path(NAME), sysctl_path(NAME))] == [None, None]
    assert not os.path.lexists(host.files.real(link_path(NAME)))


def test_what_the_unit_does_at_boot(host: Host) -> None:
    """The commands of the unit, run in the order of systemd in an empty namespace: refused while loud."""
    run(host, V4, V6)
    text = host.files.read(unit_path(NAME)) or ""
    commands = [line.split("=", 1)[1].replace("$$", "$") for line in text.splitlines() if line.startswith("Exec")]
    with new_namespace():
        assert os.system(commands[0] + " 2>/dev/null") != 0
        for where in ("all", "lo"):
            Path("/proc/sys/net/ipv4/conf", where, "arp_ignore").write_text("1")
            assert os.system(commands[0] + " 2>/dev/null") != 0
            Path("/proc/sys/net/ipv4/conf", where, "arp_announce").write_text("2")
        for command in [*commands, *commands]:
            assert os.system(command) == 0, command
        assert addresses() == {("198.51.100.200", 32, "lo:0"), ("2001:db8::200", 128, None)}
        wanted = from_options(NAME, "lo", [V4, V6], True)
        assert not make_plan(wanted, host.read(wanted), "/sbin/ip").changed


def test_purge_takes_only_what_was_made_here(host: Host) -> None:
    ip("address add 198.51.100.99/32 dev lo")
    run(host, V4, OTHER)
    plan = run(host, V4)
    assert plan.lines(NAME) == ["- 198.51.100.201/32 dev lo"]
    assert addresses() == {("198.51.100.200", 32, "lo:0"), ("198.51.100.99", 32, "lo")}
    run(host, absent=True)
    assert addresses() == {("198.51.100.99", 32, "lo")}


def test_without_purge_the_earlier_ones_stay_recorded(host: Host) -> None:
    run(host, V4)
    run(host, OTHER, purge=False)
    assert {address for address, _prefix, _label in addresses()} == {"198.51.100.200", "198.51.100.201"}
    run(host, OTHER)
    assert {address for address, _prefix, _label in addresses()} == {"198.51.100.201"}


def test_values_from_before_come_back_and_others_stay(host: Host) -> None:
    Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("2")
    Path("/proc/sys/net/ipv4/conf/lo/arp_announce").write_text("2")
    run(host, V4)
    run(host, V4, OTHER)
    Path("/proc/sys/net/ipv4/conf/lo/arp_ignore").write_text("8")  # somebody's own decision
    wanted = from_options(NAME, "lo", [], True)
    host.apply(make_plan(wanted, host.read(wanted), "/sbin/ip"), NAME)
    assert silence() == ["2", "0", "8", "2"]


def test_an_address_that_was_there_is_taken_over(host: Host) -> None:
    ip("address add 198.51.100.200/32 dev lo label lo:0")
    assert run(host, V4).add == ()


def test_label_and_prefix_are_corrected(host: Host) -> None:
    ip("address add 198.51.100.200/24 dev lo")
    plan = run(host, V4)
    assert [line for line in plan.lines(NAME) if "198.51" in line] == [
        "+ 198.51.100.200/32 dev lo label lo:0",
        "- 198.51.100.200/24 dev lo",
    ]
    run(host, {"address": "198.51.100.200", "label": "lo:web"})
    assert addresses() == {("198.51.100.200", 32, "lo:web")}


def test_another_interface_takes_the_vips_along(host: Host) -> None:
    ip("link add vip0 type bridge")
    ip("link set vip0 up")
    run(host, V4, V6)
    run(host, {"address": "198.51.100.200"}, V6, interface="vip0")
    assert addresses() == set()
    assert {address for address, _prefix, _label in addresses("vip0")} == {"198.51.100.200", "2001:db8::200"}
    assert silence() == ["1", "2", "0", "0"]
    assert value("vip0/arp_ignore") == "1"


def test_a_vip_elsewhere_and_a_loud_interface_are_named(host: Host) -> None:
    ip("link add eth9 type bridge")
    ip("address add 198.51.100.200/24 dev eth9")
    Path("/proc/sys/net/ipv4/conf/eth9/arp_ignore").write_text("3")
    warnings = run(host, V4).warnings
    assert warnings == (
        "198.51.100.200 is on eth9, too: there this host answers ARP for it, which only the director that holds it"
        " may do",
        "net.ipv4.conf.eth9.arp_ignore is 3: the interface answers ARP for VIPs; must be 0, 1, 2 or 8",
    )
    assert addresses("eth9") == {("198.51.100.200", 24, "eth9")}


def test_drift_is_repaired_without_a_file_touched(host: Host) -> None:
    run(host, V4)
    ip("address del 198.51.100.200/32 dev lo")
    Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("0")
    plan = run(host, V4)
    assert plan.unit == plan.sysctl_file == ()
    assert plan.lines(NAME) == ["~ net.ipv4.conf.all.arp_ignore 0 -> 1", "+ 198.51.100.200/32 dev lo label lo:0"]


def test_ipv6_that_is_off_is_said(host: Host) -> None:
    Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6").write_text("1")
    with pytest.raises(LvsError, match=r"an IPv6 VIP is wanted on lo, but net.ipv6.conf.lo.disable_ipv6 is 1"):
        run(host, V6)


def test_an_interface_that_is_not_there(host: Host) -> None:
    with pytest.raises(LvsError, match=r"interface is vip7, which this host has not; there are .*lo"):
        run(host, OTHER, interface="vip7")


@pytest.mark.parametrize("step", range(1, 12))
def test_a_run_cut_anywhere_is_finished_by_the_next_and_never_loud(
    host: Host, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after the n-th write of a change: the VIPs are never there while the host is loud, and nothing is lost."""
    run(host, V4, OTHER)
    wanted = from_options(NAME, "lo", [V4, V6], True)
    for target in (wanted, wanted.absent()):
        with Cut(step, monkeypatch):
            host.apply(make_plan(target, host.read(target), "/sbin/ip"), NAME)
        assert not addresses() or silence() == ["1", "2", "1", "2"]
        host.apply(make_plan(target, host.read(target), "/sbin/ip"), NAME)
        assert not make_plan(target, host.read(target), "/sbin/ip").changed
    assert addresses() == set()
    assert silence() == ["0", "0", "0", "0"]


class Cut:
    """Everything that writes raises from its n-th call on, as if the process had been killed there."""

    def __init__(self, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = after
        self.patch = monkeypatch

    def __enter__(self) -> None:
        from ansible_collections.vipstack.lvs.plugins.module_utils._host import files, sysctl
        from ansible_collections.vipstack.lvs.plugins.module_utils._netlink import route

        for owner, name in [
            (files.HostFiles, "write"),
            (files.HostFiles, "remove"),
            (sysctl.Sysctls, "write"),
            (route.RouteSocket, "add"),
            (route.RouteSocket, "remove"),
        ]:
            self.patch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, function: Any) -> Any:
        def wrapper(*arguments: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return function(*arguments)

        return wrapper

    def __exit__(self, kind: object, *_rest: object) -> bool:
        self.patch.undo()
        return kind is KeyboardInterrupt
