# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at one host: the model says what to ask, the module inspect asks. A host that does not answer is an
observation, too."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure

from ..plugin_utils._action import LvsAction
from ..plugin_utils._live.inspect_request import questions
from ..plugin_utils._live.observed import FAILED, SEEN, UNREACHABLE
from ..plugin_utils._plain import plain


class ActionModule(LvsAction):
    """``observation`` in the shape `Observation` of `_live.shape`."""

    SPEC: ClassVar[dict[str, Any]] = {
        "purpose": {"type": "str", "choices": ["family", "verify", "status", "preview"], "default": "verify"},
        "expected": {"type": "dict", "default": {}},
        "before": {"type": "dict", "default": {}},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        if args["purpose"] == "family":
            observation = self._look("host_facts", {})
            facts = observation.pop("report", {}).get("ansible_facts", {})
            return {"changed": False, "observation": observation, "ansible_facts": facts}
        observation = args["before"]
        if observation.get("status", SEEN) == SEEN:
            asked = questions(self.model_of_host(), self.host, args["purpose"], args["expected"])
            observation = {**self._look("inspect", asked), "expected": args["expected"]}
        return {"changed": False, "observation": observation}

    def _look(self, module: str, asked: dict[str, Any]) -> dict[str, Any]:
        before = time.time()
        try:
            report = plain(self.module("vipstack.lvs." + module, asked))
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
