# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All roles have one anatomy, and what their documents name is what they have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.files import FILES

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None


@pytest.fixture(params=ROLES, ids=lambda role: role.name)
def role(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_there_are_roles() -> None:
    assert {"director", "keepalived", "nginx", "real_server", "topology"} <= {role.name for role in ROLES}


@pytest.mark.parametrize("part", ["README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"])
def test_a_role_has_every_part(role: Path, part: str) -> None:
    assert (role / part).is_file()


def test_defaults_and_argument_specs_agree(role: Path) -> None:
    defaults = load(role / "defaults/main.yml") or {}
    (specs,) = load(role / "meta/argument_specs.yml")["argument_specs"].values()
    options = specs.get("options") or {}
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert documented == defaults


def test_no_role_has_ansible_start_a_task_to_check_its_arguments(role: Path) -> None:
    """It does on each host, in each play, for an entry point `main`."""
    assert "main" not in load(role / "meta/argument_specs.yml")["argument_specs"]


def test_no_task_of_topology_runs_on_each_host() -> None:
    assert [task["run_once"] for task in tasks_of(ROOT / "roles/topology/tasks/main.yml")] == [True]


def test_packages_are_installed_where_apt_has_no_lists_yet(role: Path) -> None:
    plain = {"ansible.builtin." + name for name in ("package", "apt", "dnf")}
    tasks = [task for path in (role / "tasks").glob("*.yml") for task in tasks_of(path)]
    assert [task["name"] for task in tasks if plain & set(task)] == []


# What all roles may read, and the role that has it.
SHARED = {
    "topology": {"lvs_model", "lvs_slice", "lvs_stack", "lvs_roles"},
    "host": {"lvs_host", "lvs_family", "lvs_weights_in_files"},
}


def names_of(role: Path) -> list[str]:
    return [*(load(role / "defaults/main.yml") or {}), *(load(role / "vars/main.yml") or {})]


def test_variables_carry_the_roles_name(role: Path) -> None:
    others = {name for name in names_of(role) if not name.startswith(f"{role.name}_")}
    assert others == SHARED.get(role.name, set())


def test_no_role_reads_another_roles_variables(role: Path) -> None:
    """What several need is shared; a loop variable of somebody else is none of its business. Defaults may be set."""
    texts = [path.read_text(encoding="utf-8") for path in role.rglob("*") if path.suffix in (".yml", ".j2")]
    inner = {name for other in ROLES if other != role for name in load(other / "vars/main.yml") or {}}
    others = {name for name in inner if not name.startswith("lvs_")}
    others |= {f"{other.name}_role" for other in ROLES if other != role}
    assert [name for name in sorted(others) if any(re.search(rf"\b{name}\b", text) for text in texts)] == []


def test_templates_are_rendered_in_one_way(role: Path) -> None:
    """Ansible's own lookup copies all variables of the host for each."""
    assert not re.search(r"lookup\('(ansible\.builtin\.)?template'", text_of(role, "vars") + text_of(role, "tasks"))


# --- roles that make files on hosts -----------------------------------------------------------------------------

LISTED: list[str] = load(ROOT / "roles/topology/vars/main.yml")["lvs_roles"]
KINDS = set(FILES)
WRITERS = ("config_tree", "kernel", "real_server_vip", "weights")


def tasks_of(path: Path) -> list[dict[str, Any]]:
    return load(path) or []


def text_of(role: Path, folder: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((role / folder).rglob("*")) if path.is_file())


def makes_files(role: Path) -> bool:
    """Whether a role has a template, or a task that writes files."""
    return any((role / "templates").glob("*")) or any(
        f"vipstack.lvs.{module}:" in text_of(role, "tasks") for module in WRITERS
    )


def test_every_role_that_makes_files_is_in_the_one_list() -> None:
    assert sorted(LISTED) == [role.name for role in ROLES if makes_files(role)]


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_role_has_its_list_of_files(name: str) -> None:
    files = load(ROOT / "roles" / name / "vars/main.yml")[f"{name}_files"]
    assert files
    assert set(files) <= KINDS
    assert f"{name}_model" in load(ROOT / "roles" / name / "vars/main.yml")


@pytest.mark.parametrize("name", LISTED)
def test_site_writes_what_the_list_has(name: str) -> None:
    """Every set that is written is one of the list, and every template is in a file of the list."""
    role = ROOT / "roles" / name
    variables = load(role / "vars/main.yml")
    listed = reachable(f"{name}_files", variables)
    tasks = [task for path in sorted((role / "tasks").glob("*.yml")) for task in tasks_of(path)]
    for task in tasks:
        for module, option in (("config_tree", "sets"), ("kernel", "name"), ("real_server_vip", "name")):
            options = task.get("vipstack.lvs." + module)
            if options:
                (found,) = re.findall(r"\{\{ (\w+)", options[option])
                assert found in listed or is_part(variables[found], variables[f"{name}_files"]), task["name"]
    for path in sorted((role / "templates").glob("*.j2")):
        used = any(path.name in str(variables[one]) for one in listed) or path.name in text_of(role, "templates")
        # `include 'check_' ~ kind ~ '.j2'`
        by_kind = re.findall(r"include '(\w+)' ~", text_of(role, "templates"))
        assert used or path.name.startswith(tuple(by_kind)), path.name


def is_part(sets: list[dict[str, Any]], files: dict[str, Any]) -> bool:
    """Whether sets are some files of sets of the list, which leave the others as they are."""
    known = {(one["path"], one["name"]) for one in files["sets"]}
    return all((one["path"], one["name"]) in known and one["purge"] is False for one in sets)


def reachable(name: str, variables: dict[str, Any]) -> set[str]:
    """A variable and all of the role's that its value names."""
    found, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += [other for other in variables if re.search(rf"\b{other}\b", str(variables[one]))]
    return found


def test_site_has_every_listed_role() -> None:
    plays = load(ROOT / "playbooks/site.yml")
    roles = [role["role"].rpartition(".")[2] for play in plays for role in play.get("roles", [])]
    assert set(LISTED) <= set(roles)
    assert list(dict.fromkeys(role for role in roles if role in LISTED)) == LISTED


@pytest.mark.parametrize("path", ["playbooks/preview.yml", "roles/verify/tasks/main.yml"])
def test_preview_and_verify_take_the_one_list(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    found = load(ROOT / path)
    tasks = found[-1]["tasks"] if "hosts" in found[0] else found
    options = [value for task in tasks for value in task.values() if isinstance(value, dict)]
    given = [one["roles"] for one in options if "roles" in one]
    assert given == ["{{ lvs_roles }}"] * len(given)
    assert len(given) > 1
    assert [name for name in LISTED if re.search(rf"\b{name}\b", text)] == []


def test_the_readme_links_lead_somewhere(role: Path) -> None:
    text = (role / "README.md").read_text(encoding="utf-8")
    targets = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert [target for target in targets if "://" not in target and not (role / target).exists()] == []
