# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of files of the roles for one host after another, in one process.

A task for each host and role starts a process for each; with hundreds of hosts that is most of the time. Here each
variable has the value that it has in a task of the role on that host. What the model says is computed once for a host,
and not templated again at each mention.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.template import Templar

from ..module_utils._host.places import STACK
from ._action import LvsAction
from ._fit.shape import HostFacts
from ._model.shape import HostSlice
from ._plain import plain

Tree = dict[str, Any]

_COLLECTION = Path(__file__).resolve().parents[2]
# Roles that all others depend on, in the order in which they come.
_SHARED = ("topology", "host")


class _Role(NamedTuple):
    """Where a role is, and what it brings, that of the roles that it depends on among it."""

    path: str
    defaults: Tree
    variables: Tree


class RoleFiles:
    """For an action: of its play, with its variables."""

    def __init__(self, action: LvsAction) -> None:
        self._action = action
        self._templar = Templar(loader=action._loader, variables={})
        self._topology = {"lvs_model": action.model(), "lvs_stack": STACK._asdict()}
        self._roles: dict[str, _Role] = {}
        self._below: Tree = {}
        self._above: Tree = {}

    def take_host(self, host: str, mine: HostSlice, facts: HostFacts, **known: Any) -> None:
        """The host that `of` means from now on. ``mine``: its part of the model, settled by its ``facts``; ``known``:
        variables that it has besides, as if a task had registered them."""
        hostvars, task = self._action.variables["hostvars"], self._action._task
        manager = hostvars._variable_manager
        found = manager.get_vars(play=task.get_play(), host=hostvars._inventory.get_host(host), task=task)
        found["ansible_facts"] = {**found["ansible_facts"], "lvs_host": facts} if facts else found["ansible_facts"]
        self._below = found
        self._above = {**manager.extra_vars, **self._topology, "lvs_slice": mine, **known}

    def of(self, role: str) -> Tree | None:
        """``ROLE_files`` of the host as plain data; None where the host has no part in the role."""
        one = self._role(role)
        name = one.path.rpartition("/")[2]
        variables = {
            **one.defaults, **self._below, **one.variables, **self._above,
            "role_name": name, "role_path": one.path,
            "ansible_search_path": [one.path, *self._action.variables["ansible_search_path"]],
        }  # fmt: skip
        self._templar.available_variables = variables
        part = variables["%s_model" % name] = self._value(name, variables["%s_model" % name])
        return None if part is None else self._value(name, variables["%s_files" % name])

    def _value(self, role: str, value: Any) -> Any:
        try:
            return plain(self._templar.template(value))
        except AnsibleError as error:
            host = self._templar.available_variables["inventory_hostname"]
            raise AnsibleActionFail("role %s on %s: %s" % (role, host, error.message)) from error

    def _role(self, name: str) -> _Role:
        if name not in self._roles:
            defaults: Tree = {}
            variables: Tree = {}
            for one in (*_SHARED, name):
                defaults.update(self._read(one, "defaults"))
                variables.update(self._read(one, "vars"))
            self._roles[name] = _Role(str(_COLLECTION / "roles" / name), defaults, variables)
        return self._roles[name]

    def _read(self, role: str, folder: str) -> Tree:
        path = _COLLECTION / "roles" / role / folder / "main.yml"
        if not path.is_file():
            return {}
        found: Tree = self._action._loader.load_from_file(str(path), trusted_as_template=True) or {}
        return found
