# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one value as its field says: the canonical value, or None and a mistake with the value's path.

A part that cannot be read does not stop the rest, so that one look finds every mistake.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple, cast

from .fields import REQUIRED, Field

# Forms of text: what matches, and how to say so.
FORMS = {
    "word": (r"\S{1,253}", "a name without spaces"),
    "name": (r"[A-Za-z0-9_.-]{1,63}", "1-63 letters, digits or _ . -"),
    "label": (r"[A-Za-z0-9_.-]{1,13}", "1-13 letters, digits or _ . -"),
    "interface": (r"[^\s/:]{1,15}", "an interface name of 1-15 characters"),
    "url_path": (r"/[!#-:<-\[\]-z|~]*", "a path that starts with /, without spaces, quotes, \\ ; { or }"),
    "file_path": (r"/[^\s\"'\\]*[^\s\"'\\/]", "an absolute path without spaces or quotes"),
    "host_name": (
        r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?",
        "a host name or an IP address",
    ),
    "server_name": (r"(\*\.|\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?", "a host name, with *. or .* at one end"),
    "mail": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9._-]+", "a mail address"),
}
# What a password may hold without a meaning of its own in keepalived.conf.
_PASSWORD = re.compile(r"[A-Za-z0-9._+=,:/^%*?-]*")
_SYSCTL = re.compile(r"net(\.[A-Za-z0-9_/-]+)+")
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Mistake(NamedTuple):
    """``message`` begins with ``path`` and stands alone."""

    path: str
    message: str


class Wrong(Exception):
    """A value that is not what its field allows; each of the texts goes behind the path."""


def shown(value: Any) -> str:
    """A value as an error quotes it; what has parts is only named."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a dict"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, str):
        return '"%s"' % (value if len(value) <= 60 else value[:57] + "...")
    return str(value)


def must(value: Any, what: str) -> Wrong:
    return Wrong("is %s; must be %s" % (shown(value), what))


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a name that nobody knows."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return "is unknown; did you mean %s?" % near[0]
    return "is unknown; known: %s" % (", ".join(names) or "none")


def address_of(value: Any) -> Any:
    """The IP address of a text, or None; a zone (`%eth0`) is none of an address here."""
    try:
        return None if "%" in str(value) else ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return None


def endpoint(address: str, port: int) -> str:
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)


def _whole(field: Field, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise must(value, "a whole number, %s" % span(field))
    if not field.low <= value <= field.high:
        raise must(value, span(field))
    return value


def _number(field: Field, value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise must(value, "a number, %s" % span(field))
    if not field.low <= value <= field.high:
        raise must(value, span(field))
    return int(value) if float(value).is_integer() else value


def span(field: Field) -> str:
    """The limits of a number, as a person reads them."""
    low, high = ("%.10g" % field.low, "%.10g" % field.high)
    return "%s to %s" % (low, high) if field.low < 0 else "%s-%s" % (low, high)


def _switch(field: Field, value: Any) -> bool:
    if isinstance(value, str):
        value = _SWITCHES.get(value.lower(), value)
    if not isinstance(value, bool):
        raise must(value, "true or false")
    return value


def _choice(field: Field, value: Any) -> str:
    if isinstance(value, str) and value in field.choices:
        return value
    raise must(value, "one of " + ", ".join(field.choices))


def _text(field: Field, value: Any) -> str:
    pattern, what = FORMS[field.form]
    if field.form == "host_name" and address_of(value):
        return str(address_of(value))
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise must(value, what)
    if field.form == "host_name" and re.fullmatch(r"[0-9.]+", value):
        raise must(value, what)
    return value


def _secret(field: Field, value: Any) -> bool:
    """Whether a secret is given. Its value goes nowhere, errors included."""
    if value is None:
        return False
    if not isinstance(value, str):
        raise Wrong("is not text; put it in quotes")
    if not field.low <= len(value) <= field.high:
        raise Wrong("has %d characters; must have %s" % (len(value), span(field)))
    if not _PASSWORD.fullmatch(value):
        raise Wrong("has a character that keepalived reads; must be letters, digits or . _ + = , : / ^ % * ? -")
    return True


def _sysctls(field: Field, value: Any) -> dict[str, int | str]:
    if not isinstance(value, Mapping):
        raise must(value, "a dict of sysctls")
    wrong = []
    for key, item in value.items():
        if not _SYSCTL.fullmatch(str(key)):
            wrong.append('has "%s"; every name must start with net.' % key)
        elif isinstance(item, bool) or not isinstance(item, (int, str)) or not str(item).strip() or "\n" in str(item):
            wrong.append("has %s for %s; must be a number or text" % (shown(item), key))
    if wrong:
        raise Wrong(*wrong)
    return {str(key): item for key, item in sorted(value.items())}


def _usable(address: Any) -> bool:
    """Whether packets can be sent to an address from another host."""
    return not (address.is_multicast or address.is_unspecified or address.is_loopback)


def _host_address(field: Field, value: Any) -> str:
    address = address_of(value)
    if address is None:
        raise must(value, "an IP address")
    if not _usable(address):
        raise must(value, "an address of one host")
    return str(address)


def _vip_address(field: Field, value: Any) -> str:
    address, slash, length = value.partition("/") if isinstance(value, str) else ("", "", "")
    if address_of(address) is None:
        raise must(value, "an address with a prefix length, like 198.51.100.200/24")
    if not slash:
        raise must(value, "an address with a prefix length, like %s/%d" % (address, 64 if ":" in address else 24))
    try:
        if not re.fullmatch(r"[0-9]{1,3}", length):
            raise ValueError(length)
        interface = ipaddress.ip_interface(value)
    except ValueError:
        raise must(value, "an address with a prefix length 1-%d" % (128 if ":" in address else 32)) from None
    network = interface.network
    if not network.prefixlen or not _usable(interface.ip):
        raise must(value, "an address of one host")
    if interface.version == 4 and network.num_addresses > 2 and interface.ip in (network[0], network[-1]):
        raise must(value, "neither the first nor the last address of %s" % network)
    return str(interface)


def split_endpoint(value: Any) -> tuple[str, str] | None:
    """`ADDRESS:PORT` or `[V6]:PORT` as two texts."""
    found = re.fullmatch(r"(?:\[([^\[\]]+)\]|([^\[\]:]+)):([0-9]{1,9})", value) if isinstance(value, str) else None
    return (found.group(1) or found.group(2), found.group(3)) if found else None


def _endpoint(field: Field, value: Any) -> str:
    parts = split_endpoint(value)
    address = address_of(parts[0]) if parts else None
    if not parts or address is None or not 1 <= int(parts[1]) <= 65535:
        raise must(value, "ADDRESS:PORT with a port 1-65535")
    return endpoint(str(address), int(parts[1]))


SCALARS: Mapping[str, Callable[[Field, Any], Any]] = {
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "choice": _choice,
    "text": _text,
    "secret": _secret,
    "sysctls": _sysctls,
    "host_address": _host_address,
    "vip_address": _vip_address,
    "endpoint": _endpoint,
}


class Reader:
    """Reads values and collects mistakes."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def wrong(self, path: str, what: str) -> None:
        self.mistakes.append(Mistake(path, "%s %s" % (path, what)))

    def read(self, field: Field, value: Any, path: str) -> Any:
        """The canonical value with every default filled in; None where it cannot be read."""
        if value is None and field.default is None:
            return None
        try:
            if field.kind == "table":
                return self._table(field, value, path)
            if field.kind == "map":
                return self._map(field, value, path)
            if field.kind == "list":
                return self._list(field, value, path)
            return SCALARS[field.kind](field, value)
        except Wrong as wrong:
            for text in wrong.args:
                self.wrong(path, text)
            return None

    def default(self, field: Field) -> Any:
        """What a field is that nobody wrote; tables and lists are made anew."""
        return self.read(field, field.default, "") if field.kind in ("table", "list", "map") else field.default

    def _table(self, field: Field, value: Any, path: str) -> dict[str, Any]:
        if field.short and value is not None and not isinstance(value, (Mapping, list, tuple)):
            value = self._from_short(field, value)
        if not isinstance(value, Mapping):
            raise must(value, "a dict with %s" % ", ".join(field.fields))
        for key in sorted(set(map(str, value)) - set(field.fields)):
            self.wrong("%s.%s" % (path, key), unknown(key, field.fields))
        read = {}
        for key, of in field.fields.items():
            if key in value:
                read[key] = self.read(of, value[key], "%s.%s" % (path, key))
            elif of.default is REQUIRED:
                self.wrong("%s.%s" % (path, key), "is missing")
                read[key] = None
            else:
                read[key] = self.default(of)
        return read

    def _from_short(self, field: Field, value: Any) -> dict[str, Any]:
        if field.short != "endpoint":
            return {field.short: value}
        parts = split_endpoint(value)
        if parts is None:
            raise must(value, "ADDRESS:PORT")
        return {"address": parts[0], "port": parts[1]}

    def _map(self, field: Field, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise must(value, "a dict by name")
        of = cast(Field, field.of)
        read = {}
        for key in sorted(value, key=str):
            name, where = str(key), "%s.%s" % (path, key)
            if not re.fullmatch(r"[A-Za-z0-9_.-]{1,%d}" % field.longest, name):
                self.wrong(where, "is no name; must be 1-%d letters, digits or _ . -" % field.longest)
            read[name] = self.read(of, value[key], where)
            if read[name] is None and of.kind == "table":
                # The name is there all the same, so whoever names it makes no mistake.
                read[name] = self._blank(of)
        return {name: item for name, item in read.items() if item is not None}

    def _blank(self, field: Field) -> dict[str, Any]:
        """A table of which nothing could be read."""
        return {key: None if of.default is REQUIRED else self.default(of) for key, of in field.fields.items()}

    def _list(self, field: Field, value: Any, path: str) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise must(value, "a list")
        if len(value) < field.least:
            raise Wrong("is empty")
        read = [self.read(cast(Field, field.of), item, "%s[%d]" % (path, index)) for index, item in enumerate(value)]
        return [item for item in read if item is not None]
