# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives a host back: what the record of the first state and the manifests say is put back, and no more.

The order: Keepalived stops, then what our own units made goes, the VIPs of the run go, files come back, sysctls, then
units start as they did. The record goes last, so a restore that was cut off is repeated.
"""

from __future__ import annotations

import glob
import os
import shutil
from dataclasses import dataclass
from typing import Any, Iterator

from .._config_tree.plan import Manifest
from .._config_tree.state import State
from .._errors import LvsError
from .._host import places
from .._host.accounts import user_number
from .._host.command import run
from .._host.files import HostFiles
from .._host.foreign import ForeignRecord, copy, facts_of
from .._host.silent_vips import Wanted, parse_unit, text_of, unit_path
from .._host.sysctl import SysctlChange, Sysctls
from .._host.vips_host import Host
from .._host.vips_plan import Plan as VipsPlan
from .._host.vips_plan import make_plan
from .._netlink.route import Address, RouteSocket
from .look import UNITS
from .takeover import KEEPALIVED, NGINX, Systemctl, unit_states

_VIPS = os.path.splitext(places.STACK.vips_unit)[0]
# The roles enable it; no manifest has the link.
_TABLE_LINK = "%s/multi-user.target.wants/%s" % (UNITS, places.STACK.table_unit)
# They undo what they did when they stop, or go on without their files.
_OWN_UNITS = (
    places.STACK.forward_unit,
    places.STACK.firewall_unit,
    places.STACK.marks_unit,
    places.STACK.repair_unit + ".path",
    places.STACK.table_unit,
)
# What runs wrote outside of the sets of the roles.
_TRACES = (places.STACK.log,)
# The record of a set, beside its manifest.
_LEFT = (".json", ".lock", ".json.next", ".journal.next")


@dataclass(frozen=True)
class Plan:
    """What a restore does. ``back``: files that come back; ``gone``: paths that a run made; ``folders``: innermost
    first. ``start``: verb and unit. ``add``: VIPs that were there first and are not now. ``traces``: folders that go
    with all that is in them; ``users``: accounts that a run made."""

    stop: tuple[str, ...]
    vips: VipsPlan | None
    back: tuple[str, ...]
    gone: tuple[str, ...]
    folders: tuple[str, ...]
    sysctls: tuple[SysctlChange, ...]
    enable: tuple[tuple[str, bool], ...]
    start: tuple[tuple[str, str], ...]
    add: tuple[Address, ...]
    traces: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For a person."""
        lines = ["- %s runs" % unit for unit in self.stop]
        lines += self.vips.lines(_VIPS) if self.vips else []
        lines += ["+ %s" % text_of(address) for address in self.add]
        lines += ["~ %s, as it was first" % path for path in self.back]
        lines += ["- %s" % path for path in (*self.gone, *self.folders, *self.traces)]
        lines += ["- user %s" % name for name in self.users]
        lines += [str(change) for change in self.sysctls]
        lines += ["%s %s at boot" % ("+" if wanted else "-", unit) for unit, wanted in self.enable]
        return lines + ["+ %s runs, with its first files" % unit for _verb, unit in self.start]


class Restore:
    """One restore of this host. ``systemctl`` None: no systemd runs here. ``traces``: whether those go as well: the
    log of transitions, and the user of the scripts where a run made it."""

    def __init__(self, record: ForeignRecord, systemctl: Systemctl | None, traces: bool = False) -> None:
        self.record = record
        self.traces = traces
        self.files = HostFiles(record.root)
        self.systemctl = systemctl
        self.sysctls = Sysctls(self.files)
        self.host = Host(self.files, systemctl)
        self.first = record.read()

    # --- the plan

    def plan(self) -> Plan | None:
        """What has to be done; None where no run was here. Raises LvsError where a run was interrupted."""
        manifests = dict(self._manifests())
        traces = tuple(path for path in _TRACES if self.traces and os.path.isdir(self.files.real(path)))
        if not manifests and not os.path.exists(self.record.path) and not traces:
            return None
        kept = self.first["files"]
        made = [os.path.join(one.path, name) for one in manifests.values() for name in one.files]
        made += [*self.first["made"], _TABLE_LINK, places.STACK.handover]
        vips = self._vips_plan()
        away = {change.path for change in (*vips.sysctl_file, *vips.unit)} if vips else set()
        before, now = self.first["units"], unit_states(list(self.first["units"])) if self.systemctl else {}
        return Plan(
            stop=(*self._to_stop(before, now), *self._own_units()),
            vips=vips,
            back=tuple(path for path in sorted(kept) if self._differs(path)),
            gone=tuple(path for path in sorted(set(made) - set(kept) - away) if os.path.lexists(self.files.real(path))),
            folders=tuple(self._folders(list(manifests.values()))),
            sysctls=tuple(self._sysctl_changes()),
            enable=tuple(_to_enable(before, now)),
            start=tuple(self._to_start(before)),
            add=tuple(self._missing_addresses()),
            traces=traces,
            users=tuple(self._made_users()),
        )

    def _manifests(self) -> Iterator[tuple[str, Manifest]]:
        for path in sorted(glob.glob(os.path.join(self.record.state_dir, "*.json"))):
            name = os.path.splitext(os.path.basename(path))[0]
            state = State(self.record.state_dir, name)
            if state.journal() is not None:
                raise LvsError("a run for the set %s was interrupted; run site.yml once more before" % name)
            yield name, state.manifest("")

    def _vips_plan(self) -> VipsPlan | None:
        """The VIPs on lo that a run added go; those that were there before stay."""
        recorded = parse_unit(self.files.read(unit_path(_VIPS))).vips
        if not recorded:
            return None
        first = {(one["interface"], one["address"], one["prefix"]) for one in self.first["addresses"]}
        stay = tuple(one for one in recorded if (one.interface, one.address, one.prefix) in first)
        wanted = Wanted(_VIPS, recorded[0].interface, (), True, left=stay)
        return make_plan(wanted, self.host.read(wanted), "")

    def _differs(self, path: str) -> bool:
        """Whether a kept file is not in its place as it was."""
        real, kept = self.files.real(path), self.record.kept(path)
        if facts_of(real) != self.first["files"][path]:
            return True
        if os.path.islink(kept):
            return False
        with open(real, "rb") as one, open(kept, "rb") as other:
            return one.read() != other.read()

    def _folders(self, manifests: list[Manifest]) -> Iterator[str]:
        folders = {os.path.join(one.path, name).rstrip("/") for one in manifests for name in one.directories}
        return (path for path in sorted(folders, key=len, reverse=True) if os.path.isdir(self.files.real(path)))

    def _sysctl_changes(self) -> Iterator[SysctlChange]:
        """Those that still have our value; what somebody changed meanwhile is left as it is."""
        for name, value in sorted(self.first["sysctls"].items()):
            now = self.sysctls.read(name)
            if now == value["ours"] != value["before"]:
                yield SysctlChange(name, now, value["before"])

    def _own_units(self) -> Iterator[str]:
        """What runs by our own units alone."""
        return (unit for unit in _OWN_UNITS if self.files.read("%s/%s" % (UNITS, unit)) is not None)

    @staticmethod
    def _to_stop(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
        """Keepalived always, as a reload would not forget all of ours; another only where it did not run."""
        for unit in sorted(before):
            runs = bool((now.get(unit) or {}).get("active"))
            if runs and (unit == KEEPALIVED or not (before[unit] or {}).get("active")):
                yield unit

    def _to_start(self, before: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Nginx reads its first files without losing a client; what loads a table does it anew; the rest only runs."""
        for unit, first in sorted(before.items()):
            if self.systemctl and first and first["active"]:
                yield ("restart" if first.get("table") else "reload-or-restart" if unit == NGINX else "start"), unit

    def _missing_addresses(self) -> Iterator[Address]:
        """VIPs that were there first, that a run took as its own and later removed."""
        with RouteSocket() as route:
            there = {(one.interface, one.address) for one in route.addresses(route.links())}
        for one in self.first["addresses"]:
            if (one["interface"], one["address"]) not in there:
                yield Address(**one)

    def _made_users(self) -> Iterator[str]:
        """Those that the record says were not there; a record of an older release says nothing."""
        for name, was_there in sorted(self.first["users"].items()):
            if self.traces and not was_there and user_number(name) is not None:
                yield name

    # --- carrying it out

    def carry_out(self, plan: Plan) -> None:
        """Raises LvsError or OSError; what is done by then stays done, and the next restore goes on."""
        for unit in plan.stop:  # one after the other: while Keepalived hands its VIPs over, packets still come in
            self._units("stop", [unit])
        if plan.vips:
            self.host.apply(plan.vips, _VIPS)
        self._add(plan.add)
        self._files(plan)
        if self.systemctl:
            self.systemctl(["daemon-reload"])
        for change in plan.sysctls:
            self.sysctls.write(change.name, change.after)
        for unit, wanted in plan.enable:
            self._units("enable" if wanted else "disable", [unit])
        self._traces(plan)
        for verb, unit in plan.start:
            self._units(verb, [unit])
        self._forget()

    def _files(self, plan: Plan) -> None:
        for path in plan.back:
            os.makedirs(os.path.dirname(self.files.real(path)), exist_ok=True)
            copy(self.record.kept(path), self.files.real(path))
        for path in plan.gone:
            self.files.remove(path)
        for path in plan.folders:
            _remove_empty(self.files.real(path))

    def _traces(self, plan: Plan) -> None:
        for path in plan.traces:
            shutil.rmtree(self.files.real(path))
        for name in plan.users:
            done = run(["userdel", name], 60.0)
            if done.status:
                raise LvsError("userdel %s failed: %s" % (name, done.output.strip()))

    @staticmethod
    def _add(addresses: tuple[Address, ...]) -> None:
        if addresses:
            with RouteSocket() as route:
                index = {link.name: link.index for link in route.links()}
                for address in addresses:
                    route.add(address, index[address.interface])

    def _units(self, verb: str, units: Any) -> None:
        if self.systemctl and units:
            self.systemctl([verb, *units])

    def _forget(self) -> None:
        """The last thing of ours: manifests, drains and the record."""
        for name in os.listdir(self.record.state_dir):
            if name.endswith(_LEFT):
                os.unlink(os.path.join(self.record.state_dir, name))
        shutil.rmtree(os.path.join(self.record.state_dir, os.path.basename(places.WEIGHTS)), ignore_errors=True)
        self.record.forget()
        _remove_empty(self.record.state_dir)


def _to_enable(before: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Units that start at boot and did not, or the other way round. Links and masks come back as files."""
    for unit in sorted(before):
        first, present = (before[unit] or {}).get("enabled"), (now.get(unit) or {}).get("enabled")
        if (
            present in ("enabled", "disabled")
            and present != (first or "disabled")
            and first in (None, "enabled", "disabled")
        ):
            yield unit, first == "enabled"


def _remove_empty(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError:
        return
