# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A good inventory, and how to write another one that differs in a few places."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]

DIRECTORS = {"d1": "198.51.100.100", "d2": "198.51.100.101"}
REAL_SERVERS = {"web1": "198.51.100.102", "web2": "198.51.100.103"}
SHARED: Tree = {
    "lvs_vips": {"web": {"addresses": ["198.51.100.200/24"], "vrid": 51}},
    "lvs_virtual_services": {"web": {"vip": "web", "ports": [80]}},
    "lvs_nginx_upstreams": {"app": {"servers": ["198.51.100.201:8080", "198.51.100.202:8080"]}},
    "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app"}},
}

# Every host has an address of IPv6 as well; and none but that.
V6_TOO = {"%s:lvs_address6" % host: "2001:db8::%d" % n for n, host in enumerate({**DIRECTORS, **REAL_SERVERS}, 100)}
V6_ONLY = {path[:-1]: address for path, address in V6_TOO.items()}


def good() -> Tree:
    """Two directors, two real servers, one VIP, one service, one site."""
    addresses = {**DIRECTORS, **REAL_SERVERS}
    return {
        "groups": {"lvs_directors": list(DIRECTORS), "lvs_real_servers": list(REAL_SERVERS)},
        "hostvars": {host: {"lvs_address": address, **copy.deepcopy(SHARED)} for host, address in addresses.items()},
    }


def put(inventory: Tree, path: str, value: Any) -> None:
    """Write a value: `lvs_vips.web.vrid` for all hosts, `d1:lvs_weight` for one, `group:NAME` for a group.

    `other:app1:lvs_weight`: of a host that is in neither of the two groups.

    Dots go down into dicts, which are made on the way; a value of `...` takes the key away.
    """
    front, _sep, rest = path.rpartition(":")
    if front == "group":
        inventory["groups"][rest] = value
        return
    if front.startswith("other:"):
        inventory.setdefault("others", {}).setdefault(front[len("other:") :], {})[rest] = value
        return
    hosts = [front] if front else list(inventory["hostvars"])
    *inner, last = rest.split(".")
    for host in hosts:
        place = inventory["hostvars"].setdefault(host, {})
        for key in inner:
            place = place.setdefault(key, {})
        if value is ...:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)


def with_changes(changes: Tree) -> Tree:
    inventory = good()
    for path, value in changes.items():
        put(inventory, path, value)
    return inventory


def model_of(inventory: Tree) -> Any:
    """The model of an inventory without mistakes; of no type, as a test may change it into what no model is."""
    built = build(inventory)
    assert built.model is not None, [mistake.message for mistake in built.mistakes]
    return built.model
