# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module weights on a directory of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.vipstack.lvs.plugins.module_utils._host import weights as files
from ansible_collections.vipstack.lvs.plugins.modules import weights


def params(path: Path, **options: Any) -> dict[str, Any]:
    pool = [{"service": "web", "host": host, "weight": 1, "drained": False} for host in ("web1", "web2")]
    rest: dict[str, Any] = {"state": "present", "host": None, "services": [], "force": False, "scheme": "weights"}
    return {"destinations": pool, "path": str(path / "weights"), **rest, **options}


def test_check_mode_says_the_same_and_touches_nothing(tmp_path: Path) -> None:
    said = weights.run(params(tmp_path), True)
    assert list(tmp_path.iterdir()) == []
    assert weights.run(params(tmp_path), False).lines == said.lines == ["+ web@web1 weight 1", "+ web@web2 weight 1"]
    assert weights.run(params(tmp_path), False).write == {}


def test_a_drain_is_dated_kept_and_ended(tmp_path: Path) -> None:
    weights.run(params(tmp_path, state="drained", host="web1"), False)
    (one,) = files.drained(str(tmp_path / "weights"))
    assert (one["service"], one["host"]) == ("web", "web1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["since"])
    assert weights.run(params(tmp_path), False).weights == {"web@web1": 0, "web@web2": 1}
    assert weights.run(params(tmp_path, state="active", host="web1"), False).by_hand == {}
    assert files.read(str(tmp_path / "weights")) == {"web@web1": "0\n", "web@web2": "0\n"}


def test_a_host_that_left_the_inventory_is_told_until_it_was_drained(tmp_path: Path) -> None:
    both = ["web1", "web2"]
    assert weights.run(params(tmp_path, inventory=both), False).left == {}
    pool = [{"service": "web", "host": "web1", "weight": 1, "drained": False}]
    gone = params(tmp_path, destinations=pool, inventory=["web1"])
    assert weights.run(gone, True).left == {"web2": ["web"]}
    assert weights.run(gone, False).left == {"web2": ["web"]}
    assert weights.run({**gone, "inventory": []}, False).left == {}
    assert weights.run(params(tmp_path, destinations=pool, inventory=both), False).left == {}, "of another cluster"
    weights.run(params(tmp_path, state="drained", host="web2", inventory=both), False)
    assert weights.run(gone, False).left == {}
