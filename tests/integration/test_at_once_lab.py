# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people at once: two drains, two runs, a run and a drain. Both end well, or one says why; clients are served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lab.play import edited
from lab.stack import DIRECTORS, MANAGED, REAL_SERVERS, Play, Stack

pytestmark = pytest.mark.long
WHOLE = dict.fromkeys(REAL_SERVERS, 1)


@pytest.fixture(autouse=True)
def settled(stack: Stack) -> Iterator[None]:
    """A director that was master for a moment soon forgets the connections of then, for which a drain would wait."""
    stack.forget(established=10)
    stack.settled()
    yield
    stack.forget()
    stack.play("undrain", "-e", "host=web1")
    stack.play("undrain", "-e", "host=web2")
    stack.play("site")
    stack.settled()


def at_once(stack: Stack, *runs: Callable[[], Play]) -> list[Play]:
    """All runs at the same time, with a client that asks meanwhile and loses nothing."""
    requests = stack.lab.probe.until_told()
    with ThreadPoolExecutor(len(runs)) as pool:
        plays = [one.result() for one in [pool.submit(run) for run in runs]]
    seen = requests.end().summary
    assert seen["failed"] == 0, seen
    return plays


def drain(stack: Stack, host: str) -> Callable[[], Play]:
    return partial(stack.play, "drain", "-e", "host=" + host, "-e", "limit=600", check=False)


def weights(stack: Stack) -> list[dict[str, int]]:
    return [stack.weights(host) for host in DIRECTORS]


def test_two_drains_leave_a_real_server_on_each_director(stack: Stack) -> None:
    """Whoever is second somewhere is told so: its real server is the last one there."""
    plays = at_once(stack, drain(stack, "web1"), drain(stack, "web2"))
    refused = [play for play in plays if play.status]
    assert refused, "one of them at least"
    for play in refused:
        assert "is the last real server of web that gets new connections" in " ".join(play.output.split()), play.output
    assert all(sum(one.values()) >= 1 for one in weights(stack)), weights(stack)


def test_a_drain_outlives_a_run_that_began_before_it(stack: Stack) -> None:
    plays = at_once(stack, partial(stack.play, "site", check=False), drain(stack, "web1"))
    assert [play.status for play in plays] == [0, 0], [play.error for play in plays]
    stack.wait("web1 drained on both", lambda: weights(stack) == 2 * [{**WHOLE, "web1": 0}])
    assert "drain.yml, 20" in stack.play("status").output


def with_server(folder: Path, number: int) -> Path:
    def edit(everything: dict[str, Any]) -> None:
        everything["vars"]["lvs_nginx_upstreams"]["app_servers"]["servers"].append("198.51.100.%d:8080" % number)

    folder.mkdir()
    return edited(folder, edit)


def test_two_runs_leave_no_mixture(stack: Stack, tmp_path: Path) -> None:
    """Of two inventories: a host has the files of one of them, whole, and serves; one more run mends it."""
    inventories = [with_server(tmp_path / str(number), number) for number in (203, 204)]
    runs = [partial(stack.play, "site", check=False, inventory=one) for one in inventories]
    plays = at_once(stack, *runs)
    for play in plays:
        assert play.status == 0 or "another run" in " ".join(play.output.split()), play.error
    for host in REAL_SERVERS:
        conf = stack.run(host, "cat /etc/nginx/conf.d/lvs-upstreams.conf; nginx -t -q")
        assert ("198.51.100.203" in conf) != ("198.51.100.204" in conf)
    left = stack.run_all(dict.fromkeys(MANAGED, "find /etc /var/lib/vipstack-lvs -name '*.new' -o -name '*.staged*'"))
    assert set(left.values()) == {""}, left
    stack.play("site")
    assert stack.play("verify", check=False, writes=tmp_path / "verdict.json").errors() == set()
