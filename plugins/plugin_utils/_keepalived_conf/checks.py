# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Keepalived makes a check: for each kind of `_model/checks.py` its block of a real server."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Mapping

from .._model.shape import Check, CheckUrl, RealServer
from .block import Block, Command, Line


def _common(check: Check, own_port: bool = True) -> Iterator[Line]:
    """What every kind has; a program is told its port by an argument."""
    yield "retry", check["retries"]
    if own_port and check["port"]:
        yield "connect_port", check["port"]
    if check["warmup"] is not None:
        yield "warmup", check["warmup"]


def _http(check: Check) -> Iterator[Line]:
    yield Block(["HTTP_GET"], [*_common(check), *_urls(check)])


def _https(check: Check) -> Iterator[Line]:
    """Without a name Keepalived would ask for none that Nginx knows."""
    named: list[Line] = [("enable_sni",)] if check["host"] else []
    yield Block(["SSL_GET"], [*named, *_common(check), *_urls(check)])


def _urls(check: Check) -> Iterator[Line]:
    # The model has a path for each; without one the writer refuses it.
    first: CheckUrl = {"path": check["path"] or "", "status": check["status"], "digest": check["digest"]}
    for one in (first, *check["urls"]):
        url: list[Line] = [("path", one["path"]), ("status_code", *one["status"])]
        if one["digest"]:
            url.append(("digest", one["digest"]))
        if check["host"]:
            url.append(("virtualhost", check["host"]))
        yield Block(["url"], url)


def _tcp(check: Check) -> Iterator[Line]:
    yield Block(["TCP_CHECK"], _common(check))


def _smtp(check: Check) -> Iterator[Line]:
    named: list[Line] = [("helo_name", check["helo"])] if check["helo"] else []
    yield Block(["SMTP_CHECK"], [*_common(check), *named])


def _dns(check: Check) -> Iterator[Line]:
    yield Block(["DNS_CHECK"], [*_common(check), ("type", check["record"]), ("name", check["query"] or "")])


def _udp(check: Check) -> Iterator[Line]:
    lines: list[Line] = [("payload", check["payload"])] if check["payload"] else []
    if check["reply"]:
        lines.append(("require_reply",))
    yield Block(["UDP_CHECK"], [*_common(check), *lines])


def _ping(check: Check) -> Iterator[Line]:
    yield Block(["PING_CHECK"], _common(check))


def _script(check: Check) -> Iterator[Line]:
    lines: list[Line] = [
        ("misc_path", Command([check["script"] or "", *check["arguments"]])),
        ("misc_timeout", check["timeout"]),
        *([("user", check["user"])] if check["user"] else []),
    ]
    yield Block(["MISC_CHECK"], [*_common(check, own_port=False), *lines])


BLOCKS: Mapping[str, Callable[[Check], Iterable[Line]]] = {
    "http": _http, "https": _https, "tcp": _tcp, "smtp": _smtp, "dns": _dns, "udp": _udp, "ping": _ping,
    "script": _script, "none": lambda check: (),
}  # fmt: skip


def check_lines(check: Check) -> Iterable[Line]:
    """The lines of a check within a real server; none where nothing is checked."""
    return BLOCKS[check["type"]](check)


def for_server(check: Check, server: RealServer) -> Check:
    """The check of one real server: its address and port stand in the arguments."""
    own = {"{address}": server["address"], "{port}": str(check["port"] or server["port"])}
    arguments = list(check["arguments"])
    for name, value in own.items():
        arguments = [one.replace(name, value) for one in arguments]
    return {**check, "arguments": arguments}
