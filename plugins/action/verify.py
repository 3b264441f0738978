# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what was seen of all hosts together, and shows it. Runs once, on the controller."""

from __future__ import annotations

import shutil
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import LvsError
from ..plugin_utils._live.result_file import as_json, observations_of, write
from ..plugin_utils._plain import plain
from ..plugin_utils._verify.judge import counts, failing, findings, unseen
from ..plugin_utils._verify.text import report, summary

_OUTPUTS = ("table", "json", "none")
# Where the output is no terminal, a log or a pipe, lines may be this long.
_COLUMNS = 160


class ActionModule(ActionBase):
    """Observations -> findings, for people and for machines."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"observed", "output", "result", "strict"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables, args = task_vars or {}, self._task.args
        output = args.get("output", "table")
        if output not in _OUTPUTS:
            raise AnsibleActionFail("output is %s; must be %s" % (output, ", ".join(_OUTPUTS)))
        model = plain(variables["lvs_model"])
        observations = observations_of(variables, str(args.get("observed", "verify_seen")))
        found = findings(model, observations)
        missing = unseen(model, observations)
        bad = failing(found, boolean(args.get("strict", False)))
        verdict = {
            "ok": not bad,
            "failing": bad,
            "summary": summary(found, len(observations)),
            "counts": counts(found),
            "hosts": sorted(observations),
            "unseen": missing,
            "findings": [one.as_dict() for one in found],
        }
        try:
            if args.get("result"):
                write(str(args["result"]), verdict)
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        if output == "json":
            Display().display(as_json(verdict))
        elif output == "table":
            width = shutil.get_terminal_size((_COLUMNS, 25)).columns
            Display().display("\n" + report(found, len(observations), missing, width) + "\n")
        result.update(changed=False, **verdict)
        return result
