# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The openings of the model in the notation of a firewall: one rule a line, for chains and files of our own.

Whatever goes into a line is an address, a network, a port or a word that is listed here; all else is refused.
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import Iterable, Iterator, Mapping, Sequence

from ...module_utils._errors import LvsError
from .._model.shape import Family, Opening

# The numbers of IP protocols: names are not the same everywhere.
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "vrrp": 112, "ipip": 4, "ipv6": 41, "icmpv6": 58, "echo": 1}
# Without them nobody finds an IPv6 address on the link: solicitations and advertisements of routers and neighbours.
NEIGHBOURS = {
    133: "router-solicitation",
    134: "router-advertisement",
    135: "neighbour-solicitation",
    136: "neighbour-advertisement",
}
ECHO = {"inet": {8: "echo-request"}, "inet6": {128: "echo-request"}}
_ICMP = {"inet": "icmp", "inet6": "icmpv6"}
_IP = {"inet": "ip", "inet6": "ip6"}


def nftables(openings: Iterable[Opening], family: Family, way: str) -> list[str]:
    """What stands behind `add rule FAMILY TABLE CHAIN`."""
    return [_nft(one) for one in openings if (one["family"], one["way"]) == (family, way)]


def _messages(one: Opening) -> Mapping[int, str]:
    """Of ICMP, those that an opening is for; none where it is for another protocol."""
    return {"icmpv6": NEIGHBOURS, "echo": ECHO[one["family"]]}.get(one["protocol"], {})


def _nft(one: Opening) -> str:
    return " ".join([*matched(one), "accept"])


def matched(one: Opening) -> list[str]:
    """What tells the packets of an opening from others, in the words of nftables."""
    # Nobody is let in without a network on one side, and its family is what a table of both looks at.
    words: list[str] = []
    for side, networks in (("saddr", one["sources"]), ("daddr", one["destinations"])):
        if networks:
            words += [_IP[one["family"]], side, _set(_networks(networks))]
    if _messages(one):
        words += [_ICMP[one["family"]] + " type", _set(_messages(one))]
    elif one["ports"]:
        words += [_name(one), "sport" if one["way"] == "through" else "dport", _set(_ports(one))]
    else:
        words += ["meta l4proto", str(_number(one))]
    return words


def _set(values: Iterable[object]) -> str:
    return "{ %s }" % ", ".join(map(str, values))


def iptables(openings: Iterable[Opening], family: Family, way: str) -> list[str]:
    """What stands behind `-A CHAIN`."""
    return [line for one in openings if (one["family"], one["way"]) == (family, way) for line in _iptables(one)]


def _iptables(one: Opening) -> Iterator[str]:
    if _messages(one):
        icmp = _ICMP[one["family"]]
        details: Sequence[str] = ["-p %s --%s-type %d" % (icmp, icmp, kind) for kind in _messages(one)]
    elif one["ports"]:
        port = "--sport" if one["way"] == "through" else "--dport"
        details = ["-p %s %s %d" % (_name(one), port, number) for number in _ports(one)]
    else:
        details = ["-p %d" % _number(one)]
    for source, destination, detail in itertools.product(
        _sides("-s", one["sources"]), _sides("-d", one["destinations"]), details
    ):
        yield "%s%s%s -j ACCEPT" % (source, destination, detail)


def _sides(option: str, networks: list[str]) -> list[str]:
    return ["%s %s " % (option, network) for network in _networks(networks)] or [""]


def firewalld(openings: Iterable[Opening], way: str) -> list[str]:
    """Elements of a policy."""
    return [line for one in openings if one["way"] == way for line in _firewalld(one)]


def _firewalld(one: Opening) -> Iterator[str]:
    family = {"inet": "ipv4", "inet6": "ipv6"}[one["family"]]
    if _messages(one):
        details = ['<icmp-type name="%s"/>' % name for name in _messages(one).values()]
    elif one["ports"]:
        port = "source-port" if one["way"] == "through" else "port"
        details = ['<%s port="%d" protocol="%s"/>' % (port, number, _name(one)) for number in _ports(one)]
    else:
        details = ['<protocol value="%d"/>' % _number(one)]
    sides = [
        ['<%s address="%s"/>' % (side, network) for network in _networks(networks)] or [""]
        for side, networks in (("source", one["sources"]), ("destination", one["destinations"]))
    ]
    for words in itertools.product(*sides, details):
        yield '<rule family="%s">%s<accept/></rule>' % (family, "".join(words))


def _networks(values: Iterable[str]) -> list[str]:
    try:
        return [
            str(ipaddress.ip_network(value)) if "/" in value else str(ipaddress.ip_address(value)) for value in values
        ]
    except ValueError:
        raise LvsError("an opening of the firewall has what is no address or network") from None


def _ports(one: Opening) -> list[int]:
    for port in one["ports"]:
        if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
            raise LvsError("an opening of the firewall has what is no port")
    return one["ports"]


def _name(one: Opening) -> str:
    _number(one)
    return one["protocol"]


def _number(one: Opening) -> int:
    if one["protocol"] not in PROTOCOLS:
        raise LvsError("an opening of the firewall has what is no protocol")
    return PROTOCOLS[one["protocol"]]
