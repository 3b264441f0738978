# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a role have to be, as digests: computed on the controller, no connection is made."""

from __future__ import annotations

from typing import Any, ClassVar

from ..plugin_utils._action import LvsAction
from ..plugin_utils._preview.files import FILES, digests


class ActionModule(LvsAction):
    """A role's list of files -> path: digest and mode."""

    SPEC: ClassVar[dict[str, Any]] = {"files": {"type": "dict", "required": True, "options": FILES}}

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"changed": False, "files": digests(args["files"])}
