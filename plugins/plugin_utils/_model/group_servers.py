# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of upstreams that are hosts of a group: their addresses and weights are those of the inventory."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .forms import address_of
from .normal import UpstreamInput
from .read import Reader
from .said import printable, shown
from .schema import HOST
from .schema_upstreams import UPSTREAM_SERVER
from .shape_upstreams import UpstreamServer

Variables = Mapping[str, Mapping[str, Any]]


def named_groups(hostvars: Variables) -> set[str]:
    """The groups that upstreams name, whatever else may be wrong with them."""
    tables = [variables.get("lvs_nginx_upstreams") for variables in hostvars.values()]
    upstreams = [one for table in tables if isinstance(table, Mapping) for one in table.values()]
    groups = [one.get("group") for one in upstreams if isinstance(one, Mapping)]
    return {group for group in groups if isinstance(group, str)}


def add_group_servers(
    reader: Reader,
    upstreams: Mapping[str, UpstreamInput] | None,
    groups: Mapping[str, list[str]],
    hostvars: Variables,
) -> None:
    """Each upstream with a group gets the group's hosts behind the servers that it names itself."""
    for name, upstream in sorted((upstreams or {}).items()):
        path, group = "lvs_nginx_upstreams.%s.group" % name, upstream["group"]
        if not group:
            continue
        if group not in groups:
            reader.wrong(path, "is %s, which is no group of the inventory" % shown(group))
        elif not groups[group]:
            reader.wrong(path, "is %s, a group without hosts" % shown(group))
        elif upstream["port"] is not None:
            found = _servers(reader, sorted(set(groups[group])), upstream["port"], hostvars)
            upstream["servers"] = [*(upstream["servers"] or ()), *found]


def _servers(reader: Reader, hosts: Iterable[str], port: int, hostvars: Variables) -> list[UpstreamServer]:
    """In the order of their names, which is the same on every node."""
    found: list[UpstreamServer] = []
    for host in hosts:
        given = hostvars.get(host, {})
        address, weight, state = (_value(reader, host, name, given) for name in ("address", "weight", "state"))
        if address is not None and weight is not None and state is not None:
            short = {"address": address, "port": port, "weight": weight or 1}
            found.append(reader.read(UPSTREAM_SERVER, {**short, "down": not weight or state == "drained"}, ""))
    return found


def _value(reader: Reader, host: str, name: str, given: Mapping[str, Any]) -> Any:
    variable = "lvs_" + name
    value = given.get(variable, HOST[variable].default)
    if name == "address" and value is None:
        return own_address(reader, printable(host), given)
    return reader.read(HOST[variable], value, "%s: %s" % (printable(host), variable))


def own_address(reader: Reader, host: str, given: Mapping[str, Any]) -> str | None:
    """The address of a host that does not say it: the one that Ansible reaches it by."""
    for candidate in (given.get("ansible_host"), host):
        if address_of(candidate):
            return str(reader.read(HOST["lvs_address"], candidate, "%s: lvs_address" % host) or "") or None
    what = "is missing; must be an IP address, as neither ansible_host nor the inventory name is one"
    reader.wrong("%s: lvs_address" % host, what)
    return None
