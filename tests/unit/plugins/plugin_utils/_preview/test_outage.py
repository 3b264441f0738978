# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst-case outage, by the model."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.outage import check_ms, worst_outage


def said(changes: dict[str, Any] | None = None) -> str:
    built = build(with_changes(changes or {}))
    assert built.model is not None, built.mistakes
    return worst_outage(built.model)


def test_the_whole_text() -> None:
    assert said() == (
        "cluster default: d1, d2; failover balanced; IPVS table by keepalived\n"
        "  VIP web: 198.51.100.200/24\n"
        "    its holder crashes: an outage of at most 756 ms\n"
        "    its holder stops as planned: it forwards until the next one is there, after at most 6 ms\n"
        "    held by, in this order: d1, d2\n"
        "  service web-80: a dead real server is out after at most 3500 ms (HTTP /lvs-health, every 1 s)\n"
        "  directors themselves: a fault is seen after at most 8000 ms (every 2 s, 2 in a row),"
        " then it leaves its VIPs to another\n"
    )


def test_one_director_has_nobody_that_takes_over() -> None:
    words = said({"group:lvs_directors": ["d1"]})
    assert "one director only: nobody takes over; a crash lasts until it is back" in words
    assert "away for" not in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lvs_failover": "tolerant"}, "its holder crashes: an outage of at most 3024 ms"),
        ({"lvs_table_owner": "static"}, "nothing checks its real servers; a dead one keeps its share of the clients"),
        ({"lvs_check_script": {"enabled": False}}, "nothing checks them; only silence is seen"),
        ({"lvs_check_script.weight": -20, "lvs_vips.web.preempt": True}, "then its priority changes by -20"),
        ({"lvs_virtual_services.web.check": {"type": "tcp", "interval": 3}}, "(TCP connection, every 3 s)"),
    ],
)
def test_the_outage_follows_the_choices(changes: dict[str, Any], words: str) -> None:
    assert words in said(changes)


def test_the_time_of_a_directors_own_check() -> None:
    script: Any = {"interval": 1, "fall": 3, "timeout": 0.5}
    assert check_ms(script) == 3500
    # Each run that hangs takes the place of the next one, of two where it is longer than two.
    hanging: Any = [{**script, "timeout": timeout} for timeout in (1, 2, 2.5)]
    assert list(map(check_ms, hanging)) == [6000, 9000, 9500]


def test_a_program_that_is_tracked_has_its_time() -> None:
    """After 3 s one that hangs for 4 s, 6 s later the next."""
    given = {"script": "/srv/fit", "interval": 3, "timeout": 4}
    changes = {"lvs_track_scripts": {"fit": given}, "lvs_vips.web.track_scripts": ["fit"]}
    words = "a fault is seen after at most 13000 ms (every 3 s, 2 in a row), then it leaves its VIPs to another"
    assert "  tracked fit: " + words in worst_outage(model_of(with_changes(changes))).splitlines()
