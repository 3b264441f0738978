# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the module ipvs, and services as one text on their way from its action to it.

Ansible's check of arguments takes four times as long as all the rest of the module, for 10,000 destinations. Where
their types are right it would change nothing, so the action looks at that, and then the module leaves the check out.
Nothing is touched here.
"""

from __future__ import annotations

import json
from typing import Any, Mapping


def _text() -> dict[str, Any]:
    return {"type": "str"}


def _number() -> dict[str, Any]:
    return {"type": "int"}


# Ranges and choices are checked by from_options, which names every mistake with its path; Ansible would stop at the
# first and leave the path out.
TUNNEL = {"type": _text(), "port": _number(), "checksum": _text()}
DESTINATION = {
    "address": _text(),
    "port": _number(),
    "forward": _text(),
    "weight": _number(),
    "upper_threshold": _number(),
    "lower_threshold": _number(),
    "tunnel": {"type": "dict", "options": TUNNEL},
}
SERVICE = {
    "state": _text(),
    "protocol": _text(),
    "address": _text(),
    "port": _number(),
    "fwmark": _number(),
    "family": _text(),
    "scheduler": _text(),
    "scheduler_flags": {"type": "list", "elements": "str"},
    "one_packet": {"type": "bool"},
    "persistence": {"type": "dict", "options": {"timeout": _number(), "prefix": _number(), "netmask": _text()}},
    "pe_name": _text(),
    "forward": _text(),
    "destinations": {"type": "list", "elements": "dict", "options": DESTINATION, "aliases": ["real_servers"]},
}
DAEMON = {
    "state": _text(),
    "role": _text(),
    "interface": _text(),
    "sync_id": _number(),
    "maxlen": _number(),
    "group": _text(),
    "port": _number(),
    "ttl": _number(),
}
ARGUMENTS: dict[str, Any] = {
    "services": {"type": "list", "elements": "dict", "options": SERVICE},
    "timeouts": {"type": "dict", "options": {"tcp": _number(), "tcp_fin": _number(), "udp": _number()}},
    "daemons": {"type": "list", "elements": "dict", "options": DAEMON},
    "purge": {"type": "bool", "default": False},
    "weights": {"type": "str", "choices": ["enforce", "keep"], "default": "enforce"},
}

_SERVICES, _PACKED = "services", "_services"
# By Ansible's name. Each exactly: a True is no number, and a number that is to be text is converted.
_PLAIN = {"str": str, "int": int, "bool": bool}


def packed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with services as one text; as they are where Ansible would convert or refuse something in them."""
    try:
        text = json.dumps(arguments.get(_SERVICES))
    except (TypeError, ValueError):
        return dict(arguments)
    if not _as_specified(json.loads(text), ARGUMENTS[_SERVICES]):
        return dict(arguments)
    return {**{name: value for name, value in arguments.items() if name != _SERVICES}, _PACKED: text}


def unpacked(arguments: dict[str, Any]) -> dict[str, Any]:
    """What was packed, taken out of the arguments; nothing where nothing was."""
    text = arguments.pop(_PACKED, None)
    return {} if text is None else {_SERVICES: json.loads(text)}


def _as_specified(value: Any, specification: Mapping[str, Any]) -> bool:
    """Whether the value has its type, all the way down, and only options that are known, by their first names."""
    kind = specification["type"]
    if kind == "list":
        element = {**specification, "type": specification["elements"]}
        return isinstance(value, list) and all(_as_specified(one, element) for one in value)
    if kind == "dict":
        return isinstance(value, dict) and _options_as_specified(value, specification["options"])
    return value.__class__ is _PLAIN[kind]


def _options_as_specified(value: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    for name, option in value.items():
        if name not in options or not (option is None or _as_specified(option, options[name])):
            return False
    return True
