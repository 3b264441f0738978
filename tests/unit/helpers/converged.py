# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks against hosts that are not there and answer as where nothing is to change: what the controller does.

For the number of tasks of a run, and for the CPU time that a run costs the controller (tests/bench).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import healthy
from controller import as_inventory
from inventory import model_of

from ansible_collections.vipstack.lvs.plugins.module_utils._host.places import STACK
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.request import OUR_KEEPALIVED

ROOT = Path(__file__).resolve().parents[3]
Tree = dict[str, Any]
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)
OF_ROOT = {"mode": "0755", "owner": "root", "group": "root"}
_UNCHANGED: Tree = {"changed": False}
HOST: dict[str, Any] = {
    "family": "Debian",
    "release": 12,
    "addresses": ["127.0.0.1"],
    "paths": {
        **{"/usr/sbin/" + name: OF_ROOT for name in ("ipvsadm", "keepalived", "nginx", "visudo")},
        OUR_KEEPALIVED: OF_ROOT,
        STACK.log: {"mode": "0750", "owner": STACK.script_user, "group": "root"},
    },
    "units": {name: {"active": True, "enabled": True} for name in ("keepalived.service", "nginx.service")},
    "foreign": {"noted": True, "findings": []},
    "users": {STACK.script_user: {"uid": 997, "home": "/nonexistent", "shell": "/usr/sbin/nologin"}},
}
_ANSWERS: dict[str, Tree] = {
    "ping": {"ping": "pong"},
    "host_facts": {"ansible_facts": {"lvs_host": HOST}},
    "kernel": {"diff": [], "reboot_needed": False},
    "real_server_vip": {"diff": [], "files": [], "addresses": []},
    "config_tree": {"files": [], "validated": False, "reloaded": False, "confirmed": False, "rolled_back": False},
    "weights": {"weights": {}, "drained": [], "diff": []},
}


class Run(NamedTuple):
    """What a run of ansible-playbook said, and the CPU seconds that it and its workers took."""

    status: int
    output: str
    cpu: float

    @property
    def tasks(self) -> dict[str, int]:
        """Host -> tasks that were started for it, those among them that were then skipped too."""
        counts = {host: dict(word.split("=") for word in words.split()) for host, words in _RECAP.findall(self.output)}
        return {host: sum(int(one[key]) for key in ("ok", "failed", "skipped")) for host, one in counts.items()}

    def results(self, register: str) -> dict[str, Any]:
        """Host -> what a task named so returned, in a run with ``as_json``."""
        plays = json.loads(self.output[self.output.index("{") :])["plays"]
        found = [task["hosts"] for play in plays for task in play["tasks"] if task["task"]["name"] == register]
        return dict(found[0])


class Hosts:
    """The hosts of an inventory ``{groups, hostvars}``, in a folder."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self.folder = folder
        self.answers = folder / "answers"
        self.answers.mkdir(parents=True)
        self._asked = self.answers / "asked"
        for module, answer in _ANSWERS.items():
            self.answer(module, answer)
        inventory = as_inventory(tree)
        inventory["all"]["vars"] = {
            "ansible_connection": "answers",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        (folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        self.model = json.loads(json.dumps(model_of(tree)))

    def answer(self, module: str, answer: Tree, host: str = "") -> None:
        """What a module says, on all hosts or on one."""
        name = ".".join(part for part in (module, host, "json") if part)
        (self.answers / name).write_text(json.dumps({**_UNCHANGED, **answer}), encoding="utf-8")

    def has_foreign(self, host: str, *findings: Tree) -> None:
        """What other people have set up on a host, before its first run."""
        fact = {**HOST, "foreign": {"noted": False, "findings": findings}}
        self.answer("host_facts", {"ansible_facts": {"lvs_host": fact}}, host)

    def are_healthy(self) -> None:
        """The module inspect finds each host as the model says, but for its files, which it does not find."""
        for host, seen in healthy.observations(self.model).items():
            del seen["report"]["clock"]  # it stands still
            self.answer("inspect", seen["report"], host)

    def asked(self) -> list[tuple[str, str]]:
        """(host, module) of each answer so far."""
        lines = self._asked.read_text(encoding="utf-8").splitlines() if self._asked.exists() else []
        return [(words[0], words[1]) for words in map(str.split, lines)]

    def never_answers(self, module: str, host: str) -> None:
        """A module that a host begins and does not end."""
        os.mkfifo(self.answers / ("%s.%s.json" % (module, host)))

    @property
    def settings(self) -> dict[str, str]:
        """Variables of the environment by which Ansible reaches these hosts."""
        folder = str(Path(__file__).parent / "connection")
        return {"ANSIBLE_CONNECTION_PLUGINS": folder, "ANSWERS": str(self.answers)}

    def write_plays(self, plays: Sequence[Tree]) -> Path:
        """Plays as data, as a playbook."""
        path = self.folder / "playbook.json"
        path.write_text(json.dumps(plays), encoding="utf-8")
        return path

    def play(self, playbook: str | Path, *words: str, forks: int = 5, as_json: bool = False) -> Run:
        """Run a playbook to its end."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        env.update(
            ANSIBLE_FORKS=str(forks),
            ANSIBLE_NOCOLOR="1",
            **self.settings,
            **({"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"} if as_json else {}),
        )
        command = [ROOT / ".venv/bin/ansible-playbook", "-i", self.folder / "hosts.json", playbook, *words]
        log = self.folder / "output"
        with log.open("wb") as said:
            process = subprocess.Popen(
                list(map(str, command)), cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        return Run(process.returncode, log.read_text(encoding="utf-8"), cpu)

    def play_of(self, plays: Sequence[Tree], forks: int = 5, as_json: bool = False) -> Run:
        """The same for plays as data."""
        return self.play(self.write_plays(plays), forks=forks, as_json=as_json)
