# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that the sites of a host show, whoever brought them. Pure."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from .._model.tls_values import STAND_IN
from .inspect_request import tls_probe_name
from .observed import ObservedHost


class Shown(NamedTuple):
    """What a site answers over TLS. ``expires``: an epoch, None where it shows no certificate; ``stand_in``: it is what
    nodes show until the first one comes; ``error``: why there is no answer, None where there is one."""

    site: str
    port: int
    expires: int | None
    stand_in: bool
    error: str | None


def shown(host: ObservedHost) -> Iterator[Shown]:
    """Of each site that was asked."""
    for site in host.slice["nginx"]["sites"] if host.slice["nginx"] else ():
        answer = host.probes.get(tls_probe_name(site["name"]))
        if answer is not None:
            stand_in = answer["issuer"] == STAND_IN
            yield Shown(site["name"], answer["port"], answer["expires"], stand_in, answer["error"])
