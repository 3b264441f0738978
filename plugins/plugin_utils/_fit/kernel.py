# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host's kernel can do what its part of the model asks for."""

from __future__ import annotations

import re
from typing import Iterator

from .._model.shape import Family, HostSlice, Kernel
from .shape import HostFacts, Problem

# Before this release the kernel takes conn_tab_bits of at most 20, and for more it makes a table of 4096 rows
# (CONFIG_IP_VS_TAB_BITS, net/netfilter/ipvs/Kconfig).
LARGE_TABLES_SINCE = (6, 5)
MOST_BITS_BEFORE = 20
ROW_BYTES = 8
# A table is at most this part of the memory.
TABLE_SHARE = 4
TUNNEL_MODULES: dict[Family, str] = {"inet": "ipip", "inet6": "ip6_tunnel"}
# The release that brought a scheduler that distributions may lack.
SCHEDULER_SINCE = {"ip_vs_mh": "4.18"}


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    kernel = mine["director"]["kernel"] if mine["director"] else None
    found = [*_modules(kernel, facts), *_table(kernel, facts)] if kernel else []
    return [*found, *_tunnels(mine, facts)]


def tunnel_modules(mine: HostSlice) -> list[str]:
    """The modules of the interfaces that unpack what directors send."""
    tunnels = mine["real_server"]["tunnels"] if mine["real_server"] else []
    return [TUNNEL_MODULES[tunnel["family"]] for tunnel in tunnels]


def version(release: str) -> tuple[int, int]:
    """The first two numbers of a kernel's release."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def _modules(kernel: Kernel, facts: HostFacts) -> Iterator[Problem]:
    states = facts.get("modules", {})
    for module in kernel["modules"]:
        if states.get(module) != "missing":
            continue
        words = "missing in kernel %s" % facts.get("kernel", "?")
        if module == "ip_vs":
            wanted = "there: install the kernel's modules, or in a container load it on its host (modprobe ip_vs)"
            yield Problem("kernel module ip_vs", words, wanted)
            return
        since = SCHEDULER_SINCE.get(module)
        wanted = "there" + (" (kernel %s or newer)" % since if since else "")
        yield Problem("kernel module %s" % module, words, wanted + ", or another scheduler chosen")


def _tunnels(mine: HostSlice, facts: HostFacts) -> Iterator[Problem]:
    states = facts.get("modules", {})
    for module in tunnel_modules(mine):
        if states.get(module) == "missing":
            words = "missing in kernel %s" % facts.get("kernel", "?")
            wanted = "there, for services with forward: tunnel: install the kernel's modules, or in a container load it"
            yield Problem("kernel module %s" % module, words, "%s on its host (modprobe %s)" % (wanted, module))


def _table(kernel: Kernel, facts: HostFacts) -> Iterator[Problem]:
    bits = kernel["options"].get("ip_vs", {}).get("conn_tab_bits", 0)
    release = facts.get("kernel", "")
    if bits > MOST_BITS_BEFORE and release and version(release) < LARGE_TABLES_SINCE:
        wanted = "at most %d on kernel %s (more from %d.%d on)" % (MOST_BITS_BEFORE, release, *LARGE_TABLES_SINCE)
        yield Problem("lvs_kernel.conn_tab_bits", str(bits), wanted)
        return
    memory = facts.get("memory_mb")
    if memory and 2**bits * ROW_BYTES > memory * 2**20 // TABLE_SHARE:
        most = (memory * 2**20 // TABLE_SHARE // ROW_BYTES).bit_length() - 1
        words = "%d, a table of %d MB" % (bits, 2**bits * ROW_BYTES // 2**20)
        yield Problem("lvs_kernel.conn_tab_bits", words, "at most %d with %d MB of memory" % (most, memory))
