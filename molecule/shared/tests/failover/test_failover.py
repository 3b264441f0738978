# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client saw of the faults of the side effect."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

BACKUP = {"d1": "d2", "d2": "d1"}


def story(name: str) -> dict[str, Any]:
    """What the side effect wrote; without it, this is an error."""
    stories = json.loads((Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "failover.json").read_text())
    found: dict[str, Any] = stories[name]
    return found


@pytest.mark.parametrize("fault", ["cable", "nginx"])
def test_no_request_fails_once_the_service_goes_on(fault: str) -> None:
    assert story(fault)["failed_late"] == []


def test_the_backup_serves_by_both_nodes_while_the_cable_of_the_master_is_out() -> None:
    seen = story("cable")
    assert seen["answers_arp"] == [BACKUP[seen["before"]]]
    assert seen["served_late"] == ["web1", "web2"]


def test_the_old_master_is_back_and_takes_the_vip_only_with_preemption() -> None:
    seen = story("cable")
    preempts = os.environ["EXPECTED_AFTER_RETURN"] == "preempt"
    assert seen["afterwards"] == (seen["before"] if preempts else BACKUP[seen["before"]])


def test_a_dead_nginx_gets_no_requests_and_moves_no_vip() -> None:
    seen = story("nginx")
    assert seen["served_late"] == ["web2"]
    assert seen["answers_arp"] == [seen["before"]] == [seen["afterwards"]]
