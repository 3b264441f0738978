# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows what there is now, on one screen. Runs once, on the controller."""

from __future__ import annotations

import shutil
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import LvsError
from ..plugin_utils._live.result_file import as_json, observations_of, write
from ..plugin_utils._plain import plain
from ..plugin_utils._status.status import status
from ..plugin_utils._status.text import screen

_OUTPUTS = ("text", "json", "none")
_COLUMNS = 140


class ActionModule(ActionBase):
    """Observations -> one screen, or JSON."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"observed", "output", "result"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables, args = task_vars or {}, self._task.args
        output = args.get("output", "text")
        if output not in _OUTPUTS:
            raise AnsibleActionFail("output is %s; must be %s" % (output, ", ".join(_OUTPUTS)))
        observations = observations_of(variables, str(args.get("observed", "status_seen")))
        found = status(plain(variables["lvs_model"]), observations)
        try:
            if args.get("result"):
                write(str(args["result"]), found)
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        if output == "json":
            Display().display(as_json(found))
        elif output == "text":
            Display().display("\n" + screen(found, shutil.get_terminal_size((_COLUMNS, 25)).columns) + "\n")
        result.update(changed=False, **found)
        return result
