# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of one cluster look at, and where they put what they find."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from .normal import ServiceInput, VipInput
from .read import Reader
from .said import printable, shown
from .shape import Family
from .view import LONGEST_COMMAND, ClusterView, host_addresses

FAMILIES = {"inet": "IPv4", "inet6": "IPv6"}
# How a host that lacks a family gets it.
REMEDIES = {"inet": "give it an lvs_address of IPv4", "inet6": "give it lvs_address6"}


class Scope:
    """One cluster as rules look at it. A map that could not be read is None."""

    def __init__(self, reader: Reader, view: ClusterView) -> None:
        self.reader = reader
        self.view = view
        self.cluster = view.data
        self.hosts = view.hosts
        self.vips: Mapping[str, VipInput] | None = view.data["vips"]
        self.services: Mapping[str, ServiceInput] | None = view.data["virtual_services"]
        self.warnings: list[str] = []

    def wrong(self, path: str, what: str) -> None:
        self.reader.wrong(path, what)

    def read_whole(self, path: str | tuple[str, ...]) -> bool:
        """Whether everything at a path could be read, so that what is missing there was never written."""
        return not any(mistake.path.startswith(path) for mistake in self.reader.mistakes)

    def known(self, path: str, name: str, names: Iterable[str], what: str) -> bool:
        """Whether a name is one of those that there are; else a mistake that lists them."""
        there = sorted(names)
        if name not in there:
            self.wrong(
                path,
                "names %s, which is not %s; there are: %s"
                % (shown(name), what, ", ".join(map(printable, there)) or "none"),
            )
        return name in there

    def command(self, path: str, words: Sequence[str]) -> None:
        """A program and its arguments have to be one line of keepalived.conf. ``path``: that of the arguments."""
        if sum(len(word) + 3 for word in words) > LONGEST_COMMAND:
            what = "have too many characters with the script; must be at most %d in all"
            self.wrong(path, what % LONGEST_COMMAND)

    def twice(self, path: str, items: Iterable[Any]) -> None:
        """A mistake for each item that stands more than once in a list."""
        listed = list(items)
        for item in sorted({item for item in listed if listed.count(item) > 1}):
            self.wrong(path, "has %s twice" % item)

    def vip_of(self, service: ServiceInput) -> VipInput | None:
        return (self.vips or {}).get(service["vip"])

    def lacking(self, hosts: Iterable[str], family: Family) -> list[str]:
        """The hosts that have no address of a family; of one whose address could not be read that is not known."""
        own = {host: self.hosts[host] for host in hosts if host in self.hosts}
        return sorted(host for host, one in own.items() if one["address"] and family not in host_addresses(one))
