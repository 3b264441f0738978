# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the script lvs-firewall that differ from host to host, as functions of the shell."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ...module_utils._errors import LvsError

# What the host itself says its tables and chains are called.
_WORD = re.compile(r"[A-Za-z0-9_.-]+")


def chains(found: Iterable[Mapping[str, str]]) -> str:
    """One chain a line, for `read`. Raises LvsError for a name that is no plain word."""
    return "".join(" ".join(map(_plain, one.values())) + "\n" for one in found)


def cases(rules: Mapping[str, list[str]]) -> str:
    """The rules of nftables and iptables as branches of a `case`, each by its `WRITER FAMILY WAY`."""
    return "".join(
        "    '%s') cat << 'END' ;;\n%s\nEND\n" % (" ".join(map(_plain, key.split())), "\n".join(lines))
        for key, lines in rules.items()
        if lines and not key.startswith("firewalld")
    )


def policy(lines: Iterable[str]) -> str:
    """The rules of a policy of firewalld."""
    return "".join("  %s\n" % line for line in lines)


def text(planned: Mapping[str, Any], part: str) -> str:
    """A part of the plan: `nftables`, `iptables`, `rules`, `policy in` or `policy through`; without its last end."""
    if part in ("nftables", "iptables"):
        return chains(planned[part]).rstrip()
    if part == "rules":
        return cases(planned["rules"]).rstrip()
    return policy(planned["rules"][part.replace("policy", "firewalld")]).rstrip()


def _plain(value: str) -> str:
    if not _WORD.fullmatch(value):
        raise LvsError("a chain of the host's firewall has a name that no script takes")
    return value
