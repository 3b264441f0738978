# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of files of the roles for one host after another, in one process.

A task for each host and role starts a process for each; with hundreds of hosts that is most of the time. Here each
variable has the value that it has in a task of the role on that host. What the model says is computed once for a host,
and not templated again at each mention.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterable, NamedTuple

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.template import Templar

from ..module_utils._host.places import STACK
from ._action import LvsAction
from ._fit.shape import HostFacts
from ._model.shape import HostSlice
from ._plain import plain
from ._preview.files import Digests, digests

Tree = dict[str, Any]

_COLLECTION = Path(__file__).resolve().parents[2]
# Roles that all others depend on, in the order in which they come.
_SHARED = ("topology", "host")
_KEY_OF_SLICE = re.compile(r"{{ lvs_slice\.([a-z_]+) }}")


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
        self._topology = {"lvs_model": action.kept_model(), "lvs_stack": STACK._asdict()}
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
        variables = self._use(role)
        variables[role + "_model"] = self._model_of(role)
        return None if variables[role + "_model"] is None else self._value(role, role + "_files")

    def digests(self, roles: Iterable[str]) -> Digests:
        """What all files of the roles have to be on the host."""
        found: Digests = {}
        for role in roles:
            found.update(digests(self.of(role) or {}))
        return found

    def family(self) -> str:
        """The family of the distribution that the files are for: the host told it, or the inventory."""
        self._use("host")
        return str(self._value("host", "host_family"))

    def _model_of(self, role: str) -> Any:
        """The part of the model that the role reads. Where that is a key of the slice, Ansible need not template all
        that is in it."""
        text = self._templar.available_variables[role + "_model"]
        key = _KEY_OF_SLICE.fullmatch(text) if isinstance(text, str) else None
        return self._above["lvs_slice"][key[1]] if key else self._value(role, role + "_model")

    def _use(self, role: str) -> Tree:
        """The variables of a task of the role on the host, which are then those that templates see."""
        one = self._role(role)
        variables = {
            **one.defaults, **self._below, **one.variables, **self._above,
            "role_name": role, "role_path": one.path,
            "ansible_search_path": [one.path, *self._action.variables["ansible_search_path"]],
        }  # fmt: skip
        self._templar.available_variables = variables
        return variables

    def _value(self, role: str, name: str) -> Any:
        variables = self._templar.available_variables
        try:
            return plain(self._templar.template(variables[name]))
        except AnsibleError as error:
            what = "role %s on %s: %s" % (role, variables["inventory_hostname"], error.message)
            raise AnsibleActionFail(what) from error

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
        found: Tree = self._action._loader.load_from_file(str(path), unsafe=True, trusted_as_template=True)
        return found
