# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of gRPC: what it needs, and what of a site has no sense with it."""

from __future__ import annotations

from typing import Any, Callable

from .normal import SiteInput
from .rules_held import Held, held
from .rules_scope import Scope
from .ways import GRPC

_NO_FORM = "; write %s in the route"
# Option -> whether its value is wrong, and why.
_SENSELESS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "compression": (
        lambda given: given["enabled"],
        "but gRPC compresses its messages itself" + _NO_FORM % "compression: false",
    ),
    "error_pages": (bool, "but clients of gRPC get a status of gRPC" + _NO_FORM % "error_pages: {}"),
    "intercept_errors": (bool, "but errors of gRPC have no status of HTTP"),
    "buffering": (bool, "but messages of gRPC are sent on when they come; leave it out"),
    "request_buffering": (bool, "but messages of gRPC are sent on when they come; leave it out"),
}
# All that happens before a server has a call; after that Nginx sends none to another one.
_FAULTS = ("error", "timeout")


def check_grpc(scope: Scope, path: str, site: SiteInput) -> None:
    """A site and its routes."""
    upstreams = scope.cluster["upstreams"] or {}
    for place in held(path, site):
        upstream = upstreams.get(place.upstream or "")
        if upstream and upstream["protocol"] in GRPC:
            _check_place(scope, place, "upstream %s, whose protocol is %s" % (place.upstream, upstream["protocol"]))
            _check_http2(scope, path, site, str(place.upstream))


def _check_http2(scope: Scope, path: str, site: SiteInput, name: str) -> None:
    """Clients speak HTTP/2, which Nginx knows beside HTTP/1.1, of checks and others, only on a port with TLS."""
    if site["tls"] is None and scope.read_whole(path + ".tls"):
        what = "is missing; must be there, as upstream %s speaks gRPC, whose clients need HTTP/2"
        scope.wrong(path + ".tls", what % name)
    elif scope.cluster["tls"] and scope.cluster["tls"]["http2"] is False:
        what = "is false; must be true, as upstream %s of %s speaks gRPC, whose clients need it"
        scope.wrong("lvs_tls.http2", what % (name, path))


def _check_place(scope: Scope, place: Held, beside: str) -> None:
    for key, (is_wrong, why) in _SENSELESS.items():
        where, value = place.get(key)
        if value is not None and is_wrong(value):
            scope.wrong(where, "is with %s, %s" % (beside, why))
    where, retries = place.get("retries")
    for fault in sorted({*((retries or {}).get("faults") or ())} - {*_FAULTS}):
        what = "has %s with %s: a call that a server has got goes to no other one; must be of %s"
        scope.wrong(where + ".faults", what % (fault, beside, ", ".join(_FAULTS)))
    canary = place.part["canary"]
    if canary and canary["by"] == "cookie":
        scope.wrong(
            place.path + ".canary.by",
            "is cookie with %s, whose clients keep none; must be client or header:NAME" % beside,
        )
