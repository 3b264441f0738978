# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""remove.yml: on which hosts it runs what, in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from converged import Hosts, Run
from inventory import with_changes

# d1 is a director and a real server, and both write their tables themselves.
BOTH: dict[str, Any] = {
    "group:lvs_real_servers": ["d1", "web1", "web2"],
    "lvs_nginx_on_directors": "real_server",
    "lvs_table_owner": "static",
}


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    found = Hosts(tmp_path, with_changes(BOTH))
    found.answer("keepalived_info", {"instances": [{"name": "web", "state": "BACKUP"}]})
    found.answer("ipvs_info", {"services": [], "statistics": []})
    found.answer("restore", {"restored": ["- /etc/keepalived/keepalived.conf"]})
    for module in ("ipvs", "systemd_service"):
        found.answer(module, {})
    return found


def leave(hosts: Hosts, host: str) -> Run:
    return hosts.play("playbooks/remove.yml", "-e", "host=" + host, "-e", "lvs_remove_confirm=" + host)


def asked(hosts: Hosts, host: str) -> list[str]:
    return [module for one, module in hosts.asked() if one == host and module != "host_facts"]


def test_a_host_that_is_both_is_drained_hands_over_and_is_given_back(hosts: Hosts) -> None:
    run = leave(hosts, "d1")
    assert run.status == 0, run.output
    assert asked(hosts, "d1") == [
        "restore", "weights", "ipvs", "config_tree", "ipvs_info", "systemd_service", "ipvs", "restore",
    ]  # fmt: skip
    assert asked(hosts, "d2") == ["keepalived_info", "weights", "ipvs", "config_tree", "ipvs_info"]


def test_nothing_is_written_on_a_host_that_has_left_already(hosts: Hosts) -> None:
    hosts.answer("restore", {"restored": []})
    run = leave(hosts, "d1")
    assert run.status == 0, run.output
    assert "d1 has nothing of us" in run.output
    assert asked(hosts, "d1") == ["restore"]


def test_a_director_on_which_keepalived_never_came_can_leave(hosts: Hosts) -> None:
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": {"family": "Debian", "units": {}, "paths": {}}}})
    hosts.answer("systemd_service", {"failed": True, "msg": "Could not find the requested service keepalived.service"})
    run = leave(hosts, "d1")
    assert run.status == 0, run.output
    assert asked(hosts, "d1")[-2:] == ["ipvs", "restore"]


def test_no_director_drains_where_the_host_cannot_be_given_back(hosts: Hosts) -> None:
    hosts.answer("restore", {"failed": True, "msg": "a run for the set nginx was interrupted"})
    run = leave(hosts, "web1")
    assert run.status != 0
    assert "a run for the set nginx was interrupted" in run.output
    assert {module for _host, module in hosts.asked()} == {"restore"}
