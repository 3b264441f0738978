# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status as one screen for a person. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterator, Mapping

from .._columns import table
from .._live.director_table import place_of
from .._live.observed import SEEN, UNSEEN
from .shape import CertificateStatus, ClusterStatus, DestinationStatus, DirectorStatus, SideStatus, Status, VipStatus

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def screen(found: Status, width: int = 120) -> str:
    """Everything that `status` returns."""
    lines: list[str] = []
    for name, cluster in found["clusters"].items():
        if len(found["clusters"]) > 1:
            lines += ["=== %s" % name]
        wide = (one(cluster, width) for one in (_services, _nodes, _canaries, _traffic, _streams, _certificates))
        for part in (_vips(cluster), *wide, _transitions(cluster)):
            said = [*part]
            lines += [*said, ""] if said else []
    lines += _hosts(found)
    codes = found["deviations"]
    lines.append("verify: %s" % (", ".join(codes) if codes else "no deviation in what was seen here"))
    return "\n".join(lines)


def moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def age(seconds: float) -> str:
    """The two biggest units: ``2 d 3 h``."""
    parts: list[str] = []
    rest = max(0, int(seconds))
    for size, unit in _UNITS:
        if rest >= size or (size == 1 and not parts):
            parts.append("%d %s" % (rest // size, unit))
            rest %= size
    return " ".join(parts[:2])


def _vips(cluster: ClusterStatus) -> Iterator[str]:
    for vip in cluster["vips"]:
        yield "VIP %s  %s  %s" % (vip["vip"], vip["address"], _holder(vip))
        directors = (_director(name, one) for name, one in vip["directors"].items())
        yield "    " + "  ".join(directors)


def _director(name: str, one: DirectorStatus) -> str:
    priority = "" if one["priority"] is None else " (priority %d)" % one["priority"]
    return "%s: %s%s" % (name, one["state"], priority)


def _holder(vip: VipStatus) -> str:
    if not vip["holders"]:
        return "on NO director that was seen"
    if len(vip["holders"]) > 1:
        return "on MORE THAN ONE director: %s" % ", ".join(vip["holders"])
    since = ""
    if vip["since"] is not None and vip["seconds"] is not None:
        since = "  since %s (%s)" % (moment(vip["since"]), age(vip["seconds"]))
    return "on %s%s%s" % (vip["holders"][0], since, ": %s" % vip["why"] if vip["why"] else "")


def _services(cluster: ClusterStatus, width: int) -> Iterator[str]:
    for service in cluster["services"]:
        where = "table of %s" % service["table_of"] if service["table_of"] else "no director's table was seen"
        words = [service["name"], service["title"], service["scheduler"], service["forward"], where]
        state = "%d of %d up" % (service["up"], len(service["destinations"]))
        if service["table_of"] and not service["in_table"]:
            state = "NOT IN THE TABLE"
        elif service["sorry_server"]:
            state += ", the sorry server answers"
        yield "service %s: %s" % ("  ".join(words), state)
        rows = [_destination(one) for one in service["destinations"]]
        head = ("  real server", "address", "weight", "active", "inactive", "state")
        yield table(head, rows, width)


def _destination(one: DestinationStatus) -> list[str]:
    weight = _number(one["weight"])
    if one["weight"] is not None and one["weight"] != one["wanted_weight"]:
        weight += " (%d)" % one["wanted_weight"]
    state = one["state"] + (": %s" % one["why"] if one["why"] else "")
    place = place_of(one["address"], one["port"])
    return ["  " + one["host"], place, weight, _number(one["active"]), _number(one["inactive"]), state]


def _nodes(cluster: ClusterStatus, width: int) -> Iterator[str]:
    rows = [
        [one["host"], *map(_number, (one["connections"], one["idle"], one["requests"], one["dropped"]))]
        for one in cluster["nodes"]
    ]
    if rows:
        yield table(("Nginx", "connections", "idle", "requests since its start", "dropped"), rows, width)


def _canaries(cluster: ClusterStatus, width: int) -> Iterator[str]:
    for one in cluster["canaries"]:
        name = one["site"] if one["route"] is None else "%s/%s" % (one["site"], one["route"])
        got = (
            "no request in the logs"
            if one["share"] is None
            else "%g %% of the requests since %s" % (one["share"], one["since"])
        )
        said = got if one["nodes"] else "no log was seen" if one["log"] else "no file tells of the site's requests"
        yield "canary %s  %g %% of the clients to %s: %s" % (name, one["percent"], one["upstream"], said)
        rows = [["  " + side, str(count["requests"]), _errors(count)] for side, count in one["sides"].items()]
        yield table(("  side", "requests", "answers with 5xx"), rows, width)


def _errors(count: SideStatus) -> str:
    share = " (%.2f %%)" % (100 * count["errors"] / count["requests"]) if count["errors"] else ""
    return "%d%s" % (count["errors"], share)


def _traffic(cluster: ClusterStatus, width: int) -> Iterator[str]:
    """Sites that have any of it."""
    rows = [
        [one["site"], str(one["requests"]), *(_counts(one[kind]) for kind in ("tls", "cache", "limits"))]
        for one in cluster["traffic"]
        if one["tls"] or one["cache"] or one["limits"]
    ]
    if rows:
        yield table(("site", "requests in the logs", "TLS", "cache", "limits"), rows, width)


def _streams(cluster: ClusterStatus, width: int) -> Iterator[str]:
    rows = [
        [one["stream"], str(one["connections"]), _counts(one["statuses"]), _counts(one["tls"])]
        for one in cluster["streams"]
    ]
    if rows:
        yield table(("stream", "connections in the logs", "status", "TLS"), rows, width)


def _certificates(cluster: ClusterStatus, width: int) -> Iterator[str]:
    rows = [["%(kind)s %(name)s" % one, _validity(one), ", ".join(one["nodes"])] for one in cluster["certificates"]]
    if rows:
        yield table(("certificate of", "until", "shown by"), rows, width)


def _validity(one: CertificateStatus) -> str:
    if one["stand_in"]:
        return "NONE HAS COME YET"
    left = age(one["days"] * 86400) if one["days"] > 0 else ""
    return "%s %s%s" % ("expires" if left else "EXPIRED", moment(one["expires"]), " (in %s)" % left if left else "")


def _counts(found: Mapping[str, int]) -> str:
    """The most first."""
    listed = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join("%s %d" % one for one in listed) or "-"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _transitions(cluster: ClusterStatus) -> Iterator[str]:
    yield "last transitions" if cluster["transitions"] else "no transition was logged"
    for one in cluster["transitions"]:
        yield "  %s  %s  %s  %s" % (moment(one["epoch"]), one["host"], one["instance"], one["state"])


def _hosts(found: Status) -> Iterator[str]:
    for host, state in found["hosts"].items():
        if state == UNSEEN:
            yield "%s: not part of this run" % host
        elif state != SEEN:
            yield "%s: %s: %s" % (host, state, found["messages"].get(host, ""))
