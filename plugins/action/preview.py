# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a part of a preview on the controller. No connection is made."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any, ClassVar, Iterator, Mapping

from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.fit import fit, settle
from ..plugin_utils._fit.shape import HostFacts
from ..plugin_utils._live.result_file import facts_of_hosts, observations_of, require_one_seen
from ..plugin_utils._model.shape import HostSlice, Model
from ..plugin_utils._preview import files
from ..plugin_utils._preview.asked import asked
from ..plugin_utils._preview.live import changes, text
from ..plugin_utils._preview.outage import worst_outage
from ..plugin_utils._preview.request import told
from ..plugin_utils._role_files import RoleFiles

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class ActionModule(LvsAction):
    """Texts from pure functions into DEST/HOST/, those of all hosts of the play in one task."""

    SPEC: ClassVar[dict[str, Any]] = {
        "dest": {"type": "path", "required": True},
        "roles": {"type": "list", "elements": "str", "default": []},
        "facts": {"type": "path"},
        "observed": {"type": "str"},
        "request": {"type": "str", "default": ""},
        "request_headers": {"type": "raw"},
        "request_client": {"type": "str", "default": ""},
    }

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model = self.model()
        if args["request"]:
            said = told(model, asked(args["request"], args["request_headers"], args["request_client"]))
            Display().display("\n" + said)
            return {"changed": False, "files": [], "request": said}
        texts: dict[str, str] = {}
        result: dict[str, Any] = {}
        if args["roles"]:
            facts = self._facts(model, args["facts"])
            texts.update(self._of_hosts(model, args["roles"], facts))
            texts["outage.txt"] = worst_outage(model)
            Display().display("\n" + texts["outage.txt"])
            still_open = _open(model, facts)
            if still_open:
                texts["open.txt"] = still_open
                Display().display(still_open)
        if args["observed"]:
            observations = observations_of(self.variables, args["observed"])
            found = changes(model, observations)
            texts["changes.txt"] = text(found)
            Display().display("\n" + texts["changes.txt"])
            require_one_seen(observations)
            result["changes"] = found
        changed = self._written(Path(args["dest"]), texts)
        return {**result, "changed": bool(changed), "files": changed}

    def _facts(self, model: Model, recorded: str | None) -> dict[str, HostFacts]:
        """What each host told: in this run, else in the file."""
        found = facts_of_hosts(recorded) if recorded else {}
        return {host: self.facts(host) or found.get(host, {}) for host in model["hosts"]}

    def _of_hosts(self, model: Model, roles: list[str], facts: Mapping[str, HostFacts]) -> dict[str, str]:
        """HOST/PATH -> text, for the hosts of the play."""
        lists = RoleFiles(self)
        found: dict[str, str] = {}
        for host in map(str, self.variables["ansible_play_hosts"]):
            if host not in model["hosts"]:
                continue
            mine = settle(model["hosts"][host], facts[host])
            lists.take_host(host, mine, facts[host])
            texts = _beside(mine)
            for role in roles:
                texts.update(files.texts(lists.of(role) or {}))
            found.update(("%s/%s" % (host, path.lstrip("/")), text) for path, text in texts.items())
        return found

    def _written(self, dest: Path, texts: Mapping[str, str]) -> list[str]:
        """Writes the texts that are not there already; their names."""
        names = [name for name, text in sorted(texts.items()) if not _is(dest / name, text)]
        if not self._task.check_mode:
            with _uninterrupted():
                for name in names:
                    _write(dest / name, texts[name])
        return names


def _beside(mine: HostSlice) -> dict[str, str]:
    """What no role makes a file of."""
    found = {}
    if mine["director"] or mine["real_server"]:
        found["addresses"] = files.addresses(mine)
        found["firewall"] = files.openings(mine)
    if mine["director"]:
        found["ipvs.rules"] = files.ipvs_rules(mine["director"]["services"])
    return found


def _open(model: Model, facts: Mapping[str, HostFacts]) -> str:
    """What only the hosts can tell, and did not yet."""
    lines = []
    for host, mine in sorted(model["hosts"].items()):
        lines += ["%s: ? is %s" % (host, words) for words in fit(mine, facts[host]).open]
    return "".join(line + "\n" for line in lines)


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(".%s.new" % path.name)
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """^C comes before all files are written or after, so that a folder is of one preview."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
