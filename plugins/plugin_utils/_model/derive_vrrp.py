# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VRRP does with the VIPs: instances, who should hold them, and how one director takes over from another."""

from __future__ import annotations

import math

from .normal import TrackScriptInput, VipInput
from .shape import ClusterVip, Family, Handover, Instance, KeptVip, SyncGroup, TrackScript, VipAddress
from .view import (
    LABEL_LENGTH,
    ClusterView,
    addresses_of,
    families,
    family_of,
    full_label,
    host_addresses,
    instance_name,
    vrid_of,
)

# Seconds between two adverts. `fast` is for metal on one switch, `tolerant` for virtual machines that freeze.
PROFILES = {"fast": 0.1, "balanced": 0.25, "tolerant": 1.0}
# Where a host has VIPs that it does not answer for.
ARP_SILENT_INTERFACE = "lo"
# ms that a stopping director gives the next one on top of its skew: to be told, to take the VIP and to announce it.
HANDOVER_MARGIN = 300


def crash_ms(version: int, advert_interval: float, backup_priority: int) -> int:
    """The longest time until a backup takes over from a master that fell silent, in ms (RFC 5798, 6.1)."""
    return math.ceil(3000 * advert_interval + planned_ms(version, advert_interval, backup_priority))


def planned_ms(version: int, advert_interval: float, backup_priority: int) -> int:
    """The time until a backup takes over from a master that announced its stop (the skew), in ms."""
    unit = advert_interval if version == 3 else 1.0
    return math.ceil(1000 * unit * (256 - backup_priority) / 256)


def label_of(interface: str, part: str) -> str | None:
    """The label of an IPv4 address; none where the kernel has no room for it."""
    label = full_label(interface, part)
    return label if len(label) <= LABEL_LENGTH else None


def summary(view: ClusterView, name: str) -> ClusterVip:
    """A VIP in short, with what a fault of its holder costs."""
    vip = view.vips[name]
    ranked = view.ranked(vip)
    interval = _advert_interval(view, vip)
    # The second best director takes over.
    backup = ranked[1][1] if len(ranked) > 1 else None
    return {
        "instances": [instance_name(name, family) for family in families(vip)],
        "holder_order": [host for host, _priority in ranked],
        "addresses": vip["addresses"],
        "crash_ms": None if backup is None else crash_ms(vip["version"], interval, backup),
        "planned_ms": None if backup is None else planned_ms(vip["version"], interval, backup),
    }


def instances(view: ClusterView, host: str) -> list[Instance]:
    """The instances of a director, by VIP and family."""
    return [_instance(view, host, name, family) for name in sorted(view.vips) for family in families(view.vips[name])]


def sync_groups(view: ClusterView) -> list[SyncGroup]:
    """The instances of each VIP that has more than one."""
    names = {name: families(view.vips[name]) for name in sorted(view.vips)}
    return [
        {"name": name, "instances": [instance_name(name, family) for family in of_both]}
        for name, of_both in names.items()
        if len(of_both) > 1
    ]


def track_scripts(view: ClusterView) -> list[TrackScript]:
    """The operator's programs that any instance tracks."""
    used = sorted({name for vip in view.vips.values() for name in vip["track_scripts"]})
    return [_track_script(name, view.data["track_scripts"][name]) for name in used]


def _track_script(name: str, given: TrackScriptInput) -> TrackScript:
    return {
        "name": name,
        "command": [given["script"], *given["arguments"]],
        "user": given["user"],
        "interval": given["interval"],
        "timeout": given["timeout"],
        "fall": given["fall"],
        "rise": given["rise"],
        "weight": given["weight"],
    }


def handover(view: ClusterView, kept: list[KeptVip]) -> Handover | None:
    """How a VIP leaves this director without a lost request: it stays on lo, so what still comes is forwarded."""
    if len(view.directors) < 2:
        return None
    skews = [
        planned_ms(vip["version"], _advert_interval(view, vip), view.ranked(vip)[-1][1]) for vip in view.vips.values()
    ]
    return {
        "interface": ARP_SILENT_INTERFACE,
        "vips": kept,
        "seconds": math.ceil((max(skews, default=0) + HANDOVER_MARGIN) / 100) / 10,
    }


def _instance(view: ClusterView, host: str, name: str, family: Family) -> Instance:
    vip = view.vips[name]
    ranked = view.ranked(vip)
    addresses = {one: host_addresses(view.hosts[one])[family] for one in view.directors}
    peers = [addresses[peer] for peer in view.directors if peer != host]
    # The peers' addresses are on the service network, so VRRP is there, wherever the VIP is.
    own, where = view.hosts[host]["interface"], view.interface_of(vip, host)
    return {
        "name": instance_name(name, family),
        "vip": name,
        "family": family,
        "interface": own,
        "track_interfaces": sorted({where, *vip["track_interfaces"]} - {own}),
        "version": vip["version"],
        "vrid": vrid_of(vip),
        # A delay is for who finds a master; keepalived has none where it begins as one.
        "state": "MASTER" if vip["preempt"] and not vip["preempt_delay"] and host == ranked[0][0] else "BACKUP",
        "priority": dict(ranked)[host],
        "advert_interval": _advert_interval(view, vip),
        "preempt": vip["preempt"],
        "preempt_delay": vip["preempt_delay"],
        "auth": "pass" if vip["auth_pass"] else "none",
        "unicast_source": addresses[host],
        "unicast_peers": peers if vip["unicast"] else [],
        "addresses": _addresses(view, vip, where, own, family),
        "track_script": vip["track"],
        "track_scripts": sorted(vip["track_scripts"]),
    }


def _addresses(view: ClusterView, vip: VipInput, interface: str, own: str, family: Family) -> list[VipAddress]:
    """``interface``: the VIP's; the gateways are where VRRP runs, with the real servers."""
    labels = view.labels()
    vips: list[VipAddress] = [
        {
            "address": address,
            "interface": interface,
            "label": label_of(interface, labels[address]) if family == "inet" else None,
            "gateway": False,
        }
        for address in addresses_of(vip, family)
    ]
    return [
        *vips,
        *(
            VipAddress(address=address, interface=own, label=None, gateway=True)
            for address in vip["gateways"]
            if family_of(address) == family
        ),
    ]


def _advert_interval(view: ClusterView, vip: VipInput) -> float:
    if vip["advert_interval"] is not None:
        return vip["advert_interval"]
    return PROFILES[view.data["failover"]] if vip["version"] == 3 else 1
