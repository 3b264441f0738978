# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table in the words of the module ipvs: sorted, every field spelled out.

What ``to_options`` returns, ``from_options`` takes, and gives the same value.
"""

from __future__ import annotations

import socket
from typing import Any

from .table import (
    INET6,
    DestinationConfig,
    DestinationKey,
    Persistence,
    Service,
    ServiceKey,
    Table,
    canonical,
    flag_names,
    packed,
    prefix_of,
    switches_of,
)


def to_options(table: Table) -> dict[str, Any]:
    """A table in the words of the module, sorted, every field spelled out."""
    return {
        "services": [service_options(service) for service in in_order(table)],
        "timeouts": table.timeouts._asdict(),
        "daemons": [dict(daemon._asdict(), role=role) for role, daemon in sorted(table.daemons.items())],
    }


def in_order(table: Table) -> list[Service]:
    """The services by family, mark, address, protocol and port, their destinations by address and port."""
    services = sorted(table.services.values(), key=lambda service: _sort_key(service.key))
    return [
        service._replace(destinations=dict(reversed(list(canonical(service.destinations).items()))))
        for service in services
    ]


def _sort_key(key: ServiceKey) -> tuple[Any, ...]:
    return key.family, key.fwmark, packed(key.address) if key.address else b"", key.protocol, key.port


def service_options(service: Service) -> dict[str, Any]:
    """One service in the words of the module."""
    key, config = service.key, service.config
    identity: dict[str, Any] = {"family": key.family}
    if key.fwmark:
        identity["fwmark"] = key.fwmark
    else:
        identity.update(protocol=key.protocol, address=key.address, port=key.port)
    return dict(
        identity,
        scheduler=config.scheduler,
        scheduler_flags=flag_names(config),
        **switches_of(config),
        persistence=_persistence_options(config.persistence, key.family),
        pe_name=config.pe_name,
        destinations=[destination_options(*item) for item in service.destinations.items()],
    )


def destination_options(key: DestinationKey, config: DestinationConfig) -> dict[str, Any]:
    """One destination in the words of the module."""
    options = {
        "address": key.address,
        "port": key.port,
        "forward": config.forward,
        "weight": config.weight,
        "lower_threshold": config.lower_threshold,
        "upper_threshold": config.upper_threshold,
    }
    return dict(options, tunnel=config.tunnel._asdict()) if config.tunnel else options


def _persistence_options(persistence: Persistence | None, family: str) -> dict[str, Any] | None:
    if persistence is None:
        return None
    prefix = persistence.netmask if family == INET6 else prefix_of(persistence.netmask)
    if prefix is not None:
        return {"timeout": persistence.timeout, "prefix": prefix}
    netmask = socket.inet_ntop(socket.AF_INET, persistence.netmask.to_bytes(4, "big"))
    return {"timeout": persistence.timeout, "netmask": netmask}
