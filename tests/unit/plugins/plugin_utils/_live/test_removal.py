# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host can leave: the confirmation, the last ones, and who has to take part."""

from __future__ import annotations

from typing import Any

import healthy
import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.removal import removal

Tree = Any  # of no type, as a test changes a model into what no model is
ALL = ("d1", "d2", "web1", "web2")


@pytest.fixture
def model() -> Tree:
    found = healthy.model()
    for host in ("d1", "d2"):
        found["hosts"][host]["director"]["weights"] = [
            {"service": "web", "host": name, "weight": 1, "drained": False} for name in ("web1", "web2")
        ]
    return found


def mistakes(model: Tree, host: str, **more: Tree) -> list[str]:
    return removal(model, host, **{"confirm": host, "reached": ALL, **more})["mistakes"]


def test_a_real_server_is_drained_on_every_director(model: Tree) -> None:
    assert removal(model, "web1", "web1", ALL) == {"mistakes": [], "drain": ["d1", "d2"], "heirs": []}


def test_a_director_has_heirs(model: Tree) -> None:
    assert removal(model, "d1", "d1", ALL) == {"mistakes": [], "drain": [], "heirs": ["d2"]}


@pytest.mark.parametrize(("said", "words"), [("", "is missing"), ("web2", 'is "web2"'), ("true", 'is "true"')])
def test_it_is_confirmed_by_the_name(model: Tree, said: str, words: str) -> None:
    assert mistakes(model, "web1", confirm=said, force=True) == [
        "lvs_remove_confirm %s; must be the name of the host that is removed: web1" % words
    ]


def test_a_wrong_name_says_which_there_are(model: Tree) -> None:
    assert mistakes(model, "") == ["which host? Give -e host=NAME; there are: d1, d2, web1, web2"]
    assert mistakes(model, "web9")[0].startswith(
        "host is web9, which is neither a director nor a real server; must be one of d1, d2, web1, web2. "
    )


@pytest.mark.parametrize("gone", [None, {"drained": True}, {"weight": 0}], ids=["alone", "drained", "weight 0"])
def test_the_last_real_server_of_a_service_stays(model: Tree, gone: dict[str, Tree] | None) -> None:
    for host in ("d1", "d2"):
        weights = model["hosts"][host]["director"]["weights"]
        if gone is None:
            weights.pop(1)
        else:
            weights[1].update(gone)
    assert mistakes(model, "web1") == [
        "web1 is the last real server of web: no client would be served. Say -e force=true if that is meant"
    ]
    assert mistakes(model, "web1", force=True) == []


def test_the_last_director_stays(model: Tree) -> None:
    model["clusters"]["default"]["directors"] = ["d1"]
    assert mistakes(model, "d1") == [
        "d1 is the last director: its VIPs would be gone. Say -e force=true if that is meant"
    ]
    assert mistakes(model, "d1", force=True) == []


def test_a_limit_without_directors_is_refused(model: Tree) -> None:
    """One that leaves a dead director out is not."""
    assert mistakes(model, "web1", reached=["web1"], force=True) == [
        "no director takes part (d1, d2): leave --limit out, as web1 needs them"
    ]
    assert mistakes(model, "web1", reached=["d1", "web1"]) == []
    assert mistakes(model, "d1", reached=["d1"]) == ["no director takes part (d2): leave --limit out, as d1 needs them"]


def test_a_limit_without_the_host_is_refused(model: Tree) -> None:
    """Before a director drains it."""
    assert mistakes(model, "web1", reached=["d1", "d2"]) == ["web1 takes no part: leave --limit out"]
