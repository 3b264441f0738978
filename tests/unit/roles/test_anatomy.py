# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All roles have one anatomy, and what their documents name is what they have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

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
    options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options") or {}
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert documented == defaults


def test_variables_carry_the_roles_name(role: Path) -> None:
    names = [*(load(role / "defaults/main.yml") or {}), *(load(role / "vars/main.yml") or {})]
    assert [name for name in names if not name.startswith(f"{role.name}_")] == []


def test_the_readme_links_lead_somewhere(role: Path) -> None:
    text = (role / "README.md").read_text(encoding="utf-8")
    targets = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert [target for target in targets if "://" not in target and not (role / target).exists()] == []
