# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action topology: variables of the inventory, templated, become the model; or every mistake at once."""

from __future__ import annotations

from pathlib import Path

import controller
import pytest
from ansible.errors import AnsibleActionFail
from inventory import good, with_changes

from ansible_collections.vipstack.lvs.plugins.action.topology import ActionModule
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build


@pytest.mark.parametrize(("host", "limit"), [("d1", "all"), ("web2", "web2")])
def test_the_model_is_that_of_the_whole_inventory(tmp_path: Path, host: str, limit: str) -> None:
    result = controller.run(ActionModule, good(), {}, tmp_path, host, limit)
    assert result["model"] == build(good()).model
    assert (result["changed"], result["warnings"]) == (False, [])
    assert "ansible_facts" not in result  # facts are copied for each host at each task


def test_variables_are_templated_by_the_host_that_has_them(tmp_path: Path) -> None:
    inventory = with_changes({"d1:lvs_address": "{{ own }}", "d2:lvs_address": "{{ own }}"})
    for host in ("d1", "d2"):
        inventory["hostvars"][host]["own"] = good()["hostvars"][host]["lvs_address"]
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    assert result["model"] == build(good()).model


def test_the_groups_may_have_other_names(tmp_path: Path) -> None:
    inventory = with_changes({"lvs_directors_group": "{{ 'balan' ~ 'cers' }}"})
    inventory["groups"]["balancers"] = inventory["groups"].pop("lvs_directors")
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    assert result["model"]["clusters"]["default"]["directors"] == ["d1", "d2"]


def test_every_mistake_is_named(tmp_path: Path) -> None:
    inventory = with_changes({"d1:lvs_weight": -1, "d2:lvs_state": "away"})
    with pytest.raises(AnsibleActionFail, match="the inventory has 2 mistakes; no host was touched") as caught:
        controller.run(ActionModule, inventory, {}, tmp_path)
    mistakes = build(inventory).mistakes
    assert caught.value._result["mistakes"] == [{"path": one.path, "message": one.message} for one in mistakes]
    for mistake in mistakes:
        assert "  - " + mistake.message in str(caught.value)


def test_a_variable_that_cannot_be_templated_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"lvs_weight of web1 cannot be templated: .*nowhere"):
        controller.run(ActionModule, with_changes({"web1:lvs_weight": "{{ nowhere }}"}), {}, tmp_path)


def test_a_variable_of_somebody_else_is_not_looked_at(tmp_path: Path) -> None:
    result = controller.run(ActionModule, with_changes({"other": "{{ nowhere }}"}), {}, tmp_path)
    assert result["model"] == build(good()).model
