# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges all hosts before a run, and stops with all that is wrong. Runs once, on the controller."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.shape import Problem
from ..plugin_utils._live.result_file import as_json, observations_of, write
from ..plugin_utils._plain import plain
from ..plugin_utils._preflight import judge, variables


class ActionModule(LvsAction):
    """Observations of all hosts -> problems, host by host."""

    SPEC: ClassVar[dict[str, Any]] = {
        "observed": {"type": "str", "default": "preflight_seen"},
        "output": {"type": "str", "choices": ["text", "json", "none"], "default": "text"},
        "result": {"type": "path"},
    }

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model = self.model()
        seen = observations_of(self.variables, args["observed"])
        observations = {host: one for host, one in seen.items() if host in model["hosts"]}
        hostvars = self.variables["hostvars"]
        of_roles = {host: _variables(hostvars[host]) for host in observations}
        report = judge.judge(model, observations, of_roles)
        found = judge.as_data(report)
        if args["result"]:
            facts = {host: judge.facts_of(one) for host, one in observations.items()}
            write(args["result"], {**found, "facts": facts})
        if args["output"] == "json":
            Display().display(as_json(found))
        elif args["output"] == "text":
            Display().display("\n" + judge.text(report) + "\n")
        if found["ok"]:
            return {"changed": False, **found}
        # What was shown is not told once more.
        shown = args["output"] != "none"
        return {"changed": False, "failed": True, "msg": found["summary"] if shown else judge.text(report)}


def _variables(hostvars: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the variables of roles that a host has; only these are templated."""
    given, broken = {}, []
    for name in sorted(name for name in hostvars if variables.is_ours(name)):
        near = name in variables.NAMES
        try:
            given[name] = plain(hostvars[name]) if near else None
        except AnsibleError as error:
            broken.append(Problem(name, "no text that can be templated (%s)" % error.message, "one"))
    return [*broken, *variables.problems(given)]
