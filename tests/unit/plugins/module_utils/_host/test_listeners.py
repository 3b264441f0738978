# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program holds a TCP port."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._host.listeners import holders, listening

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1235 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 1236 1 0 20 4 30 10 -1
"""


def test_only_sockets_that_listen_are_read() -> None:
    assert listening(TABLE) == {80: {"1234", "1235"}}
    assert listening("") == {}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_that_is_held_has_its_program(family: socket.AddressFamily) -> None:
    with socket.socket(family) as held, socket.socket() as free:
        held.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        held.listen()
        free.bind(("127.0.0.1", 0))
        port, other = held.getsockname()[1], free.getsockname()[1]
        assert holders([port, other]) == {str(port): Path("/proc/self/comm").read_text().strip()}


def test_no_port_is_no_question() -> None:
    assert holders([]) == {}
