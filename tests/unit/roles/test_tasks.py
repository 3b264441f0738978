# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many tasks a run starts for a host on which nothing is to change, those that it then skips among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from converged import Hosts, Run
from inventory import good, put

MOST = 20


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("converged"), good())


def passed(run: Run) -> dict[str, int]:
    assert run.status == 0, run.output
    assert run.output.count("changed=0 ") == len(run.tasks), run.output
    return run.tasks


def test_site_starts_few_tasks(hosts: Hosts) -> None:
    tasks = passed(hosts.play("playbooks/site.yml"))
    assert max(tasks.values()) <= MOST, tasks
    assert max(tasks["web1"], tasks["web2"]) <= 6, tasks


def test_a_director_that_is_all_at_once_has_no_more(tmp_path: Path) -> None:
    tree = good()
    put(tree, "lvs_nginx_on_directors", "sorry")
    put(tree, "lvs_table_owner", "static")
    hosts = Hosts(tmp_path, tree)
    for module in ("ipvs", "systemd_service"):
        hosts.answer(module, {})
    assert max(passed(hosts.play("playbooks/site.yml")).values()) <= MOST


# A name of another site has the mistake in its path.
BROKEN: dict[str, Any] = {
    "regex": {"routes": [{"path": "~(a", "upstream": "app"}]},
    "never": {"routes": [{"path": "/a", "upstream": "app"}, {"path": "/a/b", "upstream": "app"}]},
    "unknown": {"upstream": "nowhere"},
    "itself": {"routes": [{"path": "/a", "redirect": {"path": "/a/b"}}]},
    "cookie": {"upstream": "app", "canary": {"upstream": "app", "cookie_name": "a b"}},
}


def test_sites_that_cannot_be_served_touch_no_host(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, good())
    sites = {name: {"server_names": [name + ".example"], **given} for name, given in BROKEN.items()}
    loop = {"app": {"servers": ["198.51.100.102:80"]}}  # Nginx of web1
    given = json.dumps({"lvs_nginx_sites": sites, "lvs_nginx_upstreams": loop})
    run = hosts.play("playbooks/site.yml", "-e", given)
    assert run.status != 0
    paths = ["lvs_nginx_upstreams.app.servers has", *("lvs_nginx_sites.%s" % name for name in BROKEN)]
    assert [path for path in paths if path not in run.output] == []
    assert "mistakes; no host was touched" in run.output
    assert not (hosts.answers / "asked").exists()


def test_check_mode_starts_no_more(hosts: Hosts) -> None:
    assert max(passed(hosts.play("playbooks/site.yml", "--check", "--diff")).values()) <= MOST


def test_what_other_people_have_set_up_is_recorded_and_then_disabled(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, good())
    found = {"kind": "disabled", "path": "/etc/rc.local", "words": "at boot it sets a VIP"}
    hosts.has_foreign("web1", found)
    hosts.answer("takeover", {"noted": [], "disabled": []})
    run = hosts.play("playbooks/site.yml")
    assert run.status == 0, run.output
    modules = [module for host, module in hosts.asked() if host == "web1"]
    assert modules.index("takeover") < modules.index("config_tree") < len(modules) - 1
    assert (modules.count("takeover"), modules[-1]) == (2, "takeover")
    assert "note: ! /etc/rc.local: at boot it sets a VIP" in run.output
    assert {host for host, module in hosts.asked() if module == "takeover"} == {"web1"}
