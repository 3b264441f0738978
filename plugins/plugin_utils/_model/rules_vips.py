# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of VIPs: what VRRP can do, and that somebody takes over."""

from __future__ import annotations

from .normal import VipInput
from .rules_scope import FAMILIES, REMEDIES, Scope
from .rules_track import check_tracking
from .view import LABEL_LENGTH, addresses_of, families, family_of, full_label

# What keepalived puts into a packet: the number has eight bits, and an IPv6 link need not take more than 1,280 bytes.
MOST_ADDRESSES = {"inet": 255, "inet6": 75}


def check_vips(scope: Scope) -> None:
    if scope.vips is None:
        return
    if not scope.vips and scope.cluster["directors"]:
        scope.wrong("lvs_vips", "is empty; must name at least one VIP")
    for name, vip in sorted(scope.vips.items()):
        path = "lvs_vips.%s" % name
        _check_version(scope, path, vip)
        _check_count(scope, path, vip)
        _check_order(scope, path, vip)
        _check_labels(scope, path, vip)
        _check_family(scope, path, vip)
        _check_gateways(scope, path, name, vip)
        check_tracking(scope, path, vip)
        if name.endswith("_v6"):
            _check_instance_name(scope, path, name, vip)


def _check_version(scope: Scope, path: str, vip: VipInput) -> None:
    """VRRP 2: IPv4, whole seconds, a password. VRRP 3: both families, 10 ms steps to 40.95 s (RFC 5798), none."""
    advert = vip["advert_interval"]
    if vip["version"] == 3:
        if vip["auth_pass"]:
            scope.wrong(
                path + ".auth_pass", "is given, but VRRP version 3 has no passwords; remove it or give version: 2"
            )
        if advert is not None and advert > 40.95:
            scope.wrong(path + ".advert_interval", "is %s; must be 0.01-40.95 with version 3" % advert)
        elif advert is not None and abs(advert * 100 - round(advert * 100)) > 1e-6:
            scope.wrong(path + ".advert_interval", "is %s; must be a multiple of 0.01" % advert)
    if vip["version"] == 2:
        if advert is not None and advert != int(advert):
            scope.wrong(path + ".advert_interval", "is %s; must be whole seconds with version 2" % advert)
        if "inet6" in families(vip):
            scope.wrong(path + ".version", "is 2, but %s has an IPv6 address; must be 3" % path)
    if vip["preempt"] is False and vip["preempt_delay"]:
        scope.wrong(path + ".preempt_delay", "is %d, but preempt is false" % vip["preempt_delay"])


def _check_count(scope: Scope, path: str, vip: VipInput) -> None:
    """An advert names every address of its instance."""
    for family in families(vip):
        gateways = [one for one in vip["gateways"] or () if family_of(one) == family]
        count, most = len(addresses_of(vip, family)) + len(gateways), MOST_ADDRESSES[family]
        if count > most:
            what = "has %d %s addresses, of which a VRRP packet holds %d; put the others into another VIP"
            scope.wrong(path + ".addresses", what % (count, FAMILIES[family], most))


def _check_order(scope: Scope, path: str, vip: VipInput) -> None:
    """Who should hold the VIP: all that is named is a director, and with priorities each director has its own."""
    directors = scope.cluster["directors"]
    prefer, priorities = vip["prefer"] or [], vip["priorities"] or {}
    for host in prefer:
        scope.known(path + ".prefer", host, directors, "a director of the cluster")
    scope.twice(path + ".prefer", prefer)
    if not priorities:
        return
    if prefer:
        scope.wrong(path + ".prefer", "is given beside priorities; must be one of them")
    for host in sorted(priorities):
        scope.known(path + ".priorities", host, directors, "a director of the cluster")
    missing = [host for host in sorted(directors) if host not in priorities]
    if missing and scope.read_whole(path + ".priorities."):
        scope.wrong(path + ".priorities", "has none for %s; must have one for every director" % ", ".join(missing))
    owners: dict[int, str] = {}
    for host, priority in sorted(priorities.items()):
        if owners.setdefault(priority, host) != host:
            what = "is %d, as that of %s; must be another" % (priority, owners[priority])
            scope.wrong("%s.priorities.%s" % (path, host), what)


def _check_labels(scope: Scope, path: str, vip: VipInput) -> None:
    labels = vip["labels"]
    if labels is None or not scope.read_whole(path + ".labels["):
        return
    addresses = addresses_of(vip, "inet")
    if scope.read_whole(path + ".addresses") and len(labels) != len(addresses):
        what = "has %d for %d IPv4 addresses; must have one for each" % (len(labels), len(addresses))
        scope.wrong(path + ".labels", what)
    scope.twice(path + ".labels", labels)
    interfaces = {scope.view.interface_of(vip, host) for host in scope.cluster["directors"]}
    for full in sorted(full_label(interface, label) for interface in interfaces for label in labels):
        if len(full) > LABEL_LENGTH:
            scope.wrong(
                path + ".labels", "makes %s, %d characters; must be at most %d" % (full, len(full), LABEL_LENGTH)
            )


def _check_family(scope: Scope, path: str, vip: VipInput) -> None:
    """A VRRP instance is of one family, and so are the addresses that its directors speak from and to."""
    for family in families(vip):
        for host in scope.lacking(scope.cluster["directors"], family):
            what = "has %s addresses, but director %s has none; %s"
            scope.wrong(path, what % (FAMILIES[family], host, REMEDIES[family]))
    if vip["unicast"] is False and "inet6" in families(vip):
        what = "is false, but %s has an IPv6 address; must be true, as by multicast its first one must be link-local"
        scope.wrong(path + ".unicast", what % path)


def _check_gateways(scope: Scope, path: str, name: str, vip: VipInput) -> None:
    """A gateway moves with an address of its family, and there are answers that go through it."""
    gateways = vip["gateways"] or []
    for family in sorted({family_of(one) for one in gateways} - {*families(vip)}):
        if scope.read_whole(path + ".addresses"):
            what = "has an %s address, but addresses has none; must be of the same family"
            scope.wrong(path + ".gateways", what % FAMILIES[family])
    services = (scope.services or {}).values()
    translated = any(one["vip"] == name and one["forward"] in ("nat", None) for one in services)
    if gateways and not translated and scope.services is not None and scope.read_whole("lvs_virtual_services"):
        what = "is given, but no service of the VIP has forward: nat, whose answers would go through it"
        scope.wrong(path + ".gateways", what)


def _check_instance_name(scope: Scope, path: str, name: str, vip: VipInput) -> None:
    """The IPv6 instance of VIP `web` is `web_v6`, which must not be another VIP's."""
    other = (scope.vips or {}).get(name[: -len("_v6")])
    if other and "inet6" in families(other) and "inet" in families(vip):
        what = "is also the name of the IPv6 instance of lvs_vips.%s; must be another"
        scope.wrong(path, what % name[: -len("_v6")])
