# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one value as its field says: the canonical value, or None and a mistake with the value's path.

A part that cannot be read does not stop the rest, so that one look finds every mistake.
"""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Any, Callable, Mapping, cast

from .fields import REQUIRED, Field
from .forms import (
    FORMS,
    PASSWORD,
    SYSCTL,
    SYSCTL_VALUE,
    address_of,
    is_secret,
    kind_of_address,
    name_pattern,
    name_words,
)
from .listed import LISTED, ListFile, flat
from .nginx_values import NGINX_VALUES
from .said import Mistake, Unfit, Wrong, in_quotes, key_of, must, must_be_text, printable, shown, unknown
from .tls_values import TLS_VALUES

# A director has a route to the whole network of a VIP, on the VIP's interface.
LEAST_PREFIX = {4: 8, 6: 16}
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def endpoint(address: str, port: int) -> str:
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)


def _whole(field: Field, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        zeros = isinstance(value, str) and re.fullmatch(r"-?0[0-9]+", value)
        raise must(value, "a whole number, %s%s" % (span(field), ", without a 0 in front" if zeros else ""))
    if not field.low <= value <= field.high:
        raise must(value, span(field) + (", as " + field.why if field.why else ""))
    return value


def _number(field: Field, value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,9})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise must(value, "a number, %s" % span(field))
    if not field.low <= value <= field.high:
        raise must(value, span(field))
    if abs(value * 1000 - round(value * 1000)) > 1e-6:
        raise must(value, "%s in steps of 0.001" % span(field))
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
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text in field.choices:
        return text
    raise must(value, "one of " + ", ".join(field.choices))


def _text(field: Field, value: Any) -> str:
    pattern, what = FORMS[field.form]
    address = address_of(value)
    if field.form in ("host", "host_name") and address:
        kind = kind_of_address(address) if field.form == "host_name" else ""
        if kind and kind != "a loopback address":
            raise must(value, "an address of one host, not %s" % kind)
        return value if field.form == "host" else str(address)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise must_be_text(value, what)
    if field.form == "host_name" and re.fullmatch(r"[0-9.]+", value):
        raise must(value, what)
    return value


def _status(field: Field, value: Any) -> str:
    """A status of HTTP, or a range of them."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = re.fullmatch(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?", text) if isinstance(text, str) else None
    if not found or int(found.group(1)) > int(found.group(2) or 599):
        raise must(value, "a status 100-599, or a range like 200-299")
    return str(text)


def _secret(field: Field, value: Any) -> bool:
    """Whether a secret is given. Its value goes nowhere, errors included."""
    if value is None:
        return False
    if not isinstance(value, str):
        raise Wrong("is not text; put it in quotes")
    if len(value) > field.high:
        what = "has %d characters, of which keepalived would use %d; must have %s"
        raise Wrong(what % (len(value), field.high, span(field)))
    if len(value) < field.low:
        raise Wrong("has %d characters; must have %s" % (len(value), span(field)))
    if not PASSWORD.fullmatch(value):
        raise Wrong("has a character that keepalived reads; must be letters, digits or . _ + = , : / ^ % * ? -")
    return True


def _sysctls(field: Field, value: Any) -> dict[str, int | str]:
    if not isinstance(value, Mapping):
        raise must(value, "a dict of sysctls")
    wrong = []
    for key, item in value.items():
        if not isinstance(key, str) or not SYSCTL.fullmatch(key):
            wrong.append("has %s; every name must be net.… of letters, digits or _ . - /" % shown(key))
        elif isinstance(item, bool) or not isinstance(item, (int, str)) or not SYSCTL_VALUE.fullmatch(str(item)):
            wrong.append("has %s for %s; must be a number or plain words" % (shown(item), printable(key)))
    if wrong:
        raise Wrong(*sorted(wrong))
    return dict(sorted(value.items()))


def _host_address(field: Field, value: Any) -> str:
    address = address_of(value)
    if address is None:
        raise must_be_text(value, "an IP address")
    if kind_of_address(address):
        raise must(value, "an address of one host, not %s" % kind_of_address(address))
    return str(address)


def _host_address6(field: Field, value: Any) -> str:
    address = _host_address(field, value)
    if ":" not in address:
        raise must(value, "an IPv6 address")
    return address


def _vip_address(field: Field, value: Any) -> str:
    address, slash, length = value.partition("/") if isinstance(value, str) else ("", "", "")
    if address_of(address) is None:
        raise must_be_text(value, "an address with a prefix length, like 198.51.100.200/24")
    if not slash:
        raise must(value, "an address with a prefix length, like %s/%d" % (address, 64 if ":" in address else 24))
    try:
        if not re.fullmatch(r"[0-9]{1,3}", length):
            raise ValueError(length)
        interface = ipaddress.ip_interface(value)
    except ValueError:
        version = 6 if ":" in address else 4
        longest = 128 if version == 6 else 32
        raise must(value, "an address with a prefix length %d-%d" % (LEAST_PREFIX[version], longest)) from None
    network = interface.network
    kind = kind_of_address(interface.ip)
    if kind:
        raise must(value, "an address of one host, not %s" % kind)
    least = LEAST_PREFIX[interface.version]
    if network.prefixlen < least:
        what = "an address with a prefix length %d-%d: its holder takes all of that network for its own"
        raise must(value, what % (least, network.max_prefixlen))
    if interface.version == 6 and network.prefixlen < 127 and interface.ip == network[0]:
        raise must(value, "not the first address of %s, which routers have" % network)
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
    if not parts or address is None or not 1 <= int(parts[1]) <= 65535 or parts[1].startswith("0"):
        raise must_be_text(value, "ADDRESS:PORT with a port 1-65535")
    kind = kind_of_address(address)
    if kind and kind != "a loopback address":
        raise must(value, "ADDRESS:PORT of one host, not of %s" % kind)
    return endpoint(str(address), int(parts[1]))


SCALARS: Mapping[str, Callable[[Field, Any], Any]] = {
    "whole": _whole,
    "number": _number,
    "status": _status,
    "switch": _switch,
    "choice": _choice,
    "text": _text,
    "secret": _secret,
    "sysctls": _sysctls,
    "host_address": _host_address,
    "host_address6": _host_address6,
    "vip_address": _vip_address,
    "endpoint": _endpoint,
    **NGINX_VALUES,
    **TLS_VALUES,
    **LISTED,
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
        except Unfit as unfit:
            self.wrong(path, unfit.said(is_secret(path)))
            return None
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
        for key in sorted(set(value) - set(field.fields), key=_key_order):
            self.wrong("%s.%s" % (path, key_of(key)), unknown(str(key), field.fields) + in_quotes(key))
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
        pattern, words = FORMS[field.form] if field.form else (name_pattern(field.longest), name_words(field.longest))
        for key in sorted(value, key=_key_order):
            name, where = str(key), "%s.%s" % (path, key_of(key))
            if in_quotes(key) and not (
                field.form in ("error_status", "answer_status") and isinstance(key, int) and not isinstance(key, bool)
            ):
                self.wrong(where, "is no name" + in_quotes(key))
            elif not re.fullmatch(pattern, name) and not (field.form == "host" and address_of(name)):
                self.wrong(where, "is no name; must be " + words)
            read[name] = self.read(of, value[key], where)
            if read[name] is None and of.kind == "table":
                # The name is there all the same, so whoever names it makes no mistake.
                read[name] = self._blank(of)
        return {name: item for name, item in read.items() if item is not None}

    def _blank(self, field: Field) -> dict[str, Any]:
        """A table of which nothing could be read."""
        return {key: None if of.default is REQUIRED else self.default(of) for key, of in field.fields.items()}

    def _list(self, field: Field, value: Any, path: str) -> list[Any]:
        of = cast(Field, field.of)
        if of.kind in LISTED and isinstance(value, (Mapping, ListFile)):
            value = [value]
        if field.short and (isinstance(value, str) or (of.kind == "status" and isinstance(value, int))):
            value = [value]
        if not isinstance(value, (list, tuple)):
            raise must(value, "a list")
        if len(value) < field.least:
            raise Wrong("is empty")
        read = [self.read(of, item, "%s[%d]" % (path, index)) for index, item in enumerate(value)]
        read = [item for item in read if item is not None]
        return flat(read) if of.kind in LISTED else read


def _key_order(key: Any) -> tuple[str, str]:
    """Keys in an order of their own, also where YAML made one of another type."""
    return str(key), type(key).__name__
