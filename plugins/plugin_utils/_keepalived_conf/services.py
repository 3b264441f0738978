# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual services of a director in keepalived.conf, and the files that their weights are in."""

from __future__ import annotations

import ipaddress
from typing import Iterable, Iterator, Sequence

from .._model.shape import Director, Persistence, RealServer, Service, Share
from .block import EMPTY, Block, Comment, Line, Word, written
from .checks import check_lines, for_server

_METHODS = {"dr": "DR", "nat": "NAT", "tunnel": "TUN"}


def services_part(director: Director, folder: str, weights_in_files: bool) -> str:
    """The blocks `track_file` and `virtual_server`. Raises LvsError for what cannot be written.

    ``folder``: where the files of the weights are. ``weights_in_files``: whether Keepalived reads weights in them; else
    a file tells only that a real server is drained.
    """
    return written(_lines(director, folder, weights_in_files))


def _lines(director: Director, folder: str, weights_in_files: bool) -> Iterator[Line]:
    for share in director["weights"]:
        yield _track_file(share, folder, weights_in_files)
    for service in director["services"]:
        yield _virtual_server(service, weights_in_files)


def _track_file(share: Share, folder: str, weights_in_files: bool) -> Line:
    name = "%s@%s" % (share["service"], share["host"])
    lines: list[Line] = [("file", "%s/%s" % (folder, name)), ("weight", 1 if weights_in_files else 0)]
    return Block(["track_file", name], lines)


def _virtual_server(service: Service, weights_in_files: bool) -> Line:
    check, sorry = service["check"], service["sorry_server"]
    # A mark has no protocol, which a rule of nftables has looked at, and tells no family.
    known_by: Line = ("protocol", service["protocol"].upper())
    if service["fwmark"]:
        known_by = ("ip_family", service["family"])
    lines: list[Line] = [
        known_by,
        ("lvs_sched", service["scheduler"]),
        ("lvs_method", _METHODS[service["forward"]]),
        *((flag,) for flag in service["scheduler_flags"]),
    ]
    if service["persistence"]:
        lines += _persistence(service["persistence"], service["family"])
    if service["one_packet"]:
        lines.append(("ops",))
    lines += [
        ("delay_loop", check["interval"]),
        ("connect_timeout", check["timeout"]),
        ("delay_before_retry", check["retry_delay"]),
    ]
    if service["quorum"] > 1:
        lines += [("quorum", service["quorum"]), ("hysteresis", service["hysteresis"])]
    if sorry:
        lines.append(("sorry_server", *_place(sorry["address"], sorry["port"])))
        if service["forward"] == "nat" and ipaddress.ip_address(sorry["address"]).is_loopback:
            # The kernel translates nothing to the loopback; what it only forwards there is for itself.
            lines.append(("sorry_server_lvs_method", _METHODS["dr"]))
    checked = list(check_lines(check))
    for server in service["real_servers"]:
        if check["script"]:
            checked = list(check_lines(for_server(check, server)))
        lines += [EMPTY, Comment(server["host"]), _real_server(service, server, weights_in_files, checked)]
    if service["fwmark"]:
        return Block(["virtual_server", "fwmark", service["fwmark"]], lines)
    return Block(["virtual_server", service["address"], service["port"]], lines)


def _place(address: str, port: int) -> Sequence[Word]:
    """Without a port it is that of the packet."""
    return (address, port) if port else (address,)


def _persistence(persistence: Persistence, family: str) -> Iterator[Line]:
    """Who is one client: a netmask for IPv4, a length for IPv6."""
    yield "persistence_timeout", persistence["timeout"]
    prefix = persistence["prefix"]
    mask = ipaddress.IPv4Network((0, prefix)).netmask if family == "inet" else None
    yield "persistence_granularity", prefix if mask is None else str(mask)


def _real_server(service: Service, server: RealServer, weights_in_files: bool, checked: Iterable[Line]) -> Line:
    # Never 0: that it is drained is in its file.
    lines: list[Line] = [("weight", 1 if weights_in_files else max(server["weight"], 1))]
    if service["inhibit_on_failure"]:
        lines.append(("inhibit_on_failure",))
    if server["upper_threshold"]:
        lines.append(("uthreshold", server["upper_threshold"]))
    if server["lower_threshold"]:
        lines.append(("lthreshold", server["lower_threshold"]))
    lines.append(Block(["FILE_CHECK"], [("track_file", "%s@%s" % (service["service"], server["host"]))]))
    return Block(["real_server", *_place(server["address"], server["port"])], [*lines, *checked])
