# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of the module ipvs to the values of table.py.

Every mistake is found in one go and named with its path: ``services[3].destinations[0].weight is -1; must be
0-65535``.
"""

from __future__ import annotations

import re
import socket
from typing import Any

from .._errors import InvalidInput
from .destinations import (
    Unclear,
    addresses_at_once,
    is_multicast,
    read_destinations,
)
from .reader import Options, Reader, either, show
from .table import (
    ALL_BITS,
    FLAG_NAMES,
    INET,
    INET6,
    SCHEDULER_BITS,
    SWITCHES,
    Desired,
    Persistence,
    Service,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    family_of,
    netmask_of,
    packed,
)
from .text import daemon_name, service_name

PROTOCOLS = ("tcp", "udp", "sctp")
ROLES = ("master", "backup")

DEFAULT_SCHEDULER = "wlc"
DEFAULT_PERSISTENCE = 300

MONTH = 31 * 24 * 3600  # seconds; also what ipvsadm takes at most
# What a datagram leaves beside its IP and UDP headers: the kernel cuts a longer maxlen to it.
MAXLEN = {INET: 65535 - 28, INET6: 65535 - 48}
# The daemon that listens never has a shorter buffer than this (ip_vs_sync.c).
BACKUP_MAXLEN = 1024

SERVICE_KEYS = frozenset(
    {"state", "forward", "destinations", "real_servers"}
    | set(ServiceKey._fields)
    | (set(ServiceConfig._fields) - {"flags"})
    | {"scheduler_flags"}
)
DAEMON_KEYS = frozenset(("state", "role", *SyncDaemon._fields))

_INTERFACE = r"[^\s/:]{1,15}\Z"


def from_options(options: Options) -> Desired:
    """What is asked for, of the options ``services``, ``timeouts`` and ``daemons``; raises InvalidInput."""
    reader = Reader()
    desired = Desired(
        services=_each(reader, options.get("services"), "services", _service, service_name),
        timeouts=_timeouts(reader, options.get("timeouts")),
        daemons=_each(reader, options.get("daemons"), "daemons", _daemon, daemon_name),
    )
    if reader.problems:
        raise InvalidInput(reader.problems)
    return desired


def _each(reader: Reader, entries: Any, path: str, read: Any, name: Any) -> dict[Any, Any] | None:
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


def _service(reader: Reader, entry: Any, path: str) -> tuple[ServiceKey, Service | None] | None:
    options = reader.mapping(entry, path, SERVICE_KEYS)
    if options is None:
        return None
    read = _known_service(reader, options) or _one_service(reader, options, path)
    if read is None:
        return None
    key, config = read
    if config is None:
        return key, None
    return key, Service(key, config, read_destinations(reader, options, path, key))


def _one_service(reader: Reader, options: Options, path: str) -> tuple[ServiceKey, ServiceConfig | None] | None:
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


def _service_key(reader: Reader, options: Options, path: str) -> ServiceKey | None:
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


def _service_config(reader: Reader, options: Options, path: str, key: ServiceKey) -> ServiceConfig:
    scheduler = reader.name(options, "scheduler", path, DEFAULT_SCHEDULER)
    switches = {name: reader.boolean(options, name, path) for name in SWITCHES}
    if switches["one_packet"] and key.protocol not in ("", "udp"):
        reader.wrong(path + ".one_packet", "is true; only udp and fwmark services take it, this one is " + key.protocol)
    persistence = _persistence(reader, options.get("persistence"), path + ".persistence", key.family)
    pe_name = reader.name(options, "pe_name", path) if options.get("pe_name") != "" else ""
    if pe_name and not persistence:
        reader.wrong(path + ".pe_name", "is %s; a persistence engine is only for a service with persistence" % pe_name)
    if pe_name and key.protocol not in ("", "udp", "tcp"):
        reader.wrong(path + ".pe_name", "is %s; %s has no persistence engine" % (pe_name, key.protocol))
    flags = _flags(reader, options, path, scheduler)
    return ServiceConfig(scheduler, flags, persistence=persistence, pe_name=pe_name, **switches)


def _flags(reader: Reader, options: Options, path: str, scheduler: str) -> int:
    """Bits of the flags named ``flag-1`` to ``flag-3``, or as the scheduler calls them."""
    known = dict(SCHEDULER_BITS)
    known.update((name, SCHEDULER_BITS[flag]) for flag, name in FLAG_NAMES.get(scheduler, {}).items())
    bits = 0
    for index, name in enumerate(reader.listing(options.get("scheduler_flags"), path + ".scheduler_flags")):
        if isinstance(name, str) and name in known:
            bits |= known[name]
        else:
            choices = tuple(sorted(known))
            message = "is %s; scheduler %s takes %s" % (show(name), scheduler, either(choices))
            reader.wrong("%s.scheduler_flags[%d]" % (path, index), message)
    return bits


def _persistence(reader: Reader, value: Any, path: str, family: str) -> Persistence | None:
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


def _netmask(reader: Reader, options: Options, path: str, family: str) -> int:
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


def _timeouts(reader: Reader, value: Any) -> Timeouts | None:
    if value is None:
        return None
    options = reader.mapping(value, "timeouts", frozenset(Timeouts._fields))
    if options is None:
        return None
    # 0 cannot be asked for: the kernel reads it as "leave it".
    return Timeouts(*(reader.integer(options, name, "timeouts", 1, MONTH) for name in Timeouts._fields))


def _daemon(reader: Reader, entry: Any, path: str) -> tuple[str, SyncDaemon | None] | None:
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


def _daemon_config(reader: Reader, options: Options, path: str, role: str) -> SyncDaemon:
    interface = options.get("interface")
    if not isinstance(interface, str) or not re.match(_INTERFACE, interface):
        problem = "is missing" if interface is None else "is " + show(interface)
        reader.wrong(path + ".interface", problem + "; must be the name of an interface, 1-15 characters")
        interface = ""
    group = SyncDaemon._field_defaults["group"]
    if options.get("group") is not None:
        group = reader.address(options, "group", path)
        if group and not is_multicast(group):
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


def _known_service(reader: Reader, options: Options) -> tuple[ServiceKey, ServiceConfig] | None:
    """One that differs only in its address from a service that was right, where the address is right at once."""
    known = reader.services.get(_shape(options))
    if known is None:
        return None
    key, config = known
    address: Any = options.get("address")
    try:
        family, _octets = addresses_at_once([address])
    except Unclear:
        return None
    return (ServiceKey(family, key.protocol, address, key.port, 0), config) if family == key.family else None


def _shape(options: Options) -> str:
    """All of a service but its address and its destinations; as text, since True and 1 are not the same option."""
    return repr({**options, "address": None, "destinations": None, "real_servers": None})
