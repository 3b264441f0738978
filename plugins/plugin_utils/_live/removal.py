# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host can leave the stack, and what has to be done on others before. Pure."""

from __future__ import annotations

from typing import Collection, Iterator, TypedDict

from .._model.shape import Model


class Removal(TypedDict):
    """``mistakes``: why the host cannot leave, a sentence each. ``drain``: directors that send it connections.
    ``heirs``: directors that can take its VIPs over."""

    mistakes: list[str]
    drain: list[str]
    heirs: list[str]


def removal(model: Model, host: str, confirm: str, reached: Collection[str], force: bool = False) -> Removal:
    """``confirm``: the name once more. ``reached``: the hosts of this run, which ``--limit`` may have made fewer.

    ``force``: the last real server of a service or the last director goes, too.
    """
    if host not in model["hosts"]:
        return Removal(mistakes=[_unknown(model, host)], drain=[], heirs=[])
    cluster = model["clusters"][model["hosts"][host]["cluster"]]
    drain = [name for name in cluster["directors"] if any(one[1] == host for one in _shares(model, name))]
    leaves = model["hosts"][host]["director"] is not None
    heirs = [name for name in cluster["directors"] if name != host] if leaves else []
    mistakes = [*_unconfirmed(host, confirm), *_missing(host, (*drain, *heirs), reached)]
    if not force:
        mistakes += _last_ones(model, host, drain)
        if leaves and not heirs:
            mistakes.append(
                "%s is the last director: its VIPs would be gone. Say -e force=true if that is meant" % host
            )
    return Removal(mistakes=mistakes, drain=drain, heirs=heirs)


def _unknown(model: Model, host: str) -> str:
    if not host:
        return "which host? Give -e host=NAME; there are: %s" % ", ".join(sorted(model["hosts"]))
    return (
        "host is %s, which is neither a director nor a real server; must be one of %s. A host that has left these "
        "groups already is given back by restore.yml" % (host, ", ".join(sorted(model["hosts"])))
    )


def _unconfirmed(host: str, confirm: str) -> Iterator[str]:
    if confirm != host:
        said = 'is "%s"' % confirm if confirm else "is missing"
        yield "lvs_remove_confirm %s; must be the name of the host that is removed: %s" % (said, host)


def _missing(host: str, needed: Collection[str], reached: Collection[str]) -> Iterator[str]:
    """A director that is not asked would go on sending to the host, or would not be seen to be ready; a host that is
    left out would be drained and nothing more."""
    if host not in reached:
        yield "%s takes no part: leave --limit out" % host
    lacking = sorted(name for name in needed if name not in reached)
    if needed and len(lacking) == len(set(needed)):
        yield "no director takes part (%s): leave --limit out, as %s needs them" % (", ".join(lacking), host)


def _last_ones(model: Model, host: str, directors: Collection[str]) -> Iterator[str]:
    services = sorted({name for director in directors for name, other in _shares(model, director) if other == host})
    for service in services:
        if not any(
            name == service and other != host
            for director in directors
            for name, other in _shares(model, director, True)
        ):
            yield "%s is the last real server of %s: no client would be served. Say -e force=true if that is meant" % (
                host,
                service,
            )


def _shares(model: Model, director: str, serving: bool = False) -> Iterator[tuple[str, str]]:
    """Service and real server; ``serving``: only those that get new connections by the inventory."""
    part = model["hosts"][director]["director"]
    for one in part["weights"] if part else ():
        if not serving or (one["weight"] and not one["drained"]):
            yield one["service"], one["host"]
