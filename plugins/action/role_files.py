# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a role's list of files has on a host: one task, whose modules are as many as the list has kinds."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping

from ansible.errors import AnsibleActionFail

from ..plugin_utils import _role_files
from ..plugin_utils._action import LvsAction
from ..plugin_utils._preflight.variables import problems

# What many hosts have: before Ansible starts workers, and not once in each of them.
_role_files.compile_roles("real_server", "nginx", "director", "keepalived")


class ActionModule(LvsAction):
    """A role's name -> the results of its modules as one."""

    SPEC: ClassVar[dict[str, Any]] = {
        "role": {"type": "str", "required": True},
        "only_ready": {"type": "bool", "default": False},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        role, facts = args["role"], self.facts()
        lists = _role_files.RoleFiles(self)
        lists.take_own(self.slice_of_host(), facts)
        wrong = problems(lists.settings(role))
        if wrong:
            raise AnsibleActionFail(
                "\n  - ".join(["the role %s has wrong variables:" % role, *(one.message for one in wrong)])
            )
        files = lists.of(role)
        if files is None:
            return _skipped("the host has no part in the role", done=True)
        if args["only_ready"] and not lists.ready(role):
            return _skipped("something is to be installed", done=False)
        result: dict[str, Any] = {"changed": False, "diff": []}
        for module, options in _modules(files):
            result = _with(result, self.module("vipstack.lvs." + module, options))
            if result.get("failed") or result.get("unreachable"):
                return result
        return {**result, "done": True, "later": bool(files.get("later"))}


def _skipped(why: str, done: bool) -> dict[str, Any]:
    return {"changed": False, "done": done, "later": False, "skipped": True, "skip_reason": why}


def _modules(files: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Modules and their options in the order in which they run: VIPs are silent before anything answers for them."""
    found: list[tuple[str, dict[str, Any]]] = []
    if files.get("vips"):
        found.append(("real_server_vip", {**files["vips"], "purge": True}))
    if files.get("kernel"):
        found.append(("kernel", files["kernel"]))
    if files.get("sets"):
        found.append(("config_tree", {"sets": files["sets"]}))
    if files.get("weights"):
        found.append(("weights", files["weights"]))
    return found


def _with(result: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two results as one: changed where one is, and the lines of both."""
    lines = [*result["diff"], *_listed(more.get("diff"))]
    warnings = [*result.get("warnings", ()), *more.get("warnings", ())]
    found = {**result, **more, "changed": result["changed"] or bool(more.get("changed")), "diff": lines}
    return {**found, "warnings": warnings} if warnings else found


def _listed(diff: Any) -> list[Any]:
    return list(diff) if isinstance(diff, (list, tuple)) else [diff] if diff else []
