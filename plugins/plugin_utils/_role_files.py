# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of files of the roles for one host after another, in one process.

A task for each host and role starts a process for each; with hundreds of hosts that is most of the time. Here each
variable has the value that it has in a task of the role on that host.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple

import jinja2
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, lookup_loader, test_loader
from ansible.template import Templar
from jinja2.runtime import missing

from ..filter import render
from ..module_utils._errors import LvsError
from ..module_utils._host.places import STACK
from ._action import LvsAction
from ._expressions import Expressions
from ._fit.shape import HostFacts
from ._model.shape import HostSlice
from ._plain import plain
from ._preview.files import Digests, digests

Tree = dict[str, Any]

_COLLECTION = Path(__file__).resolve().parents[2]
# Roles that all others depend on, in the order in which they come.
_SHARED = ("topology", "host")
# What a computation raises where a variable is not what it has to be.
_WRONG = (
    AnsibleError,
    LvsError,
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_FILTERS = {"vipstack.lvs." + name: one for name, one in render.FilterModule().filters().items()}
_SCALARS = (bool, int, float, type(None))


class _Role(NamedTuple):
    """A role and what it brings, that of the roles that it depends on among it. ``own``: names of its defaults;
    ``trusted``: all as Ansible has it."""

    path: Path
    own: tuple[str, ...]
    defaults: Tree
    variables: Tree
    trusted: tuple[Tree, Tree]
    files: dict[str, str]
    expressions: Expressions


@functools.lru_cache(maxsize=None)
def _role(name: str) -> _Role:
    """Read and compiled once."""
    path = _COLLECTION / "roles" / name
    defaults: Tree = {}
    variables: Tree = {}
    for one in (*_SHARED, name):
        defaults.update(_read(one, "defaults"))
        variables.update(_read(one, "vars"))
    files = {file.name: file.read_text(encoding="utf-8").rstrip() for file in sorted((path / "files").glob("*"))}
    expressions = Expressions(
        path, lambda one: _FILTERS.get(one) or _plugin(filter_loader, one), lambda one: _plugin(test_loader, one)
    )
    expressions.compile(plain(defaults), plain(variables))
    return _Role(
        path,
        tuple(_read(name, "defaults")),
        plain(defaults),
        plain(variables),
        (defaults, variables),
        files,
        expressions,
    )


def compile_roles(*names: str) -> None:
    """A process that Ansible starts for a task then finds them compiled."""
    for name in names:
        _role(name)


def _read(role: str, folder: str) -> Tree:
    path = _COLLECTION / "roles" / role / folder / "main.yml"
    if not path.is_file():
        return {}
    found: Tree = DataLoader().load_from_file(str(path), unsafe=True, trusted_as_template=True)
    return found


def _plugin(loader: Any, name: str) -> Any:
    """A filter or test of Ansible; None where it has none of that name."""
    try:
        found = loader.get(name)
    except KeyError:
        return None
    return found and found.j2_function


class RoleFiles:
    """For an action: of its play, with its variables."""

    def __init__(self, action: LvsAction) -> None:
        self._action = action
        self._topology = {"lvs_model": action.kept_model(), "lvs_stack": STACK._asdict()}
        self._below: Tree = {}
        self._above: Tree = {}
        self._known: Tree = {}
        self._hosts: dict[str, _Host] = {}

    def take_host(self, host: str, mine: HostSlice, facts: HostFacts, **known: Any) -> None:
        """The host that `of` means from now on. ``mine``: its part of the model, settled by its ``facts``; ``known``:
        variables that it has besides, as if a task had registered them."""
        hostvars, task = self._action.variables["hostvars"], self._action._task
        manager = hostvars._variable_manager
        found = manager.get_vars(play=task.get_play(), host=hostvars._inventory.get_host(host), task=task)
        self._take(found, mine, facts, known)

    def take_own(self, mine: HostSlice, facts: HostFacts) -> None:
        """The host of the task, with the variables that the task has."""
        self._take(self._action.variables, mine, facts, {})

    def _take(self, variables: Mapping[str, Any], mine: HostSlice, facts: HostFacts, known: Tree) -> None:
        of_task = self._action.variables
        self._below = {**variables, "ansible_search_path": of_task["ansible_search_path"]}
        self._above = of_task["hostvars"]._variable_manager.extra_vars
        of_host = {**variables["ansible_facts"], "lvs_host": facts} if facts else variables["ansible_facts"]
        self._known = {**self._topology, "lvs_slice": mine, "ansible_facts": of_host, **known}
        self._hosts = {}

    def of(self, role: str) -> Tree | None:
        """``ROLE_files`` of the host as plain data; None where the host has no part in the role."""
        host = self._host(role)
        return None if self._value(host, role + "_model") is None else self._value(host, role + "_files")

    def ready(self, role: str) -> bool:
        """Whether there is nothing to install and nothing to start before the files are written."""
        name = role + "_ready"
        return name not in _role(role).variables or bool(self._value(self._host(role), name))

    def settings(self, role: str) -> Tree:
        """The variables that the role's defaults have, as the host has them."""
        host = self._host(role)
        return {name: self._value(host, name) for name in _role(role).own}

    def digests(self, roles: Iterable[str]) -> Digests:
        """What all files of the roles have to be on the host."""
        found: Digests = {}
        for role in roles:
            found.update(digests(self.of(role) or {}))
        return found

    def family(self) -> str:
        """The family of the distribution that the files are for: the host told it, or the inventory."""
        return str(self._value(self._host("host"), "host_family"))

    def _host(self, role: str) -> _Host:
        if role not in self._hosts:
            self._hosts[role] = _Host(_role(role), self._action._loader, self._known, self._above, self._below)
        return self._hosts[role]

    def _value(self, host: _Host, name: str) -> Any:
        try:
            return host.value(name)
        except _WRONG as error:
            words = getattr(error, "message", None) or error
            what = "role %s on %s: %s" % (host.role.path.name, self._below["inventory_hostname"], words)
            raise AnsibleActionFail(what) from error


class _Host:
    """The variables of one role on one host, each computed once; `Names` of its expressions. What is first here wins:
    what is ``known``, extra variables, the role's own, all others, the role's defaults."""

    def __init__(self, role: _Role, loader: DataLoader, known: Tree, above: Tree, below: Tree) -> None:
        self.role, self._loader = role, loader
        self._known, self._above, self._below = known, above, below
        self._found: Tree = {}

    def value(self, name: str) -> Any:
        found = self.find(name)
        if found is missing or isinstance(found, jinja2.Undefined):
            raise AnsibleError("%s is not defined" % name)
        return found

    def find(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = jinja2.StrictUndefined("%s is a template that reads itself" % name)
            self._found[name] = self._computed(name)
        return self._found[name]

    def _computed(self, name: str) -> Any:
        role = self.role
        if name in self._known:
            return self._known[name]
        if name in self._above:
            return self._templated(self._above[name])
        if name in role.variables:
            return role.expressions.compute(role.variables[name], self)
        if name in self._below:
            return self._templated(self._below[name])
        if name in role.defaults:
            return role.expressions.compute(role.defaults[name], self)
        return constants.DEFAULT_MANAGED_STR if name == "ansible_managed" else missing

    def _templated(self, value: Any) -> Any:
        """What is not of the role, as Ansible templates it."""
        if type(value) in _SCALARS or (isinstance(value, str) and "{" not in value):
            return plain(value)
        return plain(self.templar.template(value))

    @functools.cached_property
    def templar(self) -> Templar:
        """Of a task of the role on the host, for what is not the role's own."""
        return Templar(self._loader, self.all)

    @functools.cached_property
    def all(self) -> Tree:
        """Every variable, not templated."""
        role, (defaults, variables) = self.role, self.role.trusted
        return {
            **defaults, **self._below, **variables, **self._above, **self._known,
            "role_name": role.path.name, "role_path": str(role.path),
            "ansible_search_path": [str(role.path), *self._below["ansible_search_path"]],
        }  # fmt: skip

    def query(self, plugin: str, *terms: Any, **options: Any) -> list[Any]:
        expressions = self.role.expressions
        if plugin == "vipstack.lvs.template" and expressions.are_templates(terms):
            return [expressions.render(name, self) for name in terms]
        if plugin == "ansible.builtin.file" and self.role.files.keys() >= set(terms):
            return [self.role.files[name] for name in terms]
        instance = lookup_loader.get(plugin, loader=self._loader, templar=self.templar)
        found: list[Any] = plain(instance.run(list(terms), variables=self.all, **options))
        return found
