# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are asked for, by which node, and who gets one that is there already. Pure."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import datetime, timedelta
from typing import Iterable, Mapping, NamedTuple, Sequence, TypedDict

from .._model.rules_tls import covered
from .._model.shape_tls import Asked
from .._model.tls_values import STAND_IN
from .pem import PemError, parts
from .x509 import facts, read_first, span

HOUR, WEEK = 3600, 7 * 86400
# Let's Encrypt refuses a name for an hour after 5 failures, and a set of names for a week after 5 certificates.
MOST_FAILURES, MOST_ISSUED = 4, 4
# Days before the end at which somebody has to act.
URGENT_DAYS = 7


class Try(TypedDict):
    """An earlier question of a node: seconds ago; `what_of` it; whether a certificate came; else what was said."""

    age: float
    what: str
    issued: bool
    words: str


class Seen(TypedDict):
    """A certificate on a node. ``chain``, ``source``: texts, empty where there is none; ``fits``: the key does."""

    chain: str
    source: str
    fits: bool
    tried: list[Try]


class Due(NamedTuple):
    """One certificate. ``why``: it is asked for; empty: it is not. ``best``: the node that has the best one, which
    ``lacking`` nodes do not have. ``trouble``: why it is not asked for though it should be. ``urgent``: no node has one
    that clients trust, or not for long."""

    name: str
    why: str
    best: str
    lacking: list[str]
    trouble: str
    urgent: bool


def source_of(asked: Asked) -> str:
    """Where a certificate comes from, in a line: from elsewhere it would be another one."""
    acme = asked["acme"]
    if acme:
        return "acme %s %s\n" % (acme["directory"], acme["kind"])
    return "command %s\n" % hashlib.sha256(json.dumps(asked["command"]).encode()).hexdigest()[:16]


def what_of(asked: Asked) -> str:
    """What is asked for, in a word: another name or another place is another question."""
    return hashlib.sha256(json.dumps([source_of(asked), sorted(asked["names"])]).encode()).hexdigest()[:16]


def due(name: str, asked: Asked, seen: Mapping[str, Seen], now: datetime) -> Due:
    """``seen``: of each node that could be asked."""
    found = {host: _days(asked, one, now) for host, one in seen.items()}
    good = {host: left for host, (left, _why) in found.items() if left is not None}
    best = max(sorted(good), key=lambda host: good[host]) if good else ""
    left = good.get(best, timedelta(0))
    lacking = [host for host, one in seen.items() if best and not _same(one, seen[best])]
    why = _why(asked, seen[best], left, now) if best else next((words for _left, words in found.values()), "")
    tried = [one for each in seen.values() for one in each["tried"] if one["what"] == what_of(asked)]
    trouble = _too_often(tried, _newest(asked, seen.values(), now)) if why else ""
    return Due(name, "" if trouble else why, best, lacking, trouble, left <= timedelta(days=URGENT_DAYS))


def _same(one: Seen, other: Seen) -> bool:
    return (one["chain"], one["source"], one["fits"]) == (other["chain"], other["source"], True)


def _days(asked: Asked, one: Seen, now: datetime) -> tuple[timedelta | None, str]:
    """How long it is good, or None and why it is not."""
    if not one["chain"]:
        return None, "there is none"
    try:
        pem = parts(one["chain"], _no_file)
        begin, end, issuer = span(read_first(pem))
    except PemError:
        return None, "what is there cannot be read"
    told = facts(pem, now)
    if STAND_IN in issuer:
        return None, "there is none"
    if one["source"] != source_of(asked):
        return None, "it comes from elsewhere"
    if not one["fits"]:
        return None, "its key is another one"
    missing = [host for host in asked["names"] if not covered(host, told["names"] or [])]
    if missing:
        return None, "it is not for %s" % ", ".join(missing)
    if end <= now or begin > now:
        return None, "it has expired" if end <= now else "it is not valid yet"
    return end - now, ""


def _why(asked: Asked, one: Seen, left: timedelta, now: datetime) -> str:
    begin, end, _issuer = span(read_first(parts(one["chain"], _no_file)))
    whole = end - begin
    # More than two thirds of its time would ask for a new one at each run.
    early = whole / 3 if asked["renew_days"] is None else min(timedelta(days=asked["renew_days"]), whole * 2 / 3)
    return "it expires in %s" % _spoken(left) if left <= early else ""


def _spoken(left: timedelta) -> str:
    return "%d days" % left.days if left.days > 1 else "%d hours" % (left // timedelta(hours=1))


def _newest(asked: Asked, seen: Iterable[Seen], now: datetime) -> float:
    """Seconds since the begin of the last one that arrived, also where it has expired; at most a week."""
    ages = [float(WEEK)]
    for one in seen:
        if one["source"] == source_of(asked) and one["fits"]:
            with contextlib.suppress(PemError):
                ages.append((now - span(read_first(parts(one["chain"], _no_file)))[0]).total_seconds())
    return min(ages)


def _too_often(tried: Sequence[Try], newest: float) -> str:
    """``newest``: how old the last one is that arrived; what was given before has done its work."""
    failed = sorted((one["age"], one["words"]) for one in tried if not one["issued"] and one["age"] < HOUR)
    if len(failed) >= MOST_FAILURES:
        what = "was refused %d times in an hour, at last: %s; it is asked for again in %d minutes"
        wait = HOUR - failed[MOST_FAILURES - 1][0]
        return what % (len(failed), failed[0][1], wait // 60 + 1)
    issued = [one for one in tried if one["issued"] and one["age"] < newest]
    if len(issued) >= MOST_ISSUED:
        what = "was given %d times in a week and is not where it has to be; directories count that: find out why"
        return what % len(issued)
    return ""


def _no_file(path: str) -> str:
    raise OSError("no file")
