# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what was seen of all hosts together, and shows it. Runs once, on the controller."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.vipstack.lvs.plugins.plugin_utils._findings import counts, failing, findings, unseen
from ansible_collections.vipstack.lvs.plugins.plugin_utils._findings_text import report, summary
from ansible_collections.vipstack.lvs.plugins.plugin_utils._plain import plain
from ansible_collections.vipstack.lvs.plugins.plugin_utils._seen import FAILED

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
        verdict = {
            "ok": not failing(found, boolean(args.get("strict", False))),
            "failing": failing(found, boolean(args.get("strict", False))),
            "summary": summary(found, len(observations)),
            "counts": counts(found),
            "hosts": sorted(observations),
            "unseen": missing,
            "findings": [one.as_dict() for one in found],
        }
        if args.get("result"):
            _write(Path(str(args["result"])), verdict)
        if output == "json":
            Display().display(json.dumps(verdict, indent=2))
        elif output == "table":
            width = shutil.get_terminal_size((_COLUMNS, 25)).columns
            Display().display("\n" + report(found, len(observations), missing, width))
        result.update(changed=False, **verdict)
        return result


def observations_of(variables: dict[str, Any], register: str) -> dict[str, Any]:
    """What the action observe registered for each host of the play; a host that never came so far has failed."""
    lost = {"status": FAILED, "message": "an earlier task failed on it"}
    hosts = map(str, variables["ansible_play_hosts_all"])
    return {host: plain(variables["hostvars"][host].get(register, {}).get("observation", lost)) for host in hosts}


def _write(path: Path, verdict: dict[str, Any]) -> None:
    """The verdict as JSON; also in check mode, since it is the run's answer and not a change of anything managed."""
    try:
        path.expanduser().parent.mkdir(parents=True, exist_ok=True)
        path.expanduser().write_text(json.dumps(verdict, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise AnsibleActionFail("result: %s cannot be written: %s" % (path, error.strerror)) from error
