# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drains a real server on a director, or puts it back: names checked against the model, files written there."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._errors import LvsError
from ..plugin_utils._live.drain import chosen, drained_by_model
from ..plugin_utils._plain import plain

_STATES = ("drained", "active")


class ActionModule(ActionBase):
    """Names -> the module weights."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"host", "service", "state", "force", "scheme"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables, args = task_vars or {}, self._task.args
        state, host, service = args.get("state", "drained"), str(args.get("host", "")), str(args.get("service", ""))
        if state not in _STATES:
            raise AnsibleActionFail("state is %s; must be %s" % (state, " or ".join(_STATES)))
        model, director = plain(variables["lvs_model"]), variables["inventory_hostname"]
        try:
            services = chosen(model, director, host, service)
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        destinations = model["hosts"][director]["director"]["weights"]
        options = {"destinations": destinations, "scheme": args.get("scheme", "weights")}
        if services:
            force = boolean(args.get("force", False))
            options.update(state=state, host=host, services=services, force=force)
        kept = drained_by_model(model, director, host, services) if state == "active" else []
        if kept:
            words = "%s is drained from %s by the inventory (lvs_state or lvs_drained_services): change it there"
            raise AnsibleActionFail(words % (host, ", ".join(kept)))
        result.update(
            self._execute_module(module_name="vipstack.lvs.weights", module_args=options, task_vars=variables)
        )
        return {**result, "services": services}
