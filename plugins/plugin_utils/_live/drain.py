# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining a real server by hand: which one is meant, what its director's table has of it. Pure."""

from __future__ import annotations

import ipaddress
from typing import Any, Container, Iterable, Mapping, Sequence

from ...module_utils._errors import LvsError
from ...module_utils._host.weights import file_name
from ...module_utils._ipvs.table import DestinationKey, ServiceKey
from ...module_utils._ipvs.text import endpoint
from .._model.shape import Director, Model, RealServer, Service, Share
from .director_table import Entry, entries, service_key
from .drain_wait import Remaining

# --- what is meant ----------------------------------------------------------------------------------------------


def director_of(model: Model, host: str) -> Director:
    """The part of the model of a director. Raises LvsError where the host is none."""
    director = model["hosts"][host]["director"]
    if director is None:
        raise LvsError("%s is no director" % host)
    return director


def chosen(model: Model, director: str, host: str, service: str = "") -> list[str]:
    """The services of a director that a real server is drained from; none where another cluster has it.

    Raises LvsError for names that the model has not.
    """
    pools = {
        (share["service"], share["host"])
        for one in model["hosts"].values()
        if one["director"]
        for share in one["director"]["weights"]
    }
    hosts = sorted({name for _other, name in pools})
    if not host:
        raise LvsError("host is missing; say -e host=NAME; real servers are %s" % _list(hosts))
    if host not in hosts:
        raise LvsError('host is "%s", which is no real server of a service; there are: %s' % (host, _list(hosts)))
    its = sorted({name for name, other in pools if other == host})
    if service and service not in its:
        raise LvsError('service is "%s", which %s does not serve; it serves: %s' % (service, host, _list(its)))
    here = {share["service"] for share in _shares(model, director) if share["host"] == host}
    return [name for name in its if name in here and service in ("", name)]


def drained_by_model(model: Model, director: str, host: str, services: Sequence[str]) -> list[str]:
    """Those of the services that the inventory drains the real server from: no playbook ends that."""
    return [
        one["service"]
        for one in _shares(model, director)
        if one["host"] == host and one["service"] in services and one["drained"]
    ]


def _shares(model: Model, director: str) -> Sequence[Share]:
    found = model["hosts"][director]["director"]
    return found["weights"] if found else ()


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


# --- the static table -------------------------------------------------------------------------------------------


def with_weights(services: Sequence[Service], weights: Mapping[str, int]) -> list[Service]:
    """The model's services with the weights that a director has in its files; 0 where it is drained, by whomever."""

    def weighed(service: Service, server: RealServer) -> RealServer:
        weight = weights.get(file_name(service["service"], server["host"]))
        return server if weight is None else {**server, "weight": weight, "drained": False}

    return [
        {**service, "real_servers": [weighed(service, server) for server in service["real_servers"]]}
        for service in services
    ]


# --- what is left -----------------------------------------------------------------------------------------------


def remaining(
    director: Director, report: Mapping[str, Any], host: str, services: Sequence[str], held: Container[str]
) -> Remaining:
    """``report``: what ipvs_info returns; ``held``: VIPs that the director holds, without prefix.

    The kernel sees no end of a UDP flow, so inactive ones count as well. Of a VIP that the director does not hold, none
    counts: a former holder never sees the end of the connections that moved away with the VIP.
    """
    weights, connections = {}, {}
    live = {service_key(one): one for one in report["services"]}
    for entry in _entries(director, host, services):
        service = live.get(service_key(entry.service))
        for one in service["destinations"] if service else ():
            if (one["address"], one["port"]) == (entry.server["address"], entry.server["port"]) and one["weight"]:
                weights[str(entry)] = one["weight"]
    wanted = {(service_key(entry.service), entry.key): entry for entry in _entries(director, host, services)}
    for one in report["statistics"]:
        if "destination_key" not in one:
            continue
        found = wanted.get((ServiceKey(**one["service_key"]), DestinationKey(**one["destination_key"])))
        if found:
            count = one["active"] + (one["inactive"] if found.service["protocol"] == "udp" else 0)
            if count and found.service["address"] in held:
                connections[str(found)] = count
    return Remaining(weights, connections)


def addresses(director: Director, services: Sequence[str]) -> list[str]:
    """The VIPs of services, without prefix."""
    return sorted({one["address"] for one in director["services"] if one["service"] in services})


def held(director: Director, vips: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """The VIPs that a director has as their holder. ``vips``: what inspect returns. On the interface of the handover
    every director has them, silent."""
    silent = director["handover"]["interface"] if director["handover"] else None
    return {vip for vip, places in vips.items() if any(place["interface"] != silent for place in places)}


def _entries(director: Director, host: str, services: Sequence[str]) -> list[Entry]:
    return [
        entry
        for service in director["services"]
        if service["service"] in services
        for entry in entries(service)
        if entry.server["host"] == host
    ]


# --- which ones -------------------------------------------------------------------------------------------------


def pattern(director: Director, host: str, services: Sequence[str]) -> str:
    """An extended regular expression for the lines of /proc/net/ip_vs_conn that are about the real server.

    Source: ip_vs_conn_seq_show() in net/netfilter/ipvs/ip_vs_conn.c.
    """
    found = {
        "%s %04X" % (_in_proc(entry.server["address"]), port)
        for entry in _entries(director, host, services)
        for port in ([entry.server["port"]] if entry.server["port"] else entry.service["ports"])
    }
    return " (%s) (ESTABLISHED|UDP)" % "|".join(sorted(found))


def _in_proc(address: str) -> str:
    number = ipaddress.ip_address(address)
    return r"\[%s\]" % number.exploded if number.version == 6 else "%08X" % int(number)


def clients(lines: Iterable[str]) -> list[str]:
    """``198.51.100.50:50000, ESTABLISHED, 895 s`` of each line of /proc/net/ip_vs_conn."""
    found = []
    for words in (line.split() for line in lines):
        if len(words) >= 9:
            found.append("%s, %s, %s s" % (_client(words[1], words[2]), words[7], words[8]))
    return found


def _client(address: str, port: str) -> str:
    six = address.startswith("[")
    return endpoint(str(ipaddress.ip_address(address.strip("[]") if six else int(address, 16))), int(port, 16))
