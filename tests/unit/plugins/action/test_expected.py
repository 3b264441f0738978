# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action expected: what a role's files have to be, as digests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import controller
import pytest
from ansible.errors import AnsibleActionFail
from inventory import good

from ansible_collections.vipstack.lvs.plugins.action.expected import ActionModule


def run(tmp_path: Path, **args: Any) -> dict[str, Any]:
    return controller.run(ActionModule, good(), args, tmp_path)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_files_by_their_paths(tmp_path: Path) -> None:
    files = [
        {"path": "main.conf", "content": "a\n"},
        {"path": "sub/secret.conf", "content": "ä\n", "mode": "640"},
        {"path": "old.conf", "state": "absent"},
    ]
    assert run(tmp_path, trees=[{"path": "/etc/daemon/", "files": files}, {"path": "/srv", "files": files[:1]}]) == {
        "changed": False,
        "files": {
            "/etc/daemon/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
            "/etc/daemon/sub/secret.conf": {"sha256": digest("ä\n"), "mode": "0640"},
            "/etc/daemon/old.conf": None,
            "/srv/main.conf": {"sha256": digest("a\n"), "mode": "0644"},
        },
    }


def test_files_of_the_module_kernel(tmp_path: Path) -> None:
    kernel = {"name": "lvs", "modules": ["ip_vs"], "sysctls": {"net.ipv4.vs.expire_nodest_conn": 1}}
    found = run(tmp_path, trees=[], kernel=kernel)["files"]
    assert set(found) == {"/etc/modules-load.d/lvs.conf", "/etc/sysctl.d/90-lvs.conf"}
    assert {one["mode"] for one in found.values()} == {"0644"}


def test_sets_are_needed(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match="trees is missing"):
        run(tmp_path)
