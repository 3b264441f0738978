# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The destinations of a service, from options to values: all at once where they are alike, else one by one."""

from __future__ import annotations

import socket
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Callable, Sequence

from .reader import Options, Reader
from .table import (
    INET,
    INET6,
    DestinationConfig,
    DestinationKey,
    ServiceKey,
    Tunnel,
    canonical,
    packed,
)

FORWARDS = ("dr", "nat", "tunnel")
TUNNELS = {"ipip": ("none",), "gre": ("none", "csum"), "gue": ("none", "csum", "remcsum")}
DEFAULT_FORWARD = "dr"
DEFAULT_WEIGHT = 1

DESTINATION_KEYS = frozenset(DestinationKey._fields + DestinationConfig._fields)


def read_destinations(
    reader: Reader, options: Options, path: str, service: ServiceKey
) -> dict[DestinationKey, DestinationConfig]:
    forward = reader.choice(options, "forward", path, FORWARDS, DEFAULT_FORWARD)
    # Ansible leaves an alias beside the name that it stands for.
    name = "real_servers" if options.get("destinations") is None else "destinations"
    path = "%s.%s" % (path, name)
    entries = reader.listing(options.get(name), path)
    try:
        return _destinations_at_once(reader, entries, service, forward) if entries else {}
    except Unclear:
        return _each_destination(reader, entries, path, service, forward)


def _each_destination(
    reader: Reader, entries: list[Any], path: str, service: ServiceKey, forward: str
) -> dict[DestinationKey, DestinationConfig]:
    found: dict[DestinationKey, DestinationConfig] = {}
    for index, entry in enumerate(entries):
        place = "%s[%d]" % (path, index)
        destination = reader.mapping(entry, place, DESTINATION_KEYS)
        if destination is None:
            continue
        key, config = _destination(reader, destination, place, service, forward)
        if not key.address:
            continue
        if key in found:
            reader.wrong(place, "is %s port %d, which is there already" % key)
        found[key] = config
    return canonical(found)


def _destination(
    reader: Reader, options: Options, path: str, service: ServiceKey, forward: str
) -> tuple[DestinationKey, DestinationConfig]:
    key = DestinationKey(
        reader.address(options, "address", path), reader.integer(options, "port", path, 0, 65535, service.port)
    )
    config = DestinationConfig(
        reader.choice(options, "forward", path, FORWARDS, forward),
        reader.integer(options, "weight", path, 0, 65535, DEFAULT_WEIGHT),
        reader.integer(options, "upper_threshold", path, 0, 0x7FFFFFFF),
        reader.integer(options, "lower_threshold", path, 0, 0x7FFFFFFF),
    )
    if config.forward == "tunnel":
        config = config._replace(tunnel=_tunnel(reader, options.get("tunnel"), path + ".tunnel"))
    elif options.get("tunnel") is not None:
        reader.wrong(path + ".tunnel", "is given; only forward: tunnel has one, this is " + config.forward)
    if key.address:
        _check_together(reader, path, service, key, config)
    return key, config


def _check_together(
    reader: Reader, path: str, service: ServiceKey, key: DestinationKey, config: DestinationConfig
) -> None:
    """What the kernel, or the packets, refuse in a destination whose fields are right one by one."""
    if config.lower_threshold > config.upper_threshold:
        message = "is %d; must be at most upper_threshold, %d" % (config.lower_threshold, config.upper_threshold)
        reader.wrong(path + ".lower_threshold", message)
    if config.forward != "tunnel" and key.family != service.family:
        message = "is %s; the service is %s, and only forward: tunnel may mix families" % (key.address, service.family)
        reader.wrong(path + ".address", message)
    if config.forward != "nat" and not service.fwmark and key.port != service.port:
        message = "is %d; must be %d as the service's, since %s rewrites no port" % (
            key.port,
            service.port,
            config.forward,
        )
        reader.wrong(path + ".port", message)
    if not _unicast(key.address):
        reader.wrong(path + ".address", "is %s; must be the address of one host" % key.address)


def is_multicast(address: str) -> bool:
    octets = packed(address)
    return octets[0] == 0xFF if len(octets) == 16 else 0xE0 <= octets[0] < 0xF0


def _unicast(address: str) -> bool:
    octets = packed(address)
    return octets != b"\xff" * 4 and any(octets) and not is_multicast(address)


def _tunnel(reader: Reader, value: Any, path: str) -> Tunnel:
    options = reader.mapping({} if value is None else value, path, frozenset({"type", "port", "checksum"}))
    if options is None:
        return Tunnel()
    kind = reader.choice(options, "type", path, tuple(TUNNELS), "ipip")
    port = reader.integer(options, "port", path, 0, 65535)
    checksum = reader.choice(options, "checksum", path, TUNNELS[kind], "none")
    if kind == "gue" and not port:
        reader.wrong(path + ".port", "is missing; gue needs the UDP port that the real server listens on, 1-65535")
    if kind != "gue" and port:
        reader.wrong(path + ".port", "is %d; only gue has a port, this is %s" % (port, kind))
    return Tunnel(kind, port, checksum)


# --- many at once ---------------------------------------------------------------------------------------------------

# Values of these types that are equal are the same: True, which is 1, is not among them.
_PLAIN = frozenset({int, str, type(None)})


class Unclear(Exception):
    """A look at all at once does not show them to be right: they have to be read one by one."""


def _destinations_at_once(
    reader: Reader, entries: list[Any], service: ServiceKey, forward: str
) -> dict[DestinationKey, DestinationConfig]:
    """A whole list, column by column. Raises Unclear.

    Of destinations that differ only in their addresses, one is read, for all services of the same sort.
    """
    names, addresses, rows = _rows(entries)
    family, octets = addresses_at_once(addresses)
    sort = names, family, forward, service.family, service.port, service.fwmark == 0
    known = reader.destinations.setdefault(sort, {})
    for row, entry in zip(rows, entries):
        if row not in known:
            known[row] = _alone(entry, service, forward)
    # Canonical, since all are of one family.
    found = sorted(zip(octets, map(known.__getitem__, rows), addresses), reverse=True)
    destinations = {DestinationKey(address, port): config for _octets, (port, config), address in found}
    if len(destinations) < len(entries):
        raise Unclear
    return destinations


def _rows(entries: list[Any]) -> tuple[tuple[str, ...], list[Any], list[tuple[Any, ...]]]:
    """The names of the options that all entries have, their addresses, and the rows of all the rest, which is plain."""
    try:
        names = tuple(entries[0])
        addresses = list(map(_ADDRESS, entries))
        rows = list(map(_rest(names), entries))
        alike = set(map(len, entries)) == {len(names)}
    except (LookupError, TypeError) as error:
        raise Unclear from error
    if not alike or not _PLAIN.issuperset(map(type, chain.from_iterable(rows))):
        raise Unclear
    return names, addresses, rows


_ADDRESS = itemgetter("address")


@lru_cache(maxsize=8)
def _rest(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes all but the address from an entry, as one row."""
    others = [name for name in names if name != "address"]
    return itemgetter(*others, others[0]) if others else lambda _entry: ()  # of one name it would be no row


def addresses_at_once(addresses: Sequence[Any]) -> tuple[str, list[bytes]]:
    """The family of addresses of hosts that are spelled in the one way, as far as that is seen at once; and packed."""
    try:
        family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
        octets = list(map(socket.inet_pton, repeat(family), addresses))
    except (OSError, TypeError, ValueError) as error:
        raise Unclear from error
    low, high = min(octets)[0], max(octets)[0]
    if family == socket.AF_INET:
        if low > 0 and high < 0xE0:
            return INET, octets  # inet_pton takes one spelling only
    elif low >= 0x20 and high < 0xFE and list(map(socket.inet_ntop, repeat(family), octets)) == list(addresses):
        return INET6, octets
    raise Unclear


def _alone(entry: Options, service: ServiceKey, forward: str) -> tuple[int, DestinationConfig]:
    reader = Reader()
    reader.mapping(entry, "", DESTINATION_KEYS)
    key, config = _destination(reader, entry, "", service, forward)
    if reader.problems:
        raise Unclear
    return key.port, config
