# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever inventory is valid: its model renders, its table is one that the kernel can have, and no order matters."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import rendering
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inventory import model_of, with_changes
from inventory_strategies import CHANGES, changed, shuffled

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.director_table import desired_services
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview import files as texts_of
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.outage import worst_outage

Tree = Any  # of no type, as a test changes a model into what no model is
# Some of what is drawn has a mistake in it.
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def drawn(changes: Tree) -> tuple[Tree, Tree]:
    """An inventory without mistakes, and its model."""
    inventory = changed(changes)
    model = build(inventory).model
    assume(model is not None)
    return inventory, model or {}


def texts(model: Tree, inventory: Tree) -> dict[str, str]:
    """Everything that a preview writes: path -> text."""
    found = {"outage.txt": worst_outage(model)}
    for host, mine in model["hosts"].items():
        vips = inventory["hostvars"][host].get("lvs_vips") or {}
        parts = {**rendering.files(model, host, vips), "addresses": texts_of.addresses(mine)}
        if mine["director"]:
            parts.update(texts_of.of_kernel({"name": "vipstack-lvs-director", **mine["director"]["kernel"]}))
            parts.update(texts_of.of_weights({"destinations": mine["director"]["weights"], "scheme": "weights"}))
            parts["ipvs.rules"] = texts_of.ipvs_rules(mine["director"]["services"])
        if mine["real_server"]:
            vips = {"name": "vipstack-lvs-vips", **mine["real_server"]}
            parts.update(texts_of.texts({"sets": [], "secrets": [], "vips": vips}))
        found.update(("%s/%s" % (host, path), text) for path, text in parts.items())
    return found


@MANY
@given(changes=CHANGES)
def test_any_valid_model_renders(changes: Tree) -> None:
    inventory, model = drawn(changes)
    for path, text in texts(model, inventory).items():
        assert not re.search(r"\bNone\b|\bTrue\b|\bFalse\b|\[\]|Undefined", text), path
        assert "\t" not in text, path
        if path.endswith((".conf", "lvs-check")):
            assert text.count("{") == text.count("}"), path


@MANY
@given(changes=CHANGES)
def test_any_valid_model_has_a_table_that_the_kernel_can_have(changes: Tree) -> None:
    _rest, model = drawn(changes)
    for mine in model["hosts"].values():
        if mine["director"]:
            services = mine["director"]["services"]
            desired = desired_services(mine["director"])
            assert len(desired) == len(services)
            for live, service in zip(desired.values(), services):
                assert {key.address for key in live.destinations} == {one["address"] for one in service["real_servers"]}


@MANY
@given(changes=CHANGES, dice=st.randoms())
def test_no_order_changes_a_byte(changes: Tree, dice: random.Random) -> None:
    inventory, model = drawn(changes)
    again = shuffled(inventory, dice)
    for hosts in again["groups"].values():
        dice.shuffle(hosts)
    assert json.dumps(model_of(again)) == json.dumps(model)
    assert texts(model_of(again), again) == texts(model, inventory)


def test_hosts_are_counted_as_a_person_counts() -> None:
    directors = {"d10": "192.0.2.10", "d2": "192.0.2.2", "d1": "192.0.2.1"}
    inventory = with_changes({"group:lvs_directors": list(directors)})
    shared = inventory["hostvars"]["web1"]
    inventory["hostvars"].update({host: {**shared, "lvs_address": address} for host, address in directors.items()})
    assert model_of(inventory)["clusters"]["default"]["vips"]["web"]["holder_order"] == ["d1", "d2", "d10"]


def test_the_order_of_sysctls_is_no_order() -> None:
    names = ["net.core.wmem_max", "net.core.somaxconn", "net.core.rmem_max"]
    one, other = (
        model_of(with_changes({"lvs_kernel.sysctls": dict.fromkeys(order, 1)})) for order in (names, names[::-1])
    )
    assert json.dumps(one) == json.dumps(other)
