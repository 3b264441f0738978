# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory in several shapes, as extra variables of site.yml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

STAGING = Path(__file__).resolve().parents[2] / "inventories" / "staging" / "group_vars" / "all.yml"
_PLACES = (("192.168.1.", "198.51.100."), ("director1", "d1"), ("director2", "d2"))
_VIP = {"addresses": ["198.51.100.200/24"], "vrid": 51}


def reference() -> dict[str, Any]:
    """The reference deployment as it stands in staging, at the lab's addresses."""
    text = STAGING.read_text(encoding="utf-8")
    for theirs, ours in _PLACES:
        text = text.replace(theirs, ours)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


VARIANTS: dict[str, dict[str, Any]] = {
    "balanced": {},
    "preempt": {"lvs_vips": {"web": {**_VIP, "preempt": True}}},
    "in_turn": {"lvs_virtual_services": {"web": {"vip": "web", "ports": [80], "scheduler": "wrr"}}},
    "sorry": {"lvs_nginx_on_directors": "sorry"},
    "fast": {"lvs_failover": "fast"},
    "tolerant": {"lvs_failover": "tolerant"},
    "reference": reference(),
}


def arguments(name: str) -> list[str]:
    """The arguments of ansible-playbook for a variant."""
    return ["-e", json.dumps(VARIANTS[name])] if VARIANTS[name] else []
