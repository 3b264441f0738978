# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at one host and stops where it cannot be what its part of the model says."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.fit import fit
from ..plugin_utils._live.inspect_request import host_questions
from ..plugin_utils._plain import plain


class ActionModule(LvsAction):
    """The module host_facts, then `fit`; the fact stays, so that every later task has the settled part."""

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        mine = self.slice_of_host()
        result = self.module("vipstack.lvs.host_facts", host_questions(mine))
        found = plain(result.get("ansible_facts", {})).get("lvs_host")
        problems = fit(mine, found).problems if found else []
        if problems:
            lines = ["this host cannot be set up, and was not changed:", *(one.message for one in problems)]
            shown = [{**one._asdict(), "message": one.message} for one in problems]
            result.update(failed=True, msg="\n  - ".join(lines), problems=shown)
        return result
