# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between the options of the module ipvs and the values of _ipvs_table, both ways.

Every mistake is found in one go and named with its path: ``services[3].destinations[0].weight is -1; must be
0-65535``. What ``to_options`` returns, ``from_options`` takes, and gives the same value.
"""

from __future__ import annotations

import difflib
import re
import socket
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Callable, Mapping, Sequence

from .._errors import InvalidInput
from .table import (
    ALL_BITS,
    FLAG_NAMES,
    INET,
    INET6,
    SCHEDULER_BITS,
    Desired,
    DestinationConfig,
    DestinationKey,
    Persistence,
    Service,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
    Tunnel,
    canonical,
    family_of,
    flag_names,
    netmask_of,
    packed,
    prefix_of,
)
from .text import daemon_name, service_name

Options = Mapping[str, Any]

PROTOCOLS = ("tcp", "udp", "sctp")
FORWARDS = ("dr", "nat", "tunnel")
TUNNELS = {"ipip": ("none",), "gre": ("none", "csum"), "gue": ("none", "csum", "remcsum")}
ROLES = ("master", "backup")

DEFAULT_SCHEDULER = "wlc"
DEFAULT_FORWARD = "dr"
DEFAULT_WEIGHT = 1
DEFAULT_PERSISTENCE = 300

MONTH = 31 * 24 * 3600  # seconds; also what ipvsadm takes at most
# What a datagram leaves beside its IP and UDP headers: the kernel cuts a longer maxlen to it.
MAXLEN = {INET: 65535 - 28, INET6: 65535 - 48}
# The daemon that listens never has a shorter buffer than this (ip_vs_sync.c).
BACKUP_MAXLEN = 1024

SERVICE_KEYS = frozenset(
    {"state", "forward", "destinations", "real_servers"}
    | set(ServiceKey._fields)
    | {"scheduler", "scheduler_flags", "one_packet", "persistence", "pe_name"}
)
DESTINATION_KEYS = frozenset(DestinationKey._fields + DestinationConfig._fields)
DAEMON_KEYS = frozenset(("state", "role", *SyncDaemon._fields))

# Compiled when the first of its sort is read: most runs need few.
_NAME = r"[a-z0-9_]{1,15}\Z"
_INTERFACE = r"[^\s/:]{1,15}\Z"
_DECIMAL = r"-?[0-9]{1,12}\Z"


def from_options(options: Options) -> Desired:
    """What is asked for, of the options ``services``, ``timeouts`` and ``daemons``; raises InvalidInput."""
    reader = _Reader()
    desired = Desired(
        services=_each(reader, options.get("services"), "services", _service, service_name),
        timeouts=_timeouts(reader, options.get("timeouts")),
        daemons=_each(reader, options.get("daemons"), "daemons", _daemon, daemon_name),
    )
    if reader.problems:
        raise InvalidInput(reader.problems)
    return desired


def to_options(table: Table) -> dict[str, Any]:
    """A table in the words of the module, sorted, every field spelled out."""
    return {
        "services": [service_options(service) for service in in_order(table)],
        "timeouts": table.timeouts._asdict(),
        "daemons": [dict(daemon._asdict(), role=role) for role, daemon in sorted(table.daemons.items())],
    }


# --- reading --------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads options one by one and remembers what is wrong; a wrong value reads as its default."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        # What was right, by all but its address; see below, "many at once".
        self.services: dict[str, tuple[ServiceKey, ServiceConfig]] = {}
        self.destinations: dict[Any, dict[Any, tuple[int, DestinationConfig]]] = {}

    def wrong(self, path: str, message: str) -> None:
        self.problems.append("%s %s" % (path, message))

    def mapping(self, value: Any, path: str, known: frozenset[str]) -> Options | None:
        if not isinstance(value, (dict, Mapping)):  # the first question is the quick one
            self.wrong(path, "is %s; must be a dictionary" % show(value))
            return None
        if not known.issuperset(value):
            for name in value:
                if name not in known:
                    self.wrong("%s.%s" % (path, name), "is not known" + _hint(str(name), sorted(known)))
        return value

    def listing(self, value: Any, path: str) -> list[Any]:
        if value is None or isinstance(value, (list, tuple)):
            return list(value or ())
        self.wrong(path, "is %s; must be a list" % show(value))
        return []

    def integer(self, options: Options, name: str, path: str, low: int, high: int, default: int = 0) -> int:
        value = options.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, str) and re.match(_DECIMAL, value):
            number = int(value)
        else:
            number = low - 1
        if low <= number <= high:
            return number
        self.wrong("%s.%s" % (path, name), "is %s; must be %d-%d" % (show(value), low, high))
        return default

    def choice(self, options: Options, name: str, path: str, choices: tuple[str, ...], default: str = "") -> str:
        value = options.get(name)
        if value is None:
            return default
        if value in choices:
            return str(value)
        self.wrong("%s.%s" % (path, name), "is %s; must be %s" % (show(value), _or(choices)))
        return default

    def boolean(self, options: Options, name: str, path: str) -> bool:
        value = options.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong("%s.%s" % (path, name), "is %s; must be true or false" % show(value))
        return False

    def name(self, options: Options, name: str, path: str, default: str = "") -> str:
        value = options.get(name)
        if value is None:
            return default
        if isinstance(value, str) and re.match(_NAME, value):
            return value
        self.wrong("%s.%s" % (path, name), "is %s; must be 1-15 letters, digits or underscores" % show(value))
        return default

    def address(self, options: Options, name: str, path: str) -> str:
        """The one spelling of an address; "" where there is none or it is wrong."""
        value = options.get(name)
        if value is None:
            self.wrong("%s.%s" % (path, name), "is missing; must be an IPv4 or IPv6 address")
            return ""
        try:
            family = socket.AF_INET6 if ":" in value else socket.AF_INET
            return socket.inet_ntop(family, socket.inet_pton(family, value))
        except (OSError, TypeError, ValueError):
            self.wrong("%s.%s" % (path, name), "is %s; must be an IPv4 or IPv6 address" % show(value))
            return ""


def show(value: Any) -> str:
    """A value as a person wrote it, cut where it is long."""
    text = value if isinstance(value, str) and value and not value.isspace() else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return "; did you mean %s?" % near[0] if near else "; known are " + ", ".join(known)


def _or(choices: tuple[str, ...]) -> str:
    return " or ".join(choices) if len(choices) < 3 else ", ".join(choices[:-1]) + " or " + choices[-1]


def _each(reader: _Reader, entries: Any, path: str, read: Any, name: Any) -> dict[Any, Any] | None:
    """A list of objects by identity; None where the option was not given."""
    if entries is None:
        return None
    found: dict[Any, Any] = {}
    places: dict[Any, str] = {}
    for index, entry in enumerate(reader.listing(entries, path)):
        place = "%s[%d]" % (path, index)
        result = read(reader, entry, place)
        if result is None:
            continue
        key, value = result
        if key in found:
            reader.wrong(place, "is %s, which is %s already" % (name(key), places[key]))
        found[key], places[key] = value, place
    return found


def _service(reader: _Reader, entry: Any, path: str) -> tuple[ServiceKey, Service | None] | None:
    options = reader.mapping(entry, path, SERVICE_KEYS)
    if options is None:
        return None
    read = _known_service(reader, options) or _one_service(reader, options, path)
    if read is None:
        return None
    key, config = read
    if config is None:
        return key, None
    return key, Service(key, config, _destinations(reader, options, path, key))


def _one_service(reader: _Reader, options: Options, path: str) -> tuple[ServiceKey, ServiceConfig | None] | None:
    """Without its destinations; a config of None is a service that has to go."""
    mistakes = len(reader.problems)
    key = _service_key(reader, options, path)
    absent = reader.choice(options, "state", path, ("present", "absent"), "present") == "absent"
    if key is None:
        return None
    if absent:
        return key, None
    config = _service_config(reader, options, path, key)
    if key.port == 0 and not key.fwmark and not config.persistence:
        reader.wrong(path + ".port", "is 0; every port is only for a service with persistence")
    if len(reader.problems) == mistakes:
        reader.services[_shape(options)] = key, config
    return key, config


def _service_key(reader: _Reader, options: Options, path: str) -> ServiceKey | None:
    mistakes = len(reader.problems)
    by_address = [name for name in ("protocol", "address", "port") if options.get(name) is not None]
    if options.get("fwmark") is not None:
        if by_address:
            reader.wrong(path, "has fwmark and %s; a service is one or the other" % " and ".join(by_address))
        mark = reader.integer(options, "fwmark", path, 1, 0xFFFFFFFF)
        family = reader.choice(options, "family", path, (INET, INET6), INET)
        key = ServiceKey(family, "", "", 0, mark)
    elif not by_address:
        reader.wrong(path, "has no identity; give protocol, address and port, or fwmark")
        return None
    else:
        address = reader.address(options, "address", path)
        if address and not any(packed(address)):
            reader.wrong(path + ".address", "is %s; must be one address, a VIP" % address)
        if options.get("port") is None:
            reader.wrong(path + ".port", "is missing; must be 0-65535")
        family = reader.choice(options, "family", path, (INET, INET6), family_of(address))
        if address and family != family_of(address):
            reader.wrong(path + ".family", "is %s; %s is %s" % (family, address, family_of(address)))
        protocol = reader.choice(options, "protocol", path, PROTOCOLS, "tcp")
        key = ServiceKey(family, protocol, address, reader.integer(options, "port", path, 0, 65535), 0)
    return key if len(reader.problems) == mistakes else None


def _service_config(reader: _Reader, options: Options, path: str, key: ServiceKey) -> ServiceConfig:
    scheduler = reader.name(options, "scheduler", path, DEFAULT_SCHEDULER)
    one_packet = reader.boolean(options, "one_packet", path)
    if one_packet and key.protocol not in ("", "udp"):
        reader.wrong(path + ".one_packet", "is true; only udp and fwmark services take it, this one is " + key.protocol)
    persistence = _persistence(reader, options.get("persistence"), path + ".persistence", key.family)
    pe_name = reader.name(options, "pe_name", path) if options.get("pe_name") != "" else ""
    if pe_name and not persistence:
        reader.wrong(path + ".pe_name", "is %s; a persistence engine is only for a service with persistence" % pe_name)
    if pe_name and key.protocol not in ("", "udp", "tcp"):
        reader.wrong(path + ".pe_name", "is %s; %s has no persistence engine" % (pe_name, key.protocol))
    return ServiceConfig(scheduler, _flags(reader, options, path, scheduler), one_packet, persistence, pe_name)


def _flags(reader: _Reader, options: Options, path: str, scheduler: str) -> int:
    """Bits of the flags named ``flag-1`` to ``flag-3``, or as the scheduler calls them."""
    known = dict(SCHEDULER_BITS)
    known.update((name, SCHEDULER_BITS[flag]) for flag, name in FLAG_NAMES.get(scheduler, {}).items())
    bits = 0
    for index, name in enumerate(reader.listing(options.get("scheduler_flags"), path + ".scheduler_flags")):
        if isinstance(name, str) and name in known:
            bits |= known[name]
        else:
            choices = tuple(sorted(known))
            message = "is %s; scheduler %s takes %s" % (show(name), scheduler, _or(choices))
            reader.wrong("%s.scheduler_flags[%d]" % (path, index), message)
    return bits


def _persistence(reader: _Reader, value: Any, path: str, family: str) -> Persistence | None:
    if value is None:
        return None
    options = reader.mapping(value, path, frozenset({"timeout", "prefix", "netmask"}))
    if options is None:
        return None
    timeout = reader.integer(options, "timeout", path, 1, MONTH, DEFAULT_PERSISTENCE)
    if options.get("netmask") is not None:
        return Persistence(timeout, _netmask(reader, options, path, family))
    lowest = 1 if family == INET6 else 0
    prefix = reader.integer(options, "prefix", path, lowest, ALL_BITS[family], ALL_BITS[family])
    return Persistence(timeout, prefix if family == INET6 else netmask_of(prefix))


def _netmask(reader: _Reader, options: Options, path: str, family: str) -> int:
    """A mask that no prefix length can say: the kernel takes any for IPv4."""
    if options.get("prefix") is not None:
        reader.wrong(path, "has prefix and netmask; give one of them")
    if family == INET6:
        reader.wrong(path + ".netmask", "is %s; IPv6 takes prefix" % show(options["netmask"]))
        return ALL_BITS[INET6]
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET, options["netmask"]), "big")
    except (OSError, TypeError):
        reader.wrong(path + ".netmask", "is %s; must be like 255.255.255.0" % show(options["netmask"]))
        return netmask_of(ALL_BITS[INET])


def _destinations(
    reader: _Reader, options: Options, path: str, service: ServiceKey
) -> dict[DestinationKey, DestinationConfig]:
    forward = reader.choice(options, "forward", path, FORWARDS, DEFAULT_FORWARD)
    # Ansible leaves an alias beside the name that it stands for.
    name = "real_servers" if options.get("destinations") is None else "destinations"
    path = "%s.%s" % (path, name)
    entries = reader.listing(options.get(name), path)
    try:
        return _destinations_at_once(reader, entries, service, forward) if entries else {}
    except _Unclear:
        return _each_destination(reader, entries, path, service, forward)


def _each_destination(
    reader: _Reader, entries: list[Any], path: str, service: ServiceKey, forward: str
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
    reader: _Reader, options: Options, path: str, service: ServiceKey, forward: str
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
    reader: _Reader, path: str, service: ServiceKey, key: DestinationKey, config: DestinationConfig
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


def _multicast(address: str) -> bool:
    octets = packed(address)
    return octets[0] == 0xFF if len(octets) == 16 else 0xE0 <= octets[0] < 0xF0


def _unicast(address: str) -> bool:
    octets = packed(address)
    return octets != b"\xff" * 4 and any(octets) and not _multicast(address)


def _tunnel(reader: _Reader, value: Any, path: str) -> Tunnel:
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


def _timeouts(reader: _Reader, value: Any) -> Timeouts | None:
    if value is None:
        return None
    options = reader.mapping(value, "timeouts", frozenset(Timeouts._fields))
    if options is None:
        return None
    # 0 cannot be asked for: the kernel reads it as "leave it".
    return Timeouts(*(reader.integer(options, name, "timeouts", 1, MONTH) for name in Timeouts._fields))


def _daemon(reader: _Reader, entry: Any, path: str) -> tuple[str, SyncDaemon | None] | None:
    options = reader.mapping(entry, path, DAEMON_KEYS)
    if options is None:
        return None
    role = reader.choice(options, "role", path, ROLES)
    absent = reader.choice(options, "state", path, ("present", "absent"), "present") == "absent"
    if not role:
        if options.get("role") is None:
            reader.wrong(path + ".role", "is missing; must be master or backup")
        return None
    return role, None if absent else _daemon_config(reader, options, path, role)


def _daemon_config(reader: _Reader, options: Options, path: str, role: str) -> SyncDaemon:
    interface = options.get("interface")
    if not isinstance(interface, str) or not re.match(_INTERFACE, interface):
        problem = "is missing" if interface is None else "is " + show(interface)
        reader.wrong(path + ".interface", problem + "; must be the name of an interface, 1-15 characters")
        interface = ""
    group = SyncDaemon._field_defaults["group"]
    if options.get("group") is not None:
        group = reader.address(options, "group", path)
        if group and not _multicast(group):
            reader.wrong(path + ".group", "is %s; must be a multicast address" % group)
    longest = MAXLEN[family_of(group)]
    return SyncDaemon(
        interface=interface,
        sync_id=reader.integer(options, "sync_id", path, 0, 255),
        maxlen=reader.integer(options, "maxlen", path, BACKUP_MAXLEN if role == "backup" else 1, longest),
        group=group,
        port=reader.integer(options, "port", path, 1, 65535, SyncDaemon._field_defaults["port"]),
        ttl=reader.integer(options, "ttl", path, 1, 255, SyncDaemon._field_defaults["ttl"]),
    )


# --- reading many at once -------------------------------------------------------------------------------------------

# Values of these types that are equal are the same: True, which is 1, is not among them.
_PLAIN = frozenset({int, str, type(None)})


class _Unclear(Exception):
    """A look at all at once does not show them to be right: they have to be read one by one."""


def _known_service(reader: _Reader, options: Options) -> tuple[ServiceKey, ServiceConfig] | None:
    """One that differs only in its address from a service that was right, where the address is right at once."""
    known = reader.services.get(_shape(options))
    if known is None:
        return None
    key, config = known
    address: Any = options.get("address")
    try:
        family, _octets = _addresses_at_once([address])
    except _Unclear:
        return None
    return (ServiceKey(family, key.protocol, address, key.port, 0), config) if family == key.family else None


def _shape(options: Options) -> str:
    """All of a service but its address and its destinations; as text, since True and 1 are not the same option."""
    return repr({**options, "address": None, "destinations": None, "real_servers": None})


def _destinations_at_once(
    reader: _Reader, entries: list[Any], service: ServiceKey, forward: str
) -> dict[DestinationKey, DestinationConfig]:
    """A whole list, column by column. Raises _Unclear.

    Of destinations that differ only in their addresses, one is read, for all services of the same sort.
    """
    names, addresses, rows = _rows(entries)
    family, octets = _addresses_at_once(addresses)
    sort = names, family, forward, service.family, service.port, service.fwmark == 0
    known = reader.destinations.setdefault(sort, {})
    for row, entry in zip(rows, entries):
        if row not in known:
            known[row] = _alone(entry, service, forward)
    # Canonical, since all are of one family.
    found = sorted(zip(octets, map(known.__getitem__, rows), addresses), reverse=True)
    destinations = {DestinationKey(address, port): config for _octets, (port, config), address in found}
    if len(destinations) < len(entries):
        raise _Unclear
    return destinations


def _rows(entries: list[Any]) -> tuple[tuple[str, ...], list[Any], list[tuple[Any, ...]]]:
    """The names of the options that all entries have, their addresses, and the rows of all the rest, which is plain."""
    try:
        names = tuple(entries[0])
        addresses = list(map(_ADDRESS, entries))
        rows = list(map(_rest(names), entries))
        alike = set(map(len, entries)) == {len(names)}
    except (LookupError, TypeError) as error:
        raise _Unclear from error
    if not alike or not _PLAIN.issuperset(map(type, chain.from_iterable(rows))):
        raise _Unclear
    return names, addresses, rows


_ADDRESS = itemgetter("address")


@lru_cache(maxsize=8)
def _rest(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes all but the address from an entry, as one row."""
    others = [name for name in names if name != "address"]
    return itemgetter(*others, others[0]) if others else lambda _entry: ()  # of one name it would be no row


def _addresses_at_once(addresses: Sequence[Any]) -> tuple[str, list[bytes]]:
    """The family of addresses of hosts that are spelled in the one way, as far as that is seen at once; and packed."""
    try:
        family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
        octets = list(map(socket.inet_pton, repeat(family), addresses))
    except (OSError, TypeError, ValueError) as error:
        raise _Unclear from error
    low, high = min(octets)[0], max(octets)[0]
    if family == socket.AF_INET:
        if low > 0 and high < 0xE0:
            return INET, octets  # inet_pton takes one spelling only
    elif low >= 0x20 and high < 0xFE and list(map(socket.inet_ntop, repeat(family), octets)) == list(addresses):
        return INET6, octets
    raise _Unclear


def _alone(entry: Options, service: ServiceKey, forward: str) -> tuple[int, DestinationConfig]:
    reader = _Reader()
    reader.mapping(entry, "", DESTINATION_KEYS)
    key, config = _destination(reader, entry, "", service, forward)
    if reader.problems:
        raise _Unclear
    return key.port, config


# --- writing --------------------------------------------------------------------------------------------------------


def in_order(table: Table) -> list[Service]:
    """The services by family, mark, address, protocol and port, their destinations by address and port."""
    services = sorted(table.services.values(), key=lambda service: _sort_key(service.key))
    return [
        service._replace(destinations=dict(reversed(list(canonical(service.destinations).items()))))
        for service in services
    ]


def _sort_key(key: ServiceKey) -> tuple[Any, ...]:
    return key.family, key.fwmark, packed(key.address) if key.address else b"", key.protocol, key.port


def service_options(service: Service) -> dict[str, Any]:
    """One service in the words of the module."""
    key, config = service.key, service.config
    identity: dict[str, Any] = {"family": key.family}
    if key.fwmark:
        identity["fwmark"] = key.fwmark
    else:
        identity.update(protocol=key.protocol, address=key.address, port=key.port)
    return dict(
        identity,
        scheduler=config.scheduler,
        scheduler_flags=flag_names(config),
        one_packet=config.one_packet,
        persistence=_persistence_options(config.persistence, key.family),
        pe_name=config.pe_name,
        destinations=[destination_options(*item) for item in service.destinations.items()],
    )


def destination_options(key: DestinationKey, config: DestinationConfig) -> dict[str, Any]:
    """One destination in the words of the module."""
    options = {
        "address": key.address,
        "port": key.port,
        "forward": config.forward,
        "weight": config.weight,
        "lower_threshold": config.lower_threshold,
        "upper_threshold": config.upper_threshold,
    }
    return dict(options, tunnel=config.tunnel._asdict()) if config.tunnel else options


def _persistence_options(persistence: Persistence | None, family: str) -> dict[str, Any] | None:
    if persistence is None:
        return None
    prefix = persistence.netmask if family == INET6 else prefix_of(persistence.netmask)
    if prefix is not None:
        return {"timeout": persistence.timeout, "prefix": prefix}
    netmask = socket.inet_ntop(socket.AF_INET, persistence.netmask.to_bytes(4, "big"))
    return {"timeout": persistence.timeout, "netmask": netmask}
