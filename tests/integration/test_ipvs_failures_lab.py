# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a real kernel: killed in the middle, two runs at once, a refused message, nobody's rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ipvs_witness as witness
import pytest
from hypothesis import HealthCheck, given, settings
from ipvs_lab import MODULE, Director, Refused
from ipvs_strategies import tables

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import Table

Options = Any

HASHING = ("dh", "mh", "sh")


@pytest.fixture(scope="module")
def container() -> Iterator[Director]:
    with Director("ipvs-failures") as director:
        yield director


@pytest.fixture
def director(container: Director) -> Director:
    container.fresh()
    return container


def many(count: int, weight: int = 1, first: int = 1) -> list[Options]:
    """``count`` services with ten destinations each."""
    hosts = [{"address": "198.51.100.%d" % number, "weight": weight} for number in range(11, 21)]
    return [
        {"address": "192.0.2.10", "port": port, "scheduler": "wrr", "destinations": hosts}
        for port in range(first, first + count)
    ]


def arguments(director: Director, path: str, **params: Any) -> None:
    director.write(path, json.dumps({"ANSIBLE_MODULE_ARGS": params}))


def count(director: Director) -> int:
    """Services and destinations."""
    return sum(line.startswith("-") for line in director.sh("ipvsadm", "-Sn").splitlines())


@pytest.mark.parametrize("lines", [1, 3000, 7000])
def test_a_run_that_was_killed_is_repaired_by_the_next(director: Director, lines: int) -> None:
    arguments(director, "/tmp/many.json", services=many(1000))
    # It gets little of the processor, so that the table is looked at often enough to kill it in the middle.
    command = ["nice", "-n", "19", "python3", "-m", MODULE]
    director.call("kill_at", argv=command, path="/tmp/many.json", count=lines)
    left = count(director)
    assert lines <= left < 11000, "it was not killed in the middle"
    director.ipvs(services=many(1000))
    # What was done stays done: a service that the killed run made is not made again.
    assert director.messages == 11000 - left
    assert count(director) == 11000
    assert director.ipvs(services=many(1000)) == []


def test_two_runs_at_once_end_well(director: Director) -> None:
    """The same table twice: one does all of it, whichever it is, and the other finds it done."""
    arguments(director, "/tmp/both.json", services=many(300))
    pids = [director.spawn("python3", "-m", MODULE, "/tmp/both.json") for _run in range(2)]
    results = [json.loads(director.call("wait", pid=pid, seconds=120)["out"]) for pid in pids]
    assert sorted(result["messages"] for result in results) == [0, 3300], results
    assert director.ipvs(services=many(300)) == []


def test_two_runs_with_different_tables_leave_one_of_them_whole(director: Director) -> None:
    wanted = {"/tmp/one.json": many(200, weight=1), "/tmp/other.json": many(200, weight=2, first=101)}
    for path, services in wanted.items():
        arguments(director, path, services=services, purge=True)
    pids = [director.spawn("python3", "-m", MODULE, path) for path in wanted]
    ends = [director.call("wait", pid=pid, seconds=120) for pid in pids]
    assert [end["rc"] for end in ends] == [0, 0], ends
    last = [services for services in wanted.values() if director.ipvs(check=True, services=services, purge=True) == []]
    assert len(last) == 1


# --- a refused message ----------------------------------------------------------------------------------------------


def exact(director: Director) -> list[Any]:
    """The table as ipvsadm tells it; where the scheduler minds the order of the destinations, the order too."""
    return [witness.ipvsadm(director.sh), orders(director), witness.timeouts(director.sh), witness.daemons(director.sh)]


def orders(director: Director) -> list[list[str]]:
    """The services of hashing schedulers, each with its destinations, as the kernel has them (ipvsadm sorts)."""
    blocks: list[list[str]] = []
    for line in director.sh("cat", "/proc/net/ip_vs").splitlines()[3:]:
        if line.startswith(" "):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return sorted(block for block in blocks if block[0].split()[2] in HASHING)


OLD = """
-A -t 192.0.2.10:80 -s sh -b sh-port
-a -t 192.0.2.10:80 -r 198.51.100.12:80 -g -w 2
-a -t 192.0.2.10:80 -r 198.51.100.11:80 -g -w 1
-a -t 192.0.2.10:80 -r 198.51.100.14:80 -g -w 1 -x 9 -y 3
-a -t 192.0.2.10:80 -r 198.51.100.13:80 -g -w 0
-A -t 192.0.2.10:81 -s mh -p 60
-a -t 192.0.2.10:81 -r 198.51.100.12:81 -g -w 2
-a -t 192.0.2.10:81 -r 198.51.100.11:81 -g -w 1
-A -f 7 -s wlc
-a -f 7 -r 198.51.100.12:0 -m -w 3
"""
GOOD: Options = {
    "services": [
        {"address": "192.0.2.10", "port": 80, "scheduler": "rr", "destinations": [{"address": "198.51.100.14"}]},
        {"fwmark": 7, "state": "absent"},
        {"address": "192.0.2.11", "port": 80, "destinations": [{"address": "198.51.100.15"}]},
    ],
    "timeouts": {"tcp": 77},
    "purge": True,
}
# The last step of a plan, and one in the middle of it.
NO_INTERFACE: Options = {"daemons": [{"role": "master", "interface": "eth9"}]}
BROADCAST = {"address": "192.0.2.12", "port": 80, "destinations": [{"address": "198.51.100.255"}]}


def made(director: Director) -> list[Any]:
    for line in OLD.strip().splitlines():
        director.sh("ipvsadm", *line.split())
    return exact(director)


def test_a_refusal_at_the_end_puts_everything_back_in_its_old_order(director: Director) -> None:
    before = made(director)
    assert [len(block) for block in before[1]] == [5, 3]
    with pytest.raises(Refused) as caught:
        director.ipvs(**GOOD, **NO_INTERFACE)
    text = str(caught.value)
    assert text.startswith(
        "sync daemon master: the kernel refuses to add it: No such device (ENODEV); "
        "there is no such interface. The table is as it was: "
    ), text
    assert exact(director) == before


def test_a_refusal_in_the_middle_names_the_destination(director: Director) -> None:
    before = made(director)
    with pytest.raises(Refused) as caught:
        director.ipvs(**{**GOOD, "services": [*GOOD["services"], BROADCAST]})
    text = str(caught.value)
    assert text.startswith(
        "tcp 192.0.2.12:80 -> 198.51.100.255:80: the kernel refuses to add it: Invalid argument (EINVAL); "
        "the address must be one that this host routes to as a host's; "
    ), text
    assert exact(director) == before
    assert director.ipvs(**GOOD) != []


def test_a_refusal_in_a_large_table_undoes_thousands(director: Director) -> None:
    with pytest.raises(Refused, match=r"The table is as it was: 11000 applied steps were undone\."):
        director.ipvs(services=many(1000), **NO_INTERFACE)
    assert director.sh("ipvsadm", "-Sn") == ""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(with_daemons=False), tables(with_daemons=False))
def test_a_refusal_leaves_any_table_as_it_was(container: Director, one: Table, other: Table) -> None:
    container.fresh()
    container.ipvs(**to_options(one))
    before = exact(container)
    options = {**to_options(other), **NO_INTERFACE, "purge": True}
    with pytest.raises(Refused, match=r"Nothing was changed|The table is as it was"):
        container.ipvs(**options)
    assert exact(container) == before


# --- what the kernel and the host lack ------------------------------------------------------------------------------


def test_without_rights_the_reason_says_what_to_do(director: Director) -> None:
    arguments(director, "/tmp/arguments.json", services=many(1))
    director.sh("chmod", "-R", "a+rX", "/tmp/arguments.json", "/opt/ipvs-tests")
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "python3", "-m", MODULE]
    result = json.loads(director.sh(*command, "/tmp/arguments.json", check=False))
    assert result["failed"]
    assert result["msg"] == (
        "IPVS is read and changed with CAP_NET_ADMIN in the initial user namespace: run as root (become: true)"
    )


def test_an_unknown_scheduler_is_told_with_those_that_are_there(director: Director) -> None:
    with pytest.raises(Refused, match=r"^the kernel has no scheduler best \(module ip_vs_best\); it has dh, fo, lblc"):
        director.ipvs(services=[{"address": "192.0.2.10", "port": 80, "scheduler": "best"}])
    assert director.sh("ipvsadm", "-Sn") == ""
