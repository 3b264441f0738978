# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module ipvs with its services as one text: Ansible copies and checks thousands of dictionaries slowly."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as Normal

from ..module_utils._ipvs.arguments import packed


class ActionModule(Normal):
    """As every module runs, with other arguments."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._task.args = packed(self._task.args)
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result
