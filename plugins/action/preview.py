# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a part of a preview on the controller. No connection is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.fit import fit
from ..plugin_utils._live.result_file import observations_of, require_one_seen
from ..plugin_utils._plain import plain
from ..plugin_utils._preview import files
from ..plugin_utils._preview.live import changes, text
from ..plugin_utils._preview.outage import worst_outage


class ActionModule(LvsAction):
    """Texts from pure functions into DEST/HOST/."""

    SPEC: ClassVar[dict[str, Any]] = {
        "dest": {"type": "path", "required": True},
        "files": {"type": "dict", "options": files.FILES},
        "slice": {"type": "dict"},
        "outage": {"type": "bool", "default": False},
        "observed": {"type": "str"},
    }

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        texts = {"%s/%s" % (self.host, name): text for name, text in self._texts(args).items()}
        result: dict[str, Any] = {}
        if args["outage"]:
            texts["outage.txt"] = worst_outage(self.model())
            Display().display("\n" + texts["outage.txt"])
            still_open = self._open()
            if still_open:
                texts["open.txt"] = still_open
                Display().display(still_open)
        if args["observed"]:
            observations = observations_of(self.variables, args["observed"])
            found = changes(self.model(), observations)
            texts["changes.txt"] = text(found)
            Display().display("\n" + texts["changes.txt"])
            require_one_seen(observations)
            result["changes"] = found
        changed = [name for name, text in sorted(texts.items()) if self._write(Path(args["dest"]) / name, text)]
        return {**result, "changed": bool(changed), "files": changed}

    def _open(self) -> str:
        """What only the hosts can tell, and did not yet."""
        lines = []
        for host, mine in sorted(self.model()["hosts"].items()):
            facts = plain(self.variables["hostvars"][host].get("ansible_facts", {}).get("lvs_host", {}))
            lines += ["%s: ? is %s" % (host, words) for words in fit(mine, facts).open]
        return "".join(line + "\n" for line in lines)

    @staticmethod
    def _texts(args: dict[str, Any]) -> dict[str, str]:
        """Path in the host's folder -> text."""
        found = files.texts(args["files"]) if args["files"] else {}
        texts = {path.lstrip("/"): text for path, text in found.items()}
        if args["slice"]:
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
