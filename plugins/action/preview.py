# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a part of a preview on the controller. No connection is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import LvsError
from ..plugin_utils._live.result_file import observations_of
from ..plugin_utils._plain import plain
from ..plugin_utils._preview import files
from ..plugin_utils._preview.live import changes, text
from ..plugin_utils._preview.outage import worst_outage


class ActionModule(ActionBase):
    """Texts from pure functions into DEST/HOST/."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"dest", "trees", "secrets", "kernel", "weights", "vips", "slice", "outage", "observed"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = self._task.args
        if not args.get("dest"):
            raise AnsibleActionFail("dest is missing; must be a folder on the controller")
        try:
            texts = self._texts(args)
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        variables, dest = task_vars or {}, Path(args["dest"]).expanduser()
        host = variables["inventory_hostname"]
        texts = {"%s/%s" % (host, name): text for name, text in texts.items()}
        if boolean(args.get("outage", False)):
            texts["outage.txt"] = worst_outage(plain(variables["lvs_model"]))
            Display().display("\n" + texts["outage.txt"])
        if args.get("observed"):
            found = changes(plain(variables["lvs_model"]), observations_of(variables, str(args["observed"])))
            texts["changes.txt"] = text(found)
            Display().display("\n" + texts["changes.txt"])
            result["changes"] = found
        changed = [name for name, text in sorted(texts.items()) if self._write(dest / name, text)]
        result.update(changed=bool(changed), files=changed)
        return result

    @staticmethod
    def _texts(args: dict[str, Any]) -> dict[str, str]:
        """Path in the host's folder -> text."""
        found = files.of_trees(args.get("trees") or [], args.get("secrets") or [])
        if args.get("kernel"):
            found.update(files.of_kernel(args["kernel"]))
        if args.get("weights"):
            found.update(files.of_weights(args["weights"]))
        if args.get("vips"):
            found.update(files.of_vips(args["vips"]))
        texts = {path.lstrip("/"): text for path, text in found.items()}
        if args.get("slice"):
            texts["addresses"] = files.addresses(args["slice"])
            if args["slice"].get("director"):
                texts["ipvs.rules"] = files.ipvs_rules(args["slice"]["director"]["services"])
        return texts

    def _write(self, path: Path, text: str) -> bool:
        """True where the file was not like that already."""
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        if not self._task.check_mode:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return True
