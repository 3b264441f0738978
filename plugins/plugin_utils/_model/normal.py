# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input as it is after reading: plain data with every default filled in, by names without prefix.

The types say what it is where there are no mistakes. Before that is known, what could not be read is None: rules, which
look at it then, have to expect that.
"""

from __future__ import annotations

from typing import TypedDict

from .shape import (
    Check,
    FirewallKind,
    Notify,
    ScriptSettings,
    ServiceSettings,
    TableOwner,
    Thresholds,
    VipSettings,
)
from .shape_cache import CacheZoneSettings
from .shape_content import Maintenance, Static
from .shape_limits import LimitsInput
from .shape_logs import Log, LogFormat
from .shape_nginx import Answer, CanarySettings, Handling, Redirect, Rewrite, RouteMatch
from .shape_streams import StreamSettings
from .shape_tls import ClientCertificates, Hsts
from .shape_upstreams import UpstreamSettings


class HostInput(TypedDict):
    """A host's own variables."""

    cluster: str
    address: str
    address6: str | None
    interface: str
    state: str
    weight: int
    firewall: FirewallKind
    nginx_maintenance: bool
    drained_services: list[str]


class VipInput(VipSettings):
    """A VIP of `lvs_vips`."""

    addresses: list[str]
    gateways: list[str]
    vrid: int | None
    interface: str | None
    labels: list[str] | None
    prefer: list[str]
    priorities: dict[str, int]
    advert_interval: float | None
    auth_pass: bool
    """Whether there is one."""
    unicast: bool
    track: bool
    track_scripts: list[str]
    track_interfaces: list[str]


class PersistenceInput(TypedDict):
    """`persistence` of a service."""

    timeout: int
    prefix: int | None


class ServiceInput(ServiceSettings, Thresholds):
    """A service of `lvs_virtual_services`."""

    ports: list[int]
    together: bool
    scheduler_flags: list[str] | None
    pool: str | None
    weights: dict[str, int]
    real_port: int | None
    persistence: PersistenceInput | None
    check: Check
    sorry_server: str | None


class RouteInput(RouteMatch, Handling):
    """A route of a site; of its handling None is what it does not say itself."""

    name: str | None
    upstream: str | None
    canary: CanarySettings | None
    redirect: Redirect | None
    answer: Answer | None
    static: Static | None
    rewrite: Rewrite | None
    client_certificate: str | None
    extra: list[str]


class AcmeInput(TypedDict):
    """`acme` of a certificate; ``trusted``: as a certificate."""

    names: list[str] | None
    directory: str
    contact: list[str]
    terms_agreed: bool
    trusted: str | None
    kind: str


class CertificateInput(TypedDict):
    """A certificate of `lvs_certificates`: paths; of a text in PEM only that it is one."""

    certificate: str | None
    key: str | None
    chain: str | None
    on_node: bool
    acme: AcmeInput | None
    command: list[str] | None
    renew_days: int | None


class CertificateFacts(TypedDict):
    """What is in a certificate. Faults are fields of the input with what is wrong with them."""

    faults: list[tuple[str, str]]
    as_server: list[tuple[str, str]]
    """Faults where a server shows it."""
    names: list[str] | None
    kind: str
    """Of its key: RSA, ECDSA or Ed25519."""
    days: int | None
    """Until it expires."""
    authority: bool
    key: bool
    """Whether the private key is there."""


class SiteTlsInput(TypedDict):
    """`tls` of a site."""

    certificate: list[str]
    ports: list[int]
    redirect: bool
    hsts: Hsts | None
    client_certificates: ClientCertificates | None


class TlsInput(TypedDict):
    """`lvs_tls`; ``ticket_secret``: how many."""

    profile: str
    http2: bool
    http3: bool
    ticket_secret: int | None
    ticket_days: int | None


class UpstreamInput(UpstreamSettings):
    """An upstream of `lvs_nginx_upstreams`; its servers are all, those of its group among them."""

    group: str | None
    port: int | None

    extra: list[str]


class SiteInput(Handling):
    """A site of `lvs_nginx_sites`, likewise."""

    server_names: list[str]
    upstream: str | None
    static: Static | None
    canary: CanarySettings | None
    routes: list[RouteInput]
    ports: list[int]
    tls: SiteTlsInput | None
    proxy_protocol: bool
    default: bool | None
    maintenance: Maintenance | None
    aliases: list[str]
    alias_status: str
    log: Log | None
    extra: list[str]


class StreamInput(StreamSettings):
    """A stream of `lvs_nginx_streams`."""

    vip: str | None
    by: str
    idle_timeout: float | None
    extra: list[str]


class HealthInput(TypedDict):
    """`lvs_nginx_health`; without an upstream it is none."""

    upstream: str | None
    path: str
    host: str | None
    timeout: float


class ScriptInput(ScriptSettings):
    """`lvs_check_script`."""

    enabled: bool | None


class TrackScriptInput(TypedDict):
    """A program of `lvs_track_scripts`."""

    script: str
    arguments: list[str]
    user: str | None
    interval: int
    timeout: int
    fall: int
    rise: int
    weight: int


class KernelInput(TypedDict):
    """`lvs_kernel`."""

    conn_tab_bits: int
    sysctls: dict[str, int | str]


class ClusterInput(TypedDict):
    """What the hosts of a cluster have in common, and who they are."""

    directors: list[str]
    real_servers: list[str]
    failover: str
    table_owner: TableOwner
    nginx_on_directors: str
    health_path: str
    vips: dict[str, VipInput]
    virtual_services: dict[str, ServiceInput]
    upstreams: dict[str, UpstreamInput]
    sites: dict[str, SiteInput]
    streams: dict[str, StreamInput]
    certificates: dict[str, CertificateInput]
    certificate_facts: dict[str, CertificateFacts]
    """What is known of them; of those on nodes nothing."""
    tls: TlsInput
    log_formats: dict[str, LogFormat]
    trusted_proxies: list[str]
    nginx_health: HealthInput
    nginx_limits: LimitsInput
    nginx_status_port: int
    nginx_challenge_port: int
    nginx_caches: dict[str, CacheZoneSettings]
    nginx_users: dict[str, dict[str, bool]]
    nginx_extra: list[str]
    nginx_canary: dict[str, float]
    check_script: ScriptInput
    track_scripts: dict[str, TrackScriptInput]
    notify: Notify
    kernel: KernelInput


class Normal(TypedDict):
    """The whole input; ``pools``: the hosts of each group that a service names, as far as there is one."""

    hosts: dict[str, HostInput]
    clusters: dict[str, ClusterInput]
    pools: dict[str, list[str]]
