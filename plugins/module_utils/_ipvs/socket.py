# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that talks to the kernel's IPVS: reads the table, carries a plan out, takes it back on a refusal."""

from __future__ import annotations

import errno
from typing import Collection, NamedTuple

from .._errors import LvsError
from .._netlink.generic import (
    NETLINK_GENERIC,
    Connection,
    MalformedMessage,
    NetlinkError,
    NetlinkSocket,
    generic_family,
)
from . import decode, encode, protocol
from .plan import (
    DESTINATION,
    Step,
    inverse,
    reorder,
)
from .schedulers import schedulers
from .table import (
    DestinationConfig,
    DestinationKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
    order_matters,
)
from .text import lines, refusal

NOT_LOADED = "this kernel has no IPVS: load the module ip_vs (modprobe ip_vs), or boot a kernel built with CONFIG_IP_VS"
NOT_ROOT = "IPVS is read and changed with CAP_NET_ADMIN in the initial user namespace: run as root (become: true)"


class IpvsNotLoaded(LvsError):
    """The kernel has no IPVS, or not yet."""


class Counters(NamedTuple):
    """What is counted, by object, apart from what is configured."""

    services: dict[ServiceKey, dict[str, int]]
    destinations: dict[tuple[ServiceKey, DestinationKey], dict[str, int]]
    connections: dict[tuple[ServiceKey, DestinationKey], decode.Connections]


class IpvsSocket:
    """The IPVS of this process's network namespace. Use as a context manager.

    Raises IpvsNotLoaded where the kernel has none, LvsError where it refuses.
    """

    def __init__(self, connection: Connection | None = None) -> None:
        self._netlink = NetlinkSocket(NETLINK_GENERIC, connection=connection)
        try:
            self._family = generic_family(self._netlink, protocol.FAMILY)
        except NetlinkError as error:
            self._netlink.close()
            if error.errno == errno.ENOENT:
                raise IpvsNotLoaded(NOT_LOADED) from error
            raise

    def __enter__(self) -> IpvsSocket:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._netlink.close()

    @property
    def messages(self) -> int:
        """How many messages were sent since the socket was opened."""
        return self._netlink.sent

    # --- reading

    def dump(self, only: Collection[ServiceKey] | None = None, counters: Counters | None = None) -> Table:
        """The table. ``only``: destinations of these services, no others. ``counters`` is filled where it is given."""
        services: dict[ServiceKey, Service] = {}
        for answer in self._dump(protocol.header(protocol.GET_SERVICE)):
            key, config, found = decode.decode_service(answer)
            services[key] = Service(key, config, {})
            if counters is not None:
                counters.services[key] = decode.decode_counters(found, protocol.SVC_STATS64, protocol.SVC_STATS)
        for key in services:
            if only is None or key in only:
                services[key] = services[key]._replace(destinations=self._destinations(key, counters))
        return Table(services, self.timeouts(), self.daemons())

    def _destinations(
        self, service: ServiceKey, counters: Counters | None = None
    ) -> dict[DestinationKey, DestinationConfig]:
        """In the kernel's order."""
        destinations: dict[DestinationKey, DestinationConfig] = {}
        for answer in self._dump(encode.get_destinations(service)):
            key, config = decode.decode_destination(answer, service.family)
            destinations[key] = config
            if counters is not None:
                found = decode.destination_attributes(answer)
                place = (service, key)
                counters.destinations[place] = decode.decode_counters(found, protocol.DEST_STATS64, protocol.DEST_STATS)
                counters.connections[place] = decode.decode_connections(found)
        return destinations

    def timeouts(self) -> Timeouts:
        return decode.decode_timeouts(self._ask(protocol.GET_CONFIG))

    def daemons(self) -> dict[str, SyncDaemon]:
        """By role, master and backup."""
        return dict(decode.decode_daemon(answer) for answer in self._dump(protocol.header(protocol.GET_DAEMON)))

    def version(self) -> tuple[str, int]:
        """The version of IPVS and the buckets of its connection table."""
        return decode.decode_info(self._ask(protocol.GET_INFO))

    def _ask(self, command: int) -> bytes:
        try:
            answers = self._netlink.request(self._family, protocol.header(command))
        except NetlinkError as error:
            raise _explained(error) from error
        if not answers:
            raise MalformedMessage("the kernel acknowledges IPVS command %d, but does not answer it" % command)
        return answers[0].payload

    def _dump(self, payload: bytes) -> list[bytes]:
        try:
            return [answer.payload for answer in self._netlink.dump(self._family, payload)]
        except NetlinkError as error:
            raise _explained(error) from error

    # --- writing

    def apply(self, steps: list[Step], before: Table) -> None:
        """Carry out a plan made for the table ``before``, all or nothing: a refusal undoes, in reverse, what was done.

        Raises LvsError with the object, the kernel's errno in words, what to do, and how the table is left.
        """
        outcome = self._netlink.batch(self._family, encode.encode_all(steps))
        refused = [(step, number) for step, number in zip(steps, outcome) if number]
        if not refused:
            return
        applied = [step for step, number in zip(steps, outcome) if not number]
        step, number = refused[0]  # those after it may only follow from it
        problem = refusal(step, number, schedulers().names)
        stuck = self._undo(applied, before)
        if stuck:
            left = "Could not be undone: " + "; ".join(stuck)
        elif applied:
            left = "The table is as it was: %d applied steps were undone" % len(applied)
        else:
            left = "Nothing was changed"
        raise LvsError("%s. %s." % (problem, left), refused=lines([step])[0], undone=len(applied), left=stuck)

    def _undo(self, applied: list[Step], before: Table) -> list[str]:
        """Take applied steps back; what the kernel did not let be taken back."""
        stuck = self._try([undo for step in reversed(applied) for undo in inverse(step)])
        # A destination that came back stands in front now; where the scheduler minds, put it in its old place.
        returned = {step.key[0] for step in applied if step.kind == DESTINATION and step.new is None}
        for service in (before.services[key] for key in sorted(returned)):
            if order_matters(service):
                stuck += self._try(reorder(service.key, self._destinations(service.key), service.destinations))
        return stuck

    def _try(self, steps: list[Step]) -> list[str]:
        stuck = []
        for step in steps:
            number = self._netlink.batch(self._family, [encode.encode(step)])[0]
            if number:
                stuck.append(refusal(step, number, []))
        return stuck


def _explained(error: NetlinkError) -> LvsError:
    return LvsError(NOT_ROOT) if error.errno == errno.EPERM else error
