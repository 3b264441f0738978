# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at one host: the model says what to ask, the module inspect asks. A host that does not answer is an
observation, too."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ..plugin_utils._live.inspect_request import VIPS_UNIT, questions
from ..plugin_utils._live.observed import FAILED, SEEN, UNREACHABLE
from ..plugin_utils._plain import plain

_PURPOSES = ("family", "verify", "status", "preview")


class ActionModule(ActionBase):
    """``observation`` in the shape `Observation` of `_live.shape`."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"purpose", "expected", "before", "vips_unit"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        args = self._task.args
        purpose = args.get("purpose", "verify")
        if purpose not in _PURPOSES:
            raise AnsibleActionFail("purpose is %s; must be %s" % (purpose, ", ".join(_PURPOSES)))
        if "lvs_model" not in variables:
            raise AnsibleActionFail("there is no model; run the role vipstack.lvs.topology before")
        expected = plain(args.get("expected") or {})
        observation = plain(args.get("before") or {})
        if purpose == "family":
            observation = self._look("host_facts", {}, variables)
            result["ansible_facts"] = observation.pop("report", {}).get("ansible_facts", {})
        elif observation.get("status", SEEN) == SEEN:
            model, host = plain(variables["lvs_model"]), str(variables["inventory_hostname"])
            asked = questions(model, host, purpose, expected, args.get("vips_unit") or VIPS_UNIT)
            observation = {**self._look("inspect", asked, variables), "expected": expected}
        result.update(changed=False, observation=observation)
        return result

    def _look(self, module: str, asked: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        before = time.time()
        try:
            report = plain(
                self._execute_module(module_name="vipstack.lvs." + module, module_args=asked, task_vars=variables)
            )
        except AnsibleConnectionFailure as error:
            return {"status": UNREACHABLE, "message": _first_line(error.message)}
        after = time.time()
        if report.get("unreachable"):
            return {"status": UNREACHABLE, "message": _first_line(report.get("msg"))}
        if report.get("failed"):
            words = report.get("module_stderr") or report.get("msg")
            return {"status": FAILED, "message": _last_line(words)}
        for name in ("invocation", "changed", "warnings", "deprecations"):
            report.pop(name, None)
        report = {name: value for name, value in report.items() if not name.startswith("_ansible")}
        return {"status": SEEN, "message": "", "report": report, "asked": before, "answered": after}


def _first_line(text: Any) -> str:
    return (str(text or "").strip().splitlines() or ["no reason was given"])[0]


def _last_line(text: Any) -> str:
    return (str(text or "").strip().splitlines() or ["no reason was given"])[-1]
