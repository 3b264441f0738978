# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""^C in the middle of a run: no process is left on the controller, and no other host is begun with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from controller import as_inventory
from converged import Hosts
from interrupted import Interrupted
from inventory import good, with_changes

TOPOLOGY: dict[str, Any] = {"hosts": "all", "gather_facts": False, "roles": ["vipstack.lvs.topology"]}
IPVS: dict[str, Any] = {"hosts": "lvs_directors", "gather_facts": False, "tasks": [{"vipstack.lvs.ipvs": {}}]}


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path / "hosts", good())


def interrupted_at(hosts: Hosts, host: str, module: str, playbook: str) -> list[tuple[str, str]]:
    """What was asked of hosts in a run that is interrupted while a host works on a module."""
    hosts.never_answers(module, host)
    words = [playbook, "--forks", "1"]
    run = Interrupted(hosts.folder / "hosts.json", *words, settings=hosts.settings)
    run.until(lambda: (host, module) in hosts.asked())
    run.interrupt()
    assert run.end() != 0
    return hosts.asked()


def test_site_ends_where_it_is(hosts: Hosts) -> None:
    asked = interrupted_at(hosts, "web1", "config_tree", "playbooks/site.yml")
    assert asked[-1] == ("web1", "config_tree")


def test_a_table_that_is_being_written_is_the_last_one(hosts: Hosts) -> None:
    assert interrupted_at(hosts, "d1", "ipvs", str(hosts.write_plays([IPVS]))) == [("d1", "ipvs")]


def test_the_model_leaves_nothing_that_a_variable_has_started(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    command = "touch %s; sleep 600" % begun
    tree = with_changes({"web2:lvs_weight": "{{ lookup('ansible.builtin.pipe', '%s') }}" % command})
    (tmp_path / "hosts.json").write_text(json.dumps(as_inventory(tree)), encoding="utf-8")
    (tmp_path / "play.json").write_text(json.dumps([TOPOLOGY]), encoding="utf-8")
    run = Interrupted(tmp_path / "hosts.json", str(tmp_path / "play.json"))
    run.until(begun.exists)
    assert [one for one in run.processes() if "sleep 600" in one]
    run.interrupt()
    assert run.end() != 0
