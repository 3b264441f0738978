# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a tree with firewalls, in a network namespace of its own: packets to a host behind its firewall.

    python3 firewall_case.py look                     what `_host.firewall.look` says
    python3 firewall_case.py ask '[[WHAT, FROM, TO, IN], ...]'   which of these come in

WHAT is vrrp or a TCP port; IN, whether it is to come in, says what is waited for. The host is this namespace, those who
ask are in the namespace `others`. What must not come in is sent before what must, over the same wire: once the later
one is there, the earlier one would be.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import typing

SECONDS = 60  # for what must come in
Asked = typing.List[typing.Any]  # [WHAT, FROM, TO, IN]


def look() -> object:
    from ansible_collections.vipstack.lvs.plugins.module_utils._host.firewall import look as answer

    return answer()


def ask(wanted: list[Asked]) -> list[bool]:
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::", 80))
    listener.listen(64)
    adverts = [socket.socket(family, socket.SOCK_RAW, 112) for family in (socket.AF_INET, socket.AF_INET6)]
    command = ["ip", "netns", "exec", "others", sys.executable, __file__, "send", json.dumps(wanted)]
    connected = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    came: set[int] = set()
    expected = {number for number, one in enumerate(wanted) if one[0] == "vrrp" and one[3]}
    while ready := select.select(adverts, [], [], 0 if expected <= came else SECONDS)[0]:
        came.update(int(one.recv(2048)[-32:].strip(b"\0")) for one in ready)
    return [number in came if one[0] == "vrrp" else connected[number] for number, one in enumerate(wanted)]


def send(wanted: list[Asked]) -> list[bool]:
    """In `others`: all of it, in order; of each TCP connection whether it is there at the end."""
    sockets = []
    for number, (what, source, target, _is_in) in enumerate(wanted):
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        kind = (socket.SOCK_RAW, 112) if what == "vrrp" else (socket.SOCK_STREAM, 0)
        one = socket.socket(family, *kind)
        one.bind((source, 0))
        if what == "vrrp":
            one.sendto(str(number).encode().rjust(32, b"\0"), (target, 0))
        else:
            one.setblocking(False)
            one.connect_ex((target, int(what)))
        sockets.append(one)
    for one, asked in zip(sockets, wanted):
        if asked[3]:
            select.select([], [one], [], SECONDS)
    return [asked[0] != "vrrp" and is_connected(one) for one, asked in zip(sockets, wanted)]


def is_connected(one: socket.socket) -> bool:
    return bool(select.select([], [one], [], 0)[1]) and not one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


if __name__ == "__main__":
    call, *given = sys.argv[1:]
    print(json.dumps(look() if call == "look" else {"ask": ask, "send": send}[call](json.loads(given[0]))))
