# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining if Keepalived owns the table: no request fails, nothing is reloaded, and the drain is permanent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import flows
import pytest

from lab.probe import Probe
from lab.stack import ADDRESSES, DIRECTORS, Stack

DRAINED = {"web1": 0, "web2": 1}
WHOLE = {"web1": 1, "web2": 1}


@pytest.fixture(autouse=True)
def settled(stack: Stack) -> Iterator[None]:
    stack.settled()
    yield
    for host in DIRECTORS:
        stack.run(host, "cd /var/lib/vipstack-lvs/weights && for name in web@web1 web@web2; do echo 0 > $name; done")
    stack.settled()


def everywhere(stack: Stack, weights: dict[str, int]) -> bool:
    return all(stack.weights(host) == weights for host in DIRECTORS)


def reloads(stack: Stack) -> list[str]:
    return [
        stack.run(host, "journalctl -u keepalived -o cat | grep -c '^Reload complete' || true") for host in DIRECTORS
    ]


def inventory(path: Path, **weights: str) -> Path:
    """Variables of hosts, on top of the lab's inventory."""
    path.write_text("all:\n  hosts:\n" + "".join("    %s: {%s}\n" % one for one in weights.items()), encoding="utf-8")
    return path


def test_flows_outlive_a_drain_and_a_drain_outlives_a_run(stack: Stack, tmp_path: Path) -> None:
    """Two sessions end when they are told to, and are counted before; a download ends in its own time."""
    before = reloads(stack)
    log, counted = tmp_path / "drain.log", "%s: web1 is drained; " % stack.holder()
    talk, chat = (flows.to("web1", lambda: flows.session(stack.docker)) for _flow in range(2))
    slow = flows.to("web1", lambda: flows.download(stack.docker, 18))
    requests = stack.lab.probe.until_told()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(partial(stack.play, "drain", "-e", "host=web1", "-e", "limit=600", log=log))
        stack.wait("weight 0 on both directors", lambda: everywhere(stack, DRAINED))
        late = Probe(stack.docker).load(200, timeout=60).summary
        stack.wait("the holder's count", lambda: counted in log.read_text(encoding="utf-8"))
        assert slow.end() == {"status": 200, "bytes": flows.SIZE, "error": None}
        assert not running.done(), "it waits for the session"
        assert talk.goes_on
        assert chat.goes_on
        seen = [talk.end(), chat.end()]
        play = running.result()
    for one in seen:
        assert one["error"] is None
        assert one["answers"] >= 2, "the first, and one after the drain"
    said = [int(one) for one in re.findall(r"web1 is drained; (\d+) connection", play.output)]
    assert max(said) >= 2, play.output
    assert min(said) == 0, play.output
    through = requests.end().summary
    assert through["failed"] == 0, through
    assert (late["failed"], late["by_server"]) == (0, {"web2": 200}), late

    again = stack.play("site", "-l", "lvs_directors")
    assert again.total("changed") == 0, again.output
    assert everywhere(stack, DRAINED), "a run does not undo it"
    assert "drain.yml, 20" in stack.play("status").output

    stack.play("undrain", "-e", "host=web1")
    stack.wait("the weights", lambda: everywhere(stack, WHOLE))
    assert reloads(stack) == before


def test_what_a_former_holder_lists_is_not_waited_for(stack: Stack) -> None:
    """A session goes on through the other director and ends there; the one whose cable was pulled never sees that."""
    former, other = stack.holder(), stack.backup()
    talk = flows.to("web1", lambda: flows.session(stack.docker))
    stack.lab.wire.cut(former)
    stack.wait("the VIP moves", lambda: stack.look(other).holds)
    assert talk.goes_on
    assert talk.end()["error"] is None
    stack.lab.wire.join(former)
    assert stack.settled() == other, "nobody preempts"
    assert re.search(r"ESTABLISHED.*%s:80" % ADDRESSES["web1"], stack.run(former, "ipvsadm -Lnc"))
    stack.play("drain", "-e", "host=web1", "-e", "limit=30")
    stack.play("undrain", "-e", "host=web1")
    stack.wait("the weights", lambda: everywhere(stack, WHOLE))


def test_what_is_left_at_the_limit_is_named_and_the_last_one_stays(stack: Stack) -> None:
    talk = flows.to("web1", lambda: flows.session(stack.docker))
    play = stack.play("drain", "-e", "host=web1", "-e", "limit=3", check=False)
    assert play.status != 0
    told = " ".join(play.output.split())
    words = r"web1 is drained and stays so, but after \d+ s there are left: tcp \S+ -> web1 \S+ connections 1"
    assert re.search(words, told), told
    assert re.search(r"%s:\d+, ESTABLISHED, \d+ s" % re.escape(ADDRESSES["client"]), told), told
    assert everywhere(stack, DRAINED)
    assert talk.end()["error"] is None

    last = stack.play("drain", "-e", "host=web2", check=False)
    assert "web2 is the last real server of web that gets new connections" in " ".join(last.output.split())
    assert everywhere(stack, DRAINED)


def test_a_share_is_shifted_step_by_step(stack: Stack, tmp_path: Path) -> None:
    """By weight, as hashing gives it: to the request it is tested where the scheduler counts."""
    before = reloads(stack)
    for weights, least, most in (({"web1": 1, "web2": 9}, 4, 56), ({"web1": 5, "web2": 5}, 107, 193)):
        path = inventory(tmp_path / "weights.yml", **{host: "lvs_weight: %d" % one for host, one in weights.items()})
        stack.play("weights", "-i", str(path))
        stack.wait("the weights", partial(everywhere, stack, weights))
        outcome = Probe(stack.docker).load(300, 2, timeout=60).summary
        assert outcome["failed"] == 0, outcome
        assert least <= outcome["by_server"]["web1"] <= most, "within five standard deviations: %s" % outcome
    stack.play("weights")
    stack.wait("the old weights", lambda: everywhere(stack, WHOLE))
    assert reloads(stack) == before


def test_the_inventory_drains_and_only_it_undrains(stack: Stack, tmp_path: Path) -> None:
    path = inventory(tmp_path / "state.yml", web1="lvs_drained_services: [web]")
    stack.play("weights", "-i", str(path))
    stack.wait("weight 0", lambda: everywhere(stack, DRAINED))
    play = stack.play("undrain", "-i", str(path), "-e", "host=web1", check=False)
    words = "web1 is drained from web by the inventory (lvs_state or lvs_drained_services): change it there"
    assert words in " ".join(play.output.split())
    assert everywhere(stack, DRAINED)
    stack.play("weights")
    stack.wait("the weights", lambda: everywhere(stack, WHOLE))
