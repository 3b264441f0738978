# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams of the model from those of the inventory."""

from __future__ import annotations

from typing import cast

from .derive_routes import raw
from .normal import UpstreamInput
from .shape_upstreams import Upstream, UpstreamSettings
from .view import ClusterView


def upstreams(view: ClusterView) -> list[Upstream]:
    """All of a cluster, by name."""
    return [_upstream(name, one) for name, one in sorted(view.data["upstreams"].items())]


def _upstream(name: str, given: UpstreamInput) -> Upstream:
    """A server takes 1 KiB at most; its name may stand for several."""
    as_given = cast("dict[str, object]", given)
    settings = cast(UpstreamSettings, {key: as_given[key] for key in UpstreamSettings.__annotations__})
    return {
        **settings,
        "name": name,
        "zone_kib": max(64, 4 * len(given["servers"])),
        "extra": raw("lvs_nginx_upstreams.%s.extra" % name, given["extra"]),
    }
