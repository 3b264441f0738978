# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action fit: a host that cannot be what the model says is not gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import controller
import pytest
from host_facts import facts
from inventory import good, model_of

from ansible_collections.vipstack.lvs.plugins.action import observe
from ansible_collections.vipstack.lvs.plugins.action.fit import ActionModule


def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    action: Any = ActionModule,
    args: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], list[Any]]:
    """The result on d1, and what the module was asked."""
    asked: list[Any] = []

    def module(self: Any, name: str, options: dict[str, Any]) -> dict[str, Any]:
        asked.append((name, options))
        return dict(answer)

    monkeypatch.setattr(action, "module", module)
    inventory = good()
    for variables in inventory["hostvars"].values():
        variables["lvs_model"] = model_of(good())
    return controller.run(action, inventory, args or {}, tmp_path), asked


def test_a_host_that_is_fit_has_its_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"changed": False, "ansible_facts": {"lvs_host": facts("198.51.100.100/24")}}
    result, asked = run(tmp_path, monkeypatch, answer)
    assert {name: result[name] for name in answer} == answer
    assert "failed" not in result
    ((name, options),) = asked
    assert (name, options["modules"]) == ("vipstack.lvs.host_facts", ["ip_vs", "ip_vs_mh"])


def test_all_that_is_wrong_is_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = facts("198.51.100.7/24", systemd=False)
    result, _asked = run(tmp_path, monkeypatch, {"changed": False, "ansible_facts": {"lvs_host": found}})
    assert result["failed"]
    assert result["msg"].startswith("this host cannot be set up, and was not changed:\n  - systemd is not running")
    assert [one["what"] for one in result["problems"]] == ["systemd", "lvs_address"]


def test_a_module_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _asked = run(tmp_path, monkeypatch, {"failed": True, "msg": "no route"})
    assert (result["failed"], result["msg"]) == (True, "no route")


def test_the_look_before_a_run_asks_all_that_a_role_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The roles find the same facts, and what other people have set up among them, whoever looked."""
    answer = {"changed": False, "ansible_facts": {"lvs_host": facts("198.51.100.100/24")}}
    (tmp_path / "alone").mkdir()
    _result, alone = run(tmp_path / "alone", monkeypatch, answer)
    _result, before = run(tmp_path, monkeypatch, answer, observe.ActionModule, {"purpose": "preflight"})
    assert before[0] == alone[0]
    assert before[0][1]["foreign"]["vips"] == ["198.51.100.200"]
