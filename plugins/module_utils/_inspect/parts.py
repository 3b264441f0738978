# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that verify and status want to know of a host, in one run.

Each part of the report is a function of its own and runs in a thread of its own: those that wait (for answers, for a
daemon) wait at the same time, and one that fails says so in its own place.
"""

from __future__ import annotations

import errno
import threading
from typing import Any, Callable, Dict, Mapping

from .._errors import LvsError
from .._foreign.look import facts_of
from .._host import firewall, marks, system, weights
from .._host.files import HostFiles
from .._host.links import links, read_links
from .._host.places import STACK
from .._host.sysctl import Sysctls
from .._ipvs.listing import in_order, to_options
from .._ipvs.socket import Counters, IpvsSocket
from .._keepalived.ask import describe
from .._netlink.generic import NetlinkError
from .._netlink.route import RouteSocket
from .probe import Probe, ask
from .sides import sides
from .traffic import streams, traffic
from .wire import listen, who_has

# Addresses where nobody's host is: those of benchmarks, of IPv4 and IPv6. Nothing is sent there.
SOMEWHERE = ("198.18.0.1", "2001:2::1")
PROTOCOLS = {"tcp": 6, "udp": 17}
Part = Callable[[], Any]
Parameters = Dict[str, Any]


def gather(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The answer of each part under its name; ``{"error": …}`` of one that failed."""
    found: dict[str, Any] = dict.fromkeys(parts)

    def answer(name: str, part: Part) -> None:
        try:
            found[name] = part()
        except LvsError as error:
            found[name] = {"error": error.message}
        except Exception as error:  # one part must not take the others with it, whatever its host is like
            found[name] = {"error": "%s: %s" % (type(error).__name__, error)}

    threads = [threading.Thread(target=answer, args=item, daemon=True) for item in parts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def parts_of(wanted: Parameters) -> dict[str, Part]:
    """The parts that the module's parameters ask for."""
    possible: list[tuple[str, Any, Part]] = [
        ("links", wanted["addresses"], links),
        ("vips", wanted["vips"], lambda: where_is(wanted["vips"])),
        ("ways", wanted["ways"], lambda: ways(wanted["ways"])),
        ("sysctls", wanted["sysctls"], lambda: sysctls(wanted["sysctls"])),
        ("units", wanted["units"], lambda: system.units(wanted["units"])),
        ("files", wanted["files"], lambda: {path: system.file_facts(path) for path in wanted["files"]}),
        ("probes", wanted["probes"], lambda: probes(wanted["probes"])),
        ("ipvs", wanted["ipvs"], ipvs),
        ("keepalived", wanted["keepalived"], describe),
        ("transitions", wanted["transitions"], lambda: system.transitions(wanted["transitions"])),
        ("drained", wanted["drained"], weights.drained),
        ("handover", wanted["handover"], handover),
        ("clock", wanted["clock"], system.clock),
        ("firewall", wanted["firewall"], firewall.look),
        ("marks", wanted["marks"], marks.look),
        ("arp", wanted["arp_probes"], lambda: arp(wanted["arp_probes"])),
        ("adverts", wanted["vrrp_listen"], lambda: adverts(wanted["vrrp_listen"])),
        ("foreign", wanted["foreign"], lambda: facts_of(wanted["foreign"])),
        ("keepalived_test", wanted["keepalived_test"], keepalived_test),
        ("sides", wanted["sides"], lambda: sides(wanted["sides"])),
        ("traffic", wanted["traffic"], lambda: traffic(wanted["traffic"])),
        ("streams", wanted["streams"], lambda: streams(wanted["streams"])),
        ("nginx_test", wanted["nginx_test"], nginx_test),
    ]
    return {name: part for name, asked, part in possible if asked}


# --- the parts --------------------------------------------------------------------------------------------------


def where_is(vips: list[str]) -> dict[str, list[dict[str, Any]]]:
    """On which interfaces of this host each address is; an empty list: on none."""
    _links, addresses = read_links()
    return {
        vip: [
            {"interface": address.interface, "prefix": address.prefix, "label": address.label}
            for address in addresses
            if address.address == vip
        ]
        for vip in vips
    }


def ways(wanted: list[Parameters]) -> list[Parameters]:
    """The gateway of each kind of answer to a client who is somewhere else; None where there is none."""
    with RouteSocket() as route:
        return [{**one, "gateway": _gateway(route, **one)} for one in wanted]


def _gateway(route: RouteSocket, address: str, protocol: str, port: int) -> str | None:
    try:
        return route.gateway(address, SOMEWHERE[":" in address], PROTOCOLS[protocol], port)
    except NetlinkError as error:
        if error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            raise
        return None


def sysctls(names: list[str]) -> dict[str, str | None]:
    live = Sysctls(HostFiles())
    return {name: live.read(name) for name in names}


def probes(wanted: list[Parameters]) -> list[dict[str, Any]]:
    """All requests at the same time, the answers in the order of the questions."""
    asked = [Probe(**probe) for probe in wanted]
    answers = gather({str(index): lambda probe=probe: ask(probe) for index, probe in enumerate(asked)})  # type: ignore[misc]
    return list(answers.values())


def ipvs() -> dict[str, Any]:
    """The table as module ipvs takes it, and the connections of each destination."""
    counters = Counters({}, {}, {})
    with IpvsSocket() as kernel:
        version, size = kernel.version()
        table = kernel.dump(counters=counters)
    connections = [
        {
            "service": service.key._asdict(),
            "destination": destination._asdict(),
            **counters.connections[(service.key, destination)]._asdict(),
        }
        for service in in_order(table)
        for destination in service.destinations
    ]
    return {**to_options(table), "version": version, "connection_table_size": size, "connections": connections}


def handover(path: str = STACK.handover) -> int:
    """What tells Keepalived that it is about to stop: 1, else 0."""
    text = HostFiles().read(path)
    if text is None:
        raise LvsError("%s is not there" % path)
    if text.strip() not in ("0", "1"):
        raise LvsError("%s is damaged; must be 0, or 1 while Keepalived stops" % path)
    return int(text)


def arp(wanted: list[Parameters]) -> list[dict[str, Any]]:
    """Who answers for each address on its interface."""
    found, addresses = read_links()
    links = {link.name: link for link in found}
    for index, one in enumerate(wanted):
        if one["interface"] not in links:
            raise LvsError("arp_probes[%d].interface is %s, which this host has not" % (index, one["interface"]))
    asked = [who_has(links[one["interface"]], addresses, one["addresses"], one["seconds"]) for one in wanted]
    return [answer for answers in asked for answer in answers]


def adverts(wanted: Parameters) -> list[dict[str, Any]]:
    return listen(wanted["interface"], wanted["seconds"])


def keepalived_test() -> dict[str, Any]:
    """Keepalived's word on its file. It says 0 of a file that is not there, and some versions of a wrong one.

    In 2.2.7 a test that meets a script user ends itself with SIGTERM (mended in 2.2.8): with that signal ignored it
    goes on and tells the truth.
    """
    path = "/etc/keepalived/keepalived.conf"
    if not HostFiles().read(path):
        raise LvsError("%s is not there or empty" % path)
    return system.config_test(["keepalived", "-t", "-f", path], silent=True, deaf=True)


def nginx_test() -> dict[str, Any]:
    return system.config_test(["nginx", "-t"], silent=False)
