# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What site.yml does on a director, in which order: on one that is set up, on a new one, with a static table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import converged
import pytest
import yaml
from converged import ROOT, Hosts
from inventory import with_changes

NEW: dict[str, Any] = {
    "family": "Debian",
    "release": 12,
    "addresses": ["127.0.0.1"],
    "paths": {},
    "units": {},
    "users": {},
    "foreign": {"noted": True, "findings": []},
}
FILES = ["kernel", "config_tree", "weights"]


@pytest.fixture(params=["keepalived", "static"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Hosts:
    found = Hosts(tmp_path, with_changes({"lvs_table_owner": request.param}))
    for module in ("apt", "file", "ipvs", "systemd_service", "user"):
        found.answer(module, {})
    return found


def done(hosts: Hosts) -> list[str]:
    run = hosts.play("playbooks/site.yml", "--tags", "director,keepalived")
    assert run.status == 0, run.output
    looked = ("host_facts", "inspect")
    return [module for host, module in hosts.asked() if host == "d1" and module not in looked]


def table(hosts: Hosts) -> list[str]:
    """The table itself comes before the files that restore it at boot."""
    static = hosts.model["hosts"]["d1"]["director"]["table_owner"] == "static"
    return ["ipvs", "config_tree", "systemd_service"] if static else []


def test_one_that_is_set_up_gets_files(hosts: Hosts) -> None:
    assert done(hosts) == [*FILES, *table(hosts), "config_tree"]


def test_a_new_one_gets_programs_a_user_and_a_folder_first(hosts: Hosts) -> None:
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": NEW}}, "d1")
    assert done(hosts) == [
        "apt", "user", "file", *FILES, *table(hosts),
        "apt", "config_tree", "systemd_service",
    ]  # fmt: skip


@pytest.mark.parametrize("lost", [True, False])
def test_marks_that_were_lost_are_set_again(tmp_path: Path, lost: bool) -> None:
    web = "lvs_virtual_services.web"
    changes = {web + ".ports": [80, 8080], web + ".together": True, "lvs_nginx_sites.www.ports": [80, 8080]}
    hosts = Hosts(tmp_path, with_changes(changes))
    hosts.answer("command", {"changed": True})
    mark = hosts.model["hosts"]["d1"]["director"]["services"][0]["fwmark"]
    paths = dict.fromkeys(("/usr/sbin/nft", "/etc/systemd/system/vipstack-lvs-marks.service"), converged.OF_ROOT)
    fact = {**converged.HOST, "paths": {**converged.HOST["paths"], **paths}, "marks": [7] if lost else [7, mark]}
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": fact}})
    assert [module for module in done(hosts) if module not in FILES] == (["command"] if lost else [])


def test_marks_go_only_after_keepalived_has_entries_without_them(tmp_path: Path) -> None:
    """A mark that no entry has is no hindrance; an entry whose mark no packet has gets none."""
    hosts = Hosts(tmp_path, with_changes({}))
    unit = "/etc/systemd/system/vipstack-lvs-marks.service"
    fact = {**converged.HOST, "paths": {**converged.HOST["paths"], unit: converged.OF_ROOT}}
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": fact}})
    tasks = [{"name": one, "vipstack.lvs.expected_files": {"roles": [one]}} for one in ("director", "keepalived")]
    roles = [{"role": "vipstack.lvs.topology"}, {"role": "vipstack.lvs.host"}]
    run = hosts.play_of([{"hosts": "d1", "gather_facts": False, "roles": roles, "tasks": tasks}], as_json=True)
    found = {one: run.results(one)["d1"]["hosts"]["d1"]["files"] for one in ("director", "keepalived")}
    assert [path for path in found["director"] if "marks" in path] == []
    gone = [path for path in found["keepalived"] if "marks" in path]
    assert (len(gone), {found["keepalived"][path] for path in gone}) == (4, {None})
    variables = yaml.safe_load((ROOT / "roles/keepalived/vars/main.yml").read_text(encoding="utf-8"))
    assert variables["keepalived_files"]["sets"].startswith("{{ keepalived_sets + (keepalived_sets_without_marks ")


def test_check_mode_leaves_out_a_validation_by_a_program_that_is_still_to_be_installed() -> None:
    """config_tree fails where a validation cannot be run, unless it is told what that needs."""
    variables = yaml.safe_load((ROOT / "roles/director/vars/main.yml").read_text(encoding="utf-8"))
    sets = [one for name in ("director_sets", "director_sets_of_marks") for one in variables[name]]
    for program in ("director_visudo", "director_nft"):
        validated = [one for one in sets if program in str(one.get("validate"))]
        assert validated
        assert all(program in str(one.get("validate_requires")) for one in validated), program
