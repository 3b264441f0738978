# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VIPs of a real server: on an interface that never answers ARP for them, live and after a reboot.

A real server that answers ARP for a VIP takes the traffic away from the director, all of it, within seconds. So the
order is: silent before present, absent before loud. The systemd unit that brings the VIPs back at boot is at the same
time the record of what this module made and of what the sysctls were before.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
from dataclasses import dataclass, field
from typing import Callable, Mapping, Sequence

from .._errors import InvalidInput, LvsError
from .._netlink.generic import NetlinkError
from .._netlink.route import Address, Link, RouteSocket
from .files import FileChange, HostFiles
from .sysctl import SysctlChange, Sysctls, render

HEADER = "Written by vipstack.lvs.real_server_vip; it is written anew at every run."
# The values of arp_ignore with which an interface does not answer for an address of another interface.
SILENT = (1, 2, 8)
UNIT_DIRECTORY = "/etc/systemd/system"

_BEFORE = re.compile(r"^# before: (\S+) = (.*)$", re.MULTILINE)
_EXEC = re.compile(r"^ExecStart=\S+ (?:-6 )?address replace (\S+)/(\d+) dev (\S+)(?: label (\S+))?", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_INTERFACE = re.compile(r"[^\s/:]{1,15}\Z")

# Runs systemctl with some arguments: raises LvsError where it fails.
Systemctl = Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Record:
    """What the unit file says: the VIPs that it brings up, and what the sysctls were before the first run."""

    vips: tuple[Address, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """The real server's VIPs; no VIPs means that nothing of this module is to be on the host.

    ``gone``: addresses that are to go, whether the record names them or not.
    """

    name: str
    interface: str
    vips: tuple[Address, ...]
    purge: bool
    gone: tuple[Address, ...] = ()

    def absent(self) -> Wanted:
        """The same VIPs, unwanted."""
        return Wanted(self.name, self.interface, (), True, self.vips)


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


# --- pure: names, texts, checks ---------------------------------------------------------------------------------


def text_of(address: Address) -> str:
    """``198.51.100.200/32 dev lo label lo:0``"""
    text = "%s/%d dev %s" % (address.address, address.prefix, address.interface)
    return text + " label " + address.label if address.label not in ("", address.interface) else text


def arp_sysctls(interface: str) -> dict[str, str]:
    """The two sysctls that keep a VIP silent, on all interfaces and on its own."""
    found = {}
    for where in ("all", interface):
        # A dot in an interface's name is a slash in a sysctl's.
        where = where.replace(".", "/")
        found["net.ipv4.conf.%s.arp_ignore" % where] = "1"
        found["net.ipv4.conf.%s.arp_announce" % where] = "2"
    return found


def unit_path(name: str) -> str:
    return "%s/%s.service" % (UNIT_DIRECTORY, name)


def link_path(name: str) -> str:
    """What ``systemctl enable`` makes."""
    return "%s/multi-user.target.wants/%s.service" % (UNIT_DIRECTORY, name)


def sysctl_path(name: str) -> str:
    return "/etc/sysctl.d/90-%s.conf" % name


def wanted_of(name: str, interface: str, vips: Sequence[Mapping[str, object]], purge: bool) -> Wanted:
    """The checked form of the parameters. Raises InvalidInput with every mistake."""
    problems = []
    if not _NAME.match(name):
        problems.append("name is %r; allowed are letters, digits, dots, dashes and underscores" % name)
    if not _INTERFACE.match(interface):
        problems.append("interface is %r; must be the name of an interface, 1-15 characters" % interface)
    addresses: list[Address] = []
    for index, vip in enumerate(vips):
        try:
            address = _vip_of(vip, interface, "vips[%d]" % index)
        except InvalidInput as error:
            problems += error.problems
            continue
        if address.address in [other.address for other in addresses]:
            problems.append("vips[%d].address is %s, which is there already" % (index, address.address))
        addresses.append(address)
    if problems:
        raise InvalidInput(problems)
    return Wanted(name, interface, tuple(addresses), purge)


def _vip_of(vip: Mapping[str, object], interface: str, path: str) -> Address:
    text = str(vip.get("address") or "")
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput(["%s.address is %r; must be an IPv4 or IPv6 address" % (path, text)]) from None
    problems = []
    if ip.is_multicast or ip.is_loopback or ip.is_unspecified or (ip.version == 6 and ip.is_link_local):
        problems.append("%s.address is %s; must be an address that clients reach" % (path, ip))
    given = vip.get("prefix")
    prefix = ip.max_prefixlen if given is None else given
    if not isinstance(prefix, int) or not 1 <= prefix <= ip.max_prefixlen:
        problems.append("%s.prefix is %s; must be 1-%d" % (path, prefix, ip.max_prefixlen))
    elif interface == "lo" and prefix != ip.max_prefixlen:
        problems.append(
            "%s.prefix is %d; must be %d on lo, where a network's addresses all become the host's own"
            % (path, prefix, ip.max_prefixlen)
        )
    label = str(vip.get("label") or "")
    if label and ip.version == 6:
        problems.append("%s.label is %r; an IPv6 address has none" % (path, label))
    elif label and (len(label) > 15 or not re.match(re.escape(interface) + r"(:[^\s:/]+)?\Z", label)):
        problems.append("%s.label is %r; must be %s:NAME, 15 characters at most" % (path, label, interface))
    if problems or not isinstance(prefix, int):
        raise InvalidInput(problems)
    if ip.version == 6:
        return Address(interface, "inet6", str(ip), prefix)
    return Address(interface, "inet", str(ip), prefix, label or interface)


def render_unit(vips: Sequence[Address], interface: str, before: Mapping[str, str], ip_program: str) -> str:
    """The unit that brings the VIPs back at boot; `parse_unit` reads it."""
    lines = ["# " + HEADER, "# What these were before the first run; state=absent puts them back:"]
    lines += ["# before: %s = %s" % item for item in before.items()]
    after = "systemd-sysctl.service"
    if interface != "lo":
        after += " networking.service systemd-networkd.service NetworkManager.service"
    lines += [
        "[Unit]",
        "Description=VIPs of a real server on %s, silent in ARP" % interface,
        "After=" + after,
        "Before=nginx.service keepalived.service network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "# A VIP that answers ARP takes the traffic away from the director: no silence, no VIP.",
        "ExecStartPre=/bin/sh -c '%s'" % _silence_check(interface),
    ]
    lines += ["ExecStart=%s %s" % (ip_program, _replace_arguments(vip)) for vip in vips]
    lines += ["", "[Install]", "WantedBy=multi-user.target"]
    return "\n".join(lines) + "\n"


def _replace_arguments(vip: Address) -> str:
    if vip.family == "inet6":
        return "-6 address replace %s nodad" % text_of(vip)
    return "address replace " + text_of(vip)


def _silence_check(interface: str) -> str:
    """Shell text (within single quotes, in a unit): fails where the sysctls do not keep the VIPs silent."""
    tests = []
    for where in ("all", interface):
        for sysctl, least in (("arp_ignore", 1), ("arp_announce", 2)):
            path = "/proc/sys/net/ipv4/conf/%s/%s" % (where, sysctl)
            tests.append('test "$$(cat %s)" -ge %d' % (path, least))
    return "%s || { echo ARP is not silent, the VIPs stay away >&2; exit 1; }" % " && ".join(tests)


def parse_unit(text: str | None) -> Record:
    """What a unit file of `render_unit` records; empty for None and for a file of somebody else."""
    if not text or HEADER not in text:
        return Record()
    vips = []
    for address, prefix, interface, label in _EXEC.findall(text):
        family = "inet6" if ":" in address else "inet"
        vips.append(Address(interface, family, address, int(prefix), label or (interface if family == "inet" else "")))
    return Record(tuple(vips), dict(_BEFORE.findall(text)))


# --- pure: the plan ---------------------------------------------------------------------------------------------


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
    remove = tuple(_to_remove(wanted_vips, record.vips + wanted.gone, live.addresses))
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


# --- the host ---------------------------------------------------------------------------------------------------


class Host:
    """Reads this host and carries plans out. ``systemctl`` None: no systemd runs here, files are all there is."""

    def __init__(self, files: HostFiles, systemctl: Systemctl | None) -> None:
        self.files = files
        self.sysctls = Sysctls(files)
        self.systemctl = systemctl

    def read(self, wanted: Wanted) -> Live:
        """The host's present state as far as it matters. Raises LvsError for IPv6 VIPs where IPv6 is off."""
        unit = self.files.read(unit_path(wanted.name))
        with RouteSocket() as route:
            links = route.links()
            addresses = route.addresses(links)
        names = [*arp_sysctls(wanted.interface), *parse_unit(unit).before]
        names += ["net.ipv4.conf.%s.arp_ignore" % link.name.replace(".", "/") for link in links]
        if any(vip.family == "inet6" for vip in wanted.vips):
            self._require_ipv6(wanted.interface)
        return Live(
            links=tuple(links),
            addresses=tuple(addresses),
            sysctls={name: self.sysctls.read(name) for name in names},
            unit=unit,
            sysctl_file=self.files.read(sysctl_path(wanted.name)),
            enabled=os.path.islink(self.files.real(link_path(wanted.name))),
        )

    def _require_ipv6(self, interface: str) -> None:
        name = "net.ipv6.conf.%s.disable_ipv6" % interface.replace(".", "/")
        value = self.sysctls.read(name)
        if value != "0":
            raise LvsError(
                "an IPv6 VIP is wanted on %s, but %s is %s; must be 0" % (interface, name, value or "not there")
            )

    def boot_overrides(self, wanted: Wanted) -> list[str]:
        """What other sysctl.d files undo at boot, one sentence each."""
        if not wanted.vips:
            return []
        return self.sysctls.boot_overrides(sysctl_path(wanted.name), arp_sysctls(wanted.interface))

    def apply(self, plan: Plan, name: str) -> None:
        """Carry a plan out: silent before present, absent before loud, the record first and last."""
        self.files.apply(plan.record)
        for change in plan.silence:
            self.sysctls.write(change.name, change.after)
        self.files.apply(change for change in plan.sysctl_file if change.after is not None)
        self._apply_addresses(plan)
        self._enable(plan.enable, name)
        for change in plan.restore:
            self.sysctls.write(change.name, change.after)
        self.files.apply(change for change in plan.sysctl_file if change.after is None)
        self._apply_unit(plan, name)

    def _apply_addresses(self, plan: Plan) -> None:
        """Additions before removals, but where the kernel holds one address twice as one and the same."""
        if not plan.add and not plan.remove:
            return
        with RouteSocket() as route:
            index = {link.name: link.index for link in route.links()}
            replaced = [old for old in plan.remove if any(_collide(old, new) for new in plan.add)]
            for old in replaced:
                self._change_address(route.remove, old, index)
            for new in plan.add:
                self._change_address(route.add, new, index)
            for old in plan.remove:
                if old not in replaced:
                    self._change_address(route.remove, old, index)

    @staticmethod
    def _change_address(change: Callable[[Address, int], None], address: Address, index: Mapping[str, int]) -> None:
        try:
            change(address, index[address.interface])
        except NetlinkError as error:
            raise LvsError("%s: the kernel refused: %s" % (text_of(address), os.strerror(error.errno))) from error

    def _enable(self, enable: bool | None, name: str) -> None:
        """The link that ``systemctl enable`` would make: one file, no process, and it works in an image too."""
        path = self.files.real(link_path(name))
        if enable:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            os.symlink(unit_path(name), path)
        elif enable is False:
            self.files.remove(link_path(name))

    def _apply_unit(self, plan: Plan, name: str) -> None:
        if not plan.unit and plan.enable is None:
            return
        going = plan.enable is False
        if going and self.systemctl:
            with contextlib.suppress(LvsError):  # systemd may not know it any more
                self.systemctl(["stop", name + ".service"])
        self.files.apply(plan.unit)
        if self.systemctl:
            self.systemctl(["daemon-reload"])
            if not going:
                # The unit only ever adds: this proves now what has to work at the next boot.
                self.systemctl(["restart", name + ".service"])


def _collide(old: Address, new: Address) -> bool:
    """Whether the kernel refuses the new one while the old is there: it compares neither labels nor, in IPv6,
    prefixes."""
    same = (old.interface, old.address) == (new.interface, new.address)
    return same and (old.family == "inet6" or old.prefix == new.prefix)
