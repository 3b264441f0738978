# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field on a real kernel: set by the module, seen by ipvsadm and pyroute2, changed; and tables of theirs read."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import ipvs_witness as witness
import pytest
from hypothesis import HealthCheck, given, settings
from ipvs_lab import Director
from ipvs_strategies import tables

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import Table, Timeouts

Service = Any
Fields = Any

V4 = {"family": "inet", "protocol": "tcp", "address": "192.0.2.10", "port": 80}
V6 = {"family": "inet6", "protocol": "tcp", "address": "2001:db8::10", "port": 443}
UDP = dict(V4, protocol="udp", port=53)
SCTP = dict(V4, protocol="sctp", port=2905)
MARK = {"family": "inet", "fwmark": 7}
MARK6 = {"family": "inet6", "fwmark": 4294967295}
RS4, RS6 = "198.51.100.11", "2001:db8:1::11"
KEYS = {"tcp": V4, "tcp6": V6, "udp": UDP, "sctp": SCTP, "mark": MARK, "mark6": MARK6}
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")


@pytest.fixture(scope="module")
def container() -> Iterator[Director]:
    with Director("ipvs-fields") as director:
        yield director


@pytest.fixture
def director(container: Director) -> Director:
    container.fresh()
    return container


def service(key: Fields, *destinations: Fields, **fields: Any) -> Service:
    """A service with every field spelled out, as the witnesses tell it."""
    default: Fields = {
        "scheduler": "wlc",
        "scheduler_flags": [],
        "one_packet": False,
        "persistence": None,
        "pe_name": "",
        "destinations": list(destinations),
    }
    return copy.deepcopy({**key, **default, **fields})


def destination(address: str = RS4, port: int = 80, **fields: Any) -> Fields:
    default = {"forward": "dr", "weight": 1, "upper_threshold": 0, "lower_threshold": 0}
    return {"address": address, "port": port, **default, **fields}


def tunnel(kind: str = "ipip", port: int = 0, checksum: str = "none") -> Fields:
    return {"forward": "tunnel", "tunnel": {"type": kind, "port": port, "checksum": checksum}}


def seen(director: Director, expected: list[Service]) -> None:
    """Both witnesses and ipvs_info tell the same table."""
    expected = witness.sort(copy.deepcopy(expected))
    assert witness.ipvsadm(director.sh) == expected
    assert witness.pyroute2(director.call("pyroute2_read")) == witness.as_pyroute2(expected)
    assert witness.sort(director.info()["services"]) == expected


SERVICE_CASES: dict[str, list[Service]] = {
    "every sort of key": [service(key) for key in KEYS.values()],
    "every scheduler, tcp": [service(V4, scheduler=name) for name in SCHEDULERS],
    "every scheduler, a mark of IPv6": [service(MARK6, scheduler=name) for name in reversed(SCHEDULERS)],
    "flags by number": [
        service(V4, scheduler="rr", scheduler_flags=flags) for flags in (["flag-1"], ["flag-2", "flag-3"], [])
    ],
    "flags of sh": [
        service(V4, scheduler="sh", scheduler_flags=flags)
        for flags in (["sh-fallback"], ["sh-port"], ["sh-fallback", "sh-port"], [])
    ],
    "flags of mh": [
        service(V6, scheduler="mh", scheduler_flags=flags) for flags in (["mh-port"], ["mh-fallback", "mh-port"], [])
    ],
    "one packet": [service(UDP, one_packet=True), service(UDP), service(MARK, one_packet=True), service(MARK)],
    "persistence of IPv4": [
        service(V4, persistence=persistence)
        for persistence in (
            {"timeout": 300, "prefix": 32},
            {"timeout": 1, "prefix": 32},
            {"timeout": 2678400, "prefix": 24},
            {"timeout": 60, "prefix": 1},
            {"timeout": 60, "netmask": "255.0.255.0"},
            None,
        )
    ],
    "persistence of IPv6": [
        service(V6, persistence=persistence)
        for persistence in ({"timeout": 300, "prefix": 128}, {"timeout": 300, "prefix": 48}, None)
    ],
    "persistence of marks": [
        service(MARK, persistence={"timeout": 10, "prefix": 16}),
        service(MARK6, persistence={"timeout": 10, "prefix": 56}),
    ],
    "every port": [service(dict(V4, port=0), persistence={"timeout": 300, "prefix": 32})],
    "a persistence engine comes and goes": [
        service(UDP, persistence={"timeout": 300, "prefix": 32}, pe_name=name) for name in ("sip", "", "sip")
    ],
    "persistence and one packet and flags together": [
        service(
            UDP, scheduler="sh", scheduler_flags=["sh-port"], one_packet=True, persistence={"timeout": 5, "prefix": 8}
        ),
        service(UDP, scheduler="rr", scheduler_flags=[], one_packet=False),
    ],
    "forwarding methods": [
        service(V4, destination(**fields)) for fields in (tunnel(), {"forward": "nat"}, {"forward": "dr"})
    ],
    "NAT to another port": [service(V4, destination(port=8080, forward="nat", weight=weight)) for weight in (1, 2)],
    "a mark to another port": [service(MARK, destination(port=port)) for port in (0, 8080)],
    "weights": [service(V4, destination(weight=weight)) for weight in (1, 0, 65535, 2)],
    "thresholds": [
        service(V4, destination(upper_threshold=upper, lower_threshold=lower))
        for upper, lower in ((10, 0), (10, 10), (2000000000, 1), (0, 0))
    ],
    "tunnels": [
        service(V4, destination(**fields))
        for fields in (
            tunnel("gre"),
            tunnel("gre", 0, "csum"),
            tunnel("gue", 6080),
            tunnel("gue", 6081, "csum"),
            tunnel("gue", 6081, "remcsum"),
            tunnel(),
        )
    ],
    "IPv6 destinations": [
        service(V6, destination(RS6, 443, weight=3, upper_threshold=5, lower_threshold=2)),
        service(V6, destination(RS6, 443, **tunnel("gue", 5555))),
        service(V6, destination(RS6, 8443, forward="nat"), destination("2001:db8:1::12", 443)),
    ],
    "a tunnel of the other family": [
        service(V4, destination(RS6, 80, **tunnel())),
        service(V6, destination(RS4, 443, **tunnel())),
    ],
    "destinations come and go": [
        service(V4, *[destination("198.51.100.%d" % number) for number in numbers])
        for numbers in ((11,), (11, 12, 13), (12,), (), (9, 10, 200))
    ],
}


@pytest.mark.parametrize("name", SERVICE_CASES)
def test_a_field_is_set_and_changed_and_stays(director: Director, name: str) -> None:
    """One state after the other, each in place; a second run is empty each time."""
    table: dict[str, Service] = {}
    for wanted in SERVICE_CASES[name]:
        key = str([wanted.get(part) for part in ("family", "protocol", "address", "port", "fwmark")])
        assert director.ipvs(services=[wanted]) != []
        table[key] = wanted
        seen(director, list(table.values()))
        assert director.ipvs(services=[wanted]) == []


def test_a_change_in_place_is_one_message_and_keeps_the_destinations(director: Director) -> None:
    old = service(V4, destination(), destination("198.51.100.12"))
    director.ipvs(services=[old])
    for changes in (
        {"scheduler": "rr"},
        {"scheduler_flags": ["flag-1"]},
        {"persistence": {"timeout": 30, "prefix": 24}},
        {"scheduler": "mh", "scheduler_flags": ["mh-port"], "persistence": None},
    ):
        old = {**old, **changes}
        steps = director.ipvs(services=[old])
        assert [step[0] for step in steps] == ["~"]
        seen(director, [old])


def test_timeouts(director: Director) -> None:
    before = witness.timeouts(director.sh)
    assert director.ipvs(timeouts={"udp": 301}) == ["~ timeouts udp %d => 301" % before["udp"]]
    assert witness.timeouts(director.sh) == {**before, "udp": 301}
    values = {"tcp": 1000, "tcp_fin": 11, "udp": 2678400}
    assert len(director.ipvs(timeouts=values)) == 1
    assert witness.timeouts(director.sh) == director.info()["timeouts"] == values
    assert director.ipvs(timeouts=values) == []


DAEMONS: list[Fields] = [
    {"role": "master", "interface": "eth0"},
    {
        "role": "master",
        "interface": "eth0",
        "sync_id": 255,
        "maxlen": 1300,
        "group": "239.1.2.3",
        "port": 9000,
        "ttl": 4,
    },
    {"role": "master", "interface": "eth0", "sync_id": 3, "maxlen": 1200, "group": "ff02::51", "port": 9001, "ttl": 9},
    {
        "role": "backup",
        "interface": "eth0",
        "sync_id": 255,
        "maxlen": 4000,
        "group": "239.1.2.3",
        "port": 9000,
        "ttl": 4,
    },
]
DAEMON_DEFAULTS: Fields = {"sync_id": 0, "group": "224.0.0.81", "port": 8848, "ttl": 1}


def test_daemons(director: Director) -> None:
    running: dict[str, Fields] = {}
    for daemon in DAEMONS:
        assert director.ipvs(daemons=[daemon]) != []
        expected: Fields = {**DAEMON_DEFAULTS, "maxlen": 1472, **daemon}
        running[expected["role"]] = expected
        told = sorted(running.values(), key=lambda one: str(one["role"]))
        assert witness.daemons(director.sh) == told
        assert director.info()["daemons"] == told
        assert director.ipvs(daemons=[daemon]) == []
    assert director.ipvs(daemons=[{"role": "backup", "state": "absent"}])[0].startswith("- sync daemon backup")
    assert [one["role"] for one in witness.daemons(director.sh)] == ["master"]
    assert len(director.ipvs(daemons=[], purge=True)) == 1
    assert witness.daemons(director.sh) == []


def test_check_mode_touches_nothing(director: Director) -> None:
    director.ipvs(services=[service(V4, destination())], timeouts={"tcp": 1000})
    before = [director.sh("ipvsadm", *words) for words in (["-Sn"], ["-L", "--timeout"], ["-L", "--daemon"])]
    wanted = [service(V4, destination(weight=0), scheduler="sh"), service(MARK, destination(port=0))]
    steps = director.ipvs(check=True, services=wanted, timeouts={"tcp": 5}, daemons=DAEMONS[:1], purge=True)
    assert len(steps) == 6
    after = [director.sh("ipvsadm", *words) for words in (["-Sn"], ["-L", "--timeout"], ["-L", "--daemon"])]
    assert after == before
    assert director.ipvs(services=wanted, timeouts={"tcp": 5}, daemons=DAEMONS[:1], purge=True) == steps


# --- the other way: tables that ipvsadm and pyroute2 made -----------------------------------------------------------

IPVSADM = """
-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 198.51.100.11:80 -g -w 3 -x 100 -y 50
-a -t 192.0.2.10:80 -r 198.51.100.12:8080 -m -w 0
-A -u 192.0.2.10:53 -s sh -b sh-fallback,sh-port -o
-a -u 192.0.2.10:53 -r 198.51.100.11:53 -i --tun-type gue --tun-port 6080 --tun-csum
-A --sctp-service 192.0.2.10:2905 -s rr
-A -t [2001:db8::10]:443 -s mh -b mh-port -p 600 -M 64
-a -t [2001:db8::10]:443 -r [2001:db8:1::11]:443 -i --tun-type gre --tun-csum -w 2
-A -f 7 -s wlc -p 30 -M 255.255.255.0
-a -f 7 -r 198.51.100.21:0 -g
-A -f 8 -6 -s fo
-a -f 8 -6 -r [2001:db8:1::12]:0 -m
"""
MADE_BY_IPVSADM: list[Service] = [
    service(
        V4,
        destination(weight=3, upper_threshold=100, lower_threshold=50),
        destination("198.51.100.12", 8080, forward="nat", weight=0),
        scheduler="wrr",
    ),
    service(
        UDP,
        destination(port=53, **tunnel("gue", 6080, "csum")),
        scheduler="sh",
        scheduler_flags=["sh-fallback", "sh-port"],
        one_packet=True,
    ),
    service(SCTP, scheduler="rr"),
    service(
        V6,
        destination(RS6, 443, weight=2, **tunnel("gre", 0, "csum")),
        scheduler="mh",
        scheduler_flags=["mh-port"],
        persistence={"timeout": 600, "prefix": 64},
    ),
    service(MARK, destination("198.51.100.21", 0), persistence={"timeout": 30, "prefix": 24}),
    service({"family": "inet6", "fwmark": 8}, destination("2001:db8:1::12", 0, forward="nat"), scheduler="fo"),
]


def test_a_table_that_ipvsadm_made_is_read_and_nothing_is_to_do(director: Director) -> None:
    for line in IPVSADM.strip().splitlines():
        director.sh("ipvsadm", *line.split())
    director.sh("ipvsadm", "--set", "901", "121", "302")
    director.sh("ipvsadm", "--start-daemon", "master", "--mcast-interface", "eth0", "--syncid", "9", "--mcast-ttl", "3")
    found = director.info()
    assert witness.sort(found["services"]) == witness.sort(copy.deepcopy(MADE_BY_IPVSADM))
    assert found["timeouts"] == {"tcp": 901, "tcp_fin": 121, "udp": 302}
    assert found["daemons"] == [
        {**DAEMON_DEFAULTS, "role": "master", "interface": "eth0", "maxlen": 1472, "sync_id": 9, "ttl": 3}
    ]
    again = {name: found[name] for name in ("services", "timeouts", "daemons")}
    assert director.ipvs(purge=True, **again) == []
    director.fresh()
    director.ipvs(purge=True, **again)
    seen(director, MADE_BY_IPVSADM)


def test_a_table_that_pyroute2_made_is_read(director: Director) -> None:
    director.call(
        "pyroute2_write",
        service={"addr": "192.0.2.10", "port": 80, "protocol": 6, "sched_name": "wrr"},
        destinations=[{"addr": "198.51.100.11", "port": 80, "fwd_method": 3, "weight": 7, "u_thresh": 9}],
    )
    seen(director, [service(V4, destination(weight=7, upper_threshold=9), scheduler="wrr")])


# --- any table ------------------------------------------------------------------------------------------------------


def fewest(before: list[Service], after: list[Service]) -> int:
    """How many messages must be sent at least, counted on options: one for each object that differs."""
    old, new = ({_key(one): one for one in side} for side in (before, after))
    count = len(old.keys() - new.keys())
    for key, wanted in new.items():
        existing = old.get(key)
        count += existing is None or _config(existing) != _config(wanted)
        # A service that goes takes its destinations along.
        there = {(one["address"], one["port"]): one for one in existing["destinations"]} if existing else {}
        asked = {(one["address"], one["port"]): one for one in wanted["destinations"]}
        count += len(there.keys() ^ asked.keys()) + sum(there[one] != asked[one] for one in there.keys() & asked.keys())
    return count


def _key(one: Service) -> tuple[Any, ...]:
    return tuple(one.get(part) for part in ("family", "protocol", "address", "port", "fwmark"))


def _config(one: Service) -> Fields:
    return {name: value for name, value in one.items() if name != "destinations"}


def ordered(services: list[Service]) -> int:
    """Destinations of services whose scheduler may need an order: each may cost two messages more."""
    return sum(len(one["destinations"]) for one in services if one["scheduler"] in ("dh", "mh", "sh", "fo", "ovf"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(with_daemons=False), tables(with_daemons=False))
def test_any_table_becomes_any_other(container: Director, one: Table, other: Table) -> None:
    container.fresh()
    for empty, wanted in ((Table({}, Timeouts(), {}), one), (one, other)):
        options, old = to_options(wanted), to_options(empty)["services"]
        steps = container.ipvs(purge=True, **options)
        sent = container.messages - sum(step.startswith("~ timeouts") for step in steps)
        least = fewest(old, options["services"])
        assert least <= sent <= least + 2 * ordered(options["services"])
        if not ordered(options["services"]):
            assert sent == least
        seen(container, options["services"])
        assert witness.timeouts(container.sh) == options["timeouts"]
        assert container.ipvs(purge=True, **options) == []
