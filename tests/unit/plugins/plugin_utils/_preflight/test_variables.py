# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the roles: what each may be, and a name that is almost one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vipstack.lvs.plugins.plugin_utils._preflight.variables import (
    DICTS,
    FIELDS,
    LISTS,
    NAMES,
    TEXTS,
    problems,
)

ROLES = Path(__file__).resolve().parents[5] / "roles"
KINDS = {"whole": "int", "switch": "bool", "choice": "str"}


def options() -> dict[str, Any]:
    """Every variable of every role, as its argument_specs has it."""
    specs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROLES.glob("*/meta/argument_specs.yml")]
    entries = [entry for spec in specs for entry in spec["argument_specs"].values()]
    return {name: one for entry in entries for name, one in (entry.get("options") or {}).items()}


def test_every_variable_of_a_role_is_looked_at() -> None:
    assert sorted(options()) == sorted(NAMES)


def test_kinds_are_those_of_the_argument_specs() -> None:
    found = options()
    for name, field in FIELDS.items():
        assert KINDS[field.kind] == found[name]["type"], name
        assert list(field.choices) == found[name].get("choices", []), name
    assert {found[name]["type"] for name in TEXTS} == {"str"}
    assert {found[name]["type"] for name in LISTS} == {"list"}
    assert {found[name]["type"] for name in DICTS} == {"dict"}


def test_every_default_is_allowed() -> None:
    assert problems({name: one["default"] for name, one in options().items()}) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("nginx_worker_connections", "lots", 'is "lots"; must be a whole number, 64-262144'),
        ("nginx_worker_connections", 0, "is 0; must be 64-262144"),
        ("keepalived_realtime_priority", 100, "is 100; must be 0-99"),
        ("verify_strict", "perhaps", 'is "perhaps"; must be true or false'),
        ("nginx_package_state", "absent", 'is "absent"; must be one of present, latest'),
        ("nginx_client_max_body_size", "16 MB", 'is "16 MB"; must be a size like 16m; 0 for no limit'),
        ("nginx_worker_processes", True, "is true; must be auto or a number, 1-9999"),
        ("nginx_node_header", "X-A: b", 'is "X-A: b"; must be the name of a header, or empty'),
        ("keepalived_global_extra", "lvs_flush", 'is "lvs_flush"; must be a list of lines for global_defs'),
        ("topology_canary", 25, "is 25; must be a dict {SITE: percent}"),
        (
            "nginx_worker_conections",
            4096,
            "is no variable of a role; must be nginx_worker_connections, or another name",
        ),
    ],
)
def test_wrong(name: str, value: Any, expected: str) -> None:
    assert [problem.message for problem in problems({name: value})] == ["%s %s" % (name, expected)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nginx_worker_connections", "4096"),
        ("nginx_worker_processes", 4),
        ("nginx_client_max_body_size", 0),
        ("nginx_vhosts", []),
        ("nginx_keepalive_requests", 100),
        ("keepalived_vrrp_instances", {}),
        ("worker_conections", 1),
    ],
)
def test_what_is_right_or_somebody_elses(name: str, value: Any) -> None:
    assert problems({name: value}) == []
