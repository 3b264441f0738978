# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings for a person: what is, what should be, where to look and what to do, in one table. Pure."""

from __future__ import annotations

from typing import Any, Sequence

from .._columns import table
from .catalogue import CATALOGUE, Finding
from .kinds import SEVERITIES

HEAD = ("finding", "host", "is", "should be", "where to look; what to do")
_MARKS = {"error": "ERROR", "warning": "warning", "degraded": "degraded", "note": "note"}


def report(found: Sequence[Finding], hosts_seen: int, unseen: Sequence[str], width: int = 120) -> str:
    """The table, and one line that sums up."""
    parts = [table(HEAD, [_row(group) for group in _grouped(found)], width, ruled=True)] if found else []
    if unseen:
        parts.append("Not part of this run, so not inspected: %s" % ", ".join(unseen))
    parts.append(summary(found, hosts_seen))
    return "\n\n".join(parts)


def summary(found: Sequence[Finding], hosts_seen: int) -> str:
    """``4 hosts: 2 errors (vip_on_both, vrrp_filtered), 1 degraded (destination_degraded)``"""
    hosts = "%d host%s" % (hosts_seen, "" if hosts_seen == 1 else "s")
    parts = []
    for severity in SEVERITIES:
        some = [one for one in found if one.severity == severity]
        if some:
            plural = "s" if len(some) > 1 and severity != "degraded" else ""
            codes = ", ".join(dict.fromkeys(one.code for one in some))
            parts.append("%d %s%s (%s)" % (len(some), severity, plural, codes))
    return "%s: %s" % (hosts, ", ".join(parts) or "all as the model says")


def _grouped(found: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that differ only in their host stand in one row."""
    groups: dict[Any, list[Finding]] = {}
    for one in found:
        groups.setdefault((one.code, one.what_is, one.what_should_be), []).append(one)
    return list(groups.values())


def _row(group: Sequence[Finding]) -> list[str]:
    first = group[0]
    kind = CATALOGUE[first.code]
    head = "%s\n%s" % (_MARKS[first.severity], first.code)
    hosts = ", ".join(dict.fromkeys(host for one in group for host in one.hosts))
    should = first.what_should_be + ("\n(%s)" % first.path if first.path and len(group) == 1 else "")
    return [head, hosts, first.what_is, should, "%s\n%s" % (kind.look, kind.remedy)]


def catalogue() -> str:
    """Every code as a table in Markdown: the troubleshooting table of docs/verify.md."""
    lines = ["| finding | severity | what it means | where to look | what to do |", "|---|---|---|---|---|"]
    for code, kind in CATALOGUE.items():
        cells = ["`%s`" % code, kind.severity, kind.means, kind.look, kind.remedy]
        lines.append("| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells))
    return "\n".join(lines)
