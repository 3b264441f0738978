# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's Nginx is told besides the model: the role's variables."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from .._model.shape_upstreams import Upstream
from .clients import DIRECT


class Settings(NamedTuple):
    """Times in seconds. ``node``: the host's name; ``node_header``: the header that shows it, or nothing.

    ``trusted``: the system's file of authorities. ``upstreams``: those of the host, by name.
    ``told``: header -> what an upstream is told of the client. ``version``: of the node's Nginx, (1, 22, 1); empty
    where it is not known: what needs to know it is left out. ``hsts``: site -> value of
    Strict-Transport-Security. ``max_body``: of what has no limit of its own.
    """

    node: str
    node_header: str
    connect_timeout: float
    read_timeout: float
    send_timeout: float
    next_upstream_tries: int
    next_upstream_timeout: float
    trusted: str
    upstreams: Mapping[str, Upstream] = {}
    told: Mapping[str, str] = DIRECT
    version: tuple[int, ...] = ()
    hsts: Mapping[str, str] = {}
    max_body: str = "0"

    def since(self, *version: int) -> bool:
        """Whether the node's Nginx is known to be of this version or a later one."""
        return self.version >= version

    def before(self, *version: int) -> bool:
        """Whether the node's Nginx is known to be older than this version."""
        return bool(self.version) and self.version < version


def from_variables(node: str, given: Mapping[str, Any]) -> Settings:
    """The settings of ``{node_header, proxy_connect_timeout, …}``: the role's variables without ``nginx_``."""
    return Settings(
        node=node,
        node_header=str(given["node_header"] or ""),
        connect_timeout=float(given["proxy_connect_timeout"]),
        read_timeout=float(given["proxy_read_timeout"]),
        send_timeout=float(given["proxy_send_timeout"]),
        next_upstream_tries=int(given["proxy_next_upstream_tries"]),
        trusted=str(given["trusted_certificates"]),
        next_upstream_timeout=float(given["proxy_next_upstream_timeout"]),
        max_body=str(given.get("client_max_body_size", "0")),
        version=tuple(int(part) for part in str(given.get("version") or "").split(".") if part.isdigit()),
    )
