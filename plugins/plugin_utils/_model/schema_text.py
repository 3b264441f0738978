# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema as docs/model.md.

`python3 -m ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema_text` prints it.
"""

from __future__ import annotations

import json
from typing import Iterator, Mapping

from .fields import REQUIRED, Field
from .forms import FORMS, name_words
from .read import span
from .schema import CLUSTER, HOST, INVENTORY

_HEAD = """# The inventory

This page lists every variable of the inventory with its allowed values and its default. It is generated from the
schema that validates the inventory (`plugins/plugin_utils/_model/schema.py`). A run also checks that variables fit
together. It reports every mistake with its path before it changes a host.

Numbers may be written as text. `null` means "not set". It is allowed where the default is described in words instead of
a literal value.
"""
_KINDS = {
    "status": "100-599, or a range such as `200-299`",
    "switch": "`true` or `false`",
    "vip_address": "ADDRESS/LENGTH",
    "host_address": "an IP address",
    "host_address6": "an IPv6 address",
    "endpoint": "ADDRESS:PORT, `[ADDRESS]:PORT` for IPv6",
    "sysctls": "`{net.…: value}`",
    "expanded": "a text; variables of Nginx like `$uri` stand for their values",
    "sent": "a text; variables of Nginx like `$host` stand for their values",
    "matched": "a text, or `~` and a regular expression",
    "network": "ADDRESS or ADDRESS/LENGTH",
    "listed_network": "ADDRESS, ADDRESS/LENGTH, or `{file: PATH}` with one in a line",
    "percent": "0-100, with at most two decimals",
    "origin": "an origin, `~` and a regular expression, or `*`",
    "password_hash": "the hash of a password",
    "pem": "the path of a file, or a text in PEM",
    "ticket_secret": "a text of 32-512 characters, or a list of 2 or 3",
    "raw": "directives of Nginx on one line",
    "regex": "a regular expression",
    "replaced": "a text with `$1` to `$9` and variables of Nginx",
    "route_path": "a path, or `~` and a regular expression",
    "server_name": "a host name, with `*.` or `.*` at one end, or `~` and a regular expression",
    "size": "bytes, with `k`, `m` or `g` behind the number or none",
}


def markdown() -> str:
    """The whole page."""
    tables = {name: field for name, field in CLUSTER.items() if field.kind == "table" or _by_name(field)}
    plain = {name: field for name, field in CLUSTER.items() if name not in tables}
    parts = [
        _HEAD,
        *_section("Variables of the whole inventory", "They have the same value on every host.", INVENTORY),
        *_section("Variables of a host", "Each host has its own values.", HOST),
        *_section("Variables of a cluster", "They have the same value on every host of a cluster.", plain),
    ]
    for name, field in tables.items():
        parts += _section("`%s`" % name, _about(field), _fields(field))
    return "\n".join(parts)


def _by_name(field: Field) -> bool:
    """Whether it is a map of tables."""
    return bool(field.kind == "map" and field.of and field.of.kind == "table")


def _about(field: Field) -> str:
    if field.kind == "map" and field.of:
        name = "It is a dict `{NAME: …}`. A name has %s." % name_words(field.longest).replace("_ . -", "`_ . -`", 1)
        return "%s\n%s" % (field.of.doc, name)
    return field.doc


def _fields(field: Field) -> Mapping[str, Field]:
    return field.of.fields if field.kind == "map" and field.of else field.fields


def _section(title: str, about: str, fields: Mapping[str, Field]) -> list[str]:
    rows = [row for name, field in fields.items() for row in _rows(name, field)]
    head = ["| name | what | allowed | default |", "|---|---|---|---|"]
    return ["## %s" % title, "", about, "", *head, *rows, ""]


def _rows(name: str, field: Field) -> Iterator[str]:
    """A row for a field and for each field inside it."""
    unit = " (%s)" % field.unit if field.unit else ""
    yield "| `%s` | %s | %s%s | %s |" % (name, field.doc, _allowed(field), unit, _default(field))
    inner = field.of if field.kind in ("list", "map") else field
    if inner and inner.kind == "table":
        if inner is not field:
            name += "[]" if field.kind == "list" else ".NAME"
        for key, of in inner.fields.items():
            yield from _rows("%s.%s" % (name, key), of)


def _allowed(field: Field) -> str:
    if field.kind == "choice":
        return ", ".join("`%s`" % one for one in field.choices)
    if field.kind in ("whole", "number"):
        return span(field)
    if field.kind == "secret":
        return "%s characters" % span(field)
    if field.kind == "text":
        return FORMS[field.form][1].replace("*.", "`*.`").replace(".*", "`.*`").replace("_ . -", "`_ . -`")
    if field.kind == "list" and field.of:
        one = "a number or text" if field.of.kind == "status" else "a text"
        front = "%s, or a list: " % one if field.short else "list: "
        return front + (_allowed(field.of) if field.of.kind != "table" else field.of.doc)
    if field.kind == "map" and field.of:
        return "`{NAME: …}`: " + _allowed(field.of)
    if field.kind == "table":
        return "dict" if not field.short else "dict, or `%s` alone" % field.short
    return _KINDS[field.kind]


def _default(field: Field) -> str:
    if field.default is REQUIRED:
        return "**required**"
    if field.default is None or field.kind == "secret":
        return field.otherwise or "none"
    if field.kind == "table":
        return "as below"
    return "`%s`" % (field.default if isinstance(field.default, str) else json.dumps(field.default))


if __name__ == "__main__":
    print(markdown(), end="")
