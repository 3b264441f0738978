# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that needs more than one healthy real server: what Keepalived is told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

WEB = "lvs_virtual_services.web"
SORRY = {"lvs_nginx_on_directors": "sorry"}
STATIC = "cluster default: lvs_virtual_services.web.quorum does nothing, as lvs_table_owner is static"
TWO = {WEB + ".quorum": 2}


def conf(changes: dict[str, Any]) -> str:
    model = model_of(with_changes({**SORRY, **changes}))
    return " ".join(files(model, "d1", {})["/etc/keepalived/keepalived.conf"].split())


def test_keepalived_is_told_what_is_not_its_default() -> None:
    assert "quorum" not in conf({})
    heavy = {"web1:lvs_weight": 2}
    assert "quorum 2 hysteresis 1 sorry_server" in conf({**TWO, WEB + ".hysteresis": 1, **heavy})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({WEB + ".quorum": 3, **SORRY}, ".quorum is 3, but the service has 2 real servers; must be at most that"),
    ({WEB + ".hysteresis": 1}, ".hysteresis is 1; must be below quorum, which is 1"),
    ({**TWO, WEB + ".hysteresis": 1, **SORRY},
     ".hysteresis is 1, which with quorum needs a weight of 3; all real servers together have 2"),
    ({**TWO, "web2:lvs_weight": 0, **SORRY},
     ".quorum is 2, but all real servers together have a weight of 1; must be at most that"),
    (TWO, ".quorum is 2, but nothing answers instead; must have a sorry_server, or lvs_nginx_on_directors"),
    ({WEB + ".quorum": 0}, ".quorum is 0; must be 1-65535"),
]  # fmt: skip


API = "lvs_virtual_services.api"
# Without a sorry server Keepalived goes on with those that are too few.
NOT_SERVED: list[tuple[dict[str, Any], str]] = [
    ({"ports": [5432]}, "the directors' Nginx does not serve port 5432; must have a sorry_server"),
    ({"ports": [53], "protocol": "udp"}, "the directors' Nginx serves no udp; must have a sorry_server"),
    ({"ports": [5432, 5433], "together": True}, "the directors' Nginx does not serve port 5432; must be left out"),
    ({"ports": [5432], "sorry_server": "198.51.100.9:5432"}, ""),
]


@pytest.mark.parametrize(("service", "message"), NOT_SERVED, ids=[str(service) for service, _message in NOT_SERVED])
def test_a_quorum_without_a_sorry_page_is_refused(service: dict[str, Any], message: str) -> None:
    found = build(with_changes({**SORRY, API: {"vip": "web", "quorum": 2, **service}})).mistakes
    assert [one.message for one in found] == ([API + ".quorum is 2, but " + message] if message else [])


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message for _changes, message in REFUSED])
def test_what_could_not_be_is_refused(changes: dict[str, Any], message: str) -> None:
    assert [one.message for one in build(with_changes(changes)).mistakes] == [WEB + message]


@pytest.mark.parametrize("drained", [{"web1:lvs_state": "drained"}, {"web1:lvs_drained_services": ["web"]}], ids=str)
def test_a_drain_of_the_inventory_below_the_quorum_is_told(drained: dict[str, Any]) -> None:
    what = "cluster default: lvs_virtual_services.web.quorum is 2, but those that are not drained weigh 1: the sorry "
    assert build(with_changes({**SORRY, **TWO, **drained})).warnings == [what + "server answers instead of them"]
    enough = {**SORRY, **TWO, **drained, "web2:lvs_weight": 2}
    assert build(with_changes(enough)).warnings == []


def test_a_static_table_has_none() -> None:
    found = build(with_changes({**TWO, "lvs_table_owner": "static"}))
    assert (found.mistakes, found.warnings) == ([], [STATIC])


def test_a_drain_knows_what_is_too_few() -> None:
    quorum = {**SORRY, **TWO, WEB + ".hysteresis": 1, "web1:lvs_weight": 2}
    for changes, least in (({}, 1), (quorum, 1), ({**quorum, WEB + ".hysteresis": 0}, 2)):
        assert least_of(changes) == {least}
    assert least_of({**TWO, "lvs_table_owner": "static"}) == {1}


def least_of(changes: dict[str, Any]) -> set[int]:
    return {one["least"] for one in model_of(with_changes(changes))["hosts"]["d1"]["director"]["weights"]}
