# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""purge.yml: on which hosts it runs what, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from converged import Hosts
from inventory import with_changes

CACHED = {"lvs_nginx_caches": {"pages": "1g"}, "lvs_nginx_sites.www.cache": "pages"}


def test_every_node_removes_and_no_director(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, with_changes(CACHED))
    hosts.answer("command", {"stdout": "2", "rc": 0})
    run = hosts.play("playbooks/purge.yml", "-e", "site=www", "-e", "path=/news")
    assert run.status == 0, run.output
    assert sorted(host for host, module in hosts.asked() if module == "command") == ["web1", "web2"]


def test_a_site_that_is_not_there_is_refused(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, with_changes(CACHED))
    run = hosts.play("playbooks/purge.yml", "-e", "site=shop")
    assert run.status != 0
    assert "site is shop; must be one of: www" in " ".join(run.output.split()), run.output
