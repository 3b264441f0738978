# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams of the model from those of the inventory."""

from __future__ import annotations

from typing import cast

from .derive_routes import raw
from .forms import address_of
from .normal import UpstreamInput
from .shape_upstreams import Tls, Upstream, UpstreamSettings
from .view import ClusterView
from .ways import SECURED


def upstreams(view: ClusterView) -> list[Upstream]:
    """All of a cluster, by name."""
    return [_upstream(name, one) for name, one in sorted(view.data["upstreams"].items())]


def tls_of(given: UpstreamInput) -> Tls | None:
    """For servers with one name it is the name that they have to prove."""
    if given["protocol"] not in SECURED or (given["protocol"] == "stream" and not given["tls"]):
        return None
    tls = given["tls"] or {"name": None, "verify": True, "trusted": None, "certificate": None, "key": None}
    return {**tls, "name": tls["name"] or common_name(given)}


def keeps(given: UpstreamSettings) -> bool:
    """Whether connections can be used again: a server of uwsgi closes each, and without a block there is no place."""
    return given["keepalive"] != 0 and given["protocol"] not in ("uwsgi", "stream") and not given["resolve"]


def method_of(given: UpstreamSettings) -> str:
    """How Nginx selects a server; a cookie and a hash go before the method."""
    return next((name for name in ("sticky", "hash") if given.get(name)), given["method"])


def common_name(given: UpstreamInput) -> str | None:
    """The host name of all servers; None where they have addresses or several names."""
    names = {one["address"] for one in given["servers"] or ()}
    name = names.pop() if len(names) == 1 else ""
    return name if name and address_of(name) is None else None


def _upstream(name: str, given: UpstreamInput) -> Upstream:
    """A server takes 1 KiB at most; its name may stand for several."""
    as_given = cast("dict[str, object]", given)
    settings = cast(UpstreamSettings, {key: as_given[key] for key in UpstreamSettings.__annotations__})
    return {
        **settings,
        "method": method_of(given),
        "tls": tls_of(given),
        "keepalive": given["keepalive"] if keeps(given) else 0,
        "name": name,
        "zone_kib": max(64, 4 * len(given["servers"])),
        "extra": raw("lvs_nginx_upstreams.%s.extra" % name, given["extra"]),
    }
