# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at one host: the model says what to ask, the modules host_facts and inspect ask. A host that does not answer is
an observation, too."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ..module_utils._host.facts import from_os_release
from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.fit import settle
from ..plugin_utils._live.inspect_request import host_questions, questions
from ..plugin_utils._live.observed import FAILED, SEEN, UNREACHABLE
from ..plugin_utils._plain import plain
from ..plugin_utils._preflight import wire


class ActionModule(LvsAction):
    """``observation`` in the shape `Observation` of `_live.shape`."""

    SPEC: ClassVar[dict[str, Any]] = {
        "purpose": {
            "type": "str", "choices": ["family", "preflight", "verify", "status", "preview"],
            "default": "verify",
        },
        "expected": {"type": "dict", "default": {}},
        "before": {"type": "dict", "default": {}},
    }  # fmt: skip

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        if args["purpose"] == "family":
            return _with_facts(self._facts({}))
        if args["purpose"] == "preflight":
            return _with_facts(self._preflight())
        observation = args["before"]
        if observation.get("status", SEEN) == SEEN:
            asked = questions(self.model_of_host(), self.host, args["purpose"], args["expected"])
            observation = {**self._look("inspect", asked), "expected": args["expected"]}
        return {"changed": False, "observation": observation}

    def _preflight(self) -> dict[str, Any]:
        """The host's facts, and for a director what the network says."""
        mine = self.model_of_host()["hosts"][self.host]
        observation = self._facts(host_questions(mine))
        if observation["status"] == FAILED:
            observation["facts"] = self._distribution()
        if observation["status"] != SEEN:
            return observation
        facts = observation["facts"]
        asked = wire.questions(settle(mine, facts), facts)
        if asked:
            heard = self._look("inspect", asked)
            observation["report"] = heard.get("report", {"network": {"error": heard["message"]}})
        return observation

    def _facts(self, asked: dict[str, Any]) -> dict[str, Any]:
        observation = self._look("host_facts", asked)
        report = observation.pop("report", {})
        return {**observation, "facts": report.get("ansible_facts", {}).get("lvs_host", {})}

    def _distribution(self) -> dict[str, Any]:
        """What can be told of a host on which no module runs."""
        try:
            answer = self._low_level_execute_command("cat /etc/os-release", sudoable=False)
        except AnsibleError:
            return {}
        return from_os_release(str(answer.get("stdout", "")))

    def _look(self, module: str, asked: dict[str, Any]) -> dict[str, Any]:
        before = time.time()
        try:
            report = plain(self.module("vipstack.lvs." + module, asked))
        except AnsibleConnectionFailure as error:
            return {"status": UNREACHABLE, "message": _first_line(error.message)}
        except AnsibleError as error:
            return {"status": FAILED, "message": _first_line(error.message)}
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


def _with_facts(observation: dict[str, Any]) -> dict[str, Any]:
    """The facts of a host that was seen are facts of the play as well."""
    facts = {"lvs_host": observation["facts"]} if observation["status"] == SEEN else {}
    return {"changed": False, "observation": observation, "ansible_facts": facts}


def _first_line(text: Any) -> str:
    return (str(text or "").strip().splitlines() or ["no reason was given"])[0]


def _last_line(text: Any) -> str:
    return (str(text or "").strip().splitlines() or ["no reason was given"])[-1]
