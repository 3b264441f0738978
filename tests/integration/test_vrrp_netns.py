# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VRRP as the model writes it, spoken by real daemons (without IPVS) between namespaces: who holds a VIP, and how."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, model_of, with_changes
from netns import inside, ip, new_namespace
from rendering import files

from ansible_collections.vipstack.lvs.plugins.module_utils._host.places import STACK
from lab.processes import wait_until

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("keepalived") is None, reason="needs root and the program keepalived"
)

VIP = "198.51.100.200"
GENEROUS = 120.0  # seconds for what has to come
ENOUGH = 8  # adverts: more than twice what a backup waits for
# The daemon's own places are its own; what it reads and says is in the test's folder.
DAEMON = """
mount -t tmpfs none /run && cp "$1" /run && mount -t tmpfs none /tmp && echo 0 > /run/vipstack-lvs.handover || exit 1
exec keepalived --vrrp --dont-fork --log-console -f /run/keepalived.conf
"""
Tree = dict[str, Any]


@dataclass
class Director:
    """A director in a namespace with an interface in each network."""

    name: str
    namespace: int
    daemon: subprocess.Popen[bytes] | None = None

    def has(self, address: str) -> bool:
        """Whether it has the address as its holder does; on lo every director keeps it."""
        return any(" lo " not in line for line in self.ip("-o address show to " + address).splitlines())

    def ip(self, arguments: str) -> str:
        with inside(self.namespace):
            return ip(arguments)

    def adverts(self, direction: str) -> int:
        """How many its daemon received or sent, by its own count."""
        assert self.daemon
        if not list(Path("/proc/%d/root/run" % self.daemon.pid).glob("*vrrp*.pid")):
            return 0  # whoever is no daemon yet dies of the signal
        self.daemon.send_signal(signal.SIGUSR2)
        with contextlib.suppress(OSError):
            text = Path("/proc/%d/root/tmp/keepalived.stats" % self.daemon.pid).read_text()
            return sum(int(number) for number in re.findall(direction + r": (\d+)", text.partition("Packet")[0]))
        return 0


@pytest.fixture
def directors() -> Iterator[dict[str, Director]]:
    """d1 and d2, eth0 of both in one network and eth1 in another, which each begins without an address in."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(new_namespace())
        found = {}
        for network in ("0", "1"):
            ip("link add br%s type bridge" % network)
            ip("link set br%s up" % network)
        for number in (1, 2):
            name = "d%d" % number
            namespace = stack.enter_context(new_namespace())
            Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
            for network in ("0", "1"):
                with inside(home):
                    peer = "netns /proc/%d/fd/%d" % (os.getpid(), namespace)
                    ip("link add %sn%s type veth peer name eth%s %s" % (name, network, network, peer))
                    ip("link set %sn%s master br%s up" % (name, network, network))
                ip("link set eth%s up" % network)
            ip("address add 198.51.100.10%d/24 dev eth0" % (number - 1))
            ip("address add 2001:db8::10%d/64 dev eth0" % (number - 1))
            found[name] = Director(name, namespace)
            stack.callback(_stop, found[name])
        stack.enter_context(inside(home))
        yield found


def _stop(director: Director) -> None:
    if director.daemon:
        director.daemon.terminate()
        director.daemon.wait(GENEROUS)


def start(director: Director, model: Any, folder: Path) -> None:
    """The daemon with the model's own configuration and sysctls."""
    place = folder / director.name
    place.mkdir()
    config = files(model, director.name, {})["/etc/keepalived/keepalived.conf"]
    (place / "keepalived.conf").write_text(config.replace(STACK.script_user, "nobody"))
    with inside(director.namespace):
        for name, value in model["hosts"][director.name]["director"]["kernel"]["sysctls"].items():
            if not name.startswith("net.ipv4.vs."):
                Path("/proc/sys", name.replace(".", "/")).write_text(str(value))
        with open(place / "log", "wb") as log:
            command = ["unshare", "-m", "sh", "-c", DAEMON, "sh", str(place / "keepalived.conf")]
            director.daemon = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def started(directors: dict[str, Director], changes: Tree, folder: Path) -> None:
    model = model_of(with_changes({"lvs_check_script": {"enabled": False}, **changes}))
    for director in directors.values():
        start(director, model, folder)


def settled(directors: dict[str, Director], vip: str) -> tuple[Director, Director]:
    """The holder and the backup, as soon as the one has heard enough of the other to stay what it is."""

    def known() -> bool:
        holders = [one for one in directors.values() if one.has(vip)]
        others = [one for one in directors.values() if one not in holders]
        return not others or any(one.adverts("Received") >= ENOUGH for one in others if holders)

    assert wait_until(known, GENEROUS)
    holders = [one for one in directors.values() if one.has(vip)]
    assert [one.name for one in holders] in (["d1"], ["d2"])
    (other,) = (one for one in directors.values() if one not in holders)
    return holders[0], other


def test_a_vip_of_another_network_has_one_holder(directors: dict[str, Director], tmp_path: Path) -> None:
    """The directors' addresses answer on eth0 only, as arp_ignore is 1: VRRP has to be there for a VIP on eth1."""
    started(directors, {"lvs_vips.web": {"addresses": ["203.0.113.200/24"], "interface": "eth1"}}, tmp_path)
    holder, other = settled(directors, "203.0.113.200")
    assert " eth1 " in holder.ip("-o address show to 203.0.113.200")
    # Who has lost the VIP's network cannot serve it.
    holder.ip("link set eth1 down")
    assert wait_until(lambda: other.has("203.0.113.200") and not holder.has("203.0.113.200"), GENEROUS)


IPV6 = {"lvs_vips.web": {"addresses": ["2001:db8::200/64"]}, **V6_ONLY}


def test_an_ipv6_vip_is_nobodys_source(directors: dict[str, Director], tmp_path: Path) -> None:
    """A real server has the VIP itself: a check that came from it would be answered to nobody."""
    started(directors, IPV6, tmp_path)
    for director in settled(directors, "2001:db8::200"):
        (own,) = re.findall(r"(2001:db8::10[01])/64", director.ip("-o -6 address show dev eth0"))
        for real_server in ("2001:db8::102", "2001:db8::103"):
            assert " src %s " % own in director.ip("-6 route get " + real_server)


def test_an_ipv6_address_on_lo_is_nobodys_source(directors: dict[str, Director]) -> None:
    """A real server keeps the VIP there, with no such lifetime: the kernel prefers the interface that it sends on."""
    director = directors["d1"]
    director.ip("-6 address add 2001:db8::200/128 dev lo")
    assert " src 2001:db8::100 " in director.ip("-6 route get 2001:db8::103")


def test_both_families_have_one_holder(directors: dict[str, Director], tmp_path: Path) -> None:
    vips = ("198.51.100.200", "2001:db8::200")
    started(directors, {"lvs_vips.web": {"addresses": [vips[0] + "/24", vips[1] + "/64"]}, **V6_TOO}, tmp_path)
    holder, other = settled(directors, vips[0])
    assert settled(directors, vips[1]) == (holder, other)
    holder.ip("link set eth0 down")
    assert wait_until(lambda: all(other.has(vip) for vip in vips), GENEROUS)


def test_an_interface_that_is_tracked_keeps_a_vip_away(directors: dict[str, Director], tmp_path: Path) -> None:
    started(directors, {"lvs_vips.web.track_interfaces": ["eth1"]}, tmp_path)
    holder, other = settled(directors, VIP)
    holder.ip("link set eth1 down")
    assert wait_until(lambda: other.has(VIP) and not holder.has(VIP), GENEROUS)


FIT = """#!/bin/sh
test "$#:$1" = "2:a b" && test "$(id -un)" = nobody && test ! -e "$2"
"""


@pytest.fixture
def program() -> Iterator[Path]:
    """Where its user reaches it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        found = Path(name, "fit")
        found.write_text(FIT)
        for path in (found, found.parent):
            path.chmod(0o755)
        yield found


@pytest.mark.parametrize("weight", [0, -20])
def test_a_director_that_a_program_finds_unfit_gives_the_vip_away(
    directors: dict[str, Director], tmp_path: Path, program: Path, weight: int
) -> None:
    """It is told its words as they are written, and runs without rights."""
    given = {"script": str(program), "arguments": ["a b", "/run/unfit"], "weight": weight, "interval": 1, "fall": 1}
    tracked: Tree = {"lvs_track_scripts": {"fit": given}, "lvs_vips.web.track_scripts": "fit"}
    started(directors, {**tracked, "lvs_vips.web.preempt": bool(weight)}, tmp_path)
    holder, other = settled(directors, VIP)
    if weight:
        assert wait_until(lambda: directors["d1"].has(VIP) and not directors["d2"].has(VIP), GENEROUS)
        holder, other = directors["d1"], directors["d2"]
    assert holder.daemon
    Path("/proc/%d/root/run/unfit" % holder.daemon.pid).touch()
    assert wait_until(lambda: other.has(VIP) and not holder.has(VIP), GENEROUS)
