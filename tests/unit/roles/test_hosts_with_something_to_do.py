# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays of site.yml that are for some real servers take those, and only those."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from converged import Hosts, Run
from inventory import good


def plays(run: Run) -> dict[str, str]:
    """What is said of each play, by its name."""
    said = run.output.partition("PLAY RECAP")[0]
    parts = re.split(r"^PLAY \[(.*?)\] \**\n", said, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path, good())


def test_where_nothing_is_to_do_no_host_is_asked(hosts: Hosts) -> None:
    said = plays(hosts.play("playbooks/site.yml"))
    for name in (
        "Record what real servers had before the first run",
        "Open the firewalls of real servers",
        "Disable what would fight on real servers at the next boot",
    ):
        assert said[name].strip() == "skipping: no hosts matched"


def test_a_host_that_has_something_is_the_only_one(hosts: Hosts) -> None:
    hosts.has_foreign("web2", {"kind": "disabled", "path": "/etc/rc.local", "words": "at boot it sets a VIP"})
    hosts.answer("takeover", {"noted": [], "disabled": []})
    run = hosts.play("playbooks/site.yml")
    assert run.status == 0, run.output
    assert [host for host, module in hosts.asked() if module == "takeover"] == ["web2", "web2"]
    assert "web1" not in plays(run)["Record what real servers had before the first run"]


def test_a_limit_holds_for_them(hosts: Hosts) -> None:
    hosts.has_foreign("web2", {"kind": "disabled", "path": "/etc/rc.local", "words": "at boot it sets a VIP"})
    run = hosts.play("playbooks/site.yml", "--limit", "web1")
    assert run.status == 0, run.output
    assert {host for host, _module in hosts.asked()} == {"web1"}


def test_hosts_that_are_listed_were_not_looked_at(hosts: Hosts) -> None:
    run = hosts.play("playbooks/site.yml", "--list-hosts")
    assert run.status == 0, run.output
    assert run.output.count("web1") >= 4


def test_a_firewall_is_one_of_them(hosts: Hosts) -> None:
    fact = json.loads((hosts.answers / "host_facts.json").read_text(encoding="utf-8"))
    fact["ansible_facts"]["lvs_host"]["firewall"] = {"firewalld": True, "policies": [], "closed": []}
    hosts.answer("host_facts", fact, "web2")
    said = plays(hosts.play("playbooks/site.yml"))["Open the firewalls of real servers"]
    assert "web2" in said
    assert "web1" not in said
