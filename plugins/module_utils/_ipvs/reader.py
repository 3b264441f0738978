# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options read one by one: a mistake is named with its path, and a wrong value reads as its default."""

from __future__ import annotations

import difflib
import re
import socket
from typing import Any, Mapping

from .table import DestinationConfig, ServiceConfig, ServiceKey

Options = Mapping[str, Any]

_NAME = r"[a-z0-9_]{1,15}\Z"
_DECIMAL = r"-?[0-9]{1,12}\Z"


class Reader:
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
                    self.wrong("%s.%s" % (path, name), "is not known" + hint(str(name), sorted(known)))
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
        self.wrong("%s.%s" % (path, name), "is %s; must be %s" % (show(value), either(choices)))
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


def hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return "; did you mean %s?" % near[0] if near else "; known are " + ", ".join(known)


def either(choices: tuple[str, ...]) -> str:
    return " or ".join(choices) if len(choices) < 3 else ", ".join(choices[:-1]) + " or " + choices[-1]
