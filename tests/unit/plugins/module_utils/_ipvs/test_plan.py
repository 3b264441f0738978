# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: the fewest steps, in the order that traffic wants. The titles of the cases are the specification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipvs_strategies import tables

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.plan import Step, inverse, plan, reorder
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    Desired,
    DestinationConfig,
    DestinationKey,
    SyncDaemon,
    Table,
    Timeouts,
    canonical,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.text import lines

TIMEOUTS = {"tcp": 900, "tcp_fin": 120, "udp": 300}


def table(*services: dict[str, Any], daemons: Any = (), timeouts: Any = None) -> Table:
    """A table as the kernel has it: the destinations newest first, as they are written here."""
    desired = from_options(
        {"services": list(services), "daemons": list(daemons), "timeouts": dict(TIMEOUTS, **(timeouts or {}))}
    )
    found = {key: service for key, service in (desired.services or {}).items() if service}
    for options, (key, service) in zip(services, found.items()):
        written = [entry["address"] for entry in options.get("destinations", ())]
        ordered = sorted(service.destinations.items(), key=lambda item: written.index(item[0].address))
        found[key] = service._replace(destinations=dict(ordered))
    running = {role: daemon for role, daemon in (desired.daemons or {}).items() if daemon}
    return Table(found, desired.timeouts or Timeouts(), running)


def web(*hosts: int | dict[str, Any], **more: Any) -> dict[str, Any]:
    destinations = [{"address": "198.51.100.%d" % host} if isinstance(host, int) else host for host in hosts]
    return {"address": "192.0.2.10", "port": 80, "scheduler": "wrr", "destinations": destinations, **more}


def host(number: int, **more: Any) -> dict[str, Any]:
    return {"address": "198.51.100.%d" % number, **more}


DNS = {"protocol": "udp", "address": "192.0.2.10", "port": 53, "scheduler": "rr", "destinations": [host(5)]}
MASTER = {"role": "master", "interface": "eth0", "sync_id": 1, "maxlen": 1472}

CASES: dict[str, tuple[Table, dict[str, Any], list[str]]] = {
    "nothing asked, nothing done": (table(web(1)), {}, []),
    "what is there stays": (table(web(1, 2)), {"services": [web(2, 1)]}, []),
    "a new service comes with its destinations, the lowest first": (
        table(),
        {"services": [web(12, 11)]},
        [
            "+ tcp 192.0.2.10:80 wrr",
            "+ tcp 192.0.2.10:80 -> 198.51.100.11:80 dr weight 1",
            "+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1",
        ],
    ),
    "a new destination is one step": (
        table(web(11)),
        {"services": [web(11, 12)]},
        ["+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1"],
    ),
    "a weight changes in place, to 0 too": (
        table(web(11)),
        {"services": [web(host(11, weight=0))]},
        ["~ tcp 192.0.2.10:80 -> 198.51.100.11:80 weight 1 => 0"],
    ),
    "weights are kept where something else minds them": (
        table(web(host(11, weight=0))),
        {"services": [web(host(11, weight=5), host(12, weight=7))], "weights": "keep"},
        ["+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 7"],
    ),
    "a kept weight does not hide another change": (
        table(web(host(11, weight=0))),
        {"services": [web(host(11, weight=5, upper_threshold=9))], "weights": "keep"},
        ["~ tcp 192.0.2.10:80 -> 198.51.100.11:80 upper-threshold 0 => 9"],
    ),
    "the forwarding method changes in place": (
        table(web(11)),
        {"services": [web(host(11, forward="tunnel", tunnel={"type": "gue", "port": 6080}))]},
        ["~ tcp 192.0.2.10:80 -> 198.51.100.11:80 forward dr => tunnel, tunnel none => gue,port 6080"],
    ),
    "the scheduler, its flags and persistence change in place": (
        table(web(11)),
        {"services": [web(11, scheduler="sh", scheduler_flags=["sh-port"], persistence={"prefix": 24})]},
        ["~ tcp 192.0.2.10:80 scheduler wrr => sh, flags none => sh-port, persistent none => 300s/24"],
    ),
    "the end of persistence changes in place": (
        table(web(11, persistence={"timeout": 60})),
        {"services": [web(11)]},
        ["~ tcp 192.0.2.10:80 persistent 60s/32 => none"],
    ),
    "another port is another destination": (
        table(web(host(11, forward="nat", port=8080))),
        {"services": [web(host(11, forward="nat", port=8081))]},
        [
            "+ tcp 192.0.2.10:80 -> 198.51.100.11:8081 nat weight 1",
            "- tcp 192.0.2.10:80 -> 198.51.100.11:8080 nat weight 1",
        ],
    ),
    "what comes and what changes is before what goes": (
        table(web(11, 12), DNS),
        {"services": [web(12, 13, scheduler="rr")], "purge": True},
        [
            "~ tcp 192.0.2.10:80 scheduler wrr => rr",
            "+ tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1",
            "- tcp 192.0.2.10:80 -> 198.51.100.11:80 dr weight 1",
            "- udp 192.0.2.10:53 rr",
            "- udp 192.0.2.10:53 -> 198.51.100.5:53 dr weight 1",
        ],
    ),
    "services that were not named stay": (table(web(11), DNS), {"services": [web(11)]}, []),
    "services that were not named go when purging": (
        table(web(11)),
        {"services": [], "purge": True},
        ["- tcp 192.0.2.10:80 wrr", "- tcp 192.0.2.10:80 -> 198.51.100.11:80 dr weight 1"],
    ),
    "purging without services purges none": (
        table(web(11), daemons=[MASTER]),
        {"timeouts": TIMEOUTS, "purge": True},
        [],
    ),
    "a service is absent by name": (
        table(web(11), DNS),
        {"services": [{"protocol": "udp", "address": "192.0.2.10", "port": 53, "state": "absent"}]},
        ["- udp 192.0.2.10:53 rr", "- udp 192.0.2.10:53 -> 198.51.100.5:53 dr weight 1"],
    ),
    "what is absent already is left alone": (table(), {"services": [{"fwmark": 7, "state": "absent"}]}, []),
    "a mark of one family is not that of the other": (
        table({"fwmark": 7, "scheduler": "rr"}),
        {"services": [{"fwmark": 7, "scheduler": "rr"}, {"fwmark": 7, "family": "inet6", "scheduler": "rr"}]},
        ["+ fwmark 7 inet6 rr"],
    ),
    "wrr does not mind the order": (table(web(11, 12, 13)), {"services": [web(11, 12, 13)]}, []),
    "sh minds the order; only what stands wrong moves": (
        table(web(12, 13, 11, scheduler="sh")),
        {"services": [web(11, 12, 13, scheduler="sh")]},
        [
            "- tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
            "+ tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
        ],
    ),
    "sh in order: the next higher address moves nothing": (
        table(web(13, 12, 11, scheduler="sh")),
        {"services": [web(11, 12, 13, 14, scheduler="sh")]},
        ["+ tcp 192.0.2.10:80 -> 198.51.100.14:80 dr weight 1"],
    ),
    "mh: a lower address comes first and the others move before it": (
        table(web(13, 12, scheduler="mh")),
        {"services": [web(11, 12, 13, scheduler="mh")]},
        [
            "+ tcp 192.0.2.10:80 -> 198.51.100.11:80 dr weight 1",
            "- tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1 (its place in the order matters to the scheduler)",
            "+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1 (its place in the order matters to the scheduler)",
            "- tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
            "+ tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
        ],
    ),
    "a service that becomes sh gets its order": (
        table(web(12, 13)),
        {"services": [web(12, 13, scheduler="sh")]},
        [
            "~ tcp 192.0.2.10:80 scheduler wrr => sh",
            "- tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
            "+ tcp 192.0.2.10:80 -> 198.51.100.13:80 dr weight 1 (its place in the order matters to the scheduler)",
        ],
    ),
    "a destination that goes moves no other": (
        table(web(13, 12, 11, scheduler="sh")),
        {"services": [web(11, 13, scheduler="sh")]},
        ["- tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1"],
    ),
    "fo minds the order of equal weights": (
        table(web(11, 12, scheduler="fo")),
        {"services": [web(11, 12, scheduler="fo")]},
        [
            "- tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1 (its place in the order matters to the scheduler)",
            "+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1 (its place in the order matters to the scheduler)",
        ],
    ),
    "fo does not mind the order of different weights": (
        table(web(host(11, weight=2), 12, scheduler="fo")),
        {"services": [web(host(11, weight=2), 12, scheduler="fo")]},
        [],
    ),
    "timeouts: what was not named stays": (
        table(),
        {"timeouts": {"udp": 30}},
        ["~ timeouts udp 300 => 30"],
    ),
    "a daemon that is changed stops first and starts last": (
        table(web(11), daemons=[MASTER]),
        {"services": [web(11, 12)], "daemons": [dict(MASTER, sync_id=2)]},
        [
            "- sync daemon master interface eth0 sync-id 1 maxlen 1472 group 224.0.0.81 port 8848 ttl 1",
            "+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1",
            "+ sync daemon master interface eth0 sync-id 2 maxlen 1472 group 224.0.0.81 port 8848 ttl 1",
        ],
    ),
    "the length that the kernel chose stays where none was asked for": (
        table(daemons=[MASTER]),
        {"daemons": [{"role": "master", "interface": "eth0", "sync_id": 1}]},
        [],
    ),
    "a daemon that was not named stays": (
        table(daemons=[MASTER]),
        {"daemons": [{"role": "backup", "interface": "eth0"}]},
        ["+ sync daemon backup interface eth0 group 224.0.0.81 port 8848 ttl 1"],
    ),
    "a daemon is absent by its role": (
        table(daemons=[MASTER]),
        {"daemons": [{"role": "master", "state": "absent"}]},
        ["- sync daemon master interface eth0 sync-id 1 maxlen 1472 group 224.0.0.81 port 8848 ttl 1"],
    ),
    "a daemon that was not named goes when purging": (
        table(daemons=[MASTER]),
        {"daemons": [], "purge": True},
        ["- sync daemon master interface eth0 sync-id 1 maxlen 1472 group 224.0.0.81 port 8848 ttl 1"],
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_plan(title: str) -> None:
    current, options, expected = CASES[title]
    steps = plan(current, from_options(options), options.get("purge", False), options.get("weights") == "keep")
    assert lines(steps) == expected


def wanted(target: Table) -> Desired:
    return from_options(to_options(target))


@given(tables(), tables())
def test_no_step_deletes_what_is_still_wanted_but_for_its_place(before: Table, after: Table) -> None:
    for step in plan(before, wanted(after), purge=True):
        if step.new is not None or step.kind == "daemon":
            continue
        if step.kind == "service":
            assert step.key not in after.services
        else:
            service, destination = step.key
            assert bool(step.note) == (destination in after.services[service].destinations)


@given(tables(), tables())
def test_additions_and_changes_are_before_removals(before: Table, after: Table) -> None:
    steps = [step for step in plan(before, wanted(after), purge=True) if step.kind in ("service", "destination")]
    goes = [step.new is None and not step.note for step in steps]
    assert goes == sorted(goes)


@given(tables(), tables())
def test_the_plan_has_no_step_more_than_there_are_differences(before: Table, after: Table) -> None:
    """Counted another way: every object that differs costs one message, and a removed service takes its own along."""
    steps = plan(before, wanted(after), purge=True)
    differences = 0
    for key in set(before.services) | set(after.services):
        old, new = before.services.get(key), after.services.get(key)
        differences += (old.config if old else None) != (new.config if new else None)
        if new:
            had = old.destinations if old else {}
            keys: set[DestinationKey] = set(had) | set(new.destinations)
            differences += sum(had.get(place) != new.destinations.get(place) for place in keys)
    differences += before.timeouts != after.timeouts
    for role in ("master", "backup"):
        a, b = before.daemons.get(role), after.daemons.get(role)
        differences += 0 if a == b else (a is not None) + (b is not None)
    moves = {step.key for step in steps if step.note}
    changed_moves = sum(
        before.services[service].destinations[place] != after.services[service].destinations[place]
        for service, place in moves
    )
    assert len(steps) == differences + 2 * len(moves) - changed_moves


@given(tables(max_services=3))
def test_a_table_as_it_should_be_needs_nothing(target: Table) -> None:
    services = {
        key: value._replace(destinations=canonical(value.destinations)) for key, value in target.services.items()
    }
    assert plan(target._replace(services=services), wanted(target), purge=True) == []


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_reordering_moves_as_few_as_can_be(now: list[int], then: list[int]) -> None:
    """Only a tail of the new order can stay; by trying them all, the longest that stands in order already."""
    key = from_options({"services": [web()]}).services or {}
    (service,) = key
    config = DestinationConfig("dr", 1)
    names = [DestinationKey("198.51.100.%d" % number, 80) for number in range(1, 7)]
    current = {names[number]: config for number in now}
    goal = {names[number]: config for number in then}
    tails = [then[start:] for start in range(7)]
    longest = max(len(tail) for tail in tails if [number for number in now if number in tail] == tail)
    steps = reorder(service, current, goal)
    assert len(steps) == 2 * (6 - longest)
    for step in steps:  # play them: out, and in at the front
        place = step.key[1]
        if step.new is None:
            del current[place]
        else:
            current = {place: step.new, **current}
    assert list(current) == list(goal)


def test_the_inverse_of_a_removed_service_brings_its_destinations_in_their_order() -> None:
    before = table(web(12, 13, 11, scheduler="sh"))
    (service,) = before.services.values()
    steps = inverse(Step("service", service.key, service, None))
    assert [line.split(" ")[0] for line in lines(steps)] == ["+"] * 4
    assert [step.key[1].address[-2:] for step in steps[1:]] == ["11", "13", "12"]


@pytest.mark.parametrize(
    "step",
    [
        Step("timeouts", "", Timeouts(1, 2, 3), Timeouts(1, 2, 4)),
        Step("daemon", "master", None, SyncDaemon("eth0")),
        Step("daemon", "master", SyncDaemon("eth0"), None),
    ],
)
def test_the_inverse_of_the_inverse_is_the_step(step: Step) -> None:
    (back,) = inverse(step)
    assert back != step
    assert inverse(back) == [step]
