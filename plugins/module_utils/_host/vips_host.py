# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a host has of a real server's VIPs, and carries a plan out, live and for the next boot."""

from __future__ import annotations

import contextlib
import os
from typing import Callable, Mapping, Sequence

from .._errors import LvsError
from .._netlink.generic import NetlinkError
from .._netlink.route import Address, RouteSocket
from .files import HostFiles
from .foreign import ForeignRecord
from .silent_vips import HEADER, Wanted, arp_sysctls, link_path, parse_unit, sysctl_path, text_of, unit_path
from .sysctl import Sysctls
from .vips_plan import Live, Plan

# Runs systemctl with some arguments: raises LvsError where it fails.
Systemctl = Callable[[Sequence[str]], None]


class Host:
    """Reads this host and carries plans out. ``systemctl`` None: no systemd runs here, files are all there is."""

    def __init__(self, files: HostFiles, systemctl: Systemctl | None) -> None:
        self.files = files
        self.sysctls = Sysctls(files)
        self.systemctl = systemctl
        self.foreign = ForeignRecord(root=files.root)

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
        self.foreign.keep_before(plan.record + plan.sysctl_file + plan.unit, HEADER)
        self.foreign.note_sysctls(self.sysctls.before(plan.silence))
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
                # The unit only ever adds: this tests now what has to work at the next boot.
                self.systemctl(["restart", name + ".service"])


def _collide(old: Address, new: Address) -> bool:
    """Whether the kernel refuses the new one while the old is there: it compares neither labels nor, in IPv6,
    prefixes."""
    same = (old.interface, old.address) == (new.interface, new.address)
    return same and (old.family == "inet6" or old.prefix == new.prefix)
