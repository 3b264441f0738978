# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what was seen of all hosts together, and shows it. Runs once, on the controller."""

from __future__ import annotations

import shutil
from typing import Any, ClassVar

from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._live.result_file import as_json, observations_of, write
from ..plugin_utils._verify.judge import counts, failing, findings, unseen
from ..plugin_utils._verify.text import report, summary

# Where the output is no terminal, a log or a pipe, lines may be this long.
_COLUMNS = 160


class ActionModule(LvsAction):
    """Observations -> findings, for people and for machines."""

    SPEC: ClassVar[dict[str, Any]] = {
        "observed": {"type": "str", "default": "verify_seen"},
        "output": {"type": "str", "choices": ["table", "json", "none"], "default": "table"},
        "result": {"type": "path"},
        "strict": {"type": "bool", "default": False},
    }

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model = self.model()
        observations = observations_of(self.variables, args["observed"])
        found = findings(model, observations)
        missing = unseen(model, observations)
        bad = failing(found, args["strict"])
        verdict = {
            "ok": not bad,
            "failing": bad,
            "summary": summary(found, len(observations)),
            "counts": counts(found),
            "hosts": sorted(observations),
            "unseen": missing,
            "findings": [one.as_dict() for one in found],
        }
        if args["result"]:
            write(args["result"], verdict)
        if args["output"] == "json":
            Display().display(as_json(verdict))
        elif args["output"] == "table":
            width = shutil.get_terminal_size((_COLUMNS, 25)).columns
            Display().display("\n" + report(found, len(observations), missing, width) + "\n")
        return {"changed": False, **verdict}
