# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the checked input to the model: everything that an operator does not have to write down.

The input is what `_validate.normalise` returns: plain data, every default filled in, no mistakes. The output is the
model of docs/architecture.md. Nothing here looks at facts, at which hosts a play has, or at the order of a dict.
"""

from __future__ import annotations

import ipaddress
import math
from typing import Any, Iterable, Mapping

from .schema import (
    HIGHEST_PRIORITY,
    LABEL_LENGTH,
    PRIORITY_STEP,
)

Data = dict[str, Any]

# Seconds between two adverts. `fast` is for metal on one switch, `tolerant` for virtual machines that freeze.
PROFILES = {"fast": 0.1, "balanced": 0.25, "tolerant": 1.0}
ARP_SILENT_INTERFACE = "lo"
# ms that a stopping director gives the next one on top of its skew: to be told, to take the VIP and to announce it.
HANDOVER_MARGIN = 300


def derive(normal: Data) -> Data:
    """The model: ``{clusters: {NAME: …}, hosts: {NAME: slice}}``."""
    clusters = {}
    hosts: Data = {}
    for name in sorted(normal["clusters"]):
        cluster = _Cluster(name, normal)
        clusters[name] = cluster.summary()
        for host in [*cluster.directors, *cluster.real_servers]:
            hosts[host] = cluster.slice_of(host)
    return {"clusters": clusters, "hosts": {host: hosts[host] for host in sorted(hosts)}}


def family_of(address: str) -> str:
    """inet or inet6, of an address with or without a prefix length."""
    return "inet6" if ":" in address else "inet"


def crash_ms(version: int, advert_interval: float, backup_priority: int) -> int:
    """The longest time until a backup takes over from a master that fell silent, in ms (RFC 5798, 6.1)."""
    return math.ceil(3000 * advert_interval + planned_ms(version, advert_interval, backup_priority))


def planned_ms(version: int, advert_interval: float, backup_priority: int) -> int:
    """The time until a backup takes over from a master that said it stops (the skew), in ms."""
    unit = advert_interval if version == 3 else 1.0
    return math.ceil(1000 * unit * (256 - backup_priority) / 256)


def detection_ms(check: Mapping[str, Any]) -> int:
    """The longest time until a dead real server is out, in ms: the last good look was just before it died."""
    tries = (check["retries"] + 1) * check["timeout"]
    seconds: float = check["interval"] + tries + check["retries"] * check["retry_delay"]
    return math.ceil(1000 * seconds)


class _Cluster:
    """One cluster of the normalised input, with what its hosts have in common."""

    def __init__(self, name: str, normal: Data) -> None:
        data = normal["clusters"][name]
        self.name = name
        self.data: Data = data
        self.hosts: Data = normal["hosts"]
        self.pools: Mapping[str, list[str]] = normal["pools"]
        self.directors: list[str] = data["directors"]
        self.real_servers: list[str] = data["real_servers"]
        self.services = list(self._services())
        self.vip_names = sorted(data["vips"])
        self.labels = _labels(data["vips"], self.vip_names)

    # --- what a cluster is, in short -----------------------------------------------------------------------------

    def summary(self) -> Data:
        return {
            "directors": self.directors,
            "real_servers": self.real_servers,
            "table_owner": self.data["table_owner"],
            "failover": self.data["failover"],
            "vips": {name: self._vip_summary(name) for name in self.vip_names},
        }

    def _vip_summary(self, name: str) -> Data:
        vip = self.data["vips"][name]
        order = self._holder_order(vip)
        priorities = self._priorities(vip)
        backups = [priorities[host] for host in order[1:]]
        slowest = backups[0] if backups else 1
        interval = self._advert_interval(vip)
        return {
            "instances": [instance_name(name, family) for family in _families(vip)],
            "holder_order": order,
            "addresses": vip["addresses"],
            "crash_ms": crash_ms(vip["version"], interval, slowest) if backups else None,
            "planned_ms": planned_ms(vip["version"], interval, slowest) if backups else None,
        }

    # --- a host's slice ------------------------------------------------------------------------------------------

    def slice_of(self, host: str) -> Data:
        return {
            "cluster": self.name,
            "address": self.hosts[host]["address"],
            "interface": self.hosts[host]["interface"],
            "director": self._director(host) if host in self.directors else None,
            "real_server": self._real_server(host) if host in self.real_servers else None,
            "nginx": self._nginx(host),
        }

    def _director(self, host: str) -> Data:
        return {
            "table_owner": self.data["table_owner"],
            "router_id": host,
            "peers": {peer: self.hosts[peer]["address"] for peer in self.directors if peer != host},
            "instances": [
                self._instance(host, name, family)
                for name in self.vip_names
                for family in _families(self.data["vips"][name])
            ],
            "sync_groups": [
                {"name": name, "instances": [instance_name(name, family) for family in families]}
                for name in self.vip_names
                for families in [_families(self.data["vips"][name])]
                if len(families) > 1
            ],
            "handover": self._handover(host),
            "check_script": self._check_script(),
            "notify": self.data["notify"],
            "services": self.services,
            "weights": self._weights(),
            "kernel": self._kernel(),
        }

    def _instance(self, host: str, name: str, family: str) -> Data:
        vip = self.data["vips"][name]
        priorities = self._priorities(vip)
        first = self._holder_order(vip)[0]
        addresses = [address for address in vip["addresses"] if family_of(address) == family]
        interface = vip["interface"] or self.hosts[host]["interface"]
        peers = [self.hosts[peer]["address"] for peer in self.directors if peer != host]
        return {
            "name": instance_name(name, family),
            "vip": name,
            "family": family,
            "interface": interface,
            "version": vip["version"],
            "vrid": vip["vrid"] or _vrid_of(vip["addresses"][0]),
            "state": "MASTER" if vip["preempt"] and host == first else "BACKUP",
            "priority": priorities[host],
            "advert_interval": self._advert_interval(vip),
            "preempt": vip["preempt"],
            "preempt_delay": vip["preempt_delay"],
            "auth": "pass" if vip["auth_pass"] else "none",
            "unicast_source": self.hosts[host]["address"],
            "unicast_peers": peers if vip["unicast"] else [],
            "addresses": [
                {
                    "address": address,
                    "interface": interface,
                    "label": label_of(interface, self.labels[address]) if family == "inet" else None,
                }
                for address in addresses
            ],
            "track_script": vip["track"],
        }

    def _holder_order(self, vip: Data) -> list[str]:
        """Directors, the one that should hold the VIP first."""
        if vip["priorities"]:
            return sorted(self.directors, key=lambda host: -self._priorities(vip)[host])
        return [*vip["prefer"], *(host for host in self.directors if host not in vip["prefer"])]

    def _priorities(self, vip: Data) -> dict[str, int]:
        if vip["priorities"]:
            given: dict[str, int] = vip["priorities"]
            return given
        return {host: HIGHEST_PRIORITY - PRIORITY_STEP * rank for rank, host in enumerate(self._holder_order(vip))}

    def _advert_interval(self, vip: Data) -> float:
        interval: float | None = vip["advert_interval"]
        if interval is not None:
            return interval
        return PROFILES[self.data["failover"]] if vip["version"] == 3 else 1

    def _handover(self, host: str) -> Data | None:
        """How a VIP leaves this director without a lost request: it stays on lo, so what still comes is forwarded."""
        if len(self.directors) < 2:
            return None
        there = {vip["address"] for vip in self._real_server(host)["vips"]} if host in self.real_servers else set()
        skews = [
            planned_ms(vip["version"], self._advert_interval(vip), min(self._priorities(vip).values()))
            for vip in self.data["vips"].values()
        ]
        return {
            "interface": ARP_SILENT_INTERFACE,
            "vips": [vip for vip in self._silent_vips(self.vip_names) if vip["address"] not in there],
            "seconds": math.ceil((max(skews, default=0) + HANDOVER_MARGIN) / 100) / 10,
        }

    def _check_script(self) -> Data | None:
        script: Data = self.data["check_script"]
        if script["enabled"] is False:
            return None
        nginx_ports = sorted({port for site in self._sorry_sites() for port in site["ports"]})
        http = None
        if self.data["nginx_on_directors"] != "none" and nginx_ports:
            http = {"address": "127.0.0.1", "port": nginx_ports[0], "path": self.data["health_path"]}
        return {
            **{key: value for key, value in script.items() if key != "enabled"},
            "http": http,
        }

    def _kernel(self) -> Data:
        kernel = self.data["kernel"]
        schedulers = sorted({"ip_vs_" + service["scheduler"] for service in self.services})
        sysctls: Data = {
            # A flow to a real server that is gone ends at once instead of falling silent.
            "net.ipv4.vs.expire_nodest_conn": 1,
            # A client's port that comes round again is a new connection, to be scheduled. With direct routing and
            # tunnels the last state that a director sees is FIN_WAIT, which the kernel's default, 1, leaves out.
            "net.ipv4.vs.conn_reuse_mode": 3,
            "net.ipv4.vs.conntrack": 0,
        }
        if len(self.directors) > 1:
            # Every director has the VIPs on lo, too, and only the one that has them on its network answers for them.
            sysctls.update({"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2})
        if any(service["persistence"] for service in self.services):
            # A client whose real server was taken out is not held to it.
            sysctls["net.ipv4.vs.expire_quiescent_template"] = 1
        if any(service["scheduler"] == "mh" for service in self.services):
            # Every director picks the same real server, so a flow may go on where the last director left it.
            sysctls["net.ipv4.vs.sloppy_tcp"] = 1
        if any(service["forward"] == "nat" for service in self.services):
            sysctls["net.ipv4.ip_forward"] = 1
        return {
            "modules": ["ip_vs", *schedulers],
            "options": {"ip_vs": {"conn_tab_bits": kernel["conn_tab_bits"]}},
            "sysctls": {**sysctls, **kernel["sysctls"]},
        }

    # --- services and real servers -------------------------------------------------------------------------------

    def _services(self) -> Iterable[Data]:
        for name in sorted(self.data["virtual_services"]):
            service = self.data["virtual_services"][name]
            for address in self.data["vips"][service["vip"]]["addresses"]:
                for port in service["ports"]:
                    yield self._service(name, service, address.partition("/")[0], port)

    def _service(self, name: str, service: Data, address: str, port: int) -> Data:
        family = family_of(address)
        check = self._check(service, port)
        addresses = self.data["vips"][service["vip"]]["addresses"]
        same = [one for one in addresses if family_of(one) == family]
        rank = [one.partition("/")[0] for one in same].index(address)
        return {
            "name": "%s-%d%s%s" % (name, port, "-v6" if family == "inet6" else "", "-%d" % rank if rank else ""),
            "service": name,
            "vip": service["vip"],
            "family": family,
            "protocol": service["protocol"],
            "address": address,
            "port": port,
            "scheduler": service["scheduler"],
            "scheduler_flags": _scheduler_flags(service),
            "forward": service["forward"],
            "persistence": service["persistence"],
            "one_packet": service["one_packet"],
            "check": check,
            "detection_ms": detection_ms(check),
            "sorry_server": self._sorry_server(service, family, port),
            "inhibit_on_failure": service["inhibit_on_failure"],
            "real_servers": [
                self._destination(name, service, host, port)
                for host in self._pool(service)
                if family_of(self.hosts[host]["address"]) == family
            ],
        }

    def _pool(self, service: Data) -> list[str]:
        return self.pools[service["pool"]] if service["pool"] else self.real_servers

    def _destination(self, name: str, service: Data, host: str, port: int) -> Data:
        data = self.hosts[host]
        return {
            "host": host,
            "address": data["address"],
            "port": service["real_port"] or port,
            "weight": data["weight"],
            "drained": data["state"] == "drained" or name in data["drained_services"],
            "lower_threshold": service["lower_threshold"],
            "upper_threshold": service["upper_threshold"],
        }

    def _weights(self) -> list[Data]:
        """Each real server of each service once, however many addresses and ports the service has."""
        return list(
            {
                (service["service"], server["host"]): {
                    "service": service["service"],
                    **{key: server[key] for key in ("host", "weight", "drained")},
                }
                for service in self.services
                for server in service["real_servers"]
            }.values()
        )

    def _check(self, service: Data, port: int) -> Data:
        """HTTP where our own Nginx serves the port on the real servers, a TCP connection elsewhere."""
        check: Data = dict(service["check"])
        if self.data["table_owner"] == "static":
            return {**check, "type": "none"}
        ours = any((service["real_port"] or port) in site["ports"] for site in self._sites())
        if check["type"] == "auto":
            plain_tcp = service["protocol"] != "tcp" or not ours
            check["type"] = ("tcp" if service["protocol"] == "tcp" else "none") if plain_tcp else "http"
        if check["type"] == "http" and not check["path"]:
            check["path"] = self.data["health_path"] if ours else "/"
        return check

    def _sorry_server(self, service: Data, family: str, port: int) -> Data | None:
        given: str | None = service["sorry_server"]
        if given:
            address, _sep, own_port = given.rpartition(":")
            return {"address": address.strip("[]"), "port": int(own_port)}
        if self.data["nginx_on_directors"] != "none" and any(port in site["ports"] for site in self._sorry_sites()):
            # The packet reaches the director's own Nginx unchanged, so the port is the service's.
            return {"address": "::1" if family == "inet6" else "127.0.0.1", "port": port}
        return None

    def _real_server(self, host: str) -> Data:
        """The VIPs of all services that send this host packets whose address is still the VIP."""
        names = {
            service["vip"]
            for service in self.services
            if service["forward"] in ("dr", "tunnel") and host in [server["host"] for server in service["real_servers"]]
        }
        vips = self._silent_vips(names)
        labelled = [vip for vip in vips if vip["family"] == "inet"]
        labels = {vip["address"]: "%s:%d" % (ARP_SILENT_INTERFACE, rank) for rank, vip in enumerate(labelled)}
        return {
            "vips": [{**vip, "label": labels.get(vip["address"])} for vip in vips],
            "interface": ARP_SILENT_INTERFACE,
        }

    def _silent_vips(self, names: Iterable[str]) -> list[Data]:
        """The addresses of VIPs as single ones, without a network."""
        addresses = [address for name in sorted(names) for address in self.data["vips"][name]["addresses"]]
        return [
            {
                "address": address.partition("/")[0],
                "prefix": 128 if family_of(address) == "inet6" else 32,
                "family": family_of(address),
            }
            for address in addresses
        ]

    # --- Nginx ---------------------------------------------------------------------------------------------------

    def _sites(self) -> list[Data]:
        """Sites with the ports that they serve: given ones, else all that TCP services bring to the real servers."""
        services = self.data["virtual_services"].values()
        brought = sorted(
            {one["real_port"] or port for one in services if one["protocol"] == "tcp" for port in one["ports"]}
        )
        sites = []
        for name in sorted(self.data["sites"]):
            site = self.data["sites"][name]
            sites.append({**site, "name": name, "ports": site["ports"] or brought})
        for site in sites:
            if site["default"] is None:
                rivals = [other for other in sites if set(other["ports"]) & set(site["ports"])]
                site["default"] = len(rivals) == 1
        return [{key: site[key] for key in ("name", "server_names", "ports", "default", "upstream")} for site in sites]

    def _sorry_sites(self) -> list[Data]:
        """One site for every port that Nginx serves on the real servers, without an upstream."""
        ports = sorted({port for site in self._sites() for port in site["ports"]})
        return (
            [{"name": "sorry", "server_names": [], "ports": ports, "default": True, "upstream": None}] if ports else []
        )

    def _nginx(self, host: str) -> Data | None:
        on_directors = self.data["nginx_on_directors"]
        full = host in self.real_servers or (host in self.directors and on_directors == "real_server")
        if full and self._sites():
            mode, sites, upstreams = "real_server", self._sites(), self._upstreams()
        elif host in self.directors and on_directors == "sorry" and self._sorry_sites():
            mode, sites, upstreams = "sorry", self._sorry_sites(), []
        else:
            return None
        return {
            "mode": mode,
            "health_path": self.data["health_path"],
            "ipv6": any(service["family"] == "inet6" for service in self.services),
            "upstreams": upstreams,
            "sites": sites,
        }

    def _upstreams(self) -> list[Data]:
        return [{"name": name, **self.data["upstreams"][name]} for name in sorted(self.data["upstreams"])]


def instance_name(vip: str, family: str) -> str:
    """The VRRP instance of a VIP and family: the VIP's name, with _v6 for IPv6."""
    return vip + "_v6" if family == "inet6" else vip


def label_of(interface: str, part: str) -> str | None:
    """The label of an IPv4 address, as old tools show it; none where the kernel has no room for it."""
    label = "%s:%s" % (interface, part)
    return label if len(label) <= LABEL_LENGTH else None


def _families(vip: Mapping[str, Any]) -> list[str]:
    """The families of a VIP's addresses, IPv4 first."""
    return sorted({family_of(address) for address in vip["addresses"]})


def _scheduler_flags(service: Data) -> list[str]:
    """What was asked for; else each connection by itself, or each client where it keeps its real server.

    By its address alone a persistent client gets the same real server from every director.
    """
    given: list[str] | None = service["scheduler_flags"]
    if given is not None:
        return given
    if service["scheduler"] != "mh":
        return []
    return ["mh-fallback"] if service["persistence"] else ["mh-fallback", "mh-port"]


def _vrid_of(address: str) -> int:
    """A virtual router id for a VIP that gives none: its address's last byte, which is 1-255 or else 1."""
    return int(ipaddress.ip_interface(address).ip) & 0xFF or 1


def _labels(vips: Mapping[str, Data], names: Iterable[str]) -> dict[str, str]:
    """IPv4 VIP address -> the part behind the interface in its label, counted over a cluster's VIPs by name."""
    labels: dict[str, str] = {}
    for name in names:
        for index, address in enumerate(one for one in vips[name]["addresses"] if family_of(one) == "inet"):
            given = vips[name]["labels"]
            labels[address] = given[index] if given and index < len(given) else str(len(labels))
    return labels
