# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the input and of the model say what the schema reads and what `build` makes."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from inventory import model_of, with_changes
from inventory_strategies import CHANGES, changed

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.normal import Normal
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.shape import Model
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def strays(value: Any, kind: Any, path: str = "") -> list[str]:
    """Where a value is not what its type says; keys that are missing or too many included."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, UnionType):
        return min((strays(value, one, path) for one in args), key=len)
    if origin is typing.Literal:
        return [] if value in args else [path]
    if origin is list:
        if not isinstance(value, list):
            return [path]
        return [one for index, item in enumerate(value) for one in strays(item, args[0], "%s[%d]" % (path, index))]
    if origin is dict:
        return [one for key, item in value.items() for one in strays(item, args[1], "%s.%s" % (path, key))]
    if typing.is_typeddict(kind):
        if not isinstance(value, dict):
            return [path]
        hints = typing.get_type_hints(kind)
        odd = (set(value) ^ set(hints)) - kind.__optional_keys__
        given = {key for key in set(value) & set(hints) if value[key] is not None or key not in kind.__optional_keys__}
        below = [one for key in given for one in strays(value[key], hints[key], path + "." + key)]
        return [*("%s.%s" % (path, key) for key in sorted(odd)), *below]
    wanted = (int, float) if kind is float else kind
    return [] if isinstance(value, wanted) and (kind is bool or not isinstance(value, bool)) else [path]


@MANY
@given(changes=CHANGES)
def test_any_valid_input_and_its_model_are_of_their_types(changes: dict[str, Any]) -> None:
    inventory = changed(changes)
    normal, mistakes, _warnings = normalise(inventory)
    assume(not mistakes)
    assert strays(normal, Normal) == []
    assert strays(build(inventory).model, Model) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [("clusters.default.vips.web.crash_ms", "1"), ("hosts.d1.director.kernel", None), ("hosts.d1.more", 1),
     ("hosts.d1.director.services", {}), ("hosts.d1.director.table_owner", "me"), ("clusters.default.vips.web", [])],
)  # fmt: skip
def test_a_value_of_another_type_is_found(path: str, value: Any) -> None:
    model = model_of(with_changes({}))
    *front, last = path.split(".")
    place: Any = model
    for key in front:
        place = place[key]
    place[last] = value
    assert strays(model, Model)
