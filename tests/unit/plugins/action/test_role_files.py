# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task writes what a role's list of files has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from converged import Hosts, Run
from inventory import good, with_changes

ROLES = [{"role": "vipstack.lvs.topology"}, {"role": "vipstack.lvs.host"}]


def write(hosts: Hosts, role: str, target: str = "web1", **options: Any) -> Run:
    task = {"name": "write", "vipstack.lvs.role_files": {"role": role, **options}}
    play = {"hosts": target, "gather_facts": False, "roles": ROLES, "tasks": [task]}
    return hosts.play_of([play], as_json=True)


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path, good())


def modules(hosts: Hosts) -> list[str]:
    return [module for _host, module in hosts.asked() if module != "host_facts"]


def test_the_kernel_comes_before_the_files(hosts: Hosts) -> None:
    result = write(hosts, "nginx").results("write")["web1"]
    assert (result["changed"], result["done"]) == (False, True)
    assert modules(hosts) == ["kernel", "config_tree"]


def test_it_changes_where_one_module_does_and_shows_the_lines_of_both(hosts: Hosts) -> None:
    hosts.answer("kernel", {"changed": True, "diff": [{"prepared": "+a"}], "reboot_needed": True})
    hosts.answer("config_tree", {"changed": False, "diff": {"prepared": "+b"}})
    result = write(hosts, "nginx").results("write")["web1"]
    assert (result["changed"], result["reboot_needed"]) == (True, True)
    assert result["diff"] == [{"prepared": "+a"}, {"prepared": "+b"}]


def test_nothing_comes_after_a_module_that_failed(hosts: Hosts) -> None:
    hosts.answer("kernel", {"failed": True, "msg": "no"})
    result = write(hosts, "nginx").results("write")["web1"]
    assert (result["failed"], result["msg"]) == (True, "no")
    assert modules(hosts) == ["kernel"]


def test_a_host_without_a_part_is_skipped(hosts: Hosts) -> None:
    result = write(hosts, "nginx", "d1").results("write")["d1"]
    assert (result["skipped"], result["done"]) == (True, True)
    assert modules(hosts) == []


def test_a_host_that_is_not_ready_is_left_to_the_tasks_that_install(hosts: Hosts) -> None:
    result = write(hosts, "nginx", only_ready=True).results("write")["web1"]
    assert result["done"]
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": {"paths": {}, "units": {}, "addresses": ["127.0.0.1"]}}})
    hosts.answers.joinpath("asked").unlink()
    result = write(hosts, "nginx", only_ready=True).results("write")["web1"]
    assert (result["skipped"], result["done"]) == (True, False)
    assert modules(hosts) == []


def test_a_wrong_variable_of_the_role_is_told_before_anything_is_written(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, with_changes({"web1:nginx_worker_connections": "many"}))
    result = write(hosts, "nginx").results("write")["web1"]
    assert result["failed"]
    assert 'nginx_worker_connections is "many"; must be ' in " ".join(result["msg"].split())
    assert modules(hosts) == []


def test_a_director_gets_what_the_kernel_needs_its_scripts_and_its_weights(hosts: Hosts) -> None:
    hosts.answer("weights", {"weights": {"web": {"web1": 1}}, "drained": [], "warnings": ["web9 left"]})
    result = write(hosts, "director", "d1").results("write")["d1"]
    assert modules(hosts) == ["kernel", "config_tree", "weights"]
    assert (result["weights"], result["later"], result["warnings"]) == ({"web": {"web1": 1}}, False, ["web9 left"])


def test_the_files_of_a_static_table_are_left_to_the_task_behind_the_table(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, with_changes({"lvs_table_owner": "static"}))
    result = write(hosts, "director", "d1").results("write")["d1"]
    assert (modules(hosts), result["later"]) == (["kernel", "config_tree", "weights"], True)
