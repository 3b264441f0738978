# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""canary.yml: which hosts it writes to, what it says, and what it refuses before it looks at one."""

from __future__ import annotations

from pathlib import Path

import pytest
from converged import Hosts, Run
from inventory import with_changes

CANARY = {
    "lvs_nginx_upstreams.next.servers": ["192.0.2.1:80"],
    "lvs_nginx_sites.www.canary": {"upstream": "next", "percent": 5},
    "lvs_nginx_sites.www.routes": [{"name": "api", "path": "/api", "upstream": "app", "canary": {"upstream": "next"}}],
    "lvs_nginx_canary": {"www/api": 10},
}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("hosts"), with_changes(CANARY))


def play(hosts: Hosts, *words: str) -> Run:
    return hosts.play("playbooks/canary.yml", *(word for one in words for word in ("-e", one)))


@pytest.mark.parametrize(
    ("words", "stays"),
    [
        (["site=www", "percent=0"], "percent of the canary of www in lvs_nginx_sites"),
        (["site=www", "route=api", "percent=12.5"], "lvs_nginx_canary: {www/api: 12.5}"),
    ],
)
def test_every_nginx_gets_its_files_and_nobody_else(hosts: Hosts, words: list[str], stays: str) -> None:
    before = len(hosts.asked()) if (hosts.answers / "asked").exists() else 0
    run = play(hosts, *words)
    assert run.status == 0, run.output
    written = [host for host, module in hosts.asked()[before:] if module == "config_tree"]
    assert sorted(written) == ["web1", "web2"]
    assert stays in " ".join(run.output.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which canary, and which share of the clients?"),
        (["site=www"], "which canary, and which share of the clients?"),
        (["percent=5"], "which canary, and which share of the clients?"),
        (["site=shop", "percent=5"], "there are: www, www/api"),
        (["site=www", "route=rest", "percent=5"], "there are: www, www/api"),
        (["site=www", "percent=some"], "must be 0-100, with at most two decimals"),
        (["site=www", "percent=101"], "must be 0-100, with at most two decimals"),
    ],
)
def test_what_is_no_canary_is_refused(words: list[str], said: str, tmp_path: Path) -> None:
    hosts = Hosts(tmp_path, with_changes(CANARY))
    run = play(hosts, *words)
    assert run.status != 0, run.output
    assert said in " ".join(run.output.split()), run.output
    assert not (hosts.answers / "asked").exists()
