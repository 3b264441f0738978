# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of real_server_vip does: silent before present, absent before loud. Pure.

A real server that answers ARP for a VIP takes all traffic from the director, within seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from .._errors import LvsError
from .._netlink.route import Address, Link
from .files import FileChange
from .silent_vips import HEADER, Record, Wanted, arp_sysctls, parse_unit, render_unit, sysctl_path, text_of, unit_path
from .sysctl import SysctlChange, render

# The values of arp_ignore with which an interface does not answer for an address of another interface.
SILENT = (1, 2, 8)


@dataclass(frozen=True)
class Live:
    """What the host has. ``unit`` and ``sysctl_file`` are the present texts, ``enabled`` the link that starts it."""

    links: tuple[Link, ...]
    addresses: tuple[Address, ...]
    sysctls: Mapping[str, str | None]
    unit: str | None
    sysctl_file: str | None
    enabled: bool


@dataclass(frozen=True)
class Plan:
    """What a run does; the fields stand in the order in which `Host.apply` takes them."""

    record: tuple[FileChange, ...]
    silence: tuple[SysctlChange, ...]
    sysctl_file: tuple[FileChange, ...]
    add: tuple[Address, ...]
    remove: tuple[Address, ...]
    enable: bool | None
    restore: tuple[SysctlChange, ...]
    unit: tuple[FileChange, ...]
    warnings: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.silence or self.sysctl_file or self.add or self.remove or self.restore or self.unit) or (
            self.enable is not None
        )

    def lines(self, name: str) -> list[str]:
        """The live part as a person reads it."""
        lines = [str(change) for change in self.silence]
        lines += ["+ " + text_of(address) for address in self.add]
        lines += ["- " + text_of(address) for address in self.remove]
        lines += [str(change) for change in self.restore]
        if self.enable is not None:
            lines.append("%s %s.service at boot" % ("+" if self.enable else "-", name))
        return lines

    def diff(self, name: str) -> list[dict[str, str]]:
        found = [change.diff() for change in self.sysctl_file + self.unit]
        lines = self.lines(name)
        return [*found, {"prepared": "\n".join(lines) + "\n"}] if lines else found


def key_of(address: Address) -> tuple[str, str, int, str]:
    """What makes two addresses the same thing here; flags and scope are the kernel's."""
    return (address.interface, address.address, address.prefix, address.label)


def make_plan(wanted: Wanted, live: Live, ip_program: str) -> Plan:
    """What has to be done. Raises LvsError where the interface is not there."""
    if wanted.vips:
        _require_interface(wanted.interface, live.links)
    record = parse_unit(live.unit)
    kept = () if wanted.purge else _not_in(record.vips, wanted.vips)
    here = {key_of(address) for address in live.addresses}
    wanted_vips = wanted.vips + kept
    add = tuple(vip for vip in wanted_vips if key_of(vip) not in here)
    remove = tuple(_to_remove(wanted_vips + wanted.left, record.vips + wanted.gone, live.addresses))
    sysctls = arp_sysctls(wanted.interface) if wanted_vips else {}
    before = _before(sysctls, record, live)
    unit = render_unit(wanted_vips, wanted.interface, before, ip_program) if wanted_vips else None
    # Until what is to go has gone, the record names it: a run that was cut can be repeated.
    going = _not_in(record.vips, wanted_vips)
    interim = render_unit(wanted_vips + going, wanted.interface, {**record.before, **before}, ip_program)
    return Plan(
        record=_change(unit_path(wanted.name), live.unit, interim if wanted_vips else live.unit),
        silence=tuple(
            SysctlChange(name, live.sysctls.get(name), value)
            for name, value in sysctls.items()
            if live.sysctls.get(name) != value
        ),
        sysctl_file=_change(
            sysctl_path(wanted.name), live.sysctl_file, render(sysctls, HEADER) if wanted_vips else None
        ),
        add=add,
        remove=remove,
        enable=None if live.enabled == bool(wanted_vips) else bool(wanted_vips),
        restore=tuple(_restored(sysctls, record, live)),
        unit=_change(unit_path(wanted.name), live.unit, unit),
        warnings=tuple(_warnings(wanted, wanted_vips, live)),
    )


def _not_in(some: Sequence[Address], others: Sequence[Address]) -> tuple[Address, ...]:
    """Those whose address (whatever its interface or label) is not among the others."""
    known = {address.address for address in others}
    return tuple(address for address in some if address.address not in known)


def _require_interface(name: str, links: Sequence[Link]) -> None:
    if name not in [link.name for link in links]:
        there = ", ".join(sorted(link.name for link in links))
        raise LvsError("interface is %s, which this host has not; there are %s" % (name, there))


def _to_remove(
    wanted: Sequence[Address], recorded: Sequence[Address], live: Sequence[Address]
) -> list[Address]:  # fmt: skip
    """Addresses of ours that are there and not as wanted: recorded ones, and a VIP with another label or prefix on
    its own interface. What this module never put there and nobody wants as a VIP is not touched."""
    keep = {key_of(vip) for vip in wanted}
    recorded_places = {(vip.interface, vip.address) for vip in recorded}
    wanted_places = {(vip.interface, vip.address) for vip in wanted}
    return [
        address
        for address in live
        if key_of(address) not in keep and (address.interface, address.address) in recorded_places | wanted_places
    ]


def _before(sysctls: Mapping[str, str], record: Record, live: Live) -> dict[str, str]:
    """What each sysctl was before the first run: as recorded, otherwise as it is."""
    return {name: record.before.get(name) or live.sysctls.get(name) or "0" for name in sysctls}


def _restored(sysctls: Mapping[str, str], record: Record, live: Live) -> list[SysctlChange]:
    """Recorded sysctls that are no longer ours; one that somebody changed meanwhile is left as it is."""
    found = []
    for name, before in record.before.items():
        ours = "2" if name.endswith("arp_announce") else "1"
        if name not in sysctls and before != ours and live.sysctls.get(name) == ours:
            found.append(SysctlChange(name, ours, before))
    return found


def _change(path: str, before: str | None, after: str | None) -> tuple[FileChange, ...]:
    return () if before == after else (FileChange(path, before, after),)


def _warnings(wanted: Wanted, vips: Sequence[Address], live: Live) -> list[str]:
    found = []
    for vip in vips:
        found += [
            "%s is on %s, too: there this host answers ARP for it, which only the director that holds it may do"
            % (vip.address, other.interface)
            for other in live.addresses
            if other.address == vip.address and other.interface != vip.interface
        ]
    if vips:
        found += [
            "%s is %s: the interface answers ARP for VIPs; must be 0, 1, 2 or 8" % (name, value)
            for name, value in live.sysctls.items()
            if name.endswith(".arp_ignore") and value is not None and int(value) > 1 and int(value) not in SILENT
        ]
        found += ["%s is down" % link.name for link in live.links if link.name == wanted.interface and not link.up]
    return found
