# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the checked input to the model: everything that an operator does not have to write down.

The input is what `validate.normalise` returns where there are no mistakes, the output is the model of
docs/architecture.md. Each subject has a module of its own; this one puts them together. Nothing here looks at facts, at
which hosts a play has, or at the order of a dict.
"""

from __future__ import annotations

from typing import NamedTuple

from . import derive_firewall, derive_kernel, derive_nginx, derive_routes, derive_services, derive_vrrp
from .normal import Normal
from .shape import Cluster, Director, HostSlice, Model, Service
from .shape_nginx import Nginx, Route
from .view import ClusterView


class _OfAll(NamedTuple):
    """What is computed once for all hosts of a cluster."""

    services: list[Service]
    placed: derive_firewall.Placed
    routes: dict[str, list[Route]]


def derive(normal: Normal) -> Model:
    """The model: ``{clusters: {NAME: …}, hosts: {NAME: slice}}``."""
    clusters: dict[str, Cluster] = {}
    hosts: dict[str, HostSlice] = {}
    for name, data in sorted(normal["clusters"].items()):
        view = ClusterView(name, data, normal["hosts"], normal["pools"])
        clusters[name] = _summary(view)
        hosts.update(_slices(view))
    return {"clusters": clusters, "hosts": dict(sorted(hosts.items()))}


def _summary(view: ClusterView) -> Cluster:
    return {
        "directors": view.directors,
        "real_servers": view.real_servers,
        "table_owner": view.data["table_owner"],
        "failover": view.data["failover"],
        "vips": {name: derive_vrrp.summary(view, name) for name in sorted(view.vips)},
    }


def _slices(view: ClusterView) -> dict[str, HostSlice]:
    """The slice of each host of a cluster."""
    services = derive_services.services(view)
    of_all = _OfAll(services, derive_firewall.by_real_server(services), derive_routes.routes(view))
    return {host: _slice(view, host, of_all) for host in [*view.directors, *view.real_servers]}


def _slice(view: ClusterView, host: str, of_all: _OfAll) -> HostSlice:
    nginx = derive_nginx.nginx(view, host, of_all.routes)
    return {
        "cluster": view.name,
        "address": view.hosts[host]["address"],
        "address6": view.hosts[host]["address6"],
        "interface": view.hosts[host]["interface"],
        "director": _director(view, host, nginx, of_all.services) if host in view.directors else None,
        "real_server": derive_services.real_server(view, host) if host in view.real_servers else None,
        "nginx": nginx,
        "firewall": derive_firewall.firewall(view, host, of_all.services, of_all.placed),
    }


def _director(view: ClusterView, host: str, nginx: Nginx | None, services: list[Service]) -> Director:
    return {
        "table_owner": view.data["table_owner"],
        "router_id": host,
        "peers": {peer: view.hosts[peer]["address"] for peer in view.directors if peer != host},
        "instances": derive_vrrp.instances(view, host),
        "sync_groups": derive_vrrp.sync_groups(view),
        "handover": derive_vrrp.handover(view, derive_services.kept_vips(view, host)),
        "check_script": derive_nginx.check_script(view, nginx),
        "track_scripts": derive_vrrp.track_scripts(view),
        "notify": view.data["notify"],
        "services": services,
        "weights": derive_services.shares(view, services),
        "kernel": derive_kernel.kernel(view, services),
    }
