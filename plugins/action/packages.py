# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs packages; where apt does not find one, its lists are refreshed once."""

from __future__ import annotations

from typing import Any, ClassVar

from ..plugin_utils._action import LvsAction


class ActionModule(LvsAction):
    """Runs the module of the package manager, and that of apt up to three times."""

    SPEC: ClassVar[dict[str, Any]] = {
        "name": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "latest"], "default": "present"},
        "manager": {"type": "str", "choices": ["apt", "dnf"], "required": True},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        manager = "ansible.builtin." + args["manager"]
        options = {"name": args["name"], "state": args["state"]}
        first = self.module(manager, options)
        if not first.get("failed") or args["manager"] != "apt":
            return first
        if self._task.check_mode:
            words = "%s, as apt's lists are now; a run refreshes them" % first.get("msg", "it failed")
            return {"changed": True, "msg": words}
        refreshed = self.module(manager, {"update_cache": True})
        if refreshed.get("failed"):
            words = "%s; and apt's lists cannot be refreshed: %s"
            return {**first, "msg": words % (first.get("msg", "it failed"), refreshed.get("msg", "it failed"))}
        return self.module(manager, options)
