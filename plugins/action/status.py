# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows what there is now, on one screen. Runs once, on the controller."""

from __future__ import annotations

import shutil
from typing import Any, ClassVar

from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._live.result_file import as_json, observations_of, require_one_seen, write
from ..plugin_utils._status.status import status
from ..plugin_utils._status.text import screen

_COLUMNS = 140


class ActionModule(LvsAction):
    """Observations -> one screen, or JSON."""

    SPEC: ClassVar[dict[str, Any]] = {
        "observed": {"type": "str", "default": "status_seen"},
        "output": {"type": "str", "choices": ["text", "json", "none"], "default": "text"},
        "result": {"type": "path"},
    }

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        observations = observations_of(self.variables, args["observed"])
        found = status(self.model(), observations)
        if args["result"]:
            write(args["result"], found)
        if args["output"] == "json":
            Display().display(as_json(found))
        elif args["output"] == "text":
            Display().display("\n" + screen(found, shutil.get_terminal_size((_COLUMNS, 25)).columns) + "\n")
        require_one_seen(observations)
        return {"changed": False, **found}
