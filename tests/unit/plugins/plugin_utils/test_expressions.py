# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's variables and templates by Jinja alone give what Ansible gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.runtime import missing

from ansible_collections.vipstack.lvs.plugins.plugin_utils._expressions import Expressions


class Host:
    """Names with these values."""

    def __init__(self, role: Expressions, **values: Any) -> None:
        self.role, self.values = role, values

    def find(self, name: str) -> Any:
        return self.role.compute(self.values[name], self) if name in self.values else missing

    def query(self, plugin: str, *terms: Any, **options: Any) -> list[Any]:
        return [plugin, *terms, *options]


def _twice(text: str) -> str:
    return text * 2


@pytest.fixture
def role(tmp_path: Path) -> Expressions:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/outer.j2").write_text("{% if on %}\na {{ word }}\n{% endif %}\n{% include 'inner.j2' %}\n\n")
    (tmp_path / "templates/inner.j2").write_text("in {{ word }}\n")
    found = Expressions(tmp_path, {"twice": _twice}.get, lambda _name: None)
    found.compile()
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (7, 7),
        ("{{ number }}", 5),
        ("{{ number }}0", "50"),
        ("{{- number -}}", 5),
        ("{{ none }}", None),
        ("{{ rows | map('upper') }}", ["A", "B"]),
        ("{{ rows | map('upper') + ['c'] }}", ["A", "B", "c"]),
        ("{{ table.values() }}", [1]),
        ("{{ nested.key }}", "5"),
        ("{{ nowhere | default('x') }}", "x"),
        ("{{ nowhere is defined }}", False),
        ("{{ of_nowhere | default('x') }}", "x"),
        ("{{ 'a' | twice }}\n\n", "aa\n\n"),
        ({"a": ["{{ number }}", True]}, {"a": [5, True]}),
        ("{{ query('some', number, x=1) }}", ["some", 5, "x"]),
        ("{{ lookup('some', number) }}", "some,5"),
        ("{{ '{{ number }}' }}", "{{ number }}"),
        ("{{ given }}", "{{ number }}"),
    ],
)
def test_a_value_is_what_ansible_makes_of_it(value: Any, expected: Any, role: Expressions) -> None:
    host = Host(
        role, number=5, none=None, rows=["a", "b"], table={"x": 1}, nested={"key": "{{ number }}", "x": "{{ '5' }}"},
        of_nowhere="{{ nowhere }}", given="{{ '{{' ~ ' number }}' }}",
    )  # fmt: skip
    host.values["nested"] = {"key": "{{ number ~ '' }}"}
    assert role.compute(value, host) == expected


@pytest.mark.parametrize("value", [{"a": "{{ nowhere }}"}, ["{{ nowhere }}"], "{{ nowhere.key }}", "{{ nowhere }}x"])
def test_what_is_not_defined_is_an_error(value: Any, role: Expressions) -> None:
    with pytest.raises(jinja2.UndefinedError, match="nowhere"):
        role.compute(value, Host(role))


def test_an_unknown_filter_is_an_error(role: Expressions) -> None:
    with pytest.raises(jinja2.TemplateError, match="thrice"):
        role.compute("{{ 1 | thrice }}", Host(role))


@pytest.mark.parametrize(("on", "text"), [(True, "a b\nin b\n\n"), (False, "in b\n\n")])
def test_a_template_ends_as_it_is_written(on: bool, text: str, role: Expressions) -> None:
    assert role.render("outer.j2", Host(role, on=on, word="{{ 'b' }}")) == text


def test_names_of_templates(role: Expressions) -> None:
    assert role.are_templates(["outer.j2", "inner.j2"])
    assert not role.are_templates(["outer.j2", "other.j2"])
