# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to ask a host so that it can be compared with the model: the options of the module inspect. Pure.

``verify`` asks for everything; ``status`` leaves out what only a judgement needs (the wire, the files, the daemons'
check of their configuration), so that it comes at once; ``preview`` asks for what status does and for the files.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ...module_utils._host.places import STACK
from ...module_utils._host.silent_vips import arp_sysctls
from .._fit import request as fit_request
from .._model.checks import kind_of, port_of
from .._model.derive_proxy import plainest
from .._model.server_names import name_for
from .._model.shape import HostSlice, Instance, Model, RealServer, Service
from .._model.shape_nginx import Nginx
from .._model.view import OPEN, bare
from .site_logs import STREAMS, logged_streams, logs_as_json, logs_of

KEEPALIVED, NGINX, VIPS_UNIT = "keepalived.service", "nginx.service", STACK.vips_unit
# What a probe is called that asks Nginx for its counters, and what it asks for.
STATUS_PROBE, STATUS_PATH = "nginx-status", "/lvs-status"
TRANSITIONS = 10
ARP_SECONDS = 0.6
PROBE_SECONDS = 2.0
# Each is a thread and a connection at the same moment.
MOST_PROBES = 100


def questions(model: Model, host: str, purpose: str, paths: Iterable[str] = ()) -> dict[str, Any]:
    """The options of inspect for a host of the model. ``purpose``: verify | status | preview. ``paths``: files to look
    at."""
    mine = model["hosts"][host]
    asked: dict[str, Any] = {
        "addresses": True,
        "clock": True,
        "vips": cluster_addresses(model, mine["cluster"]),
        "units": units(mine),
        "sysctls": sorted(wanted_sysctls(mine)),
        "probes": probes(mine),
    }
    if ways(mine):
        asked.update(ways=ways(mine))
    director = mine.get("director")
    if director:
        asked.update(ipvs=bool(director["services"]), keepalived=True, drained=True, transitions=TRANSITIONS)
    if purpose == "status":
        asked.update(sides=logs_of(mine), traffic=logs_as_json(mine), probes=[*asked["probes"], *_status_probes(mine)])
        asked.update(streams=[STREAMS] if logged_streams(mine) else [])
    if purpose == "preview":
        asked.update(files=sorted(paths), foreign=foreign_question(mine))
    if purpose == "verify":
        asked.update(_for_a_judgement(model, mine, paths))
    return {name: value for name, value in asked.items() if value}


def _for_a_judgement(model: Model, mine: HostSlice, paths: Iterable[str]) -> dict[str, Any]:
    director = mine.get("director")
    asked = {
        "files": sorted(paths),
        "firewall": mine["firewall"]["kind"] != "none",
        "marks": bool(director and any(one["fwmark"] for one in director["services"])),
        "keepalived_test": bool(director),
        "handover": bool(director and director["handover"]),
        "nginx_test": bool(mine.get("nginx")),
    }
    if mine["interface"] == OPEN:
        return asked
    return {
        **asked,
        "arp_probes": arp_probes(model, mine),
        "vrrp_listen": listening(director["instances"]) if director else None,
    }


def arp_probes(model: Model, mine: HostSlice) -> list[dict[str, Any]]:
    """Who has each VIP, asked on the network that it is on."""
    asked: dict[str, list[str]] = {}
    for vip, interface in _vips_of(mine) if mine["director"] else _shared_vips(model, mine):
        asked.setdefault(interface, []).append(vip)
    return [
        {"interface": interface, "addresses": sorted(vips), "seconds": ARP_SECONDS}
        for interface, vips in sorted(asked.items())
    ]


def _vips_of(director: HostSlice) -> Iterator[tuple[str, str]]:
    """Each VIP with the interface on which the director has it while it is master."""
    for instance in director["director"]["instances"] if director["director"] else ():
        yield from ((bare(one["address"]), one["interface"]) for one in instance["addresses"])


def _shared_vips(model: Model, mine: HostSlice) -> Iterator[tuple[str, str]]:
    """The VIPs of the service network: of another one nobody knows whether a real server is there, too."""
    directors = [model["hosts"][host] for host in model["clusters"][mine["cluster"]]["directors"]]
    elsewhere = {vip for one in directors for vip, interface in _vips_of(one) if interface != one["interface"]}
    for vip in cluster_addresses(model, mine["cluster"]):
        if vip not in elsewhere:
            yield vip, mine["interface"]


def listening(instances: list[Instance]) -> dict[str, Any] | None:
    """Long enough for three adverts of the slowest instance on the interface that most of them have."""
    if not instances:
        return None
    names = [instance["interface"] for instance in instances]
    interface = max(names, key=names.count)
    slowest = max(one["advert_interval"] for one in instances if one["interface"] == interface)
    return {"interface": interface, "seconds": round(max(1.0, 3 * slowest + 0.2), 2)}


def cluster_addresses(model: Model, cluster: str) -> list[str]:
    """Every address that moves between the directors of a cluster, without its prefix."""
    directors = [model["hosts"][host]["director"] for host in model["clusters"][cluster]["directors"]]
    instances = [instance for one in directors if one for instance in one["instances"]]
    return sorted({bare(held["address"]) for instance in instances for held in instance["addresses"]})


def units(mine: HostSlice) -> list[str]:
    """The units that have to run on a host, and at boot."""
    wanted = []
    director = mine.get("director")
    if director:
        wanted.append(KEEPALIVED)
        if director["check_script"]:
            wanted.append(STACK.repair_unit + ".path")
        if any(one["fwmark"] for one in director["services"]):
            wanted.append(STACK.marks_unit)
    if mine.get("nginx"):
        wanted.append(NGINX)
    if mine["real_server"] and mine["real_server"]["vips"]:
        wanted.append(VIPS_UNIT)
    if mine["real_server"] and (mine["real_server"]["tunnels"] or mine["real_server"]["ways"]):
        wanted.append(STACK.forward_unit)
    return wanted


def ways(mine: HostSlice) -> list[dict[str, Any]]:
    """The answers of a real server whose way the kernel can tell: it knows none of SCTP."""
    return [
        {"address": way["address"], **port}
        for way in (mine["real_server"] or {"ways": []})["ways"]
        for port in way["ports"]
        if port["protocol"] != "sctp"
    ]


def wanted_sysctls(mine: HostSlice) -> dict[str, str]:
    """Every sysctl that the model sets on a host, with its value as the kernel prints it."""
    wanted: dict[str, str] = {}
    director, real_server = mine.get("director"), mine.get("real_server")
    if director:
        wanted.update((name, normalised(str(value))) for name, value in director["kernel"]["sysctls"].items())
    if real_server and real_server["vips"]:
        wanted.update(arp_sysctls(real_server["interface"]))
    wanted.update((name, normalised(str(value))) for name, value in nginx_sysctls(mine).items())
    return wanted


def nginx_sysctls(mine: HostSlice) -> Mapping[str, Any]:
    """Those that the model sets for Nginx."""
    return mine["nginx"]["limits"]["sysctls"] if mine.get("nginx") and mine["nginx"] else {}


def host_questions(mine: HostSlice) -> dict[str, Any]:
    """The options of the module host_facts: what roles, `fit` and the take-over know of a host is asked at once."""
    return {**fit_request.questions(mine), "foreign": foreign_question(mine)}


def foreign_question(mine: HostSlice) -> dict[str, Any]:
    """What to look for of what other people have set up: an option of host_facts, inspect and takeover."""
    director, real_server = mine["director"], mine["real_server"]
    vips = [vip["address"] for vip in real_server["vips"]] if real_server else []
    for instance in director["instances"] if director else ():
        vips += [bare(vip["address"]) for vip in instance["addresses"]]
    return {
        "vips": sorted(set(vips)),
        "sysctls": wanted_sysctls(mine),
        "director": director is not None,
        "nginx": mine["nginx"] is not None,
        "static": director is not None and director["table_owner"] == "static",
    }


def normalised(value: str) -> str:
    """A sysctl's value with single spaces; the kernel separates by tabs."""
    return " ".join(value.split())


def probes(mine: HostSlice) -> list[dict[str, Any]]:
    """Requests for the health address: a director asks each real server, a host with Nginx asks itself.

    Each thing is asked once, however many services it serves, and so is each site with TLS; not more than MOST_PROBES
    of both.
    """
    services = mine["director"]["services"] if mine["director"] else []
    found = {
        name: _probe(name, server["address"], port_of(service["check"], server), _request(service) or {})
        for service in services
        for server in service["real_servers"]
        for name in [probe_name(service, server)]
        if name
    }
    asked = list(found.values())[:MOST_PROBES]
    if mine["nginx"]:
        ports = [port for site in mine["nginx"]["sites"] for port in site["ports"]]
        if ports:
            asked.append(_own_probe(mine["address"], ports, mine["nginx"]))
        asked += list(_tls_probes(mine["nginx"], mine["address"]))[:MOST_PROBES]
    return asked


def _own_probe(address: str, ports: Iterable[int], nginx: Nginx) -> dict[str, Any]:
    port = plainest(ports, nginx["proxy_ports"])
    spoken = {"proxy": True} if port in nginx["proxy_ports"] else {}
    return _probe("nginx", address, port, {"path": nginx["health_path"], **spoken})


def _tls_probes(nginx: Nginx, address: str) -> Iterator[dict[str, Any]]:
    """What shows the certificate of each site with TLS that can be asked for by a name, or by none; of a stream it is a
    handshake, behind which nobody says anything."""
    for site in nginx["sites"]:
        name = name_for(site["server_names"])
        if site["tls"] and (name or site["tls"]["default"]):
            port = plainest(site["tls"]["ports"], nginx["proxy_ports"])
            asked = {"path": nginx["health_path"], "tls": True, **({"host": name} if name else {})}
            asked.update({"proxy": True} if port in nginx["proxy_ports"] else {})
            yield _probe(tls_probe_name("site", site["name"]), address, port, asked)
    for stream in nginx["streams"]:
        if stream["tls"]:
            asked = {"tls": True, **({"proxy": True} if stream["proxy_protocol"] else {})}
            yield _probe(tls_probe_name("stream", stream["name"]), address, stream["ports"][0], asked)


def tls_probe_name(kind: str, name: str) -> str:
    """What a host asks of itself for a site or a stream with TLS, by which the answer is found."""
    return "tls|%s %s" % (kind, name)


def _status_probes(mine: HostSlice) -> Iterator[dict[str, Any]]:
    port = mine["nginx"]["status_port"] if mine["nginx"] else 0
    if port:
        yield _probe(STATUS_PROBE, "127.0.0.1", port, {"path": STATUS_PATH})


def probe_name(service: Service, server: RealServer) -> str | None:
    """What a director asks of a real server, by which the answer is found; None where nothing is asked."""
    request = _request(service)
    if request is None:
        return None
    return " ".join(["%s|%d" % (server["address"], port_of(service["check"], server)), *map(str, request.values())])


def _request(service: Service) -> Mapping[str, Any] | None:
    """What the check looks at, as options of a probe besides the address; None where nothing can be asked."""
    kind, check = kind_of(service["check"]), service["check"]
    return kind.request(check) if kind.request else None


def _probe(name: str, address: str, port: int, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "address": address, "port": port, "timeout": PROBE_SECONDS, **request}
