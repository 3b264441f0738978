# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of /proc, systemd and the transition log, and what this machine says where it can be known."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._host import system

SHOW = """NRestarts=2
Id=nginx.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
ActiveEnterTimestampMonotonic=5000000
MainPID=412
Result=success

Id=nosuch.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
ActiveEnterTimestampMonotonic=0
MainPID=0
Result=success
"""


def test_units() -> None:
    found = system.parse_units(SHOW, ["nginx.service", "nosuch.service"], 1000.0)
    assert found["nginx.service"] == {
        "load": "loaded",
        "active": "active",
        "sub": "running",
        "enabled": "enabled",
        "restarts": 2,
        "since": 1005.0,
        "pid": 412,
        "result": "success",
    }
    assert found["nosuch.service"]["load"] == "not-found"
    assert found["nosuch.service"]["since"] is found["nosuch.service"]["pid"] is None


MAPS = """\
55d0-55d1 r--p 00000000 08:01 131 /usr/sbin/nginx (deleted)
55d1-55d2 r-xp 00001000 08:01 131 /usr/sbin/nginx (deleted)
7f00-7f01 r-xp 00000000 08:01 140 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f01-7f02 r-xp 00000000 08:01 141 /usr/lib/x86_64-linux-gnu/libc.so.6
7f02-7f03 rw-p 00000000 08:01 142 /usr/lib/x86_64-linux-gnu/libz.so.1 (deleted)
7f03-7f04 r-xs 00000000 00:01 2059 /dev/zero (deleted)
7f04-7f05 r-xp 00000000 00:01 2060 /memfd:jit (deleted)
"""


def test_only_code_that_was_replaced_is_outdated() -> None:
    assert system.replaced_files(MAPS) == ["/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/sbin/nginx"]
    assert system.replaced_files("") == []


def test_transitions_keep_the_last_and_skip_what_is_none() -> None:
    text = (
        "2026-11-24T14:53:48+0000 web BACKUP\n"
        "half a line\n"
        "2026-11-24T14:53:49+0100 web master\n"
        "2026-13-24T14:53:49+0100 web MASTER\n"
        "2026-11-24T14:53:50+0000 web_v6 FAULT\n"
    )
    assert system.parse_transitions(text, 2) == [
        {"epoch": 1795528429.0, "instance": "web", "state": "MASTER"},
        {"epoch": 1795532030.0, "instance": "web_v6", "state": "FAULT"},
    ]
    assert system.parse_transitions(text, 0) == []


def test_transitions_read_on_across_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "transitions.log"
    (tmp_path / "transitions.log.1").write_text("2026-11-24T14:53:48+0000 web BACKUP\n")
    log.write_text("2026-11-24T14:53:49+0000 web MASTER\n")
    assert [entry["state"] for entry in system.transitions(5, str(log))] == ["BACKUP", "MASTER"]
    assert system.transitions(5, str(tmp_path / "none")) == []


def test_a_daemon_that_ends_itself_in_its_own_test_is_deaf_to_that() -> None:
    says = ["/bin/sh", "-c", "kill -TERM $$; echo auth_pass tellnoone; exit 3"]
    assert system.config_test(says, silent=True) == {"ok": False, "status": -15, "output": ""}
    assert system.config_test(says, silent=True, deaf=True) == {
        "ok": False,
        "status": 3,
        "output": "auth_pass ********",
    }


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    path.chmod(0o640)
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("nowhere")
    found = system.file_facts(str(path))
    assert (found["mode"], found["size"], found["target"]) == ("0640", 1, None)
    assert found["sha256"] == hashlib.sha256(b"x").hexdigest()
    assert system.file_facts(str(tmp_path / "link")) == {**found, "target": "a"}
    assert system.file_facts(str(tmp_path / "dangling"))["error"] == "No such file or directory"
    assert system.file_facts(str(tmp_path))["sha256"] is None
    assert not system.file_facts(str(tmp_path / "none"))["exists"]


def test_this_process_is_here_and_each_is_named_once() -> None:
    found = list(system.processes_here())
    assert os.getpid() in found
    assert found == sorted(set(found))


def test_the_clock_is_that_of_this_machine() -> None:
    before = time.time()
    found = system.clock()
    assert round(before, 3) <= found["epoch"] <= round(time.time(), 3)
    assert found["synchronised"] in (True, False)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("auth_pass geheim12 too long", "auth_pass ******** too long"),
        ("Password x", "Password ********"),
        ("a passage", "a passage"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert system.without_secrets(text) == masked


def test_a_config_test_that_must_be_silent() -> None:
    assert system.config_test(["sh", "-c", "echo hm"], silent=False) == {"ok": True, "status": 0, "output": "hm"}
    assert not system.config_test(["sh", "-c", "echo hm"], silent=True)["ok"]
    assert not system.config_test(["sh", "-c", "exit 3"], silent=True)["ok"]
