# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the inventory to plain data with every default filled in, or to every mistake that is in it.

`schema` says what each value may be, `read` reads one value, `rules` says what goes with what.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Iterable, Mapping, cast

from .derive_streams import add_services
from .forms import FORMS, address_of
from .group_servers import add_group_servers, own_address
from .normal import ClusterInput, HostInput, Normal
from .read import Reader
from .rules import check_cluster, check_inventory
from .said import Mistake, printable, shown
from .schema import (
    ALSO_KNOWN,
    CLUSTER,
    HOST,
    INVENTORY,
    KNOWN,
)
from .view import OPEN, ClusterView

__all__ = ["Mistake", "Normal", "normalise"]

Variables = Mapping[str, Mapping[str, Any]]
# How much a name resembles another (difflib's ratio) where it is a typing error and not a name of somebody else's.
ALIKE = 0.75


def normalise(inventory: Mapping[str, Any]) -> tuple[Normal, list[Mistake], list[str]]:
    """Normal, mistakes and warnings of ``{groups: {NAME: [HOST]}, hostvars: {HOST: {VARIABLE: VALUE}}}``.

    ``certificates``: what is in those of ``lvs_certificates`` that are read here, ``{HOST: {NAME: CertificateFacts}}``.
    ``others``, likewise: the variables of hosts that are in no cluster, but in a group that an upstream names.

    Normal is ``{hosts: {HOST: …}, clusters: {NAME: …}, pools: {GROUP: [HOST]}}`` and to be used where there are no
    mistakes. No order changes anything, that of a group's hosts neither: an inventory that is asked of somebody else
    may come in another one each time, and priorities must not move with it.
    """
    groups: Mapping[str, list[str]] = inventory["groups"]
    hostvars: Variables = inventory["hostvars"]
    others: Variables = inventory.get("others", {})
    reader = Reader()
    settings = {name: _setting(reader, name, hostvars) for name in INVENTORY}
    directors = _members(groups, settings["lvs_directors_group"])
    real_servers = _members(groups, settings["lvs_real_servers_group"])
    if not directors and settings["lvs_directors_group"]:
        what = "is %s, a group without hosts; must name the group of the directors"
        reader.wrong("lvs_directors_group", what % shown(settings["lvs_directors_group"]))
    members = list(dict.fromkeys([*directors, *real_servers]))
    _check_names(reader, members)
    if reader.mistakes:
        # Whatever else there is to say would have such a name in it.
        return {"hosts": {}, "clusters": {}, "pools": {}}, sorted(set(reader.mistakes)), []
    hosts = {host: _host(reader, host, hostvars.get(host, {})) for host in sorted(members)}

    clusters: dict[str, ClusterInput] = {}
    pools: dict[str, list[str]] = {}
    readers: dict[str, Reader] = {}
    warnings = _foreign_variables(members, hostvars)
    for name in sorted({host["cluster"] for host in hosts.values() if host["cluster"]}):
        inside = [host for host in members if hosts[host]["cluster"] == name]
        readers[name] = Reader()
        cluster = _cluster(readers[name], inside, hostvars)
        add_group_servers(readers[name], cluster["upstreams"], groups, {**others, **hostvars})
        add_services(readers[name], cluster)
        cluster["directors"] = [host for host in directors if host in inside]
        cluster["real_servers"] = [host for host in real_servers if host in inside]
        cluster["certificate_facts"] = next(
            (
                inventory.get("certificates", {})[host]
                for host in sorted(inside)
                if host in inventory.get("certificates", {})
            ),
            {},
        )
        clusters[name] = cluster
        _secrets_are_seen(readers[name], cluster, hostvars)
        pools.update(_pools(cluster, groups))
        own = {host: set(hostvars.get(host, {})) for host in inside}
        reported = check_cluster(readers[name], ClusterView(name, cluster, hosts, pools), own)
        warnings += ["cluster %s: %s" % (name, one) for one in reported]
    check_inventory(reader, clusters, hosts, _reached_at({**others, **hostvars}))
    mistakes = {*reader.mistakes, *_of_clusters(readers)}
    normal: Normal = {"hosts": hosts, "clusters": clusters, "pools": pools}
    return normal, sorted(mistakes), sorted(set(warnings))


def _check_names(reader: Reader, hosts: Iterable[str]) -> None:
    """A host's name becomes the name of files and a word in files of keepalived, Nginx and shells."""
    pattern, words = FORMS["host"]
    for host in hosts:
        if not re.fullmatch(pattern, host) and not address_of(host):
            reader.wrong("host %s" % printable(host), "cannot have this name; must be %s" % words)


def _members(groups: Mapping[str, list[str]], name: str | None) -> list[str]:
    """The hosts of a group by name, as a person counts: d2 before d10."""
    return sorted(set(groups.get(name or "", [])), key=_counted)


def _counted(name: str) -> tuple[list[Any], str]:
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name


def _setting(reader: Reader, name: str, hostvars: Variables) -> Any:
    """A setting of the whole inventory: a host that does not give it has the default. None where hosts differ."""
    field = INVENTORY[name]
    given = {host: hostvars[host].get(name, field.default) for host in sorted(hostvars)}
    for host, value in given.items():
        first = next(iter(given))
        if value != given[first]:
            what = "differs between %s and %s; must be the same for all hosts of the inventory"
            reader.wrong(name, what % (printable(first), printable(host)))
            return None
    return reader.read(field, next(iter(given.values()), field.default), name)


def _agreed(reader: Reader, name: str, hosts: Iterable[str], hostvars: Variables) -> Any:
    """The one value that the hosts of a cluster give a variable; a host that gives none goes along.

    No mistake quotes the values: they may hold secrets.
    """
    given = [host for host in sorted(hosts) if name in hostvars.get(host, {})]
    if not given:
        return reader.default(CLUSTER[name])
    first = hostvars[given[0]][name]
    other = next((host for host in given if hostvars[host][name] != first), None)
    if other:
        what = "differs between %s and %s; must be the same for all hosts of a cluster"
        reader.wrong(name, what % (given[0], other))
    return reader.read(CLUSTER[name], first, name)


def _foreign_variables(hosts: Iterable[str], hostvars: Variables) -> list[str]:
    """A warning for each `lvs_*` that is none of ours and resembles one; any other may be somebody's own, as of LVM."""
    names = {str(name) for host in hosts for name in hostvars.get(host, {})}
    foreign = sorted(name for name in names if name.startswith("lvs_") and name not in KNOWN)
    resembled = {
        name: difflib.get_close_matches(name, sorted(KNOWN - ALSO_KNOWN), n=1, cutoff=ALIKE) for name in foreign
    }
    words = "%s is no variable of this collection and is ignored; did you mean %s?"
    return [words % (name, near[0]) for name, near in resembled.items() if near]


def _host(reader: Reader, host: str, given: Mapping[str, Any]) -> HostInput:
    read = {}
    for name, field in HOST.items():
        where = "%s: %s" % (host, name)
        value = reader.read(field, given[name], where) if name in given else reader.default(field)
        read[name[len("lvs_") :]] = value
    if given.get("lvs_interface") is None:
        read["interface"] = OPEN
    if given.get("lvs_address") is None:
        read["address"] = own_address(reader, host, given)
    return cast(HostInput, read)


def _reached_at(hostvars: Variables) -> dict[str, str]:
    """Address -> host, of every host of the inventory that Ansible reaches by one."""
    found: dict[str, str] = {}
    for host in sorted(hostvars):
        address = address_of(hostvars[host].get("ansible_host", host))
        if address:
            found.setdefault(str(address), printable(host))
    return found


def _cluster(reader: Reader, hosts: Iterable[str], hostvars: Variables) -> ClusterInput:
    """What all hosts of a cluster have in common, by its name in ClusterInput: without prefix."""
    read = {name: _agreed(reader, name, hosts, hostvars) for name in CLUSTER}
    short = {"lvs_nginx_" + name: name for name in ("upstreams", "sites", "streams", "log_formats")}
    return cast(ClusterInput, {short.get(name, name[len("lvs_") :]): value for name, value in read.items()})


def _secrets_are_seen(reader: Reader, cluster: ClusterInput, hostvars: Variables) -> None:
    """A password is read from each host's own variables, so each has to have it."""
    for host in cluster["real_servers"] if cluster["nginx_users"] else ():
        if "lvs_nginx_users" not in hostvars.get(host, {}):
            reader.wrong("lvs_nginx_users", "is not set for real server %s, which needs the users in it" % host)
    vips = cluster["vips"] or {}
    if not any(vip["auth_pass"] for vip in vips.values()):
        return
    for host in cluster["directors"]:
        if "lvs_vips" not in hostvars.get(host, {}):
            reader.wrong("lvs_vips", "is not set for director %s, which needs the auth_pass in it" % host)


def _of_clusters(readers: Mapping[str, Reader]) -> Iterable[Mistake]:
    """Mistakes of clusters; where there are several, what not all have made gets the cluster's name in front."""
    for name, reader in readers.items():
        for mistake in reader.mistakes:
            if all(mistake in other.mistakes for other in readers.values()):
                yield mistake
            else:
                front = "cluster %s: " % name
                yield Mistake(front + mistake.path, front + mistake.message)


def _pools(cluster: ClusterInput, groups: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The hosts of each group that a service of the cluster names; a group that there is not is left out."""
    names = {service["pool"] for service in (cluster["virtual_services"] or {}).values() if service["pool"]}
    return {name: _members(groups, name) for name in sorted(names) if name in groups}
