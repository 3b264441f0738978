# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an inventory holds: an answer, the same in every order, and never a secret in it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory import with_changes
from inventory_strategies import CHANGES, PLACES, changed, shuffled

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
SECRET = "hunter2 & hunter3"


@settings(max_examples=300, deadline=None)
@given(changes=CHANGES, dice=st.randoms())
def test_any_inventory_gets_an_answer_that_does_not_hang_on_order(changes: Tree, dice: random.Random) -> None:
    inventory = changed(changes)
    before = copy.deepcopy(inventory)
    normal, mistakes, warnings = normalise(inventory)
    assert repr(inventory) == repr(before)
    for mistake in mistakes:
        assert mistake.message.startswith(mistake.path + " ")
    assert repr(normalise(shuffled(inventory, dice))[1:]) == repr((mistakes, warnings))
    if not mistakes:
        assert normalise(shuffled(inventory, dice))[0] == normal
        json.dumps(normal, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(changes=CHANGES, dice=st.randoms())
def test_the_order_of_hosts_changes_nothing(changes: Tree, dice: random.Random) -> None:
    inventory = changed(changes)
    normal, mistakes, _rest = normalise(inventory)
    for hosts in inventory["groups"].values():
        dice.shuffle(hosts)
    again, others, _rest = normalise(inventory)
    if not mistakes:
        assert again == normal
    assert [mistake.path for mistake in others] == [mistake.path for mistake in mistakes]


@settings(max_examples=100, deadline=None)
@given(changes=CHANGES)
def test_a_password_shows_nowhere(changes: Tree) -> None:
    inventory = changed(changes)
    for host, variables in inventory["hostvars"].items():
        vips = variables.get("lvs_vips")
        if isinstance(vips, dict):
            for vip in vips.values():
                if isinstance(vip, dict):
                    vip["auth_pass"] = SECRET + host
    assert "hunter" not in repr(normalise(inventory))


@pytest.mark.parametrize("path", [path for path in PLACES if not path.startswith(("group:", "lvs_zzz"))])
def test_every_place_of_the_schema_can_be_wrong(path: str) -> None:
    """A dict with a key that nobody knows is nowhere good, so a field that nobody reads is found here."""
    assert normalise(with_changes({path: {"no such key": object()}}))[1]
