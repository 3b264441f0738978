# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPVS table in lines for a person: what objects are called, what a step does, what an errno means here."""

from __future__ import annotations

import errno
import os
from functools import lru_cache
from typing import Any, Dict, Iterable

from .plan import (
    DAEMON,
    DESTINATION,
    SERVICE,
    Step,
)
from .table import (
    INET6,
    DestinationConfig,
    DestinationKey,
    ServiceConfig,
    ServiceKey,
    flag_names,
    prefix_of,
    switches_of,
)

Words = Dict[str, str]

_PLAIN = frozenset({"scheduler", "forward", "tunnel", "flags"})


@lru_cache(maxsize=8)  # the lines of one service's destinations stand together
def service_name(key: ServiceKey) -> str:
    """``tcp 192.0.2.10:80`` or ``fwmark 7 inet``."""
    if key.fwmark:
        return "fwmark %d %s" % (key.fwmark, key.family)
    return "%s %s" % (key.protocol, endpoint(key.address, key.port))


def daemon_name(role: str) -> str:
    return "sync daemon %s" % role


def destination_name(service: ServiceKey, destination: DestinationKey) -> str:
    """``tcp 192.0.2.10:80 -> 198.51.100.12:80``."""
    return "%s -> %s" % (service_name(service), endpoint(*destination))


def endpoint(address: str, port: int) -> str:
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)


def object_name(step: Step) -> str:
    """What a step is about."""
    if step.kind == SERVICE:
        return service_name(step.key)
    if step.kind == DESTINATION:
        return destination_name(*step.key)
    return daemon_name(step.key) if step.kind == DAEMON else "timeouts"


def lines(steps: Iterable[Step]) -> list[str]:
    """What a plan does: ``+`` for what comes, ``-`` for what goes, ``~`` for what changes in place."""
    return [line for step in steps for line in _step_lines(step)]


def _step_lines(step: Step) -> list[str]:
    name, note = object_name(step), " (%s)" % step.note if step.note else ""
    if step.old is not None and step.new is not None:
        return ["~ %s %s%s" % (name, ", ".join("%s %s => %s" % one for one in differences(step)), note)]
    sign, value = ("-", step.old) if step.new is None else ("+", step.new)
    told = _destination_sentence(value) if step.kind == DESTINATION else _sentence(_words(step, value))
    found = ["%s %s %s%s" % (sign, name, told, note)]
    if step.kind == SERVICE and sign == "-":
        for key, config in value.destinations.items():
            found.append("- %s %s" % (destination_name(step.key, key), _destination_sentence(config)))
    return found


@lru_cache(maxsize=256)  # most destinations of a table are configured alike
def _destination_sentence(config: DestinationConfig) -> str:
    return _sentence(_destination_words(config))


def differences(step: Step) -> list[tuple[str, str, str]]:
    """(field, value before, value after) of each field that a step changes in place, as people read them."""
    old, new = _words(step, step.old), _words(step, step.new)
    return [(name, old[name], new[name]) for name in new if old[name] != new[name]]


def _sentence(words: Words) -> str:
    """The values that say something: a field's name is left out where its value speaks for itself."""
    spoken = {name: value for name, value in words.items() if name == "weight" or value not in ("none", "0")}
    return " ".join(value if name in _PLAIN else "%s %s" % (name, value) for name, value in spoken.items())


def _words(step: Step, value: Any) -> Words:
    if step.kind == SERVICE:
        return _service_words(step.key, value.config)
    if step.kind == DESTINATION:
        return _destination_words(value)
    return {name.replace("_", "-"): str(field) for name, field in value._asdict().items()}


def _service_words(key: ServiceKey, config: ServiceConfig) -> Words:
    return {
        "scheduler": config.scheduler,
        "flags": ",".join(flag_names(config)) or "none",
        **{name.replace("_", "-"): "yes" if on else "none" for name, on in switches_of(config).items()},
        "persistent": _persistence_words(key, config),
        "pe": config.pe_name or "none",
    }


def _persistence_words(key: ServiceKey, config: ServiceConfig) -> str:
    if config.persistence is None:
        return "none"
    timeout, mask = config.persistence
    prefix = mask if key.family == INET6 else prefix_of(mask)
    return "%ds/%s" % (timeout, "0x%08x" % mask if prefix is None else prefix)


def _destination_words(config: DestinationConfig) -> Words:
    tunnel = config.tunnel
    return {
        "forward": config.forward,
        "tunnel": "none" if tunnel is None else _tunnel_words(*tunnel),
        "weight": str(config.weight),
        "upper-threshold": str(config.upper_threshold),
        "lower-threshold": str(config.lower_threshold),
    }


def _tunnel_words(kind: str, port: int, checksum: str) -> str:
    return ",".join([kind] + ["port %d" % port] * bool(port) + [checksum] * (checksum != "none"))


# --- what the kernel's refusals mean --------------------------------------------------------------------------------

_VERBS = {(False, True): "add", (True, False): "remove", (True, True): "change"}
_SOMEBODY = "somebody else is changing the table; run again, and see that it has one owner"

_HINTS: dict[tuple[str, int], str] = {
    (SERVICE, errno.EEXIST): "it came while this run was going on: " + _SOMEBODY,
    (SERVICE, errno.ESRCH): "it went while this run was going on: " + _SOMEBODY,
    (SERVICE, errno.EAFNOSUPPORT): "the kernel was built without this family in IPVS (CONFIG_IP_VS_IPV6)",
    (SERVICE, errno.EPROTONOSUPPORT): "the kernel was built without this protocol in IPVS (CONFIG_IP_VS_PROTO_*)",
    (DESTINATION, errno.EEXIST): "it came while this run was going on: " + _SOMEBODY,
    (DESTINATION, errno.ENOENT): "it went while this run was going on: " + _SOMEBODY,
    (DESTINATION, errno.ESRCH): "its service went while this run was going on: " + _SOMEBODY,
    (DESTINATION, errno.ERANGE): "lower_threshold must be at most upper_threshold, and no number negative",
    (DESTINATION, errno.EINVAL): "the address must be one that this host routes to as a host's; "
    "families may be mixed only by tunnel and without a sync daemon",
    (DAEMON, errno.ENODEV): "there is no such interface",
    (DAEMON, errno.EEXIST): "one of this role came while this run was going on: " + _SOMEBODY,
    (DAEMON, errno.ESRCH): "it went while this run was going on: " + _SOMEBODY,
    (DAEMON, errno.EADDRNOTAVAIL): "the interface needs an address of the group's family",
    (DAEMON, errno.EINVAL): "the group must be a multicast address, and no destination of another family may be there",
}
_ANYWAY = {
    errno.EPERM: "needs CAP_NET_ADMIN in the initial user namespace: run as root (become: true)",
    errno.ENOMEM: "the kernel has no memory for it",
    errno.ENOBUFS: "the kernel has no memory for it",
}


def refusal(step: Step, number: int, schedulers: list[str]) -> str:
    """Object, errno in words, and what to do. ``schedulers``: those that this kernel is known to have."""
    verb = _VERBS[step.old is not None, step.new is not None]
    hint = _ANYWAY.get(number) or _HINTS.get((step.kind, number), "")
    if step.kind == SERVICE and number == errno.ENOENT:
        hint = _missing_module(step.new.config, schedulers)
    name = errno.errorcode.get(number, str(number))
    text = "%s: the kernel refuses to %s it: %s (%s)" % (object_name(step), verb, os.strerror(number), name)
    return "%s; %s" % (text, hint) if hint else text


def _missing_module(config: ServiceConfig, schedulers: list[str]) -> str:
    if config.scheduler in schedulers and config.pe_name:
        return "it has no persistence engine %s: load the module ip_vs_pe_%s" % (config.pe_name, config.pe_name)
    return unknown_scheduler(config.scheduler, schedulers)


def unknown_scheduler(name: str, schedulers: list[str]) -> str:
    known = ", ".join(schedulers) or "none that can be seen from here"
    return "the kernel has no scheduler %s (module ip_vs_%s); it has %s" % (name, name, known)
