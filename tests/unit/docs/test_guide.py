# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each inventory of docs/from-the-guide.md has a model, the first one that of staging. Both languages have the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pages import read

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

ENGLISH, CHINESE = "docs/from-the-guide.md", "docs/from-the-guide.zh-CN.md"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WHOLE, *ADDED = BLOCK.findall(read(ENGLISH))
CODE = re.compile(r"`[^`\n]+`")


def model(page: Any) -> Any:
    """The model of a whole inventory, as read from YAML."""
    groups = {name: list(group["hosts"]) for name, group in page["all"]["children"].items()}
    hosts = {name: own for group in page["all"]["children"].values() for name, own in group["hosts"].items()}
    built = build({"groups": groups, "hostvars": {name: {**page["all"]["vars"], **own} for name, own in hosts.items()}})
    assert built.model is not None, [mistake.message for mistake in built.mistakes]
    return built.model


def staging() -> Any:
    page = yaml.safe_load(read("inventories/staging/hosts.yml"))
    page["all"]["vars"] = yaml.safe_load(read("inventories/staging/group_vars/all.yml"))
    page["all"]["vars"]["lvs_vips"]["web"]["auth_pass"] = page["all"]["vars"].pop("vault_lvs_auth_pass")
    return page


def test_the_first_inventory_is_staging() -> None:
    assert model(yaml.safe_load(WHOLE)) == model(staging())


@pytest.mark.parametrize("block", ADDED)
def test_what_is_added_to_it_has_a_model(block: str) -> None:
    page = yaml.safe_load(WHOLE)
    added = yaml.safe_load(block)
    assert added
    page["all"]["vars"].update(added)
    assert model(page) != model(staging())


def test_both_languages_have_the_same_inventories_and_tables() -> None:
    assert BLOCK.findall(read(CHINESE)) == [WHOLE, *ADDED]
    tables = [
        [line.count("|") for line in read(page).splitlines() if line.startswith("|")] for page in (ENGLISH, CHINESE)
    ]
    assert tables[0] == tables[1]


def test_the_readme_has_one_inventory_in_both_languages() -> None:
    blocks = [BLOCK.findall(read(page)) for page in ("README.md", "README.zh-CN.md")]
    (chinese,) = blocks[1]
    assert chinese in blocks[0]
    model(yaml.safe_load(chinese))


def test_every_variable_that_is_named_exists() -> None:
    known = set(re.findall(r"`(\w+)`", read("docs/model.md"))) | {"lvs_vips", "lvs_virtual_services", "lvs_notify"}
    known |= {
        "lvs_directors",
        "lvs_real_servers",
        "lvs_check_script",
        "lvs_kernel",
        "lvs_nginx_upstreams",
        "lvs_nginx_sites",
    }
    for page in (ENGLISH, CHINESE):
        named = {name for code in CODE.findall(read(page)) for name in re.findall(r"\blvs_[a-z_]+", code)}
        assert named - known == set()
