# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field of the schema with every kind of wrong value: a mistake that names the field, or files that hold it.

What makes a text wrong stands in one place of it, another one from field to field; in every place where all is run.
"""

from __future__ import annotations

import zlib
from typing import Any

import pytest
import rendering
from ring import NAMED, OTHERS, OWN, PLACES, REFERRED, Path, named, put, whole_inventory, wrong, wrong_names

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import Result, build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.said import printable


def judged(inventory: dict[str, Any]) -> Result:
    """What `build` says; where there is a model, every file of every host has been rendered."""
    found = build(inventory)
    for mistake in found.mistakes:
        assert mistake.message.isprintable(), repr(mistake.message)
        assert len(mistake.message) < 1000
    for host in found.model["hosts"] if found.model else ():
        rendering.everything(found.model, host, inventory["hostvars"][host].get("lvs_vips") or {})
    return found


def about(path: str, mistakes: list[Any]) -> bool:
    """Whether a mistake names the place, or the list or map that it is in."""
    places = (path, path.partition("[")[0], path.removesuffix(".d1"))
    return any(mistake.path.startswith(places) for mistake in mistakes)


PLACES_OF_PIECES = pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.long)])


def turn(path: Path, everywhere: bool) -> int | None:
    """Where the first piece stands; None: in every place."""
    return None if everywhere else zlib.crc32(named(path).encode())


@PLACES_OF_PIECES
@pytest.mark.parametrize("path", PLACES, ids=named)
def test_a_value_of_a_cluster_is_refused_by_its_path_or_can_be_written(path: Path, everywhere: bool) -> None:
    for value in wrong(PLACES[path], turn(path, everywhere)):
        inventory = whole_inventory()
        put(inventory, path, value)
        found = judged(inventory)
        assert found.model or about(named(path), found.mistakes), (value, found.mistakes)


@PLACES_OF_PIECES
@pytest.mark.parametrize("path", OWN, ids=named)
@pytest.mark.parametrize("host", ["d1", "web1"])
def test_a_value_of_a_host_is_refused_by_its_path_or_can_be_written(host: str, path: Path, everywhere: bool) -> None:
    for value in wrong(OWN[path], turn(path, everywhere)):
        inventory = whole_inventory()
        put(inventory, path, value, [host])
        found = judged(inventory)
        # A host that moves to another cluster leaves its own without it.
        assert found.model or about("%s: %s" % (host, named(path)), found.mistakes) or path == ("lvs_cluster",), value


def renamed(name: str, what: str, value: Any) -> Any:
    """The value with another name in place of one, wherever that stands, as a key or as text."""
    if isinstance(value, dict):
        return {renamed(name, what, key): renamed(name, what, one) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(name, what, one) for one in value]
    return what if value == name else value


@pytest.mark.parametrize("table", NAMED)
def test_a_name_is_refused_by_its_path_or_can_be_written(table: str) -> None:
    for name in [*wrong_names("web"), *OTHERS]:
        if isinstance(name, (dict, list)):
            continue  # no key
        inventory = whole_inventory()
        for variables in inventory["hostvars"].values():
            entries = variables[table]
            entries[name] = entries.pop("web")
            if table in REFERRED:
                variables[REFERRED[table][0]]["web"][REFERRED[table][1]] = name
        found = judged(inventory)
        places = (table, REFERRED.get(table, (table,))[0])
        assert found.model or any(about(place, found.mistakes) for place in places), (name, found.mistakes)


@pytest.mark.parametrize("host", ["d1", "web1"])
def test_a_host_of_any_name_is_refused_by_it_or_can_be_written(host: str) -> None:
    for name in wrong_names(host):
        found = judged(renamed(host, name, whole_inventory()))
        assert found.model or any(printable(name)[:40] in mistake.message for mistake in found.mistakes), repr(name)


def test_a_group_of_any_name_is_refused_by_it_or_can_be_written() -> None:
    for name in wrong_names("lvs_real_servers"):
        inventory = renamed("lvs_real_servers", name, whole_inventory())
        put(inventory, ("lvs_real_servers_group",), name)
        put(inventory, ("lvs_virtual_services", "web", "pool"), name)
        found = judged(inventory)
        assert found.model or about("lvs_", found.mistakes), repr(name)
