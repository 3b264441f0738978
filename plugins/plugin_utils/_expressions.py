# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables and templates of a role, compiled once and computed by Jinja alone.

Ansible compiles a template anew at each mention of its variable, on each host; of a large inventory that is most of the
time. Only what the collection itself has written is computed here. What an inventory says is Ansible's to template.
"""

from __future__ import annotations

import functools
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Protocol

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, missing

_Compiled = Callable[[Mapping[str, Any]], Any]
# Where a context has what its names mean: no name of a template.
_NAMES = " names"
# Of Ansible, but for undefined values of its own kind.
_OF_JINJA = ("default", "d")
_LAZY = (Iterator, KeysView, ValuesView, ItemsView)


class Names(Protocol):
    """The variables of a host, and what Ansible's functions of templates give there."""

    def find(self, name: str) -> Any:
        """The variable, computed; `missing` where there is none."""

    def query(self, plugin: str, *terms: Any, **options: Any) -> list[Any]:
        """What a lookup gives."""


class Expressions:
    """Of one role. ``filters``, ``tests``: give a plugin by its name, None where there is none."""

    def __init__(self, role: Path, filters: Callable[[str], Any], tests: Callable[[str], Any]) -> None:
        # As Ansible sets it up; what is written are no pages.
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(role / "templates"), undefined=jinja2.StrictUndefined,
            trim_blocks=True, autoescape=False, auto_reload=False,
        )  # fmt: skip
        self._environment.context_class = _Context
        self._environment.filters = _Plugins(self._environment.filters, filters)
        self._environment.tests = _Plugins(self._environment.tests, tests)
        self._environment.globals.update(lookup=_lookup, query=_query)
        self._compiled: dict[str, _Compiled] = {}
        self._templates: dict[str, tuple[jinja2.Template, str]] = {}

    def compile(self, *values: Any) -> None:
        """The role's templates and those in values of variables, so that they need not be when they are computed."""
        environment = self._environment
        for name in environment.list_templates():
            text, _path, _fresh = environment.loader.get_source(environment, name)
            self._templates[name] = (environment.get_template(name), text)
        todo = list(values)
        while todo:
            one = todo.pop()
            if isinstance(one, str):
                self._of(one)
            elif isinstance(one, (list, Mapping)):
                todo += one.values() if isinstance(one, Mapping) else one

    def are_templates(self, names: Iterable[str]) -> bool:
        """Whether all are names of templates of the role."""
        return self._templates.keys() >= set(names)

    def compute(self, value: Any, names: Names) -> Any:
        """The value of a variable, all templates in it computed. Undefined where it is one."""
        if isinstance(value, str):
            return _ended(_listed(self._of(value)({_NAMES: names})), value)
        if isinstance(value, Mapping):
            return {key: _defined(self.compute(item, names)) for key, item in value.items()}
        if isinstance(value, list):
            return [_defined(self.compute(item, names)) for item in value]
        return value

    def render(self, template: str, names: Names) -> str:
        """The text of a template of the role."""
        compiled, text = self._templates[template]
        return str(_ended(compiled.render({_NAMES: names}), text))

    def _of(self, text: str) -> _Compiled:
        if text not in self._compiled:
            self._compiled[text] = self._compile(text)
        return self._compiled[text]

    def _compile(self, text: str) -> _Compiled:
        if "{{" not in text and "{%" not in text:
            return lambda _names: text
        body = self._environment.parse(text).body
        (printed,) = body if len(body) == 1 and isinstance(body[0], nodes.Output) else (nodes.Output([]),)
        if len(printed.nodes) == 1 and not isinstance(printed.nodes[0], nodes.TemplateData):
            start, end = text.index("{{") + 2, text.rindex("}}")
            # An expression alone keeps its type.
            alone: _Compiled = self._environment.compile_expression(text[start:end].strip("-"), undefined_to_none=False)
            return alone
        whole: _Compiled = self._environment.from_string(text).render
        return whole


class _Context(Context):  # type: ignore[misc]
    """A name that is not the template's own is a variable."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return self.parent[_NAMES].find(key) if found is missing and _NAMES in self.parent else found


@jinja2.pass_context  # type: ignore[untyped-decorator]
def _query(context: Context, plugin: str, *terms: Any, **options: Any) -> list[Any]:
    found: list[Any] = context.parent[_NAMES].query(plugin, *terms, **options)
    return found


@jinja2.pass_context  # type: ignore[untyped-decorator]
def _lookup(context: Context, plugin: str, *terms: Any, **options: Any) -> Any:
    found = _query(context, plugin, *terms, **options)
    return found[0] if len(found) == 1 else ",".join(map(str, found))


class _Plugins(dict):  # type: ignore[type-arg]
    """Filters or tests: those of Ansible where it has one of that name, as in Ansible, else those of Jinja."""

    def __init__(self, of_jinja: Mapping[str, Any], load: Callable[[str], Any]) -> None:
        super().__init__()
        self._of_jinja, self._load = of_jinja, load

    def __missing__(self, name: str) -> Any:
        found = (None if name in _OF_JINJA else self._load(name)) or self._of_jinja[name]

        # What it gives as it is asked is a list for the next filter, as in Ansible.
        @functools.wraps(found, updated=())
        def plugin(*args: Any, **options: Any) -> Any:
            return _listed(found(*args, **options))

        for mark in filter(None, (getattr(found, "jinja_pass_arg", None),)):
            plugin.jinja_pass_arg = mark  # type: ignore[attr-defined]
        self[name] = plugin
        return plugin

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None

    def get(self, name: Any, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, _LAZY) else value


def _ended(found: Any, template: str) -> Any:
    """A text ends in as many newlines as its template. Jinja takes one of them away."""
    if not isinstance(found, str):
        return found
    return found + "\n" * (len(template) - len(template.rstrip("\n")) - len(found) + len(found.rstrip("\n")))


def _defined(value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises
    return value
