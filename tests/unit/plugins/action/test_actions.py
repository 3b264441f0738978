# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All actions: their options are those of the documentation, and where the model comes from."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import controller
import pytest
import yaml
from ansible.errors import AnsibleActionFail
from inventory import good

from ansible_collections.vipstack.lvs.plugins.plugin_utils._action import LvsAction
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

ROOT = Path(__file__).resolve().parents[4]
# The action ipvs is not among them: its module checks the options.
ACTIONS = sorted({path.stem for path in (ROOT / "plugins/action").glob("*.py")} - {"ipvs"})
PLUGINS = "ansible_collections.vipstack.lvs.plugins."
INNER = "vipstack.lvs.attributes.inner"


def documentation(name: str) -> Any:
    return yaml.safe_load(importlib.import_module(PLUGINS + "modules." + name).DOCUMENTATION)


def documented(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a documentation as AnsibleModule takes them."""
    found = {}
    for name, option in options.items():
        found[name] = {
            key: option[key] for key in ("type", "elements", "required", "choices", "default") if key in option
        }
        if "suboptions" in option:
            found[name]["options"] = documented(option["suboptions"])
    return found


def bare(spec: dict[str, Any]) -> dict[str, Any]:
    """A specification without what a documentation does not have."""
    return {
        name: {key: bare(value) if key == "options" else value for key, value in option.items() if key != "no_log"}
        for name, option in spec.items()
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_the_options_are_those_of_the_documentation(name: str) -> None:
    action = importlib.import_module(PLUGINS + "action." + name).ActionModule
    assert issubclass(action, LvsAction)
    assert bare(action.SPEC) == documented(documentation(name).get("options") or {})


@pytest.mark.parametrize("name", [*ACTIONS, "host_facts", "inspect"])
def test_an_inner_part_says_so(name: str) -> None:
    found = documentation(name)
    assert INNER in found["extends_documentation_fragment"]
    playbook = (ROOT / "playbooks" / (name + ".yml")).exists()
    assert ("Use the playbook C(vipstack.lvs.%s)." % name in found.get("notes", [])) == playbook


class Reader(LvsAction):
    """Returns the model that it has."""

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"whole": self.model(), "mine": self.model_of_host()}


def test_the_model_may_be_a_variable_over_another_one(tmp_path: Path) -> None:
    model: Any = build(good()).model
    inventory = good()
    for variables in inventory["hostvars"].values():
        variables.update(lvs_model="{{ computed.model }}", computed={"model": model})
    found = controller.run(Reader, inventory, {}, tmp_path, "d2")
    assert found["whole"] == model
    assert found["mine"]["clusters"] == {"default": model["clusters"]["default"]}
    assert sorted(found["mine"]["hosts"]) == ["d1", "d2"]
    assert found["mine"]["hosts"]["d2"] == model["hosts"]["d2"]
    other = found["mine"]["hosts"]["d1"]["director"]
    assert (other["services"], other["instances"]) == ([], model["hosts"]["d1"]["director"]["instances"])


@pytest.mark.parametrize("variables", [{}, {"lvs_model": "{{ computed.model }}"}])
def test_an_action_without_a_model_says_what_is_missing(tmp_path: Path, variables: dict[str, Any]) -> None:
    inventory = good()
    inventory["hostvars"]["d1"].update(variables)
    with pytest.raises(AnsibleActionFail, match=r"there is no model, .*: run vipstack\.lvs\.topology before"):
        controller.run(Reader, inventory, {}, tmp_path)
