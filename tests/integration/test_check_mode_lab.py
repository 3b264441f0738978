# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""site.yml --check --diff reports all changes and makes none, on fresh hosts and on converged ones.

The hosts are recreated first, and are converged after the first test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from lab.play import INVENTORY, Play, edited
from lab.stack import MANAGED, Stack

SECRET = "pa55w0rd"
MAKES_THE_HOSTS_ANEW = True
NO_LISTS = "rm -rf /var/lib/apt/lists/*; ! apt-cache show keepalived 2> /dev/null"


def check(stack: Stack, inventory: Path = INVENTORY, *arguments: str) -> Play:
    return stack.play("site", "--check", "--diff", *arguments, inventory=inventory)


def diff(said: Play) -> list[str]:
    """The added and removed lines of all diffs, without file names."""
    lines = said.output.partition("PLAY RECAP")[0].splitlines()
    return [line for line in lines if line.startswith(("+", "-", "~")) and not line.startswith(("+++", "---"))]


@pytest.fixture(scope="module")
def as_converged(stack: Stack) -> dict[str, list[str]]:
    """The states of the hosts, which nothing after it is to change."""
    return stack.states()


@pytest.fixture(scope="module", autouse=True)
def fresh(stack: Stack) -> Iterator[None]:
    """The hosts as they are when the lab has just come up, without apt's lists, as images of clouds are."""
    stack.lab.make(list(MANAGED))
    stack.run_all(dict.fromkeys(MANAGED, NO_LISTS))
    yield
    stack.settled()


def test_fresh_hosts_are_not_touched(stack: Stack) -> None:
    before = stack.states()
    said = check(stack)
    assert stack.states() == before
    counts = said.recap
    assert sorted(counts) == sorted(MANAGED)
    for host in MANAGED:
        assert counts[host]["failed"] == 0
        assert counts[host]["changed"] >= 3
    assert "+    virtual_router_id 51" in said.output
    assert "+upstream app_servers {" in said.output
    # A run that is not one of check mode is seen by what the states are made of.
    stack.play("site")
    stack.settled()
    after = stack.states()
    assert [host for host in MANAGED if len(set(after[host]) ^ set(before[host])) < 20] == []


def test_converged_hosts_have_nothing_to_change(stack: Stack, as_converged: dict[str, list[str]]) -> None:
    said = check(stack)
    assert stack.states() == as_converged
    assert {host: counts["changed"] for host, counts in said.recap.items()} == dict.fromkeys(MANAGED, 0)
    assert diff(said) == []


def upstream_server_and_weight(everything: dict[str, Any]) -> None:
    everything["vars"]["lvs_nginx_upstreams"]["app_servers"]["servers"].append("198.51.100.203:8080")
    everything["children"]["lvs_real_servers"]["hosts"]["web2"]["lvs_weight"] = 5


def password(everything: dict[str, Any]) -> None:
    everything["vars"]["lvs_vips"]["web"].update(version=2, advert_interval=1, auth_pass=SECRET)


def test_an_edit_is_shown_and_nothing_else(stack: Stack, tmp_path: Path, as_converged: dict[str, list[str]]) -> None:
    said = check(stack, edited(tmp_path, upstream_server_and_weight))
    assert stack.states() == as_converged
    # A weight of 5 is one of 4 more: it goes where Keepalived adds it, and needs no reload.
    web, director = "+    server 198.51.100.203:8080 max_fails=3;", "~ web@web2 weight 1 -> weight 5"
    assert diff(said) == [web, web, director, director]
    assert {host: counts["changed"] for host, counts in said.recap.items()} == dict.fromkeys(MANAGED, 1)


def test_no_secret_is_shown(stack: Stack, tmp_path: Path) -> None:
    said = check(stack, edited(tmp_path, password), "--limit", "lvs_directors", "--tags", "keepalived")
    assert "+        auth_pass ********" in said.output
    assert SECRET not in said.output
