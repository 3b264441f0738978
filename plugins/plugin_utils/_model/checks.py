# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of checks that a director makes of its real servers: all that differs between them is defined here, once.

A kind is an entry of CHECKS and a block of keepalived.conf, in `_keepalived_conf/checks.py`. The choices of the input,
the rules, the worst case, the words of a preview and the request that verify makes all come from the entry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from . import schema_checks
from .fields import Field
from .shape import Check, CheckSettings, RealServer, Service

PROTOCOLS = ("tcp", "udp", "sctp")


def tries_ms(check: CheckSettings) -> int:
    """The longest time until a dead real server is out, in ms: the last good look was just before it died."""
    tries = (check["retries"] + 1) * check["timeout"]
    seconds: float = check["interval"] + tries + check["retries"] * check["retry_delay"]
    return math.ceil(1000 * seconds)


def urls_ms(check: Check) -> int:
    """Of a check with several paths: each is asked once in a round, and the others may be slow."""
    others = len(check["urls"])
    return tries_ms(check) + math.ceil(1000 * others * (check["interval"] + check["timeout"]))


class OwnNginx(NamedTuple):
    """Our own Nginx on a port of the real servers: where it answers, whether it speaks TLS, and to which name then;
    empty: to any, None: there is none. ``proxied``: it expects the PROXY protocol, which Keepalived does not speak."""

    health_path: str
    tls: bool
    name: str | None
    proxied: bool = False


def _https_request(check: Check) -> dict[str, Any]:
    return {**_http_request(check), "tls": True}


def _http_request(check: Check) -> dict[str, Any]:
    asked = {"path": check["path"], "host": check["host"]}
    return {name: value for name, value in asked.items() if value}


def _http_fault(check: Check, answer: Mapping[str, Any]) -> str:
    return "" if _takes(check["status"], answer["status"]) else "status %s" % answer["status"]


def _takes(statuses: Sequence[str], status: int | None) -> bool:
    spans = [(int(low), int(high or low)) for one in statuses for low, _sep, high in [one.partition("-")]]
    return status is not None and any(low <= status <= high for low, high in spans)


def _no_fault(_check: Check, _answer: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class CheckKind:
    """One kind of check."""

    words: str
    """What it looks at, for people; filled in from the check's settings. Empty: it looks at nothing."""
    protocols: tuple[str, ...] = ("tcp",)
    """Of the services that it can be used for; with a port of its own it can be for all."""
    speaks: str = "tcp"
    """What a director sends; echo: of ICMP, which has no port; empty: what the service speaks."""
    whole_seconds: bool = False
    """Whether Keepalived knows its time limit in whole seconds only."""
    needs: tuple[str, ...] = ()
    """Settings that it cannot be without."""
    scheme: str = "http"
    """Of the address that it asks for."""
    passes_tls: bool = True
    """Whether a server that speaks TLS passes it."""
    passes_proxy: bool = True
    """Whether one that expects the PROXY protocol passes it."""
    settings: Mapping[str, Field] = field(default_factory=dict)
    """What only this kind has, by its name in the input."""
    detection_ms: Callable[[Check], int] = tries_ms
    """The worst case until a dead real server is out."""
    request: Callable[[Check], dict[str, Any]] | None = None
    """What verify asks a real server itself: options of a probe of the module inspect besides the address. None: no
    request of ours says what the check would."""
    fault: Callable[[Check, Mapping[str, Any]], str] = _no_fault
    """What is wrong with the answer to that request, in words; empty: nothing. ``answer``: a probe's without error."""


CHECKS: dict[str, CheckKind] = {
    "http": CheckKind(
        words="HTTP %(path)s",
        passes_tls=False,
        passes_proxy=False,
        settings=schema_checks.HTTP,
        detection_ms=urls_ms,
        request=_http_request,
        fault=_http_fault,
    ),
    # Certificates are not looked at: one that has expired has so on all real servers.
    "https": CheckKind(
        words="HTTPS %(path)s",
        scheme="https",
        passes_proxy=False,
        settings=schema_checks.HTTP,
        detection_ms=urls_ms,
        request=_https_request,
        fault=_http_fault,
    ),
    "tcp": CheckKind(words="TCP connection", request=lambda check: {}),
    # It waits for the server's greeting, which TLS and the PROXY protocol come before.
    "smtp": CheckKind(
        words="SMTP greeting",
        passes_tls=False,
        passes_proxy=False,
        settings=schema_checks.SMTP,
        request=lambda check: {},
    ),
    "dns": CheckKind(
        words="DNS %(record)s %(query)s", protocols=("tcp", "udp"), speaks="udp", settings=schema_checks.DNS
    ),
    "udp": CheckKind(words="UDP", protocols=("udp",), speaks="udp", settings=schema_checks.UDP),
    "ping": CheckKind(words="ICMP echo", protocols=PROTOCOLS, speaks="echo"),
    "script": CheckKind(
        words="%(script)s",
        protocols=PROTOCOLS,
        speaks="",
        whole_seconds=True,
        needs=("script",),
        settings=schema_checks.SCRIPT,
    ),
    "none": CheckKind(words="", protocols=PROTOCOLS, speaks=""),
}
AUTOMATIC = ("http", "https", "tcp", "none")


def port_of(check: Check, server: RealServer) -> int:
    """Where a check looks."""
    return check["port"] or server["port"]


def speaks(service: Service) -> str:
    """The protocol by which a service's real servers are checked."""
    return kind_of(service["check"]).speaks or service["protocol"]


def kind_of(check: Check) -> CheckKind:
    """The kind of a check of the model."""
    return CHECKS[check["type"]]


def suiting(protocol: str) -> list[str]:
    """The kinds for services of a protocol."""
    return [name for name, kind in CHECKS.items() if protocol in kind.protocols]


def derived(given: Check, protocol: str, by_keepalived: bool, own: OwnNginx | None) -> Check:
    """A check of the input as the model has it.

    ``by_keepalived``: whether the daemon checks at all. ``own``: our own Nginx on the port of the real servers; None
    where something else is there.
    """
    if not by_keepalived:
        return {**given, "type": "none"}
    check: Check = {**given, "type": _automatic(given, protocol, own) if given["type"] == "auto" else given["type"]}
    if "path" in kind_of(check).settings and not check["path"]:
        check["path"] = own.health_path if own else "/"
    if "query" in kind_of(check).settings and not check["query"]:
        check["query"] = "."
    if check["type"] == "https" and own and own.tls and not check["host"]:
        check["host"] = own.name or None
    return check


def _automatic(given: Check, protocol: str, own: OwnNginx | None) -> str:
    """A request where our own Nginx serves the port on the real servers, a TCP connection elsewhere."""
    if protocol != "tcp" and not given["port"]:
        return "none"
    if own is None or own.proxied or (own.tls and own.name is None):
        return "tcp"
    return "https" if own.tls else "http"
