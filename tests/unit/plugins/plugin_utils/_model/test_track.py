# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VIP tracks: each way in which it does not fit or could not move the VIP, and what a director runs then."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_TOO, model_of, with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

VIP = "lvs_vips.web"
FIT: dict[str, Any] = {"lvs_track_scripts": {"fit": {"script": "/srv/fit"}}, VIP + ".track_scripts": ["fit"]}
BOTH = ["198.51.100.200/24", "2001:db8::200/64"]
NO_CHECK = {"lvs_check_script.enabled": False}


def weighed(*weights: int, **others: Any) -> dict[str, Any]:
    """A program for each weight, all of which the VIP tracks, and a director's own check without one."""
    scripts = {"s%d" % n: {"script": "/srv/fit", "weight": weight} for n, weight in enumerate(weights)}
    return {"lvs_track_scripts": scripts, VIP + ".track_scripts": [*scripts], VIP + ".preempt": True, **others}


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a program that is not there": (
        {VIP + ".track_scripts": "fti", "lvs_track_scripts": {}},
        ['lvs_vips.web.track_scripts names "fti", which is not in lvs_track_scripts; there are: none'],
    ),
    "one of them twice": (
        {**FIT, VIP + ".track_scripts": ["fit", "fit"], VIP + ".track_interfaces": ["eth1", "eth1"]},
        ["lvs_vips.web.track_interfaces has eth1 twice", "lvs_vips.web.track_scripts has fit twice"],
    ),
    "no program": ({"lvs_track_scripts": {"fit": {}}}, ["lvs_track_scripts.fit.script is missing"]),
    "a word that a shell reads": (
        {"lvs_track_scripts": {"fit": {"script": "/srv/fit", "arguments": ["$(id)"]}}},
        [
            'lvs_track_scripts.fit.arguments[0] is "$(id)"; must be 1-128 letters, digits, blanks inside or '
            "_ . / : = , @ + % ^ -, no @ first in a word"
        ],
    ),
    "a real server's address": (
        {"lvs_track_scripts": {"fit": {"script": "/srv/fit", "arguments": ["{address}"]}}},
        [
            'lvs_track_scripts.fit.arguments[0] is "{address}"; must be 1-128 letters, digits, blanks inside or '
            "_ . / : = , @ + % ^ -, no @ first in a word"
        ],
    ),
    "a long line": (
        {"lvs_track_scripts": {"fit": {"script": "/srv/fit", "arguments": 9 * ["x" * 60]}}},
        ["lvs_track_scripts.fit.arguments have too many characters with the script; must be at most 500 in all"],
    ),
    "a weight without preemption": (
        weighed(-20, **{VIP + ".preempt": False}),
        [
            "lvs_track_scripts.s0.weight is -20, but lvs_vips.web does not preempt, so it would never fail over; give "
            "weight: 0 or preempt: true"
        ],
    ),
    "a weight that leaves the VIP where it is": (
        weighed(-20, -2),
        [
            "lvs_track_scripts.s1.weight is -2, but with it d1 has priority 252 in lvs_vips.web when it fails, and d2 "
            "has 250; must be below"
        ],
    ),
    "weights that lift both to the highest": (
        weighed(20, **{VIP + ".priorities": {"d1": 245, "d2": 240}}),
        [
            "lvs_track_scripts.s0.weight is 20, which lifts d1 and d2 to priority 254 in lvs_vips.web; must leave "
            "them apart"
        ],
    ),
    "a weight where both families move together": (
        weighed(-20, **V6_TOO, **{VIP + ".addresses": BOTH, "lvs_check_script.weight": -10}),
        [
            "lvs_check_script.weight is -10, but lvs_vips.web has both families, which move together whatever their "
            "priorities are; must be 0",
            "lvs_track_scripts.s0.weight is -20, but lvs_vips.web has both families, which move together whatever "
            "their priorities are; must be 0",
        ],
    ),
    "a lift that another one needs": (
        # Both pass: 150 and 140. One fails: 130 is below 140. The other: 145 is not.
        weighed(20, 5, **{VIP + ".priorities": {"d1": 125, "d2": 115}}),
        [
            "lvs_track_scripts.s1.weight is 5, but with it d1 has priority 145 in lvs_vips.web when it fails, and d2 "
            "has 140; must be below"
        ],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    changes, messages = WRONG[name]
    assert [one.message for one in build(with_changes(changes)).mistakes] == messages


def test_one_director_has_nobody_to_move_to() -> None:
    assert build(with_changes({**weighed(-1), "group:lvs_directors": ["d1"]})).mistakes == []


def test_a_director_alone_has_both_families_in_a_group_as_well() -> None:
    alone = with_changes({**weighed(-20), **V6_TOO, VIP + ".addresses": BOTH, "group:lvs_directors": ["d1"]})
    assert [one.path for one in build(alone).mistakes] == ["lvs_track_scripts.s0.weight"]
    assert build(with_changes({**FIT, **V6_TOO, VIP + ".addresses": BOTH})).mistakes == []


def test_a_program_that_nobody_tracks_is_said() -> None:
    warnings = build(with_changes({**FIT, VIP + ".track_scripts": []})).warnings
    assert "cluster default: lvs_track_scripts.fit is tracked by no VIP" in warnings


def config(changes: dict[str, Any]) -> str:
    return " ".join(files(model_of(with_changes(changes)), "d1", {})["/etc/keepalived/keepalived.conf"].split())


def test_a_program_is_run_as_it_is_written() -> None:
    given = {"script": "/srv/fit", "arguments": ["a b", "-x"], "user": "looker", "interval": 3, "timeout": 4}
    text = config({**FIT, "lvs_track_scripts.fit": {**given, "fall": 5, "rise": 6}})
    assert (
        "vrrp_script track-fit { script \"/srv/fit 'a b' -x\" interval 3 timeout 4 fall 5 rise 6 weight 0 user looker }"
        in text
    )
    assert "track_script { lvs_check track-fit }" in text
    assert "track_script { track-fit }" in config({**FIT, **NO_CHECK})
    assert "user keepalived_script }" in config(FIT).partition("track-fit {")[2]


def test_only_what_is_tracked_is_run() -> None:
    assert "vrrp_script" not in config({**FIT, VIP + ".track_scripts": [], **NO_CHECK})
    assert "track_script" not in config({**FIT, VIP + ".track_scripts": [], **NO_CHECK})


def test_interfaces_are_tracked_beside_that_of_the_vip() -> None:
    text = config({VIP + ".track_interfaces": ["eth2", "eth1"], VIP + ".interface": "eth1"})
    assert "track_interface { eth1 eth2 }" in text
