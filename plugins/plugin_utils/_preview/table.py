# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changes in a director's IPVS table. Pure.

A static table is written by the module ipvs, which makes every step of the plan. Where Keepalived owns the table,
nobody compares the kernel's table with the model: Keepalived compares its old configuration with its new one. So only
those steps are told in which Keepalived differs from the model. Other differences stay, and that is told as well.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Optional

from ...module_utils._errors import LvsError
from ...module_utils._ipvs.plan import DESTINATION, SERVICE, Step
from ...module_utils._ipvs.table import DestinationKey, ServiceKey, family_of
from ...module_utils._ipvs.text import lines, service_name
from .._live.director_table import DirectorTable, marked
from .._live.observed import ObservedHost
from .._live.shape import HostReport

# What Keepalived has: the weight of each real server, None where it does not report one.
Pools = Dict[ServiceKey, Dict[DestinationKey, Optional[int]]]


def table_changes(host: ObservedHost, reloaded: bool) -> Iterator[str]:
    """A line for each change. ``reloaded``: whether a run reloads Keepalived with a new configuration."""
    reason = host.error("ipvs")
    report: HostReport = {**host.report, "ipvs": host.ipvs or {}}
    try:
        table = DirectorTable(ObservedHost(host.name, host.slice, {**host.observation, "report": report}))
    except LvsError as error:
        yield "? the table has what no option can express: %s" % error.message
        return
    steps = [step for step in table.steps() if not _by_check(table, step)]
    if reason is not None:
        yield "? the table cannot be read (%s); it is taken as empty" % reason
        yield from lines(steps)
    elif table.checked:
        yield from _by_keepalived(host, steps, reloaded)
    else:
        yield from _by_module(table, steps)
    if table.checked:
        yield from _dropped(host, table)


def _by_check(table: DirectorTable, step: Step) -> bool:
    """Whether a step would only undo what a check did, or remove a sorry server that answers."""
    if step.kind != DESTINATION or step.key[0] not in table.services:
        return False
    service_key, key = step.key
    service = table.services[service_key]
    entry = next((one for one in table.entries(service) if one.key == key), None)
    if entry is not None:
        return table.standing(entry) == "out"
    sorry = service.get("sorry_server")
    return bool(table.checked and sorry and (sorry["address"], sorry["port"]) == tuple(key))


# --- a static table ---------------------------------------------------------------------------------------------


def _by_module(table: DirectorTable, steps: list[Step]) -> Iterator[str]:
    """The module's steps. It removes every service that the model does not know, also those at other addresses."""
    removed = [step.key for step in steps if step.kind == SERVICE and step.new is None]
    yield from lines(step for step in steps if step.kind != SERVICE or step.new is not None)
    for key in [*removed, *table.others]:
        yield "- %s, unless director_static_purge is false" % service_name(key)


# --- Keepalived's table -----------------------------------------------------------------------------------------


def _by_keepalived(host: ObservedHost, steps: list[Step], reloaded: bool) -> Iterator[str]:
    pools = _pools(host)
    made = [step for step in steps if (reloaded if pools is None else _makes(pools, step, reloaded))]
    yield from lines(made)
    stay = len(steps) - len(made)
    if stay:
        words = "1 difference of the table stays" if stay == 1 else "%d differences of the table stay" % stay
        yield "? %s: Keepalived does not see what others did; verify names it" % words


def _pools(host: ObservedHost) -> Pools | None:
    """What Keepalived has in the table by its own account: nothing where it does not run; None where it is unknown."""
    keepalived = host.keepalived
    if keepalived is None or (keepalived.get("running") and keepalived.get("virtual_servers") is None):
        return None
    return {
        key: {
            DestinationKey(server["address"], server["port"]): server["effective_weight"]
            for server in one["real_servers"]
        }
        for one in keepalived.get("virtual_servers") or ()
        if (key := _key(one))
    }


def _key(virtual: Mapping[str, Any]) -> ServiceKey | None:
    """What a virtual server is in the table; None where Keepalived does not tell it. It reports no family of a mark."""
    if virtual.get("fwmark"):
        servers = [one["address"] for one in virtual["real_servers"] if one["address"]]
        return marked(family_of(servers[0]), virtual["fwmark"]) if servers else None
    if virtual["address"] and virtual["port"] is not None:
        return ServiceKey(family_of(virtual["address"]), virtual["protocol"], virtual["address"], virtual["port"], 0)
    return None


def _makes(pools: Pools, step: Step, reloaded: bool) -> bool:
    """Whether Keepalived makes a step, by what it has now and what the model tells it."""
    if step.kind == SERVICE:
        return _differs(step, step.key in pools, reloaded)
    service, key = step.key
    pool = pools.get(service, {})
    if step.old is None or step.new is None or step.old.weight == step.new.weight or key not in pool:
        return _differs(step, key in pool, reloaded)
    return bool(pool[key] != step.new.weight)


def _differs(step: Step, known: bool, reloaded: bool) -> bool:
    """It adds what it does not know and removes what it knows. It does not report all fields of an object, so one that
    differs is changed where its configuration changes."""
    if step.old is None:
        return not known
    return known and (step.new is None or reloaded)


def _dropped(host: ObservedHost, table: DirectorTable) -> Iterator[str]:
    """Services that Keepalived has now and that are none of the model's: by another mark, or at another address."""
    addresses = {key.address for key in table.desired if key.address}
    marks = {key.fwmark for key in table.desired if key.fwmark}
    for virtual in (host.keepalived or {}).get("virtual_servers") or []:
        if virtual["address"] and virtual["port"] is not None and virtual["address"] not in addresses:
            key = ServiceKey("", virtual["protocol"], virtual["address"], virtual["port"], 0)
            yield "- %s" % service_name(key)
        elif virtual.get("fwmark") and virtual["fwmark"] not in marks:
            yield "- fwmark %s" % virtual["fwmark"]
