# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random IPVS tables that a kernel takes: few addresses and ports, so that two tables have much in common."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    INET,
    INET6,
    DestinationConfig,
    DestinationKey,
    Persistence,
    Service,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
    Tunnel,
    netmask_of,
)

# These machines do other things at the same time: how long an example takes says nothing.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")
FLAGS = st.sampled_from([0, 0x08, 0x10, 0x18])

VIPS = {INET: ("192.0.2.10", "192.0.2.11"), INET6: ("2001:db8::10", "2001:db8::11")}
HOSTS = {
    INET: tuple("198.51.100.%d" % number for number in (2, 9, 11, 12, 200)),
    INET6: tuple("2001:db8:1::%x" % number for number in (2, 9, 0x11, 0x12, 0x200)),
}

families = st.sampled_from([INET, INET6])
tunnels = st.one_of(
    st.just(Tunnel()),
    st.sampled_from([Tunnel("gre"), Tunnel("gre", 0, "csum")]),
    st.builds(Tunnel, st.just("gue"), st.integers(1, 65535), st.sampled_from(["none", "csum", "remcsum"])),
)


@st.composite
def service_keys(draw: st.DrawFn) -> ServiceKey:
    family = draw(families)
    if draw(st.integers(0, 3)) == 0:
        return ServiceKey(family, "", "", 0, draw(st.sampled_from([1, 7, 0xFFFFFFFF])))
    protocol = draw(st.sampled_from(["tcp", "udp", "sctp"]))
    return ServiceKey(family, protocol, draw(st.sampled_from(VIPS[family])), draw(st.sampled_from([0, 80, 65535])), 0)


@st.composite
def persistences(draw: st.DrawFn, family: str) -> Persistence:
    timeout = draw(st.integers(1, 2678400))
    if family == INET6:
        return Persistence(timeout, draw(st.integers(1, 128)))
    masks = st.one_of(st.integers(0, 32).map(netmask_of), st.just(0xFF00FF00))
    return Persistence(timeout, draw(masks))


@st.composite
def service_configs(draw: st.DrawFn, key: ServiceKey) -> ServiceConfig:
    every_port = key.port == 0 and not key.fwmark
    persistence = draw(persistences(key.family)) if every_port or draw(st.booleans()) else None
    engine = persistence is not None and key.protocol in ("", "udp") and draw(st.booleans())
    return ServiceConfig(
        scheduler=draw(st.sampled_from(SCHEDULERS)),
        flags=draw(FLAGS),
        one_packet=key.protocol in ("", "udp") and draw(st.booleans()),
        persistence=persistence,
        pe_name="sip" if engine else "",
    )


@st.composite
def destination_configs(draw: st.DrawFn, forward: str) -> DestinationConfig:
    upper = draw(st.sampled_from([0, 0, 5, 1000]))
    return DestinationConfig(
        forward=forward,
        weight=draw(st.sampled_from([0, 1, 2, 100, 65535])),
        upper_threshold=upper,
        lower_threshold=draw(st.integers(0, upper)),
        tunnel=draw(tunnels) if forward == "tunnel" else None,
    )


@st.composite
def services(draw: st.DrawFn) -> Service:
    key = draw(service_keys())
    destinations: dict[DestinationKey, DestinationConfig] = {}
    for address in draw(st.lists(st.sampled_from(HOSTS[key.family]), max_size=5, unique=True)):
        forward = draw(st.sampled_from(["dr", "nat", "tunnel"]))
        free_port = forward == "nat" or key.fwmark
        port = draw(st.sampled_from([key.port, 8080])) if free_port else key.port
        destinations[DestinationKey(address, port)] = draw(destination_configs(forward))
    return Service(key, draw(service_configs(key)), destinations)


daemons = st.builds(
    SyncDaemon,
    interface=st.sampled_from(["lo", "eth0"]),
    sync_id=st.integers(0, 255),
    maxlen=st.integers(1024, 1400),
    group=st.sampled_from(["224.0.0.81", "239.1.2.3"]),
    port=st.integers(1024, 65535),
    ttl=st.integers(1, 255),
)
timeouts = st.builds(Timeouts, *[st.integers(1, 86400)] * 3)


@st.composite
def tables(draw: st.DrawFn, max_services: int = 6, with_daemons: bool = True) -> Table:
    found = draw(st.lists(services(), max_size=max_services, unique_by=lambda service: service.key))
    running = draw(st.dictionaries(st.sampled_from(["master", "backup"]), daemons)) if with_daemons else {}
    return Table({service.key: service for service in found}, draw(timeouts), running)
