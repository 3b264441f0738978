# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of many hosts, templated: what `hostvars[HOST][NAME]` gives, but what hosts share is templated once.

Hosts share a variable where it is the same object for them, as that of a group, of a file or of the command line is,
and where they share every variable that the templates in it name. A template that may read others, too, by a lookup or
a filter of somebody else, is shared with nobody.
"""

from __future__ import annotations

from typing import Any, Hashable, Iterator, Mapping, NamedTuple

import jinja2
import jinja2.filters
import jinja2.tests
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, test_loader
from ansible.template import Templar
from jinja2 import nodes

from ._plain import plain

# Names by which a template reaches every variable, and statements that run another template.
_REACHES_ALL = frozenset({"lookup", "query", "q", "vars", "hostvars"})
_RUNS_ANOTHER = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
# Filters that take the name of a filter or of a test as text: in which argument.
_NAMED_FILTER = {"map": 0}
_NAMED_TEST = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
_SCALARS = (bool, int, float, str)
_SYNTAX = jinja2.Environment(autoescape=False)


class _NotShared(Exception):
    """It is not known what a template reads."""


class _Reads(NamedTuple):
    """Whether there is a template in a value, and the names in all of them."""

    template: bool
    names: frozenset[str]


class SharedVariables:
    """Variables of one host after another. An error is the same as without sharing, as the first host has it."""

    def __init__(self, loader: DataLoader) -> None:
        self._templar = Templar(loader=loader, variables={})
        self._reads: dict[int, _Reads | None] = {}
        self._kept: list[Any] = []  # an object that is gone may leave its id to another
        # What a variable depends on, as a number; results by that number; those of the present host by name.
        self._numbers: dict[Hashable, int] = {}
        self._results: dict[int, Any] = {}
        self._of_host: dict[str, int] = {}

    def take_host(self, variables: dict[str, Any]) -> None:
        """The host that `value` means from now on, by its variables as `HostVars.raw_get` has them."""
        self._templar.available_variables = variables
        self._of_host = {}

    def value(self, name: str) -> Any:
        """A variable as plain data; AnsibleError where it cannot be templated."""
        variables = self._templar.available_variables
        try:
            number = self._number(name, variables, ())
        except _NotShared:
            return self._template(variables[name])
        if number not in self._results:
            self._results[number] = self._template(variables[name])
        return self._results[number]

    def _template(self, value: Any) -> Any:
        return plain(self._templar.template(value))

    def _number(self, name: str, variables: Mapping[str, Any], within: tuple[str, ...]) -> int:
        """Two hosts that have the same number for a variable have the same value."""
        if name in within:
            raise _NotShared  # a template that reads itself
        if name not in self._of_host:
            depends: list[Hashable] = []
            if name in variables:
                reads = self._reads_of(variables[name])
                depends += [_identity(variables[name], reads.template)]
                depends += [(one, self._number(one, variables, (*within, name))) for one in sorted(reads.names)]
            self._of_host[name] = self._numbers.setdefault(tuple(depends), len(self._numbers))
        return self._of_host[name]

    def _reads_of(self, value: Any) -> _Reads:
        if id(value) not in self._reads:
            self._kept.append(value)
            templates = [text for text in _texts(value) if self._templar.is_possibly_template(text)]
            try:
                self._reads[id(value)] = _Reads(bool(templates), frozenset().union(*map(names_in, templates)))
            except _NotShared:
                self._reads[id(value)] = None
        reads = self._reads[id(value)]
        if reads is None:
            raise _NotShared
        return reads


def _identity(value: Any, template: bool) -> Hashable:
    """Of a scalar its value, of anything else which object; also of a template, as not all are trusted."""
    for kind in () if template else _SCALARS:
        if isinstance(value, kind):
            return kind.__name__, kind(value)
    return "object", id(value)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, but not encrypted ones: Ansible does not take them for templates."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def names_in(template: str) -> frozenset[str]:
    """The names that a template may read; _NotShared where there may be others."""
    if template.startswith("#jinja2:"):
        raise _NotShared  # it has delimiters of its own
    try:
        tree = _SYNTAX.parse(template)
    except jinja2.TemplateError as error:
        raise _NotShared from error
    names = frozenset(node.name for node in tree.find_all(nodes.Name))
    if names & _REACHES_ALL or any(tree.find_all(_RUNS_ANOTHER)) or not all(map(_is_known, _plugins_in(tree))):
        raise _NotShared
    return names


def _plugins_in(tree: nodes.Template) -> Iterator[tuple[bool, str]]:
    """Whether it is a test, and the name, of each filter and test; a name that is computed is empty."""
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        yield isinstance(node, nodes.Test), node.name
        if isinstance(node, nodes.Filter):
            place = _NAMED_FILTER.get(node.name, _NAMED_TEST.get(node.name))
            for argument in node.args[place : place + 1] if place is not None else ():
                name = argument.value if isinstance(argument, nodes.Const) else ""
                yield node.name in _NAMED_TEST, str(name)
            if node.dyn_args or node.dyn_kwargs:
                yield False, ""


def _is_known(plugin: tuple[bool, str]) -> bool:
    """Whether a filter or test is one of Jinja or Ansible; none of theirs looks for variables by itself."""
    test, name = plugin
    if name in (jinja2.tests.TESTS if test else jinja2.filters.FILTERS):
        return True
    try:
        found = (test_loader if test else filter_loader).get(name)
    except (AnsibleError, KeyError):
        return False
    return found is not None and str(found.ansible_name).startswith("ansible.builtin.")
