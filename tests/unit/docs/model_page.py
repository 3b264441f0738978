# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of docs/architecture.md: what `build` makes of an example, with the comments that the shape has."""

from __future__ import annotations

import json
import typing
from typing import Any, Iterator

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.shape import HostSlice, Model

BEGIN, END = "<!-- model: begin -->\n```yaml\n", "```\n<!-- model: end -->\n"
WIDTH = 120
_SHARED = {
    "lvs_vips": {"web": {"addresses": ["198.51.100.200/24"], "vrid": 51}},
    "lvs_virtual_services": {"web": {"vip": "web", "ports": [80]}},
    "lvs_nginx_upstreams": {"app": {"servers": ["198.51.100.201:8080"]}},
    "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app"}},
}
_ADDRESSES = {"d1": 100, "d2": 101, "web1": 102, "web2": 103}
EXAMPLE = {
    "groups": {"lvs_directors": ["d1", "d2"], "lvs_real_servers": ["web1", "web2"]},
    "hostvars": {host: {"lvs_address": "198.51.100.%d" % last, **_SHARED} for host, last in _ADDRESSES.items()},
}
# A host of each part; the others look the same.
SHOWN = ("d1", "web1")
# What tells a thing from others of its kind stands in front.
_FIRST = ("name", "host", "type")


def markdown(inventory: dict[str, Any] | None = None) -> str:
    """The model as YAML, commented. ValueError where the inventory has mistakes."""
    built = build(inventory or EXAMPLE)
    if built.model is None:
        raise ValueError([one.message for one in built.mistakes])
    seen: set[tuple[str, str]] = set()
    lines = ["lvs_model:", "  clusters:", *_block(built.model["clusters"], _hints(Model)["clusters"], "    ", seen)]
    lines.append("  hosts:")
    for host in SHOWN:
        lines += ["    %s:" % host, *_table(built.model["hosts"][host], HostSlice, "      ", seen)]
    return "\n".join(lines) + "\n"


def with_model(page: str, text: str) -> str:
    """A page whose model is replaced."""
    before, _begin, rest = page.partition(BEGIN)
    return before + BEGIN + text + END + rest.partition(END)[2]


def _hints(shape: Any) -> dict[str, Any]:
    return typing.get_type_hints(shape, include_extras=True)


def _plain(kind: Any) -> tuple[Any, str]:
    """A type without its comment, and the comment; of a choice the comment is what there is to choose."""
    comment = ""
    if typing.get_origin(kind) is typing.Annotated:
        kind, comment = typing.get_args(kind)[:2]
    if typing.get_origin(kind) is typing.Literal:
        choices = " | ".join(typing.get_args(kind))
        comment = "%s; %s" % (choices, comment) if comment else choices
    return kind, comment


def _inner(kind: Any) -> Any:
    """The type of what is there, where null is allowed, too."""
    given = [one for one in typing.get_args(kind) if one is not type(None)]
    return given[0] if type(None) in typing.get_args(kind) else kind


def _table(value: Any, shape: Any, indent: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """A line or more for each field; a comment stands at the first place of its field."""
    for name, hint in sorted(_hints(shape).items(), key=lambda one: one[0] not in _FIRST):
        if name in value:
            kind, comment = _plain(hint)
            fresh = comment and (shape.__name__, name) not in seen
            seen.add((shape.__name__, name))
            yield from _field(name, value[name], _inner(kind), indent, comment if fresh else "", seen)


def _field(name: str, value: Any, kind: Any, indent: str, comment: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    behind = "  # " + comment if comment else ""
    line = "%s%s: %s%s" % (indent, name, _flow(value), behind)
    if not isinstance(value, (dict, list)) or not value or (len(line) <= WIDTH and not _commented(kind)):
        yield line
    else:
        yield "%s%s:%s" % (indent, name, behind)
        yield from _block(value, kind, indent + "  ", seen)


def _block(value: Any, kind: Any, indent: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    args = typing.get_args(kind)
    if typing.is_typeddict(kind):
        yield from _table(value, kind, indent, seen)
    elif isinstance(value, list):
        for item in value:
            lines = [indent + _flow(item)]
            if _commented(args[0]) or len(lines[0]) + 2 > WIDTH:
                lines = list(_block(item, args[0], indent, seen))
            yield from (indent + ("  " if index else "- ") + line[len(indent) :] for index, line in enumerate(lines))
    else:
        for key, item in value.items():
            yield from _field(key, item, args[1], indent, "", seen)


def _commented(kind: Any) -> bool:
    """Whether a comment stands somewhere in it, so that it needs lines of its own."""
    if typing.is_typeddict(kind):
        return any(_plain(hint)[1] or _commented(_inner(_plain(hint)[0])) for hint in _hints(kind).values())
    return any(_commented(one) for one in typing.get_args(kind))


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (key, _flow(item)) for key, item in value.items())
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(_flow, value))
    plain = isinstance(value, str) and value and not (set(value) & set(":{}[],#*\"'")) and value[0] not in "-?/ "
    return value if (plain and not value.replace(".", "").isdigit()) or _address(value) else json.dumps(value)


def _address(value: Any) -> bool:
    return isinstance(value, str) and value.count(".") == 3
