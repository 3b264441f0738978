# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as somebody writes it for a preview, and what Nginx's variables are worth for it. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping, NamedTuple
from urllib.parse import quote

from ...module_utils._errors import LvsError
from .._model.routes import Request, clean_path

_WRITTEN = re.compile(
    r"(?:(?P<method>[A-Z]+) +)?(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._*-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!-~]*)?(?P<fragment>#.*)?"
)
_PORTS = {"http": 80, "https": 443}
# Nobody's address: where no client is given, only the network of all of IPv4 has it.
NO_CLIENT = "0.0.0.0"
_USED = re.compile(r"\$(?:\{([a-z0-9_]+)\}|([1-9]|[a-z0-9_]+))", re.IGNORECASE)
# What Nginx leaves in a path that it writes anew.
_KEPT = "!$&'()*+,-./:;=@[]_~"


class Asked(NamedTuple):
    """``text``: METHOD URL; ``named_port``: `:8080` where the client names one; ``target``: path and query as sent."""

    text: str
    scheme: str
    named_port: str
    target: str
    request: Request


def asked(written: str, headers: Any = None, client: str = "") -> Asked:
    """A request from `[METHOD] URL`, headers as `{NAME: value}` or texts `NAME: value`, and the address of a client.

    Raises LvsError for what is none.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if not found:
        raise LvsError("%r is no request; must be like GET https://example.com/path" % written)
    sent = _headers(headers)
    target = (found["target"] or "/").partition("#")[0]
    target = "/" + target if target.startswith("?") else target
    host, port = found["host"], int(found["port"] or _PORTS[found["scheme"]])
    named_port = ":%d" % port if port != _PORTS[found["scheme"]] else ""
    if "host" in sent:
        name = re.fullmatch(r"(.*?)(:[0-9]+)?", sent["host"], re.DOTALL)
        host, named_port = (name[1], name[2] or "") if name else ("", "")
    sent["host"] = host + named_port
    method = found["method"] or "GET"
    request = Request(
        method=method,
        host=host.lower()[: -1 if host.endswith(".") else None],
        port=port,
        path=clean_path(target),
        query=target.partition("?")[2],
        headers=sent,
        client=_client(client),
    )
    return Asked("%s %s" % (method, written.strip().rpartition(" ")[2]), found["scheme"], named_port, target, request)


def _headers(given: Any) -> dict[str, str]:
    """By their names in small letters."""
    if isinstance(given, Mapping):
        return {str(name).lower(): str(value).strip() for name, value in given.items()}
    found = {}
    for line in [given] if isinstance(given, str) else given or ():
        name, colon, value = str(line).partition(":")
        if not colon or not re.fullmatch(r"[!-9;-~]+", name):
            raise LvsError("%r is no header; must be like X-Kind: 1" % line)
        found[name.lower()] = value.strip()
    return found


def _client(given: str) -> str:
    try:
        return str(ipaddress.ip_address(given or NO_CLIENT))
    except ValueError:
        raise LvsError("%r is no address of a client" % given) from None


def expanded(text: str, given: Asked, port: int, groups: Mapping[str, str] | None = None) -> str:
    """A text with the values of Nginx's variables and of the groups of an expression; what only a run knows stays.

    ``port``: the one that Nginx listens on.
    """
    request = given.request
    known = {
        "args": request.query,
        "document_uri": request.path,
        "host": request.host,
        "http_host": request.headers["host"],
        "is_args": "?" if request.query else "",
        "lvs_port": given.named_port,
        "query_string": request.query,
        "remote_addr": request.client,
        "request_method": request.method,
        "request_uri": given.target,
        "scheme": given.scheme,
        "server_port": str(port),
        "uri": request.path,
    }

    def value(found: re.Match[str]) -> str:
        name = (found[1] or found[2]).lower()
        if groups is not None and name in groups:
            return groups[name]
        if name.startswith("http_"):
            return request.headers.get(name[len("http_") :].replace("_", "-"), "")
        for family, subject, split in (
            ("arg_", request.query, "&"),
            ("cookie_", request.headers.get("cookie", ""), ";"),
        ):
            if name.startswith(family):
                return _pairs(subject, split).get(name[len(family) :], "")
        return known.get(name, found[0])

    return _USED.sub(value, text)


def _pairs(text: str, split: str) -> dict[str, str]:
    """Names in small letters, the first value of each."""
    found: dict[str, str] = {}
    for part in text.split(split):
        name, equals, value = part.strip(" ").partition("=")
        if equals:
            found.setdefault(name.lower(), value)
    return found


def rewritten(expression: str, to: str, given: Asked, port: int) -> str:
    """The path and query that an upstream sees behind `rewrite expression to`."""
    request = given.request
    found = re.search(expression, request.path, re.ASCII)
    if not found:
        return given.target
    groups = {str(number): found[number] or "" for number in range(1, (found.re.groups or 0) + 1)}
    path, question, own = to.partition("?")
    new = quote(expanded(path, given, port, groups), safe=_KEPT, errors="surrogateescape")
    if question and not own:
        return new
    query = "&".join(one for one in (expanded(own, given, port, groups), request.query) if one)
    return new + ("?" + query if query else "")
