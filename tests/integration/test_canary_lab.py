# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""canary.yml on hosts under load: the share is as asked on both nodes, and no request fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from lab.stack import REAL_SERVERS, Stack

SITE = {
    "lvs_nginx_upstreams": {"old": {"servers": ["198.51.100.201:8080"]}, "new": {"servers": ["198.51.100.202:8080"]}},
    "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "old", "canary": {"upstream": "new"}}},
}
EDIT = ("-e", json.dumps(SITE))
LOG = "/var/log/nginx/access.log"
REQUESTS = 3000


@pytest.fixture(autouse=True)
def a_canary(stack: Stack) -> Iterator[None]:
    """The client keeps no cookie, so it is another client with each request."""
    stack.play("site", *EDIT, "-l", "lvs_real_servers")
    yield
    stack.play("site", "-l", "lvs_real_servers")


def sides(stack: Stack) -> dict[str, Counter[str]]:
    """Node -> how many of new requests it sent to each side."""
    begun = stack.run_all(dict.fromkeys(REAL_SERVERS, f"wc -l < {LOG}"))
    load = stack.lab.probe.load(REQUESTS, 4).summary
    assert (load["failed"], set(load["by_server"])) == (0, set(REAL_SERVERS)), load
    lines = stack.run_all({host: f"tail -n +{int(begun[host]) + 1} {LOG}" for host in REAL_SERVERS})
    return {host: Counter(json.loads(line)["side"] for line in lines[host].splitlines()) for host in REAL_SERVERS}


def change(stack: Stack, percent: int) -> None:
    play = stack.play("canary", *EDIT, "-e", "site=www", "-e", f"percent={percent}")
    assert "percent of the canary of www in lvs_nginx_sites" in " ".join(play.output.split())


def test_the_share_changes_on_both_nodes_and_no_request_fails(stack: Stack) -> None:
    requests = stack.lab.probe.until_told()
    before = sides(stack)
    change(stack, 25)
    inside = sides(stack)
    change(stack, 0)
    after = sides(stack)
    through = requests.end().summary
    assert through["failed"] == 0, through
    for found in (before, after):
        assert {side for one in found.values() for side in one} == {"stable"}, found
    for host, one in inside.items():
        assert abs(one["canary"] / one.total() - 0.25) < 0.05, (host, one)
