# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""site.yml --check --diff: says what would happen and touches nothing, on fresh hosts and on converged ones.

The hosts are made anew first, and are converged when the first test is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from live_lab import ROOT, settled, until
from plays_lab import HOSTS, INVENTORY, edited, play, recap, states

SECRET = "pa55w0rd"
MAKES_THE_HOSTS_ANEW = True


def check(inventory: Path = INVENTORY, *arguments: str) -> str:
    return play("site", inventory, "--check", "--diff", *arguments)


def reset() -> None:
    """The hosts as they are when the lab has just come up."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests/lab")}
    subprocess.run([sys.executable, "-m", "lab", "reset", *HOSTS], cwd=ROOT, env=env, check=True, timeout=300)


def diff(said: str) -> list[str]:
    """The lines of all diffs that come, go or change, without those that name the files."""
    lines = said.partition("PLAY RECAP")[0].splitlines()
    return [line for line in lines if line.startswith(("+", "-", "~")) and not line.startswith(("+++", "---"))]


@pytest.fixture(scope="module")
def as_converged() -> dict[str, list[str]]:
    """The states of the hosts, which nothing after it is to change."""
    return states()


@pytest.fixture(scope="module", autouse=True)
def fresh() -> Iterator[None]:
    reset()
    yield
    until("a settled cluster", settled, 60)


def test_fresh_hosts_are_not_touched() -> None:
    before = states()
    said = check()
    assert states() == before
    counts = recap(said)
    assert sorted(counts) == sorted(HOSTS)
    for host in HOSTS:
        assert counts[host]["failed"] == 0
        assert counts[host]["changed"] >= 3
    assert "+    virtual_router_id 51" in said
    assert "+upstream app_servers {" in said
    # A run that is not one of check mode is seen by what the states are made of.
    play("site")
    until("a settled cluster", settled, 60)
    after = states()
    assert [host for host in HOSTS if len(set(after[host]) ^ set(before[host])) < 20] == []


def test_converged_hosts_have_nothing_to_change(as_converged: dict[str, list[str]]) -> None:
    said = check()
    assert states() == as_converged
    assert {host: counts["changed"] for host, counts in recap(said).items()} == dict.fromkeys(HOSTS, 0)
    assert diff(said) == []


def upstream_server_and_weight(everything: dict[str, Any]) -> None:
    everything["vars"]["lvs_nginx_upstreams"]["app_servers"]["servers"].append("198.51.100.203:8080")
    everything["children"]["lvs_real_servers"]["hosts"]["web2"]["lvs_weight"] = 5


def password(everything: dict[str, Any]) -> None:
    everything["vars"]["lvs_vips"]["web"].update(version=2, advert_interval=1, auth_pass=SECRET)


def test_an_edit_is_shown_and_nothing_else(tmp_path: Path, as_converged: dict[str, list[str]]) -> None:
    said = check(edited(tmp_path, upstream_server_and_weight))
    assert states() == as_converged
    # A weight of 5 is one of 4 more: it goes where Keepalived adds it, and needs no reload.
    web, director = "+    server 198.51.100.203:8080 max_fails=3;", "~ web@web2 weight 1 -> weight 5"
    assert diff(said) == [web, web, director, director]
    assert {host: counts["changed"] for host, counts in recap(said).items()} == dict.fromkeys(HOSTS, 1)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    said = check(edited(tmp_path, password), "--limit", "lvs_directors", "--tags", "keepalived")
    assert "+        auth_pass ********" in said
    assert SECRET not in said
