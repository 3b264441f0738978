# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of Nginx: what a host's Nginx serves."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from .shape_cache import CacheZone
from .shape_content import Content, Health, Maintenance, Static
from .shape_limits import HostLimits
from .shape_logs import Log, LogFormat
from .shape_streams import Stream
from .shape_tls import Challenges, SiteTls, Tls
from .shape_traffic import Traffic
from .shape_upstreams import Raw, Retries, Upstream


class RouteMatch(TypedDict):
    """What a route asks of a request."""

    path: str
    exact: bool
    methods: list[str]
    headers: dict[str, str]
    cookies: dict[str, str]
    query: dict[str, str]
    clients: list[str]


class RequestHeaders(TypedDict):
    """Headers that an upstream gets."""

    set: dict[str, str]
    remove: list[str]


class ResponseHeaders(TypedDict):
    """Headers that a client gets."""

    set: dict[str, str]
    add: dict[str, str]
    remove: list[str]


class Mirror(TypedDict):
    """Who gets copies of requests; ``timeout`` in seconds."""

    upstream: str
    percent: float
    body: bool
    timeout: float


class Handling(Content, Traffic, total=False):
    """How a request is handled; what is not there is left to the role's settings and to Nginx."""

    connect_timeout: float
    read_timeout: float
    send_timeout: float
    max_body: str
    retries: Retries
    request_headers: RequestHeaders
    response_headers: ResponseHeaders
    mirror: Mirror


class Redirect(TypedDict):
    """A redirect; what of the address is None is kept."""

    to: str | None
    scheme: str | None
    host: str | None
    path: str | None
    status: str


class Answer(TypedDict):
    """An answer of Nginx itself."""

    status: int
    media_type: str
    body: str | None


class Rewrite(TypedDict):
    """What an upstream sees as path."""

    strip: bool
    add: str | None
    pattern: str | None
    to: str | None


class Who(TypedDict):
    """Clients, by what they send and where they are."""

    headers: dict[str, str]
    cookies: dict[str, str]
    clients: list[str]


class CanarySettings(Who):
    """Who gets another upstream."""

    upstream: str
    percent: float
    by: str
    cookie_name: str
    cookie_max_age: int
    never: Who


class Canary(CanarySettings):
    """A canary of a site, or of one route."""

    site: str
    route: Annotated[int | None, "place in the list of the route that it is written in; null: in the site"]


class Route(RouteMatch):
    """A route of a site; it has an upstream, a redirect, an answer or files."""

    name: str
    source: Annotated[str, "where it stands in the inventory"]
    upstream: str | None
    canary: Annotated[Canary | None, "who gets another upstream"]
    redirect: Redirect | None
    answer: Answer | None
    static: Static | None
    rewrite: Rewrite | None
    client_certificate: Annotated[bool, "a client has to show one"]
    handling: Annotated[Handling, "what is set for it or for its site"]
    extra: Annotated[list[Raw], "raw lines of Nginx"]


class Site(TypedDict):
    """A server block."""

    name: str
    server_names: list[str]
    ports: list[int]
    tls: Annotated[SiteTls | None, "null: plain HTTP alone"]
    default: bool
    maintenance: Annotated[Maintenance | None, "null: neither now nor by a file"]
    aliases: Annotated[list[str], "sent to the first server name"]
    alias_status: str
    log: Annotated[Log | None, "null: the role's own"]
    routes: Annotated[list[Route], "in the order in which they win; the site's upstream is the last"]
    extra: list[Raw]


class NamesHash(TypedDict):
    """Nginx's table of server names."""

    bucket_size: Annotated[int, "bytes"]
    max_size: int


class Nginx(TypedDict):
    """What a host's Nginx serves."""

    mode: Literal["real_server", "sorry"]
    health_path: str
    health: Annotated[Health | None, "an upstream that the health address asks; null: none"]
    maintenance: Annotated[bool, "of the node: it says that it is not healthy"]
    ipv6: Annotated[bool, "it listens on IPv6 as well"]
    limits: HostLimits
    proxy_ports: Annotated[list[int], "where clients come by the PROXY protocol"]
    status_port: Annotated[int, "of 127.0.0.1, for counters; 0: none"]
    tls: Annotated[Tls | None, "null: no site speaks TLS"]
    challenges: Annotated[Challenges | None, "null: no certificate is asked for by HTTP-01"]
    names_hash: Annotated[NamesHash, "room for all server names"]
    log_formats: dict[str, LogFormat]
    trusted_proxies: Annotated[list[str], "networks whose word on a client is believed"]
    upstreams: list[Upstream]
    caches: Annotated[list[CacheZone], "those that its sites use"]
    brotli: Annotated[bool, "answers are compressed by it, for which Nginx has modules of their own"]
    users: Annotated[list[str], "keys of lvs_nginx_users that its sites need"]
    sites: list[Site]
    streams: list[Stream]
    stream_upstreams: list[Upstream]
    extra: Annotated[list[Raw], "raw lines for all sites"]
