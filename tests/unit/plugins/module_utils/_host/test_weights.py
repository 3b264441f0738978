# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights and drains in files: who is drained by whom, and what stays when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput, LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host import weights
from ansible_collections.vipstack.lvs.plugins.module_utils._host.weights import Change, Share, plan

NOW = "2026-11-26T02:20:00Z"
POOL = [Share("web", "web1", 1, False), Share("web", "web2", 5, False), Share("api", "web1", 1, False)]
AFTER = {share.name: weights.text_of(share.weight, None) for share in POOL}
BY_HAND = "-1\ndrained since %s\n" % NOW


def changed(**names: Any) -> list[Share]:
    return [Share(**{**one.__dict__, **names}) if one.name == "web@web1" else one for one in POOL]


def test_the_number_is_what_keepalived_adds_to_one() -> None:
    assert plan(POOL, {}).write == {"web@web1": "0\n", "web@web2": "4\n", "api@web1": "0\n"}


def test_before_2_2_the_number_says_only_whether_it_is_drained() -> None:
    pool = [*changed(weight=0), Share("api", "web2", 5, True)]
    texts = plan(pool, {}, scheme=weights.DRAINS).write
    assert texts == {"web@web1": "1\n", "web@web2": "0\n", "api@web1": "0\n", "api@web2": "1\n"}


def test_a_second_run_writes_nothing() -> None:
    assert plan(POOL, AFTER).write == {}


@pytest.mark.parametrize("names", [{"drained": True}, {"weight": 0}])
def test_the_models_drain_comes_and_goes(names: dict[str, Any]) -> None:
    there = plan(changed(**names), AFTER)
    assert there.write == {"web@web1": "-1\n"}
    assert there.weights["web@web1"] == 0
    assert plan(POOL, {**AFTER, **there.write}).write == {"web@web1": "0\n"}


def test_a_drain_by_hand_outlives_the_next_run() -> None:
    found = plan(POOL, {**AFTER, "web@web1": BY_HAND})
    assert (found.write, found.by_hand, found.weights["web@web1"]) == ({}, {"web@web1": NOW}, 0)


def test_a_drain_by_hand_outlives_the_models() -> None:
    drained = plan(changed(drained=True), {**AFTER, "web@web1": BY_HAND})
    assert plan(POOL, {**AFTER, "web@web1": BY_HAND, **drained.write}).weights["web@web1"] == 0


def test_a_host_is_drained_from_all_its_services_or_from_one() -> None:
    pool = [*POOL, Share("api", "web2", 1, False)]
    assert plan(pool, AFTER, Change("web1", (), True), NOW).by_hand == {"web@web1": NOW, "api@web1": NOW}
    one = plan(pool, AFTER, Change("web1", ("api",), True), NOW)
    assert one.by_hand == {"api@web1": NOW}
    assert one.lines[0] == "~ api@web1 weight 1 -> weight 0, drained since %s" % NOW


def test_a_second_drain_keeps_the_first_ones_time() -> None:
    again = plan(POOL, {**AFTER, "web@web1": BY_HAND}, Change("web1", ("web",), True), "2027-01-01T00:00:00Z")
    assert (again.write, again.by_hand) == ({}, {"web@web1": NOW})


def test_undrained_it_has_the_models_weight() -> None:
    back = plan(changed(weight=7), {**AFTER, "web@web1": BY_HAND}, Change("web1", (), False), NOW)
    assert (back.write, back.by_hand) == ({"web@web1": "6\n"}, {})


def test_undrained_by_hand_it_stays_drained_where_the_model_says_so() -> None:
    back = plan(changed(drained=True), {**AFTER, "web@web1": BY_HAND}, Change("web1", (), False), NOW)
    assert (back.write, back.weights["web@web1"]) == ({"web@web1": "-1\n"}, 0)


def test_the_last_real_server_of_a_service_stays_unless_forced() -> None:
    last = Change("web1", ("api",), True)
    with pytest.raises(LvsError) as caught:
        plan(POOL, AFTER, last, NOW)
    assert caught.value.message == (
        "web1 is the last real server of api that gets new connections: undrain another one first, or say force=true"
    )
    assert plan(POOL, AFTER, Change("web1", ("api",), True, force=True), NOW).weights["api@web1"] == 0
    assert plan(POOL, {**AFTER, "api@web1": BY_HAND}, last, NOW).weights["api@web1"] == 0, "it is drained already"


def test_a_drain_keeps_a_service_at_its_quorum_unless_forced() -> None:
    """Below it the sorry server answers everybody."""
    pool = [Share("web", host, 2, False, 4) for host in ("web1", "web2", "web3")]
    first = plan(pool, {}, Change("web1", (), True), NOW)
    with pytest.raises(LvsError) as caught:
        plan(pool, first.write, Change("web2", (), True), NOW)
    assert caught.value.message == (
        "without web2 the real servers of web that get new connections weigh 2, and below 4 the sorry server answers "
        "instead of them: undrain another one first, or say force=true"
    )
    below = plan(pool, first.write, Change("web2", (), True, force=True), NOW)
    assert below.weights == {"web@web1": 0, "web@web2": 0, "web@web3": 2}
    five = [*pool, Share("web", "web4", 1, False, 4)]
    assert plan(five, {**first.write, **below.write}, Change("web4", (), True), NOW).weights["web@web4"] == 0


def test_every_mistake_is_named() -> None:
    def option(**names: Any) -> dict[str, Any]:
        return {"service": "web", "host": "web1", "weight": 1, "drained": False, **names}

    with pytest.raises(InvalidInput) as caught:
        weights.from_options([option(), option(), option(host="a/b"), option(host="web3", weight=65536)])
    assert caught.value.problems == [
        "destinations[1] is web@web1, which is there already",
        "destinations[2] is web@a/b; must be usable as a file's name",
        "destinations[3].weight is 65536; must be 0-65535",
    ]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    directory = str(tmp_path / "weights")
    assert weights.read(directory) == {}
    weights.write(directory, {"web@web1": BY_HAND, "web@web2": "4\n"})
    assert weights.read(directory) == {"web@web1": BY_HAND, "web@web2": "4\n"}
    assert weights.drained(directory) == [{"service": "web", "host": "web1", "since": NOW}]
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == ["web@web1", "web@web2"]


def test_a_file_is_replaced_in_its_directory(tmp_path: Path) -> None:
    """Keepalived watches the directory: it has to stay the same one, and no reader may see half a file."""
    directory = tmp_path / "weights"
    weights.write(str(directory), {"web@web1": "0\n"})
    inode, held = directory.stat().st_ino, (directory / "web@web1").open(encoding="utf-8")
    with held:
        weights.write(str(directory), {"web@web1": "-1\n"})
        assert (directory.stat().st_ino, held.read()) == (inode, "0\n")


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("")
    with pytest.raises(LvsError, match="cannot be written: "):
        weights.write(str(tmp_path / "weights"), {"web@web1": "0\n"})


@pytest.mark.parametrize(
    "text", ["", "\n", "-1\ndrained sin", "-1\ndrained since \n", "drained since %s\n" % NOW, "x\n", "\0"]
)
def test_a_damaged_file_is_no_word_that_nothing_is_drained(tmp_path: Path, text: str) -> None:
    (tmp_path / "web@web1").write_text(text)
    for ask in (weights.read, weights.drained):
        with pytest.raises(LvsError, match="web@web1 is damaged, so it does not say whether"):
            ask(str(tmp_path))


@pytest.mark.parametrize("text", ["0", "-1\n", "+2\n\n", "7 \n", "-1\ndrained since %s" % NOW])
def test_a_file_that_a_person_wrote_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "web@web1").write_text(text)
    assert weights.read(str(tmp_path)) == {"web@web1": text}
    assert bool(weights.drained(str(tmp_path))) == ("drained" in text)


def test_a_file_that_cannot_be_read_is_no_word_either(tmp_path: Path) -> None:
    (tmp_path / "web@web1").mkdir()
    with pytest.raises(LvsError, match="web@web1 cannot be read: Is a directory"):
        weights.drained(str(tmp_path))


def test_two_runs_wait_for_each_other_and_the_one_that_waits_too_long_says_so(tmp_path: Path) -> None:
    directory = str(tmp_path / "weights")
    refusal = "another run is changing the weights in .*, for more than 0 s now; see what it waits for, or run again"
    with weights.exclusive(directory), pytest.raises(LvsError, match=refusal), weights.exclusive(directory, 0):
        pass
    with weights.exclusive(directory, 0):
        assert weights.read(directory) == {}
