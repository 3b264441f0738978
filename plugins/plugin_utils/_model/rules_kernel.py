# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an operator's own sysctls: they come last, so what the stack cannot do without must not be taken from it."""

from __future__ import annotations

from typing import Iterator

from .derive_kernel import FORWARDING
from .rules_scope import Scope
from .said import either
from .view import families

_SILENT = "as every director has the VIPs on lo"
_ROUTED = "as answers to forward: nat go through the directors"


def check_sysctls(scope: Scope) -> None:
    kernel = scope.cluster["kernel"]
    given = (kernel["sysctls"] if kernel else None) or {}
    for name, allowed, why in _needed(scope):
        if name in given and str(given[name]) not in allowed:
            what = "has %s for %s; must be %s, %s"
            scope.wrong("lvs_kernel.sysctls", what % (given[name], name, either(list(allowed)), why))


def _needed(scope: Scope) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(sysctl, the values that work, why)."""
    if len(scope.cluster["directors"]) > 1:
        yield "net.ipv4.conf.all.arp_ignore", ("1", "2"), _SILENT
        yield "net.ipv4.conf.all.arp_announce", ("2",), _SILENT
    routed = [one for one in (scope.services or {}).values() if one["forward"] == "nat"]
    used = {family for service in routed for vip in [scope.vip_of(service)] if vip for family in families(vip)}
    for family in sorted(used):
        yield FORWARDING[family], ("1", "2")[: 1 if family == "inet" else 2], _ROUTED
