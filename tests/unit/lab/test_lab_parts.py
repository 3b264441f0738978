# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure parts of the lab: hosts, cables, CPUs, and what the client saw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import hosts
from lab.__main__ import parser
from lab.containers import run_arguments
from lab.debian import FILES
from lab.docker import Docker
from lab.probe import Probe, Running, end_all, longest_gap, summary
from lab.stack import Director, director, spread
from lab.state import LabError, Settings
from lab.uml import SUITES, Guest, Uml, freest_cpu, guests
from lab.wire import Wire, block_vrrp_commands, delay_commands


def test_every_host_has_its_own_address_in_the_documentation_range() -> None:
    addresses = [host.address for host in hosts.HOSTS]
    assert len(set(addresses)) == 7
    assert all(address.startswith("198.51.100.") for address in addresses)
    assert hosts.VIP not in addresses
    assert hosts.named("d1").mac == "02:00:c6:33:64:64"


def test_a_host_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(LabError, match=r"^no host 'd3'; there are d1, d2, web1, web2, app1, app2, client$"):
        hosts.named("d3")


def test_hosts_know_each_other_by_name_and_carry_their_labs() -> None:
    arguments = run_arguments(hosts.named("web1"), "mine")
    assert arguments[arguments.index("--label") + 1] == "vipstack.lab=mine"
    assert arguments[arguments.index("--ip") + 1] == "198.51.100.102"
    assert arguments[arguments.index("--ip6") + 1] == "2001:db8:100::102"
    assert "--ip6" not in run_arguments(hosts.named("web1"), "mine", ipv6=False)
    assert "--add-host=d1:198.51.100.100" in arguments
    assert not any(word.startswith("--add-host=web1:") for word in arguments)


@pytest.mark.parametrize(
    ("allowed", "pinned", "chosen"), [({0, 1}, [], 1), ({0, 1}, [1], 0), ({0, 1}, [1, 0], 1), ({2}, [2, 2], 2)]
)
def test_a_guest_gets_the_cpu_with_the_fewest(allowed: set[int], pinned: list[int], chosen: int) -> None:
    assert freest_cpu(allowed, pinned) == chosen


def test_a_director_is_read_from_one_output() -> None:
    seen = """2: eth0    inet 198.51.100.100/24 scope global eth0
2: eth0    inet 198.51.100.200/24 scope global secondary eth0:0
(web) Entering MASTER STATE
-A -t 198.51.100.200:80 -s wrr
-a -t 198.51.100.200:80 -r 198.51.100.102:80 -g -w 5
-a -t 198.51.100.200:80 -r 198.51.100.109:80 -g -w 1
-A -t 198.51.100.200:81 -s wrr
-a -t 198.51.100.200:81 -r 198.51.100.102:81 -g -w 2
"""
    assert director(seen) == Director(True, "MASTER", {"web1": 2, "198.51.100.109": 1})
    without = "\n".join(line for line in seen.splitlines() if "198.51.100.200/24" not in line)
    assert not director(without).holds
    assert director("") == Director(False, "", {})


def process(proc: Path, name: str, root: str, *words: str) -> None:
    (proc / name).mkdir()
    (proc / name / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))
    (proc / name / "root").symlink_to(root)


def test_guests_are_known_by_their_words(tmp_path: Path) -> None:
    """Any user's, once each; who only speaks of one is none."""
    me = str(os.getpid())
    process(tmp_path, me, "/cache/uml/root", "/usr/bin/linux.uml", "mem=4G", "umid=vipstack-lab", "lab_ip=1")
    process(tmp_path, "1", "/", "grep", "umid=vipstack-lab")
    process(tmp_path, "99999999", "/cache/uml/root", "/usr/bin/linux.uml", "umid=gone")
    (tmp_path / "self").mkdir()
    (found,) = guests(tmp_path)
    assert found == Guest("vipstack-lab", Path("/cache/uml/root"), frozenset(os.sched_getaffinity(0)))


def test_suites_are_tried_in_order_or_the_one_that_was_asked_for() -> None:
    assert Uml(Settings.of({})).suites == SUITES
    assert Uml(Settings.of({"LAB_SUITE": "trixie"})).suites == ("trixie",)
    assert Uml(Settings.of({"LAB_SUITE": "sid"}), suite="trixie").suites == ("trixie",), "what `up` recorded counts"


def test_ip_vs_is_left_to_the_roles() -> None:
    """Loaded by the guest it would be there without the options that the roles write for it."""
    assert "modprobe" in (FILES / "guest-init").read_text()
    loaded = [line for line in (FILES / "guest-init").read_text().splitlines() if line.startswith("for m in")]
    assert loaded
    assert not any("ip_vs" in line for line in loaded)


def test_vrrp_is_dropped_both_ways_in_both_families_and_comes_back() -> None:
    commands = block_vrrp_commands("veth1", True)
    drops = [command for command in commands if command.endswith("112 0xff action drop")]
    assert len(drops) == 4
    assert {(way, family) for way in ("ingress", "egress") for family in ("ip", "ip6") for drop in drops
            if f" {way} " in drop and f"match {family} protocol" in drop} == {
        ("ingress", "ip"), ("ingress", "ip6"), ("egress", "ip"), ("egress", "ip6")
    }  # fmt: skip
    assert block_vrrp_commands("veth1", False) == commands[:1]


def test_a_delay_ends_the_one_before() -> None:
    assert delay_commands("veth1", 0) == ["tc qdisc del dev veth1 root 2>/dev/null || true"]
    assert delay_commands("veth1", 12.5)[1] == "tc qdisc add dev veth1 root netem delay 12.5ms limit 10000"


@pytest.mark.parametrize("ms", [-1, 10_001])
def test_a_delay_has_bounds(ms: float) -> None:
    with pytest.raises(LabError, match="must be 0-10000"):
        Wire(Docker("unix:///none")).delay("d1", ms)


def record(t: float, ok: bool = True, **more: Any) -> dict[str, Any]:
    return {"t": t, "ok": ok, "ms": 1.0, **more}


@pytest.mark.parametrize(
    ("records", "gap"),
    [
        ([], 10.0),
        ([record(1), record(2), record(9.5)], 7.5),
        ([record(4), record(5), record(10)], 5.0),  # 5 to 10, and 4 before the first
        ([record(6), record(9)], 6.0),  # before the first
        ([record(1), record(2)], 8.0),  # after the last
        ([record(1), record(3, ok=False), record(9), record(10)], 8.0),  # a failure ends no gap
    ],
)
def test_the_longest_gap_is_between_good_answers(records: list[dict[str, Any]], gap: float) -> None:
    assert longest_gap(records, 10.0) == gap


def test_a_summary_counts_good_answers_by_who_gave_them() -> None:
    said = summary(
        [
            record(0.1, status=200, server="web1", app="app1"),
            record(0.2, status=200, server="web2", app="app1"),
            record(0.3, ok=False, status=502, server="web1", app=None),
            record(0.4, ok=False, error="TimeoutError"),
        ],
        0.5,
    )
    assert (said["requests"], said["failed"]) == (4, 2)
    assert said["by_server"] == {"web1": 1, "web2": 1}
    assert said["by_app"] == {"app1": 2}
    assert said["errors"] == {"502": 1, "TimeoutError": 1}


SPREADS: dict[str, tuple[dict[str, int], bool]] = {
    "even": ({"web1": 500, "web2": 500}, True),
    "as far as chance goes": ({"web1": 421, "web2": 579}, True),
    "further": ({"web1": 420, "web2": 580}, False),
    "one alone": ({"web1": 1000}, False),
    "one too many": ({"web1": 500, "web2": 499, "web3": 1}, False),
}


@pytest.mark.parametrize(("counts", "even"), SPREADS.values(), ids=SPREADS)
def test_what_counts_as_spread_over_two(counts: dict[str, int], even: bool) -> None:
    assert spread(counts, ("web1", "web2")) is even


def test_a_client_has_bounds() -> None:
    probe = Probe(Docker("unix:///none"))
    with pytest.raises(LabError, match="must be more than 0 and at most 600"):
        probe.start(601)
    with pytest.raises(LabError, match="must be 1-100000 requests, 1-64 threads"):
        probe.load(1, 65)


def test_the_command_line() -> None:
    options = parser().parse_args(["exec", "d1", "--", "ip", "-br", "address"])
    assert (options.host, options.words[-3:]) == ("d1", ["ip", "-br", "address"])
    assert parser().parse_args(["wire", "delay", "d1", "off"]).ms == 0
    assert parser().parse_args(["wire", "block-vrrp", "d1", "off"]).off == "off"


def test_a_client_that_a_failed_test_forgot_is_ended() -> None:
    program = """print('asks', flush=True); input(); print('{"late": true}\\n{"seconds": 1}')"""
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", program], **pipes) as child:
        client = Running(child, 60)
        assert Running.asking == [client]
        end_all()
        assert child.poll() == 0
    assert Running.asking == []
