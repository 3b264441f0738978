# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits that hold for a request, in words."""

from __future__ import annotations

import ipaddress
from typing import Iterator

from .._model.limits import burst_of
from .._model.shape_nginx import Route


def limits_told(route: Route, client: str) -> Iterator[str]:
    """A line for each limit of a route."""
    given = route["handling"].get("limits")
    if not given:
        return
    address = ipaddress.ip_address(client)
    if any(address in ipaddress.ip_network(one) for one in given["exempt"]):
        yield "no limits: the client is exempt"
        return
    refused = "logged only" if given["dry_run"] else "more is %s" % given["status"]
    for one in given["requests"]:
        burst = burst_of(one)
        waits = 0 if one["at_once"] is None else burst - one["at_once"]
        words = "at most %s and %d more at a time" % (one["rate"], burst)
        words += ", of which %d wait" % waits if waits else ""
        yield "limit by %s: %s; %s" % (one["key"], words, refused)
    for most in given["connections"]:
        yield "limit by %s: %d requests at the same time; %s" % (most["key"], most["most"], refused)
    if given["bandwidth"]:
        after = given["bandwidth"]["after"]
        yield "limit of the answer: %s bytes a second%s" % (
            given["bandwidth"]["rate"], ", after the first %s" % after if after else "",
        )  # fmt: skip
