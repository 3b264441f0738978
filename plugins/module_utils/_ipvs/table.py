# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPVS table as values: identity and configuration apart, counters in neither. Nothing is touched here.

Two tables are the same where their values are ``==``: every default is filled in, every address is spelled one way,
and what the kernel ignores (the netmask of a service without persistence, say) is not there.

These are named tuples, not dataclasses, because a table may have tens of thousands of them.
"""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

INET, INET6 = "inet", "inet6"
ALL_BITS = {INET: 32, INET6: 128}

# Bits of a service's flags (linux/ip_vs.h). Persistence is a value of its own; HASHED belongs to the kernel.
FLAG_PERSISTENT, FLAG_HASHED = 0x1, 0x2
# The bits that are a yes or no of their own, by the field of ServiceConfig, which is also the name of the option.
SWITCHES = {"one_packet": 0x4}
SCHEDULER_BITS = {"flag-1": 0x08, "flag-2": 0x10, "flag-3": 0x20}
# The schedulers that give these bits names of their own, in the words of ipvsadm.
FLAG_NAMES = {
    "sh": {"flag-1": "sh-fallback", "flag-2": "sh-port"},
    "mh": {"flag-1": "mh-fallback", "flag-2": "mh-port"},
}

# Schedulers whose choice depends on the order of the destinations, so that two directors with the same destinations
# in another order send a client to different real servers: dh, mh and sh fill a hash table walking the list; fo and ovf
# take the first of those with the highest weight (net/netfilter/ipvs/ip_vs_{dh,mh,sh,fo,ovf}.c).
HASHING_SCHEDULERS = frozenset({"dh", "mh", "sh"})
FIRST_HEAVIEST_SCHEDULERS = frozenset({"fo", "ovf"})


class ServiceKey(NamedTuple):
    """What a virtual service is: a firewall mark, or else protocol, address and port."""

    family: str  # inet | inet6
    protocol: str  # tcp | udp | sctp; "" with fwmark
    address: str  # "" with fwmark
    port: int  # 0: every port (persistent services only), or with fwmark
    fwmark: int  # 0: none


class Persistence(NamedTuple):
    """How long (seconds) and for which part of its address a client stays with its real server."""

    timeout: int
    netmask: int  # IPv4: the mask as a number in host order; IPv6: the prefix length


class ServiceConfig(NamedTuple):
    """What can change while the service stays what it is."""

    scheduler: str
    flags: int = 0  # SCHEDULER_BITS
    one_packet: bool = False
    persistence: Persistence | None = None
    pe_name: str = ""


class DestinationKey(NamedTuple):
    """What a destination is, within its service."""

    address: str
    port: int

    @property
    def family(self) -> str:
        return family_of(self.address)


class Tunnel(NamedTuple):
    """The encapsulation of a destination with forward: tunnel."""

    type: str = "ipip"  # ipip | gue | gre
    port: int = 0  # gue only
    checksum: str = "none"  # none | csum | remcsum


class DestinationConfig(NamedTuple):
    forward: str  # dr | nat | tunnel; read from the kernel also local, bypass
    weight: int
    upper_threshold: int = 0  # connections; 0: no limit
    lower_threshold: int = 0  # 0: three quarters of the upper one
    tunnel: Tunnel | None = None


class Service(NamedTuple):
    key: ServiceKey
    config: ServiceConfig
    destinations: dict[DestinationKey, DestinationConfig]  # in the kernel's order, the newest first


class Timeouts(NamedTuple):
    """Seconds. In what is asked for, 0 means: leave as it is."""

    tcp: int = 0
    tcp_fin: int = 0
    udp: int = 0


class SyncDaemon(NamedTuple):
    """One connection synchronisation daemon. In what is asked for, maxlen 0 means: whatever the kernel chose."""

    interface: str
    sync_id: int = 0
    maxlen: int = 0
    group: str = "224.0.0.81"
    port: int = 8848
    ttl: int = 1


class Table(NamedTuple):
    """What a network namespace has."""

    services: dict[ServiceKey, Service]
    timeouts: Timeouts
    daemons: dict[str, SyncDaemon]  # by role, master | backup


class Desired(NamedTuple):
    """What was asked for. None: the option was not given; a value of None is an object that has to go."""

    services: dict[ServiceKey, Service | None] | None = None
    timeouts: Timeouts | None = None
    daemons: dict[str, SyncDaemon | None] | None = None


def family_of(address: str) -> str:
    return INET6 if ":" in address else INET


def packed(address: str) -> bytes:
    """4 or 16 bytes, in network order."""
    return inet_pton(AF_INET6 if ":" in address else AF_INET, address)


def order_matters(service: Service) -> bool:
    """Whether another order of the destinations would be another service to its clients."""
    if service.config.scheduler in FIRST_HEAVIEST_SCHEDULERS:
        weights = [destination.weight for destination in service.destinations.values()]
        return len(set(weights)) < len(weights)
    return service.config.scheduler in HASHING_SCHEDULERS


def canonical(destinations: dict[DestinationKey, DestinationConfig]) -> dict[DestinationKey, DestinationConfig]:
    """The same destinations, the highest address and port first.

    The kernel puts a new destination before the others, so with this order the usual growth of a pool, one address
    higher than the last, moves none of those that are there.
    """
    return dict(sorted(destinations.items(), key=_rank, reverse=True))


def _rank(item: tuple[DestinationKey, DestinationConfig]) -> tuple[int, bytes, int]:
    address, port = item[0]
    octets = packed(address)
    return len(octets), octets, port


def switches_of(config: ServiceConfig) -> dict[str, bool]:
    """The fields of SWITCHES and their values."""
    return {name: bool(getattr(config, name)) for name in SWITCHES}


def flag_names(config: ServiceConfig) -> list[str]:
    names = FLAG_NAMES.get(config.scheduler, {})
    return [names.get(flag, flag) for flag, bit in SCHEDULER_BITS.items() if config.flags & bit]


def prefix_of(netmask: int) -> int | None:
    """The prefix length of an IPv4 mask; None where its ones do not stand together."""
    holes = ~netmask & 0xFFFFFFFF
    return None if holes & (holes + 1) else 32 - holes.bit_length()


def netmask_of(prefix: int) -> int:
    return 0xFFFFFFFF >> (32 - prefix) << (32 - prefix) if prefix else 0
