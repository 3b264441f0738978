# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action topology: variables of the inventory, templated, become the model; or every mistake at once."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import controller
import pytest
from ansible.errors import AnsibleAction, AnsibleActionFail
from inventory import good, with_changes

from ansible_collections.vipstack.lvs.plugins.action.topology import ActionModule
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build


@pytest.mark.parametrize(("host", "limit"), [("d1", "all"), ("web2", "web2")])
def test_the_model_is_that_of_the_whole_inventory(tmp_path: Path, host: str, limit: str) -> None:
    result = controller.run(ActionModule, good(), {}, tmp_path, host, limit)
    assert result["model"] == build(good()).model
    assert (result["changed"], result["warnings"]) == (False, [])
    assert "ansible_facts" not in result  # facts are copied for each host at each task


def test_variables_are_templated_by_the_host_that_has_them(tmp_path: Path) -> None:
    inventory = with_changes({"d1:lvs_address": "{{ own }}", "d2:lvs_address": "{{ own }}"})
    for host in ("d1", "d2"):
        inventory["hostvars"][host]["own"] = good()["hostvars"][host]["lvs_address"]
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    assert result["model"] == build(good()).model


def test_hosts_behind_an_upstream_are_read(tmp_path: Path) -> None:
    """What they say of groups is not looked at: they may know nothing of directors."""
    inventory = with_changes(
        {"lvs_nginx_upstreams.app": {"group": "apps", "port": 80}, "lvs_directors_group": "lvs_directors"}
    )
    inventory["groups"]["apps"] = ["a1"]
    inventory["hostvars"]["a1"] = {"ansible_host": "{{ '192.0.2.' ~ 5 }}", "lvs_directors_group": "others"}
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    servers = result["model"]["hosts"]["web1"]["nginx"]["upstreams"][0]["servers"]
    assert [(one["address"], one["port"]) for one in servers] == [("192.0.2.5", 80)]


def test_the_groups_may_have_other_names(tmp_path: Path) -> None:
    inventory = with_changes({"lvs_directors_group": "{{ 'balan' ~ 'cers' }}"})
    inventory["groups"]["balancers"] = inventory["groups"].pop("lvs_directors")
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    assert result["model"]["clusters"]["default"]["directors"] == ["d1", "d2"]


def test_lists_name_files_beside_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "files" / "lists").mkdir(parents=True)
    (tmp_path / "files" / "lists" / "office.txt").write_text("198.51.100.0/24\n192.0.2.7\n", encoding="utf-8")
    inventory = with_changes({"lvs_nginx_sites.www.deny": [{"file": "{{ 'lists' }}/office.txt"}]})
    result = controller.run(ActionModule, inventory, {}, tmp_path)
    handling = result["model"]["hosts"]["web2"]["nginx"]["sites"][0]["routes"][-1]["handling"]
    assert handling == {"deny": ["198.51.100.0/24", "192.0.2.7/32"]}
    (tmp_path / "files" / "lists" / "office.txt").write_text("198.51.100.0/33\n", encoding="utf-8")
    said = (
        'lvs_nginx_sites.www.deny[0] names lists/office.txt, whose line 1 is "198.51.100.0/33"; must be an address or'
    )
    with pytest.raises(AnsibleAction, match=re.escape(said)):
        controller.run(ActionModule, inventory, {}, tmp_path)
    (tmp_path / "files" / "lists" / "office.txt").unlink()
    with pytest.raises(AnsibleAction, match="cannot be read: there is no such file in %s" % tmp_path):
        controller.run(ActionModule, inventory, {}, tmp_path)


ROOT = Path(__file__).resolve().parents[4]
SHORT = """
all:
  children:
    lvs_directors: {hosts: {d1: {lvs_address: 198.51.100.100}}}
    lvs_real_servers: {hosts: {web1: {lvs_address: 198.51.100.102}}}
  vars:
    lvs_vips: {web: {addresses: [198.51.100.200/24]}}
    lvs_virtual_services:
      yes: {vip: web, ports: [25]}
      10: {vip: web, ports: [26]}
      null: {vip: web, ports: [27]}
"""
MISTAKEN = {"d1:lvs_weight": -1, "d2:lvs_state": "away"}


def test_every_mistake_is_named_once(tmp_path: Path) -> None:
    inventory = with_changes(MISTAKEN)
    with pytest.raises(AnsibleAction) as caught:
        controller.run(ActionModule, inventory, {}, tmp_path)
    headline, *lines = str(caught.value).splitlines()
    assert headline == "the inventory has 2 mistakes; no host was touched:"
    assert lines == ["  - " + one.message for one in build(inventory).mistakes]
    assert caught.value.result == {"msg": "the inventory has 2 mistakes; no host was touched"}


def test_a_name_that_yaml_reads_as_something_else_is_a_mistake(tmp_path: Path) -> None:
    """It is not made a text on the way to the model."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(SHORT, encoding="utf-8")
    command = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", str(inventory), "playbooks/preview.yml"]
    said = subprocess.run(
        [*command, "-e", "lvs_preview_dest=%s" % tmp_path], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert said.returncode != 0, said.stdout
    for name in ("true", "10", "null"):
        assert "lvs_virtual_services.%s is no name" % name in said.stdout, said.stdout


def test_who_goes_on_after_mistakes_has_them_as_data(tmp_path: Path) -> None:
    inventory = with_changes(MISTAKEN)
    with pytest.raises(AnsibleAction) as caught:
        controller.run(ActionModule, inventory, {}, tmp_path, ignore_errors=True)
    result = caught.value.result
    assert result["mistakes"] == [{"path": one.path, "message": one.message} for one in build(inventory).mistakes]
    assert str(caught.value) == "the inventory has 2 mistakes; no host was touched"


def test_of_many_mistakes_fifty_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    inventory = with_changes({"%s:lvs_weight" % host: -1 for host in hosts(60)})
    for host in hosts(60):
        inventory["hostvars"][host]["lvs_address"] = "198.51.100.1"
    inventory["groups"]["lvs_real_servers"] += hosts(60)
    mistakes = build(inventory).mistakes
    with pytest.raises(AnsibleAction) as caught:
        controller.run(ActionModule, inventory, {}, tmp_path)
    _headline, *lines = str(caught.value).splitlines()
    assert lines == [*("  - " + one.message for one in mistakes[:50]), "  and %d more" % (len(mistakes) - 50)]


def hosts(count: int) -> list[str]:
    return ["more%d" % number for number in range(count)]


def test_a_variable_that_cannot_be_templated_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"lvs_weight of web1 cannot be templated: .*nowhere"):
        controller.run(ActionModule, with_changes({"web1:lvs_weight": "{{ nowhere }}"}), {}, tmp_path)


def test_a_variable_of_somebody_else_is_not_looked_at(tmp_path: Path) -> None:
    result = controller.run(ActionModule, with_changes({"other": "{{ nowhere }}"}), {}, tmp_path)
    assert result["model"] == build(good()).model


CANARY = {
    "lvs_nginx_upstreams.next.servers": ["192.0.2.1:80"],
    "lvs_nginx_sites.www.canary": {"upstream": "next", "percent": 5},
}


def test_a_share_counts_instead_of_that_of_the_inventory(tmp_path: Path) -> None:
    """Also where only some hosts have one, and for those that the play does not have."""
    inventory = with_changes({**CANARY, "web1:lvs_nginx_canary": {"www": 10}})
    result = controller.run(ActionModule, inventory, {"canary": {"www": "25"}}, tmp_path, "web2", "web2")
    sites = [result["model"]["hosts"][host]["nginx"]["sites"] for host in ("web1", "web2")]
    assert [site[0]["routes"][0]["canary"]["percent"] for site in sites] == [25, 25]


@pytest.mark.parametrize(("canary", "words"), [
    ({"shop": 1}, 'lvs_nginx_canary names "shop", which is not a site or a route with a canary; there are: www'),
    ({"www": "all"}, 'lvs_nginx_canary.www is "all"; must be 0-100, with at most two decimals'),
])  # fmt: skip
def test_a_share_of_no_canary_is_told_by_itself(tmp_path: Path, canary: dict[str, object], words: str) -> None:
    inventory = with_changes({**CANARY, **MISTAKEN})
    with pytest.raises(AnsibleActionFail) as caught:
        controller.run(ActionModule, inventory, {"canary": canary}, tmp_path)
    assert str(caught.value) == "no host was touched: " + words
