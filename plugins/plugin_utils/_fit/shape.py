# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of facts and of what comes of them."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

from .._model.shape import HostSlice


class FactAddress(TypedDict):
    address: str
    prefix: int


class FactLink(TypedDict):
    """An interface; ``operstate`` in the kernel's words."""

    name: str
    mac: str
    operstate: str
    up: bool
    loopback: bool
    addresses: list[FactAddress]


class HostFacts(TypedDict, total=False):
    """The fact ``lvs_host`` of the module host_facts. What is not in it is not known."""

    distribution: str | None
    distribution_id: str | None
    release: int | None
    family: str | None
    kernel: str
    user: str
    root: bool
    systemd: bool
    selinux: str
    selinux_policy: dict[str, Any]
    memory_mb: int
    disks_mb: dict[str, int]
    cache_disk_mb: int
    clock: dict[str, Any]
    links: list[FactLink]
    modules: dict[str, str]
    ports: dict[str, str]
    marks: list[int]
    paths: dict[str, Any]
    units: dict[str, dict[str, bool]]
    users: dict[str, Any]
    versions: dict[str, str]
    firewall: dict[str, Any]
    foreign: dict[str, Any]


class Problem(NamedTuple):
    """``what`` is the variable or the part of the host, in the words of the inventory."""

    what: str
    found: str
    wanted: str

    @property
    def message(self) -> str:
        return "%s is %s; must be %s" % self


class Fitted(NamedTuple):
    """``open``: what could not be settled, because the host was not asked; a problem is why it could not be."""

    slice: HostSlice
    problems: list[Problem]
    open: list[str]
