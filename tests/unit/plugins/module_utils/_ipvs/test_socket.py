# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The socket against a model of the kernel that can be made to fail at any message."""

from __future__ import annotations

import errno
import itertools
import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipvs_model import ModelKernel
from ipvs_strategies import tables

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.plan import plan
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.socket import IpvsSocket
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    Service,
    ServiceConfig,
    ServiceKey,
    Table,
    Timeouts,
    order_matters,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._netlink import generic as netlink

EMPTY = Table({}, Timeouts(900, 120, 300), {})


def same(one: Table, other: Table) -> None:
    """The same tables, in the same order of destinations where a scheduler minds it."""
    assert one == other
    for key, service in one.services.items():
        if order_matters(service):
            assert list(service.destinations) == list(other.services[key].destinations)


@given(tables())
def test_a_table_is_read_as_it_is(target: Table) -> None:
    with IpvsSocket(ModelKernel(target)) as kernel:
        found = kernel.dump()
    assert found == target
    for key, service in target.services.items():
        assert list(found.services[key].destinations) == list(service.destinations)


@given(tables(), st.data())
def test_only_the_destinations_that_were_asked_for_are_read(target: Table, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(target.services)))) if target.services else set()
    model = ModelKernel(target)
    with IpvsSocket(model) as kernel:
        found = kernel.dump(only=chosen)
    assert model.dumps == 2 + len(chosen)
    assert {key: found.services[key] for key in chosen} == {key: target.services[key] for key in chosen}


@given(tables(), tables())
def test_the_plan_leads_to_what_was_asked_for_and_the_next_is_empty(before: Table, after: Table) -> None:
    desired = from_options(to_options(after))
    model = ModelKernel(before)
    with IpvsSocket(model) as kernel:
        steps = plan(before, desired, purge=True)
        kernel.apply(steps, before)
        assert model.writes == len(steps)
        found = kernel.dump()
        assert found == after
        assert plan(found, desired, purge=True) == []


@given(tables(), tables())
def test_two_ways_to_one_table_end_in_one_order(one: Table, after: Table) -> None:
    desired = from_options(to_options(after))
    found = []
    for before in (one, EMPTY):
        with IpvsSocket(ModelKernel(before)) as kernel:
            kernel.apply(plan(before, desired, purge=True), before)
            found.append(kernel.dump())
    same(*found)


@settings(max_examples=60)
@given(tables(max_services=3), tables(max_services=3))
def test_a_refusal_anywhere_leaves_the_table_as_it_was(before: Table, after: Table) -> None:
    steps = plan(before, from_options(to_options(after)), purge=True)
    for place in range(len(steps)):
        model = ModelKernel(before, refuse={place: errno.ENOMEM})
        with IpvsSocket(model) as kernel:
            with pytest.raises(LvsError) as caught:
                kernel.apply(steps, before)
            assert caught.value.details["left"] == []
            same(kernel.dump(), before)


def services(*ports: int) -> dict[str, object]:
    hosts = [{"address": "198.51.100.11"}, {"address": "198.51.100.12"}]
    return {"services": [{"address": "192.0.2.10", "port": port, "destinations": hosts} for port in ports]}


def refused_text(number: int, place: int, options: dict[str, object], later: dict[int, int] | None = None) -> LvsError:
    model = ModelKernel(EMPTY, refuse={place: number, **(later or {})})
    with IpvsSocket(model) as kernel, pytest.raises(LvsError) as caught:
        kernel.apply(plan(EMPTY, from_options(options)), EMPTY)
    return caught.value


def test_a_refusal_names_the_object_the_reason_and_what_became_of_the_table() -> None:
    error = refused_text(errno.ERANGE, 4, services(80, 81))
    assert error.message == (
        "tcp 192.0.2.10:81 -> 198.51.100.11:81: the kernel refuses to add it: Numerical result out of range (ERANGE); "
        "lower_threshold must be at most upper_threshold, and no number negative. "
        "The table is as it was: 5 applied steps were undone."
    )
    assert error.details == {
        "refused": "+ tcp 192.0.2.10:81 -> 198.51.100.11:81 dr weight 1",
        "undone": 5,
        "left": [],
    }


def test_the_first_of_several_refusals_is_the_one_to_read() -> None:
    error = refused_text(errno.EEXIST, 3, services(80, 81), {4: errno.ESRCH, 5: errno.ESRCH})
    assert error.message.startswith(
        "tcp 192.0.2.10:81: the kernel refuses to add it: File exists (EEXIST); it came while"
    )
    assert error.message.endswith("The table is as it was: 3 applied steps were undone.")


def test_a_refusal_of_the_first_message_changes_nothing() -> None:
    error = refused_text(errno.EPERM, 0, {"timeouts": {"tcp": 5}})
    assert error.message == (
        "timeouts: the kernel refuses to change it: Operation not permitted (EPERM); "
        "needs CAP_NET_ADMIN in the initial user namespace: run as root (become: true). Nothing was changed."
    )


def test_what_cannot_be_undone_is_said() -> None:
    error = refused_text(errno.ENOMEM, 2, services(80), {3: errno.EBUSY})
    assert (
        "Could not be undone: tcp 192.0.2.10:80 -> 198.51.100.11:80: the kernel refuses to remove it" in error.message
    )
    assert len(error.details["left"]) == 1


def test_many_steps_go_in_few_datagrams_and_all_arrive() -> None:
    model = ModelKernel(EMPTY)
    with IpvsSocket(model) as kernel:
        kernel.apply(plan(EMPTY, from_options(services(*range(1, 1001)))), EMPTY)
    assert model.writes == 3000
    assert len(model.table.services) == 1000


@pytest.mark.parametrize("torn", range(1, 5))
def test_an_interrupted_dump_is_read_again(torn: int) -> None:
    key = ServiceKey("inet", "tcp", "192.0.2.10", 80, 0)
    target = EMPTY._replace(services={key: Service(key, ServiceConfig("rr"), {})})
    with IpvsSocket(ModelKernel(target, torn=torn)) as kernel:
        assert kernel.dump() == target


def test_a_dump_that_is_never_whole_is_an_error() -> None:
    reason = "the table changed while it was read, 5 times in a row"
    with IpvsSocket(ModelKernel(EMPTY, torn=5)) as kernel, pytest.raises(LvsError, match=reason):
        kernel.dump()


def test_one_change_in_a_large_table_is_one_message() -> None:
    options = services(*range(1, 101))
    desired = from_options(options)
    model = ModelKernel(EMPTY)
    with IpvsSocket(model) as kernel:
        kernel.apply(plan(EMPTY, desired), EMPTY)
        current = kernel.dump()
        one = from_options({"services": [dict(options["services"][7], scheduler="rr")]})  # type: ignore[index]
        before = kernel.messages
        kernel.apply(plan(current, one), current)
        assert kernel.messages - before == 1


def test_every_pair_of_schedulers_ends_in_the_canonical_order() -> None:
    for old, new in itertools.product(["wrr", "sh", "mh", "dh", "fo"], repeat=2):
        hosts = [{"address": "198.51.100.%d" % number} for number in (12, 200, 9)]
        service = {"address": "192.0.2.10", "port": 80, "destinations": hosts}
        model = ModelKernel(EMPTY)
        with IpvsSocket(model) as kernel:
            for scheduler in (old, new):
                current = kernel.dump()
                kernel.apply(plan(current, from_options({"services": [dict(service, scheduler=scheduler)]})), current)
            (found,) = kernel.dump().services.values()
        assert [key.address for key in found.destinations] == ["198.51.100.200", "198.51.100.12", "198.51.100.9"]


class Garbled:
    """A model whose answers to dumps are spoiled on the way, now and then."""

    def __init__(self, model: ModelKernel, chance: random.Random) -> None:
        self._model, self._chance = model, chance
        self._waiting: list[bytes] = []

    def send(self, data: bytes, /) -> int:
        return self._model.send(data)

    def recvfrom(self, size: int, /) -> tuple[bytes, Any]:
        if not self._waiting:
            data, _sender = self._model.recvfrom(size)
            self._waiting = self._spoil(data) if self._chance.random() < 0.3 else [data]
        return self._waiting.pop(0), (0, 0)

    def _spoil(self, data: bytes) -> list[bytes]:
        how = self._chance.choice(["cut", "grown", "late", "sequence", "twice", "torn", "unknown", "lost"])
        place = self._chance.randrange(len(data))
        (sequence,) = struct.unpack_from("=I", data, 8)
        late = netlink.message(27, netlink.NLM_F_MULTI, sequence - 1, bytes(24))
        return {
            "cut": [data[:place]],
            "grown": [data + self._chance.randbytes(self._chance.randrange(1, 40))],
            "late": [late, late + data],
            "sequence": [data[:8] + struct.pack("=I", sequence + self._chance.choice([-1, 1, 1 << 16])) + data[12:]],
            "twice": [data, data],
            "torn": [data[:6] + struct.pack("=H", netlink.NLM_F_DUMP_INTR) + data[8:]],
            "unknown": [netlink.message(99, 0, sequence + 5, self._chance.randbytes(8)), data],
            "lost": [b""],
        }[how]

    def close(self) -> None:
        pass


def test_spoiled_answers_end_in_the_right_table_or_in_an_error() -> None:
    """Truncated, overlong, repeated, lost, of another sequence: never a wrong table, never a wait for ever."""
    chance = random.Random(4)
    with IpvsSocket(ModelKernel(EMPTY)) as kernel:
        desired = from_options(services(*range(1, 6)))
        kernel.apply(plan(EMPTY, desired), EMPTY)
        target = kernel.dump()
    right = wrong = 0
    for _number in range(2_000):
        try:
            with IpvsSocket(Garbled(ModelKernel(target), chance)) as kernel:
                assert kernel.dump() == target
            right += 1
        except LvsError:
            wrong += 1
    assert right > 100
    assert wrong > 100
