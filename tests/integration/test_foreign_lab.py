# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment that was set up by hand is taken over by one run, survives reboots, and is given back.

The tests belong together and run in their order, on hosts that are made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from handmade import PASSWORD, as_a_model, set_up

from lab.hosts import VIP
from lab.play import edited
from lab.stack import DIRECTORS, MANAGED, REAL_SERVERS, Stack

MAKES_THE_HOSTS_ANEW = True
pytestmark = pytest.mark.long  # whole hosts are made, rebooted and given back
# One request that lasts until it is told to end: its body comes a byte at a time, over one connection.
_OPEN = f"""
import select, socket, sys, time
connection = socket.create_connection(("{VIP}", 80), 20)
length = 5000
connection.sendall(b"POST /open HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n" % length)
sent = 0
print("open", flush=True)
while not select.select([sys.stdin], [], [], 0.25)[0] and sent < length - 1:
    connection.sendall(b".")
    sent += 1
connection.sendall(b"." * (length - sent))
print(connection.makefile().readline().split()[1])
"""
# What a person would want back, a line each; not the packages' own state, nor accounts and logs.
_FIRST = r"""
find /etc /usr/libexec /usr/local /opt /var/lib/vipstack-lvs \
    \( -name 'passwd*' -o -name 'group*' -o -name 'shadow*' -o -name 'gshadow*' -o -name 'sub?id*' \
       -o -name '.pwd.lock' -o -name '*.cache' -o -name resolv.conf -o -name hosts -o -name hostname \) -prune -o \
    -printf 'file %p %y %m %u %g %l\n' -type f -printf '%T@ ' -exec sha256sum {} \; 2>/dev/null | sort
ip -o address | sed 's/ valid_lft .*//'
sysctl -a 2>/dev/null | grep -E '^net\.ipv4\.(conf\.(all|lo)\.arp_|ip_forward)' | sort
for unit in nginx keepalived ipvsadm bind-vip rc-local; do
    echo $unit $(systemctl is-enabled $unit 2> /dev/null) $(systemctl is-active $unit)
done
"""
_MOVES = "setsid ip -o monitor address > /run/moves 2>&1 < /dev/null & echo $! > /run/moves.pid"


class Client:
    """A connection through the VIP that stays open, and requests over new ones."""

    def __init__(self, stack: Stack) -> None:
        self.requests = stack.lab.probe.until_told(every_ms=100)
        self.connection = stack.docker.popen("exec", "-i", "client", "python3", "-c", _OPEN)
        assert self.connection.stdout is not None
        assert self.connection.stdout.readline() == b"open\n"

    def end(self) -> tuple[list[dict[str, object]], str]:
        """The failed requests, and what the open connection was answered."""
        failed = self.requests.end(20).failed
        out, _error = self.connection.communicate(b"\n", timeout=120)
        return failed, str(out.decode().strip())


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edited(tmp_path_factory.mktemp("handmade"), as_a_model)


def first(stack: Stack) -> dict[str, list[str]]:
    return {host: said.splitlines() for host, said in stack.run_all(dict.fromkeys(MANAGED, _FIRST)).items()}


@pytest.fixture(scope="module", autouse=True)
def by_hand(stack: Stack) -> Iterator[dict[str, list[str]]]:
    """The hosts as somebody set them up; fresh ones for who comes after."""
    stack.lab.make(list(MANAGED))
    set_up(stack)
    stack.wait("a master by hand", lambda: stack.holders() == [DIRECTORS[0]])
    assert stack.lab.probe.load(20).summary["failed"] == 0
    yield first(stack)
    stack.lab.make(list(MANAGED))


def moves(stack: Stack) -> list[str]:
    """The directors that got the VIP on their network since `_MOVES`."""
    said = stack.run_all(dict.fromkeys(DIRECTORS, f"grep -v '^Deleted' /run/moves | grep -c 'eth0 .*{VIP}/' || true"))
    return [host for host, count in said.items() for _one in range(int(count))]


def watch(stack: Stack) -> None:
    stack.run_all(dict.fromkeys(DIRECTORS, _MOVES))


def test_preview_tells_what_is_replaced_unread_and_disabled(stack: Stack, inventory: Path, tmp_path: Path) -> None:
    said = stack.play(
        "preview", "-e", f"lvs_preview_dest={tmp_path}", "-e", "lvs_preview_live=true", inventory=inventory
    ).output
    for line in (
        "! /etc/keepalived/keepalived.conf: it is replaced; its first version is kept",
        "! /etc/keepalived/check_lvs.sh: it stays, and is no longer read",
        "! /etc/nginx/nginx.conf: it is replaced; its first version is kept",
        "! /etc/nginx/sites-enabled/app: it stays, and is no longer read",
        "! /etc/init.d/bind-vip: at boot it sets a VIP; its unit is masked",
        "! /etc/init.d/ipvsadm: at boot it sets the IPVS table; its unit is masked",
        "! /etc/rc.local: at boot it sets a VIP; its line 2 becomes a comment",
        "! /etc/sysctl.conf: at boot it sets net.ipv4.conf.all.arp_announce otherwise; these lines become comments",
    ):
        assert line in said


def test_check_mode_passes_and_touches_nothing(stack: Stack, inventory: Path, by_hand: dict[str, list[str]]) -> None:
    said = stack.play("site", "--check", "--diff", inventory=inventory)
    assert first(stack) == by_hand
    assert PASSWORD not in said.output
    assert "kept in /var/lib/vipstack-lvs/foreign" in said.output
    assert "/usr/libexec/keepalived/lvs-notify" in said.output
    assert "so the set is not validated now" in said.output


def test_one_run_takes_it_over_under_traffic(stack: Stack, inventory: Path) -> None:
    client = Client(stack)
    watch(stack)
    said = stack.play("site", "--diff", inventory=inventory)
    failed, status = client.end()
    assert status == "200"
    assert failed == []
    assert len(moves(stack)) <= 1
    assert PASSWORD not in said.output
    again = stack.play("site", inventory=inventory)
    assert again.total("changed") == 0, again.output
    stack.settled()
    stack.play("verify", inventory=inventory)


def test_reboots_bring_back_ours_alone(stack: Stack, inventory: Path) -> None:
    for host in REAL_SERVERS:
        stack.lab.containers.reboot(host)
        stack.settled()
    backup = stack.backup()
    stack.lab.containers.reboot(backup)
    holder = stack.settled()
    assert holder != backup
    watch(stack)
    client = stack.lab.probe.until_told(every_ms=100)
    stack.lab.containers.reboot(holder)
    assert stack.settled() == backup
    # Another director has another table of connections, and rr sends those that are open anywhere: no word on them.
    assert [one for one in client.end(20).late if not one["ok"]] == []
    assert stack.run(backup, f"grep -v '^Deleted' /run/moves | grep -c 'eth0 .*{VIP}/'").strip() == "1"
    again = stack.play("site", inventory=inventory)
    assert again.total("changed") == 0, again.output
    stack.settled()
    stack.play("verify", inventory=inventory)


def test_restore_gives_every_host_back(stack: Stack, inventory: Path, by_hand: dict[str, list[str]]) -> None:
    before = first(stack)
    said = stack.play("restore", "--check", "--diff", "-e", "host=web1", inventory=inventory)
    assert first(stack) == before
    assert "~ /etc/nginx/nginx.conf, as it was first" in said.output
    for host in MANAGED:
        stack.play("restore", "--diff", "-e", f"host={host}", inventory=inventory)
        again = stack.play("restore", "-e", f"host={host}", inventory=inventory)
        assert again.total("changed") == 0, again.output
    stack.wait("a master by hand", lambda: stack.holders() == [DIRECTORS[0]])
    now = first(stack)
    assert [(host, line) for host in MANAGED for line in sorted(set(now[host]) ^ set(by_hand[host]))] == []
    assert stack.lab.probe.load(20).summary["failed"] == 0


def test_restore_of_no_host_is_an_error(stack: Stack) -> None:
    assert stack.play("restore", check=False).status != 0


def test_a_table_that_stays_static_is_taken_over_as_it_is(stack: Stack, tmp_path: Path) -> None:
    """Entry by entry nothing is to change in it, so an open connection goes on; at boot our unit restores it."""

    def static(everything: dict[str, Any]) -> None:
        as_a_model(everything)
        everything["vars"]["lvs_table_owner"] = "static"

    inventory = edited(tmp_path, static)
    before = {host: stack.run(host, "ipvsadm -Sn | sort") for host in DIRECTORS}
    client = Client(stack)
    watch(stack)
    stack.play("site", inventory=inventory)
    failed, status = client.end()
    assert (failed, status) == ([], "200")
    assert len(moves(stack)) <= 1
    assert {host: stack.run(host, "ipvsadm -Sn | sort") for host in DIRECTORS} == before
    for host in DIRECTORS:
        assert stack.run(host, "systemctl is-enabled vipstack-lvs-table.service").strip() == "enabled"
        assert stack.run(host, "systemctl is-enabled ipvsadm || true").strip() in ("masked", "masked-runtime")
        assert "virtual_server" not in stack.run(host, "cat /etc/keepalived/keepalived.conf")
    again = stack.play("site", inventory=inventory)
    assert again.total("changed") == 0, again.output
    backup = stack.backup()
    stack.lab.containers.reboot(backup)
    stack.wait("the table after a reboot", lambda: stack.run(backup, "ipvsadm -Sn | sort") == before[backup])
    assert stack.lab.probe.load(20).summary["failed"] == 0
