# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action packages: apt is asked again once its lists are new, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import controller
import pytest
from inventory import good

from ansible_collections.vipstack.lvs.plugins.action.packages import ActionModule

Tree = dict[str, Any]
MISSING: Tree = {"failed": True, "msg": "No package matching 'nginx' is available"}
INSTALL: Tree = {"name": ["nginx"], "state": "present"}
REFRESH: Tree = {"update_cache": True}
DONE: Tree = {"changed": True}


def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[Tree], manager: str = "apt", check: bool = False
) -> tuple[Tree, list[Tree]]:
    """The result, and what the package manager was asked."""
    asked: list[Tree] = []

    def module(self: Any, name: str, options: Tree) -> Tree:
        assert name == "ansible.builtin." + manager
        asked.append(options)
        self._task.check_mode = check
        return answers[len(asked) - 1]

    monkeypatch.setattr(ActionModule, "module", module)
    result = controller.run(ActionModule, good(), {"name": ["nginx"], "manager": manager}, tmp_path)
    return {name: result[name] for name in ("changed", "failed", "msg") if name in result}, asked


@pytest.mark.parametrize(
    ("manager", "answers", "result", "asked"),
    [
        ("apt", [DONE], DONE, [INSTALL]),
        ("apt", [MISSING, DONE, DONE], DONE, [INSTALL, REFRESH, INSTALL]),
        ("apt", [MISSING, DONE, MISSING], MISSING, [INSTALL, REFRESH, INSTALL]),
        ("dnf", [MISSING], MISSING, [INSTALL]),
    ],
)
def test_lists_are_refreshed_once_and_only_where_apt_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str, answers: list[Tree], result: Tree, asked: list[Tree]
) -> None:
    assert run(tmp_path, monkeypatch, answers, manager) == (result, asked)


def test_lists_that_cannot_be_refreshed_are_told_beside_the_first_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, asked = run(tmp_path, monkeypatch, [MISSING, {"failed": True, "msg": "no mirror"}])
    assert result == {"failed": True, "msg": MISSING["msg"] + "; and apt's lists cannot be refreshed: no mirror"}
    assert asked == [INSTALL, REFRESH]


def test_check_mode_refreshes_nothing_and_counts_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = run(tmp_path, monkeypatch, [MISSING], check=True)
    assert result == {"changed": True, "msg": MISSING["msg"] + ", as apt's lists are now; a run refreshes them"}
    assert asked == [INSTALL]
