# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions of this collection share: options checked by their specification, and the model."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping, cast

from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.plugins.action import ActionBase

from ..module_utils._errors import LvsError
from ._fit.fit import settle
from ._fit.shape import HostFacts
from ._model.shape import HostSlice, Model
from ._plain import plain

Tree = dict[str, Any]

_MODEL = "lvs_model"
# What the role topology registers, and how `lvs_model` names it.
_REGISTERED = "topology_computed"
_IN_REGISTERED = "{{ %s.model }}" % _REGISTERED
# How Ansible speaks with modules: imported once, before workers start, and not once in each of them.
_PRELOADED = (
    get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE),
    get_module_decoder("legacy", Direction.MODULE_TO_CONTROLLER),
)


class LvsAction(ActionBase):  # type: ignore[misc]
    """Checks the options by ``SPEC``, then calls `act`; an LvsError is the task's failure."""

    SPEC: ClassVar[Tree] = {}
    """As AnsibleModule takes it; the same options as in the documentation of the module of that name."""

    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: Tree | None = None) -> Tree:
        result: Tree = super().run(tmp, task_vars)
        self.variables: Mapping[str, Any] = task_vars or {}
        _validated, args = self.validate_argument_spec(self.SPEC)
        try:
            result.update(self.act(plain(args)))
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        return result

    def act(self, args: Tree) -> Tree:
        """The result of the task. ``args``: plain data, with the defaults of the specification."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        return str(self.variables["inventory_hostname"])

    def model(self) -> Model:
        """The whole model, as plain data."""
        found: Model = plain(self.kept_model())
        return found

    def model_of_host(self, facts: HostFacts | None = None) -> Model:
        """As much as each host may copy: this host, as its facts settle it, its cluster, and what its directors are
        apart from their services. ``facts``: what the host told, where that is no fact of the play."""
        model = self.kept_model()
        mine = settle(plain(model["hosts"][self.host]), self.facts() if facts is None else facts)
        cluster = plain(model["clusters"][mine["cluster"]])
        directors = {host: _without_services(model["hosts"][host]) for host in cluster["directors"]}
        return {"hosts": {**directors, self.host: mine}, "clusters": {mine["cluster"]: cluster}}

    def slice_of_host(self) -> HostSlice:
        """This host's part of the model, as its facts settle it."""
        return settle(plain(self.kept_model()["hosts"][self.host]), self.facts())

    def facts(self, host: str = "") -> HostFacts:
        """What this host, or another one, told of itself in this run; empty where it was not asked."""
        variables = self.variables["hostvars"].raw_get(host) if host else self.variables
        found: HostFacts = plain(variables.get("ansible_facts", {}).get("lvs_host", {}))
        return found

    def kept_model(self) -> Mapping[str, Any]:
        """The model as it is kept, to be read in places. What a task registered has no templates, and to look for them
        would take seconds."""
        registered = self.variables.get(_REGISTERED)
        if self.variables.get(_MODEL) == _IN_REGISTERED and isinstance(registered, Mapping) and "model" in registered:
            return cast(Mapping[str, Any], registered["model"])
        try:
            found: Mapping[str, Any] = self._templar.template(self.variables[_MODEL])
        except (KeyError, AnsibleUndefinedVariable) as error:
            words = "there is no model, as the task that computes it was left out: run vipstack.lvs.topology before"
            raise AnsibleActionFail(words) from error
        return found

    def module(self, name: str, options: Tree) -> Tree:
        """The result of a module on the host."""
        found: Tree = self._execute_module(module_name=name, module_args=options, task_vars=self.variables)
        return found


def _without_services(mine: Mapping[str, Any]) -> HostSlice:
    """A director without what grows with the services."""
    director = {key: [] if key in ("services", "weights") else plain(item) for key, item in mine["director"].items()}
    found: Any = {**mine, "director": director, "real_server": None, "nginx": None}
    return cast(HostSlice, plain(found))
