# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that the sites and streams of a host show, whoever brought them. Pure."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from .._model.tls_values import STAND_IN
from .inspect_request import tls_probe_name
from .observed import ObservedHost


class Shown(NamedTuple):
    """What a site or a stream answers over TLS. ``expires``: an epoch, None where it shows no certificate;
    ``stand_in``: it is what nodes show until the first one comes; ``error``: why a site does not answer, None where it
    does."""

    kind: str  # site, stream
    name: str
    port: int
    expires: int | None
    stand_in: bool
    error: str | None


def shown(host: ObservedHost) -> Iterator[Shown]:
    """Of each one that was asked. A stream may let in others only, so one that did not answer says nothing."""
    nginx = host.slice["nginx"]
    if nginx is None:
        return
    found = [("site", one["name"]) for one in nginx["sites"]] + [("stream", one["name"]) for one in nginx["streams"]]
    for kind, name in found:
        answer = host.probes.get(tls_probe_name(kind, name))
        if answer is not None:
            error = answer["error"] if kind == "site" else None
            yield Shown(kind, name, answer["port"], answer["expires"], answer["issuer"] == STAND_IN, error)
