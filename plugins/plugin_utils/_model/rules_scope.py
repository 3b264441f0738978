# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of one cluster look at, and where they put what they find."""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, Mapping

from .read import Reader, shown

Data = dict[str, Any]
FAMILIES = {"inet": "IPv4", "inet6": "IPv6"}


def family_of(address: str) -> str:
    return "inet6" if ":" in address else "inet"


class Scope:
    """One cluster with all hosts and groups of the inventory. A map that could not be read is None."""

    def __init__(self, reader: Reader, cluster: Data, hosts: Data, groups: Mapping[str, list[str]]) -> None:
        self.reader = reader
        self.cluster = cluster
        self.hosts = hosts
        self.groups = groups
        self.vips: Data | None = cluster["vips"]
        self.services: Data | None = cluster["virtual_services"]
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
                path, "names %s, which is not %s; there are: %s" % (shown(name), what, ", ".join(there) or "none")
            )
        return name in there

    def twice(self, path: str, items: Iterable[Any]) -> None:
        """A mistake for each item that stands more than once in a list."""
        listed = list(items)
        for item in sorted({item for item in listed if listed.count(item) > 1}):
            self.wrong(path, "has %s twice" % item)

    def vip_of(self, service: Data) -> Data | None:
        return (self.vips or {}).get(service["vip"])

    @staticmethod
    def families(vip: Data) -> list[str]:
        return sorted({family_of(address) for address in vip["addresses"] or ()})

    @staticmethod
    def vrid_of(vip: Data) -> int | None:
        """The virtual router id of a VIP that gives none: the last byte of its first address, 0 becomes 1."""
        if not vip["addresses"]:
            return None
        return int(ipaddress.ip_interface(vip["addresses"][0]).ip) & 0xFF or 1

    def host_family(self, host: str) -> str | None:
        address = self.hosts[host]["address"]
        return family_of(address) if address else None

    def pool_of(self, service: Data) -> list[str]:
        """Real servers of a service; a pool that is not there has none."""
        if service["pool"]:
            return list(self.groups.get(service["pool"], []))
        return list(self.cluster["real_servers"])
