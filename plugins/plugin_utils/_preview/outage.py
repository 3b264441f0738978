# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst-case outage, by the model: how long a VIP is unreachable, how late a check finds what is dead. Pure."""

from __future__ import annotations

import math
from typing import Iterator

from .._model.checks import kind_of
from .._model.shape import CheckScript, ClusterVip, Model, Service, TrackScript


def worst_outage(model: Model) -> str:
    """A paragraph for each cluster, in milliseconds; the same for every host, order and --limit."""
    return "\n".join("".join(line + "\n" for line in _cluster(name, model)) for name in sorted(model["clusters"]))


def check_ms(script: CheckScript | TrackScript) -> int:
    """The longest time until a director's own check says that it failed: the last good look was just before.

    Keepalived from 2.3.3 on skips a run while the one before still hangs. Older ones start it, and are not later.
    """
    every = script["interval"] * (script["timeout"] // script["interval"] + 1)
    seconds: float = script["interval"] + (script["fall"] - 1) * every + script["timeout"]
    return math.ceil(1000 * seconds)


def _cluster(name: str, model: Model) -> Iterator[str]:
    cluster = model["clusters"][name]
    yield "cluster %s: %s; failover %s; IPVS table by %s" % (
        name, ", ".join(cluster["directors"]) or "no director", cluster["failover"], cluster["table_owner"],
    )  # fmt: skip
    for vip in sorted(cluster["vips"]):
        yield from _vip(vip, cluster["vips"][vip])
    # Services and checks are the same on all directors of a cluster.
    director = model["hosts"][cluster["directors"][0]]["director"] if cluster["directors"] else None
    if not director:
        return
    for service in director["services"]:
        yield "  service %s: %s" % (service["name"], _detection(service))
    yield "  directors themselves: %s" % _own_check(director["check_script"])
    for script in director["track_scripts"]:
        yield "  tracked %s: %s" % (script["name"], _own_check(script))


def _vip(name: str, vip: ClusterVip) -> Iterator[str]:
    yield "  VIP %s: %s" % (name, ", ".join(vip["addresses"]))
    if vip["crash_ms"] is None or vip["planned_ms"] is None:
        yield "    one director only: nobody takes over; a crash lasts until it is back"
        return
    yield "    its holder crashes: an outage of at most %d ms" % vip["crash_ms"]
    yield (
        "    its holder stops as planned: it forwards until the next one is there, after at most %d ms"
        % vip["planned_ms"]
    )
    yield "    held by, in this order: %s" % ", ".join(vip["holder_order"])


def _detection(service: Service) -> str:
    check = service["check"]
    words = kind_of(check).words
    if not words:
        return "nothing checks its real servers; a dead one keeps its share of the clients"
    return "a dead real server is out after at most %d ms (%s, every %g s)" % (
        service["detection_ms"], words % check, check["interval"],
    )  # fmt: skip


def _own_check(script: CheckScript | TrackScript | None) -> str:
    if not script:
        return "nothing checks them; only silence is seen"
    weight = script["weight"]
    then = "its priority changes by %+d" % weight if weight else "it leaves its VIPs to another"
    return "a fault is seen after at most %d ms (every %g s, %d in a row), then %s" % (
        check_ms(script), script["interval"], script["fall"], then,
    )  # fmt: skip
