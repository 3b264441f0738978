# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a role have to be, as digests: computed on the controller, no connection is made."""

from __future__ import annotations

import hashlib
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils._plain import plain
from ..plugin_utils._preview.files import of_kernel


class ActionModule(ActionBase):
    """Sets of files as config_tree gets them -> path: digest and mode."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"trees", "kernel"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        trees = plain(self._task.args.get("trees"))
        if not isinstance(trees, list):
            raise AnsibleActionFail("trees is missing; must be a list of sets, each with path and files")
        files = {
            "%s/%s" % (tree["path"].rstrip("/"), file["path"]): _digest(file)
            for tree in trees
            for file in tree["files"]
        }
        kernel = plain(self._task.args.get("kernel"))
        if kernel:
            texts = of_kernel(kernel)
            files.update((path, _digest({"content": text})) for path, text in texts.items())
        result.update(changed=False, files=files)
        return result


def _digest(file: dict[str, Any]) -> dict[str, str] | None:
    """None for a file that has to be absent."""
    if file.get("state", "present") == "absent":
        return None
    return {
        "sha256": hashlib.sha256(str(file["content"]).encode("utf-8", "surrogateescape")).hexdigest(),
        "mode": str(file.get("mode", "0644")).rjust(4, "0"),
    }
