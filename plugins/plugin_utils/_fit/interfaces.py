# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interface has an address, and whether the host's interfaces are as its part of the model needs them."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import Iterator

from .._model.shape import HostSlice, Instance
from .._model.view import OPEN, bare
from .shape import FactLink, HostFacts, Problem

_DOWN = ("down", "lowerlayerdown", "notpresent")


def interface_of(mine: HostSlice, facts: HostFacts) -> str:
    """The interface of the host's address: the one that the inventory names, else the one that has it, else `OPEN`."""
    if mine["interface"] != OPEN:
        return mine["interface"]
    return next((link["name"] for link in _having(mine["address"], facts) if not link["loopback"]), OPEN)


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    """``mine`` has its interface, as far as there is one."""
    if "links" not in facts:
        return []
    found = list(_address(mine, facts)) or [*_address6(mine, facts), *_state(mine["interface"], facts)]
    director = mine["director"]
    for instance in director["instances"] if director and not found else ():
        found += [*_vips(instance, facts), *_tracked(instance, facts)]
    return list(dict.fromkeys(found))


def _address(mine: HostSlice, facts: HostFacts) -> Iterator[Problem]:
    address, interface = mine["address"], mine["interface"]
    places = [link["name"] for link in _having(address, facts)]
    if interface == OPEN:
        where = "on %s only" % places[0] if places else "on no interface of the host"
        yield Problem("lvs_address", "%s, which is %s (%s)" % (address, where, _there(facts)), "an address of the host")
    elif _link(interface, facts) is None:
        has = "the interface that has %s: %s" % (address, places[0]) if places else "an interface of the host"
        yield Problem("lvs_interface", "%s, which is not there (%s)" % (interface, _there(facts)), has)
    elif places and interface not in places:
        yield Problem("lvs_interface", interface, "%s, which has %s" % (places[0], address))
    elif not places:
        words = "%s, which is on no interface of the host (%s)" % (address, _there(facts))
        yield Problem("lvs_address", words, "an address of the host")


def _address6(mine: HostSlice, facts: HostFacts) -> Iterator[Problem]:
    """VRRP of both families is on one interface: elsewhere no director would hear the other."""
    address, interface = mine["address6"], mine["interface"]
    places = [link["name"] for link in _having(address, facts)] if address else [interface]
    if interface not in places:
        where = "on %s" % places[0] if places else "on no interface of the host"
        words = "%s, which is %s (%s)" % (address, where, _there(facts))
        yield Problem("lvs_address6", words, "on %s, as %s" % (interface, mine["address"]))


def _state(interface: str, facts: HostFacts) -> Iterator[Problem]:
    link = _link(interface, facts)
    if link and (not link["up"] or link["operstate"] in _DOWN):
        yield Problem("interface %s" % interface, "down", "up, with a carrier")


def _vips(instance: Instance, facts: HostFacts) -> Iterator[Problem]:
    path = "lvs_vips.%s" % instance["vip"]
    for vip in instance["addresses"]:
        interface, network = vip["interface"], ip_interface(vip["address"]).network
        if _link(interface, facts) is None:
            words = "%s, which is not there (%s)" % (interface, _there(facts))
            yield Problem(path + ".interface", words, "an interface of the host")
            continue
        yield from _state(interface, facts)
        near = [link["name"] for link in facts["links"] if not link["loopback"] and _in_network(link, vip["address"])]
        if network.prefixlen == network.max_prefixlen or interface in near:
            continue
        if vip["gateway"]:
            words = "%s on %s, which has no address in %s" % (bare(vip["address"]), interface, network)
            yield Problem(path + ".gateways", words, "in the network of lvs_address, as that of the real servers")
        elif near:
            words = "%s, which has no address in %s" % (interface, network)
            yield Problem(path + ".interface", words, "%s, which has one" % ", ".join(near))
        else:
            words = "%s on %s, but no interface has an address in %s" % (bare(vip["address"]), interface, network)
            wanted = "in a network of %s (a VIP that is routed to here: %s/%d)" % (
                interface, bare(vip["address"]), network.max_prefixlen,
            )  # fmt: skip
            yield Problem(path + ".addresses", words, wanted)


def _tracked(instance: Instance, facts: HostFacts) -> Iterator[Problem]:
    """Keepalived refuses an interface that is not there; one that is down keeps the VIP away, and nothing is wrong."""
    own = {vip["interface"] for vip in instance["addresses"]}
    for interface in instance["track_interfaces"]:
        if interface not in own and _link(interface, facts) is None:
            words = "%s, which is not there (%s)" % (interface, _there(facts))
            yield Problem("lvs_vips.%s.track_interfaces" % instance["vip"], words, "interfaces of the host")


def _in_network(link: FactLink, vip: str) -> bool:
    """Whether the link has an address, other than the VIP itself, in the VIP's network."""
    network, own = ip_interface(vip).network, ip_interface(vip).ip
    return any(
        ip_address(one["address"]) != own and ip_address(one["address"]) in ip_network(network)
        for one in link["addresses"]
    )


def _link(name: str, facts: HostFacts) -> FactLink | None:
    return next((link for link in facts["links"] if link["name"] == name), None)


def _having(address: str, facts: HostFacts) -> list[FactLink]:
    """The links that have an address; a real one before the loopback."""
    found = [link for link in facts.get("links", []) if address in [one["address"] for one in link["addresses"]]]
    return sorted(found, key=lambda link: link["loopback"])


def _there(facts: HostFacts) -> str:
    """What the host has, for a message: ``eth0 198.51.100.7, eth1``."""
    links = [link for link in facts["links"] if not link["loopback"]]
    shown = [
        " ".join([link["name"], *(one["address"] for one in link["addresses"] if not _is_link_local(one["address"]))])
        for link in links[:6]
    ]
    return ", ".join(shown) or "it has none"


def _is_link_local(address: str) -> bool:
    return ip_address(address).is_link_local
