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
from ..plugin_utils._fit.request import of_files
from ..plugin_utils._fit.shape import HostFacts
from ..plugin_utils._live.inspect_request import host_questions, questions
from ..plugin_utils._live.observed import FAILED, SEEN, UNREACHABLE
from ..plugin_utils._model.shape import HostSlice
from ..plugin_utils._plain import plain
from ..plugin_utils._preflight import wire
from ..plugin_utils._preview.files import Digests
from ..plugin_utils._role_files import RoleFiles


class ActionModule(LvsAction):
    """``observation`` in the shape `Observation` of `_live.shape`."""

    SPEC: ClassVar[dict[str, Any]] = {
        "purpose": {
            "type": "str", "choices": ["family", "preflight", "verify", "status", "preview"],
            "default": "verify",
        },
        "roles": {"type": "list", "elements": "str", "default": []},
        "expected": {"type": "str", "default": ""},
        "before": {"type": "dict", "default": {}},
    }  # fmt: skip

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        if args["purpose"] == "family":
            return _with_facts(self._facts(self._of_files()))
        if args["purpose"] == "preflight":
            return _with_facts(self._preflight())
        return {"changed": False, "observation": self._observation(args)}

    def _observation(self, args: dict[str, Any]) -> dict[str, Any]:
        if not args["roles"]:
            return self._look("inspect", questions(self.model_of_host(), self.host, args["purpose"]))
        before = args["before"] or self._facts(self._of_files())
        if before["status"] != SEEN:
            return dict(before)
        model = self.model_of_host(before["facts"])
        expected = self._expected(args, model["hosts"][self.host], before["facts"])
        asked = questions(model, self.host, args["purpose"], expected)
        return {**self._look("inspect", asked), "expected": expected}

    def _expected(self, args: dict[str, Any], mine: HostSlice, facts: HostFacts) -> Digests:
        """What the host's files have to be: as computed for all hosts, unless only this one could tell."""
        computed = self.variables.get(args["expected"], {}).get("hosts", {}).get(self.host)
        director = mine["director"]
        static = director is not None and director["table_owner"] == "static"
        settled_by_host = director != self.kept_model()["hosts"][self.host]["director"]
        if computed and computed["family"] == facts.get("family") and not static and not settled_by_host:
            by_version = [role for role in args["roles"] if role == "nginx" and self._of_files()]
            own = self._lists(mine, facts).digests(by_version) if by_version else {}
            return {**plain(computed["files"]), **own}
        lists = self._lists(mine, facts)
        if static:
            weights = self._remembered_weights((lists.of("director") or {})["weights"])
            lists.take_host(self.host, mine, facts, director_weights=weights)
        return lists.digests(args["roles"])

    def _lists(self, mine: HostSlice, facts: HostFacts) -> RoleFiles:
        lists = RoleFiles(self)
        lists.take_host(self.host, mine, facts)
        return lists

    def _remembered_weights(self, options: dict[str, Any]) -> dict[str, Any]:
        """What is drained by hand: the table that the host restores at boot depends on that."""
        self._task.check_mode = True  # it is only read
        return dict(self._look("weights", options).get("report", {}))

    def _preflight(self) -> dict[str, Any]:
        """The host's facts, and for a director what the network says."""
        mine = self.slice_of_host()
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

    def _of_files(self) -> dict[str, Any]:
        return of_files(self.kept_model()["hosts"][self.host])

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
