# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts before a run: what is wrong with each, host by host. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, NamedTuple, cast

from .._fit import selinux
from .._fit.fit import fit
from .._fit.shape import HostFacts, Problem
from .._fit.system import BECOME, distribution
from .._live import clocks, foreign
from .._live.observed import SEEN, UNREACHABLE
from .._live.shape import Observation, Observations
from .._model.shape import HostSlice, Model
from . import wire

_PYTHON = re.compile(r"Python version 3\.\d+\.? .*?([23]\.\d+(?:\.\d+)?)|requires.*[Pp]ython")
_NO_PYTHON = re.compile(r"python[\d.]*: (?:command )?not found|No such file or directory.*python|interpreter", re.I)
_RIGHTS = re.compile(r"sudo|doas|\bsu:|password is required|[Ii]ncorrect .*password|[Mm]issing .*password|become")


class Report(NamedTuple):
    """By host: ``problems`` stop a run, ``notes`` are for a person to read."""

    problems: dict[str, list[Problem]]
    notes: dict[str, list[str]]
    hosts: list[str]


def judge(model: Model, observations: Observations, variables: Mapping[str, list[Problem]]) -> Report:
    """``variables``: what is wrong with the variables of roles, by host."""
    mine = {host: one for host, one in observations.items() if host in model["hosts"]}
    facts = {host: facts_of(one) for host, one in mine.items() if one["status"] == SEEN}
    apart = clocks.apart({host: bound for host in facts for bound in [_offset(mine[host], facts[host])] if bound})
    problems: dict[str, list[Problem]] = {}
    for host, one in mine.items():
        found = list(variables.get(host, []))
        if host in facts:
            found += _of_host(model, host, one, facts)
        else:
            found += _not_seen(one)
        if host in apart:
            found.append(Problem("the clock", apart[host], "that of the other hosts (chrony, systemd-timesyncd)"))
        problems[host] = found
    notes = {host: list(_notes(model["hosts"][host], one)) for host, one in mine.items()}
    return Report(_filled(problems), _filled(notes), sorted(mine))


def facts_of(one: Observation) -> HostFacts:
    return cast(HostFacts, one.get("facts", {}))


def _of_host(model: Model, host: str, one: Observation, facts: Mapping[str, HostFacts]) -> Iterator[Problem]:
    fitted = fit(model["hosts"][host], facts[host])
    yield from fitted.problems
    cluster = model["hosts"][host]["cluster"]
    others = [other for other, slice_ in model["hosts"].items() if slice_["cluster"] == cluster]
    known = wire.Known(
        {other: facts[other] for other in others if other in facts}, [other for other in others if other not in facts]
    )
    yield from wire.problems(fitted.slice, one.get("report", {}), known)


def _not_seen(one: Observation) -> Iterator[Problem]:
    """Why nothing is known of a host. Its distribution may be: it is read without Python."""
    words = one.get("message", "")
    old = list(distribution(facts_of(one)))
    yield from old
    if one["status"] == UNREACHABLE:
        yield Problem("the connection", words, "possible: see ansible_host, ansible_user, the key and the network")
    elif _RIGHTS.search(words):
        yield Problem("the right to become root", "missing (%s)" % words, BECOME)
    elif _PYTHON.search(words) or _NO_PYTHON.search(words):
        yield Problem("Python", "too old or missing (%s)" % words, "3.8 or newer; ansible_python_interpreter names it")
    elif not old:
        yield Problem("the first look", "not possible (%s)" % words, "possible: run it with -vvv")


def _notes(mine: HostSlice, one: Observation) -> Iterator[str]:
    """Nothing here stops a run. ``!`` is a thing of somebody else that a run takes over, ``?`` one to look at."""
    facts = facts_of(one)
    yield from foreign.lines(facts.get("foreign", {}).get("findings", ()))
    yield from selinux.notes(mine, facts)
    for name, part in cast("Mapping[str, Any]", one.get("report", {})).items():
        if isinstance(part, Mapping) and set(part) == {"error"}:
            yield "%s was not looked at: %s" % (name, part["error"])


def _offset(one: Observation, facts: HostFacts) -> tuple[float, float] | None:
    if "clock" not in facts or "asked" not in one or "answered" not in one:
        return None
    return clocks.bounds(facts["clock"]["epoch"], one["asked"], one["answered"])


def _filled(by_host: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {host: list(dict.fromkeys(found)) for host, found in sorted(by_host.items()) if found}


# --- for people and machines ------------------------------------------------------------------------------------


def summary(report: Report) -> str:
    count = len(report.problems)
    if not count:
        return "%d host%s can be set up" % (len(report.hosts), "s" * (len(report.hosts) != 1))
    return "%d of %d hosts cannot be set up; no host was changed" % (count, len(report.hosts))


def text(report: Report) -> str:
    """Host by host."""
    lines = [summary(report)]
    for host in sorted({*report.problems, *report.notes}):
        lines.append(host)
        lines += ["  - " + problem.message for problem in report.problems.get(host, [])]
        lines += ["  note: " + note for note in report.notes.get(host, [])]
    return "\n".join(lines)


def as_data(report: Report) -> dict[str, Any]:
    """``{ok, summary, hosts, problems, notes}``."""
    return {
        "ok": not report.problems,
        "summary": summary(report),
        "hosts": report.hosts,
        "problems": [
            {"host": host, **one._asdict(), "message": one.message}
            for host, found in report.problems.items()
            for one in found
        ],
        "notes": [{"host": host, "text": one} for host, found in report.notes.items() for one in found],
    }
