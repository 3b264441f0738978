# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Keepalived makes a check: for each kind of `_model/checks.py` its block of a real server."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator

from .._model.shape import Check
from .block import Block, Line


def _http(check: Check) -> Iterator[Line]:
    yield Block(["HTTP_GET"], [("retry", check["retries"]), _url(check)])


def _https(check: Check) -> Iterator[Line]:
    """Without a name Keepalived would ask for none that Nginx knows."""
    named: list[Line] = [("enable_sni",)] if check["host"] else []
    yield Block(["SSL_GET"], [*named, ("retry", check["retries"]), _url(check)])


def _url(check: Check) -> Block:
    # The model has a path for each; without one the writer refuses it.
    url: list[Line] = [("path", check["path"] or ""), ("status_code", check["status"])]
    if check["host"]:
        url.append(("virtualhost", check["host"]))
    return Block(["url"], url)


def _tcp(check: Check) -> Iterator[Line]:
    yield Block(["TCP_CHECK"], [("retry", check["retries"])])


BLOCKS: dict[str, Callable[[Check], Iterable[Line]]] = {
    "http": _http, "https": _https, "tcp": _tcp, "none": lambda check: (),
}  # fmt: skip


def check_lines(check: Check) -> Iterable[Line]:
    """The lines of a check within a real server; none where nothing is checked."""
    return BLOCKS[check["type"]](check)
