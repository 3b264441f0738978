# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VIPs of a real server: the options, the sysctls that keep them silent in ARP, and the unit that brings them at boot.

The unit is at the same time the record of what the module made and of what the sysctls were before.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Mapping, Sequence

from .._errors import InvalidInput
from .._netlink.route import Address

HEADER = "Written by vipstack.lvs.real_server_vip; it is written anew at every run."
UNIT_DIRECTORY = "/etc/systemd/system"
# Where every distribution has it, also one that has merged its directories.
IP_PROGRAM = "/sbin/ip"

_BEFORE = re.compile(r"^# before: (\S+) = (.*)$", re.MULTILINE)
_EXEC = re.compile(r"^ExecStart=\S+ (?:-6 )?address replace (\S+)/(\d+) dev (\S+)(?: label (\S+))?", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_INTERFACE = re.compile(r"[^\s/:]{1,15}\Z")


@dataclass(frozen=True)
class Record:
    """What the unit file says: the VIPs that it brings up, and what the sysctls were before the first run."""

    vips: tuple[Address, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """The real server's VIPs; no VIPs means that nothing of this module is to be on the host.

    ``gone``: addresses that are to go, whether the record names them or not. ``left``: addresses that stay on the host,
    though they are no longer kept silent.
    """

    name: str
    interface: str
    vips: tuple[Address, ...]
    purge: bool
    gone: tuple[Address, ...] = ()
    left: tuple[Address, ...] = ()

    def absent(self) -> Wanted:
        """The same VIPs, unwanted."""
        return Wanted(self.name, self.interface, (), True, self.vips)


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


def from_options(name: str, interface: str, vips: Sequence[Mapping[str, object]], purge: bool) -> Wanted:
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
