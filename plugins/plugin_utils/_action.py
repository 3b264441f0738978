# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions of this collection share: options checked by their specification, and the model."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping

from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase

from ..module_utils._errors import LvsError
from ._model.shape import Model
from ._plain import plain

Tree = dict[str, Any]

_MODEL = "lvs_model"


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
        found: Model = plain(self._lazy_model())
        return found

    def model_of_host(self) -> Model:
        """The model with this host and its cluster only: as much as a task for each host may copy."""
        model = self._lazy_model()
        mine = plain(model["hosts"][self.host])
        return {
            "hosts": {self.host: mine},
            "clusters": {mine["cluster"]: plain(model["clusters"][mine["cluster"]])},
        }

    def _lazy_model(self) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._templar.template(self.variables[_MODEL])
        except (KeyError, AnsibleUndefinedVariable) as error:
            raise AnsibleActionFail("there is no model; run the role vipstack.lvs.topology before") from error
        return found

    def module(self, name: str, options: Tree) -> Tree:
        """The result of a module on the host."""
        found: Tree = self._execute_module(module_name=name, module_args=options, task_vars=self.variables)
        return found
