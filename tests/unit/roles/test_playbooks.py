# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all playbooks have in common: which hosts they take, with which rights, and that no host is an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from converged import Hosts
from inventory import good

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
NAMES = [path.name for path in PLAYBOOKS]
READ = {"name": "Read the inventory", "hosts": "all:localhost", "gather_facts": False, "strategy": "linear"}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("hosts"), good())


def plays_of(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=NAMES)
def test_each_play_says_how_it_runs(path: Path) -> None:
    first, *others = plays_of(path)
    assert first == READ
    assert others
    for play in others:
        assert play["strategy"] == "linear"
        assert play["gather_facts"] is False
        assert "vipstack.lvs.hosts" in play["hosts"]
        if path.name != "preview.yml":
            assert play["become"] is True


def test_preview_needs_rights_only_where_it_looks_at_hosts() -> None:
    _read, play = plays_of(ROOT / "playbooks/preview.yml")
    assert "become" not in play
    for task in play["tasks"]:
        looks = task.get("vipstack.lvs.observe", {}).get("purpose") in ("family", "preview")
        assert task.get("become", False) is looks, task


@pytest.mark.parametrize("playbook", NAMES)
def test_no_host_is_an_error(playbook: str, hosts: Hosts) -> None:
    names = ["lvs_directors_group=balancers", "lvs_real_servers_group=servers", "host=web9"]
    run = hosts.play("playbooks/" + playbook, *(word for name in names for word in ("-e", name)))
    assert run.status != 0, run.output
    assert not run.tasks
    assert "no host is matched: " in run.output
    given = "host is web9" if playbook == "restore.yml" else "lvs_directors_group is balancers"
    assert given in run.output
    assert "whose groups are: lvs_directors, lvs_real_servers" in " ".join(run.output.split())


def test_a_limit_that_leaves_no_host_is_an_error(hosts: Hosts) -> None:
    run = hosts.play("playbooks/weights.yml", "--limit", "web1")
    assert run.status != 0
    assert "lvs_directors_group is lvs_directors, --limit is web1" in run.output


@pytest.mark.parametrize("limit", [[], ["--limit", "lvs_directors"]], ids=["all", "limit"])
def test_a_run_that_starts_behind_the_first_play_is_an_error(limit: list[str], hosts: Hosts) -> None:
    """There is no model then, and nobody has looked at the hosts."""
    task = "Validate, write and load the configuration of Keepalived"
    run = hosts.play("playbooks/site.yml", "--start-at-task", task, *limit)
    assert run.status != 0, run.output
    assert not run.tasks
    assert "the directors are in no order, as --start-at-task left out the first play" in run.output


def test_a_run_that_starts_at_a_task_of_a_real_server_says_what_is_missing(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, good())
    run = hosts.play(
        "playbooks/site.yml", "--start-at-task", "Put the VIPs on lo, silent in ARP, now and at every boot"
    )
    assert run.status != 0
    assert "there is no model, as the task that computes it was left out" in run.output
    assert not (hosts.answers / "asked").exists()


@pytest.mark.parametrize("limit", [[], ["--limit", "web1"]], ids=["all", "one"])
def test_the_inventory_names_the_groups(limit: list[str], tmp_path: Path) -> None:
    tree = good()
    for kind, name in (("directors", "balancers"), ("real_servers", "servers")):
        tree["groups"][name] = tree["groups"].pop("lvs_" + kind)
        for variables in tree["hostvars"].values():
            variables["lvs_%s_group" % kind] = name
    run = Hosts(tmp_path, tree).play("playbooks/site.yml", *limit)
    assert run.status == 0, run.output
    assert set(run.tasks) == ({"web1"} if limit else set(tree["hostvars"]))


def test_a_group_has_one_name(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, good())
    (tmp_path / "host_vars").mkdir()
    for host, name in (("d1", "{{ 'lvs_' ~ 'directors' }}"), ("d2", "others")):
        (tmp_path / "host_vars" / (host + ".json")).write_text(json.dumps({"lvs_directors_group": name}))
    run = hosts.play("playbooks/weights.yml")
    assert run.status != 0
    what = "lvs_directors_group is lvs_directors for d1 and others for d2; must be the same for all hosts of a run"
    assert what in " ".join(run.output.split())


@pytest.mark.parametrize("playbook", ["status.yml", "preview.yml"])
def test_hosts_that_cannot_be_looked_at_are_an_error(playbook: str, tmp_path: Path) -> None:
    live = ("-e", "lvs_preview_live=true", "-e", "lvs_preview_dest=%s" % (tmp_path / "preview"))
    hosts = Hosts(tmp_path / "hosts", good())  # none answers the module inspect
    run = hosts.play("playbooks/" + playbook, *live)
    assert run.status != 0, run.output
    assert "no host could be looked at" in run.output


def test_a_list_of_the_hosts_needs_no_host(hosts: Hosts) -> None:
    run = hosts.play("playbooks/site.yml", "--list-hosts", "-e", "lvs_directors_group=balancers")
    assert run.status == 0, run.output
