# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model, and what hosts that are exactly as it says would report: the start of every test of findings and status.

The report is made from the questions, so a question that nobody asks is an answer that nobody has.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Callable

from host_facts import facts
from inventory import good, model_of

from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.fit import settle
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live import inspect_request

NOW = 1795532028.0
ADDRESSES = {"d1": "198.51.100.100", "d2": "198.51.100.101", "web1": "198.51.100.102", "web2": "198.51.100.103"}
MACS = {"d1": "02:00:00:00:00:01", "d2": "02:00:00:00:00:02", "web1": "02:00:00:00:00:11", "web2": "02:00:00:00:00:12"}
VIP = "198.51.100.200"
ON_ETH0 = {"interface": "eth0", "prefix": 24, "label": "eth0:0"}
ON_LO = {"interface": "lo", "prefix": 32, "label": ""}
WEB_80 = "tcp 198.51.100.200:80"

Tree = Any  # of no type, as a test changes a model into what no model is


def model() -> Tree:
    """Two directors, two real servers, one VIP, one service, one site, as `build` makes it."""
    return json.loads(json.dumps(model_of(good())))  # as a fact: no part is in two places


def observations(of: Tree, holder: str = "d1") -> Tree:
    """What every host of the model reports while all is well and ``holder`` has every VIP."""
    return {
        host: {
            "status": "seen", "message": "", "asked": NOW - 0.5, "answered": NOW + 0.5,
            "expected": {"/etc/ours.conf": {"sha256": "aa", "mode": "0644"}, "/etc/not-ours.conf": None},
            "report": _report(of, host, holder),
        }
        for host in of["hosts"]
    }  # fmt: skip


def _report(of: Tree, host: str, holder: str) -> Tree:
    mine: Tree = settle(of["hosts"][host], facts(of["hosts"][host]["address"]))
    fitted: Tree = {**of, "hosts": {**of["hosts"], host: mine}}
    asked = inspect_request.questions(fitted, host, "verify", ["/etc/ours.conf", "/etc/not-ours.conf"])
    answers: dict[str, Callable[[], Any]] = {
        "links": lambda: [
            _link("lo", "00:00:00:00:00:00", "127.0.0.1"),
            _link("eth0", MACS[host], mine["address"]),
            *(_link(one["interface"], "", "192.0.0.8") for one in (mine["real_server"] or {"tunnels": []})["tunnels"]),
        ],
        "ways": lambda: [
            {"address": way["address"], **port, "gateway": way["gateway"]}
            for way in (mine["real_server"] or {"ways": []})["ways"] for port in way["ports"]
        ],
        "drained": list,
        "handover": int,
        "firewall": lambda: {"firewalld": False, "policies": [], "closed": []},
        "marks": lambda: [one["fwmark"] for one in mine["director"]["services"] if one["fwmark"]],
        "clock": lambda: {"epoch": NOW, "synchronised": True},
        "vips": lambda: {vip: _places(mine, vip, host == holder) for vip in asked["vips"]},
        "units": lambda: {unit: _unit() for unit in asked["units"]},
        "sysctls": lambda: dict(inspect_request.wanted_sysctls(mine)),
        "probes": lambda: [_answer(probe) for probe in asked["probes"]],
        "files": lambda: {
            "/etc/ours.conf": {"exists": True, "mode": "0644", "sha256": "aa", "target": None},
            "/etc/not-ours.conf": {"exists": False, "mode": None, "sha256": None, "target": None},
        },
        "keepalived_test": lambda: {"ok": True, "status": 0, "output": ""},
        "nginx_test": lambda: {"ok": True, "status": 0, "output": "nginx: test is successful"},
        "ipvs": lambda: _table(mine["director"]["services"]),
        "keepalived": lambda: _keepalived(mine["director"], host == holder),
        "transitions": lambda: [
            {"epoch": NOW - 3600, "instance": "web", "state": "MASTER" if host == holder else "BACKUP"}
        ],
        "arp": lambda: [
            {"address": vip, "macs": [] if host == holder else [MACS[holder]], "own": host == holder}
            for vip in asked["vips"]
        ],
        "adverts": lambda: [_advert(of, holder, host)],
    }  # fmt: skip
    names = {"addresses": "links", "arp_probes": "arp", "vrrp_listen": "adverts"}
    wanted = [names.get(option, option) for option in asked]
    return {name: copy.deepcopy(answers[name]()) for name in wanted}


def _link(name: str, mac: str, address: str) -> Tree:
    return {
        "name": name, "mac": mac, "up": True, "operstate": "up", "loopback": name == "lo", "index": 1, "kind": "",
        "mtu": 1500, "addresses": [{"address": address, "prefix": 24, "family": "inet", "label": name}],
    }  # fmt: skip


def _places(mine: Tree, vip: str, holder: bool) -> list[Tree]:
    silent = [one for one in (mine["real_server"] or {"vips": []})["vips"] if one["address"] == vip]
    places: list[Tree] = [{"interface": "lo", "prefix": one["prefix"], "label": one["label"]} for one in silent]
    if mine["director"]:
        places = [dict(ON_ETH0)] * holder + places
        places += [dict(ON_LO) for one in mine["director"]["handover"]["vips"] if one["address"] == vip]
    return places


def _unit() -> Tree:
    return {"load": "loaded", "active": "active", "sub": "running", "enabled": "enabled", "restarts": 0,
            "since": NOW - 7200, "pid": 400, "result": "success"}  # fmt: skip


def _answer(probe: Tree) -> Tree:
    return {"path": None, **probe, "connected": True, "status": 200 if "path" in probe else None, "served_by": None,
            "body": "ok\n", "seconds": 0.002, "error": None, "issuer": "R3" if "tls" in probe else None,
            "expires": int(NOW) + 90 * 86400 if "tls" in probe else None}  # fmt: skip


def _table(services: list[Tree]) -> Tree:
    return {
        "version": "1.2.1", "connection_table_size": 4096, "timeouts": {}, "daemons": [],
        "services": [_live_service(service) for service in services],
        "connections": [
            {"service": {**{name: service[name] for name in ("family", "protocol", "address", "port")}, "fwmark": 0},
             "destination": {name: server[name] for name in ("address", "port")},
             "active": 3, "inactive": 1, "persistent": 0}
            for service in services for server in service["real_servers"]
        ],
    }  # fmt: skip


def _live_service(service: Tree) -> Tree:
    same = ("family", "protocol", "address", "port", "scheduler", "scheduler_flags", "one_packet", "persistence")
    return {
        **{name: service[name] for name in same}, "pe_name": "",
        "destinations": [
            {"address": server["address"], "port": server["port"], "forward": service["forward"],
             "weight": 0 if server["drained"] else server["weight"], "lower_threshold": server["lower_threshold"],
             "upper_threshold": server["upper_threshold"]}
            for server in service["real_servers"]
        ],
    }  # fmt: skip


def _keepalived(director: Tree, holder: bool) -> Tree:
    return {
        "installed": True, "version": "2.2.7", "options": ["JSON"], "running": True, "pid": 300, "pids": [300],
        "source": "json", "sync_groups": [], "scripts": [], "errors": [],
        "instances": [
            {"name": one["name"], "state": "MASTER" if holder else "BACKUP", "wanted_state": None,
             "version": one["version"], "vrid": one["vrid"], "interface": one["interface"],
             "base_priority": one["priority"], "priority": one["priority"], "master_priority": 254,
             "advert_interval": one["advert_interval"], "preempt": one["preempt"], "auth": one["auth"],
             "addresses": [vip["address"] for vip in one["addresses"]], "addresses_set": holder,
             "last_transition": NOW - 3600, "counters": {"auth_failures": 0, "became_master": int(holder)}}
            for one in director["instances"]
        ],
        "virtual_servers": [
            {"address": service["address"], "port": service["port"], "fwmark": None, "group": None,
             "protocol": service["protocol"], "scheduler": service["scheduler"], "alive": True, "quorum_up": True,
             "real_servers": [_checked(server) for server in service["real_servers"]]}
            for service in director["services"]
        ],
    }  # fmt: skip


def _checked(server: Tree) -> Tree:
    return {"address": server["address"], "port": server["port"], "weight": server["weight"],
            "effective_weight": server["weight"], "alive": True, "failed_checks": 0, "set": True}  # fmt: skip


def _advert(of: Tree, holder: str, host: str) -> Tree:
    one = of["hosts"][holder]["director"]["instances"][0]
    return {"source": one["unicast_source"], "destination": one["unicast_peers"][0], "version": one["version"],
            "vrid": one["vrid"], "priority": one["priority"], "auth": one["auth"],
            "interval": one["advert_interval"], "addresses": [VIP], "outgoing": host == holder, "count": 4}  # fmt: skip
