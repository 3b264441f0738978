# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that an operator may write, as data: validation, defaults and docs/model.md are all made from here."""

from __future__ import annotations

from .checks import CHECKS
from .fields import REQUIRED, Field, choice, many, named, number, switch, table, text, whole
from .schema_cache import CACHE_ZONE
from .schema_checks import SETTINGS
from .schema_content import HEALTH, USERS
from .schema_limits import LIMITS
from .schema_logs import LOG_FORMAT
from .schema_nginx import SITE
from .schema_streams import STREAM
from .schema_tls import CERTIFICATE, TLS
from .schema_track import TRACK_INTERFACES, TRACK_SCRIPT, TRACK_SCRIPTS
from .schema_upstreams import UPSTREAM

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "fo", "ovf", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "twos")
SCHEDULER_FLAGS = ("sh-fallback", "sh-port", "mh-fallback", "mh-port")
PORT = whole("", REQUIRED, 1, 65535)

VIP = table(
    "A virtual IP address: one VRRP instance for each family.",
    addresses=many("Addresses with their prefix length.", REQUIRED, Field("vip_address"), least=1),
    vrid=whole(
        "Virtual router id, unique on the directors' service network.",
        None,
        1,
        255,
        "",
        "the last byte of the first address",
        "VRRP has eight bits for it, and 0 means none",
    ),
    interface=text(
        "Interface of the VIP on directors; VRRP itself runs on that of `lvs_address`.",
        None,
        "interface",
        "the interface of the director's `lvs_address`",
    ),
    gateways=many(
        "Addresses on the real servers' network that move with the VIP: with `forward: nat`, answers go through them.",
        [],
        Field("vip_address"),
    ),
    labels=many(
        "One label for each IPv4 address, without the interface.",
        None,
        text("", REQUIRED, "label"),
        0,
        "counted from `0`",
    ),
    prefer=many(
        "Directors by preference, the preferred one first; the others follow by name.",
        [],
        text("", REQUIRED, "host"),
    ),
    priorities=Field(
        "map", "VRRP priority of every director, instead of `prefer`.", {}, of=whole("", REQUIRED, 1, 254), form="host"
    ),
    preempt=switch("A director with a higher priority takes the VIP back.", False),
    preempt_delay=whole("Delay before it takes the VIP back.", 0, 0, 1000, "s"),
    version=whole("VRRP version; 2 supports IPv4 only.", 3, 2, 3),
    advert_interval=number(
        "Time between two adverts. Version 3: steps of 0.01, at most 40.95. Version 2: whole seconds.",
        None,
        0.01,
        255,
        "s",
        "set by `lvs_failover`",
    ),
    auth_pass=Field("secret", "Password of VRRP version 2; keep it in a vault.", False, 1, 8),
    unicast=switch("`true`: adverts go to the peers' addresses. `false`: multicast.", True),
    track=switch("The instance tracks the result of `lvs_check_script`.", True),
    track_scripts=TRACK_SCRIPTS,
    track_interfaces=TRACK_INTERFACES,
)

CHECK = table(
    "How Keepalived checks a real server. A single word sets `type`.",
    {},
    "type",
    type=choice(
        "`auto`: `http` or `https` where a site has the port, otherwise `tcp`; `none` if the protocol is not TCP. "
        "[More](checks.md).",
        "auto",
        "auto",
        *CHECKS,
    ),
    interval=number("Time between two checks.", 1, 0.1, 3600, "s"),
    timeout=number("Time limit for an answer.", 1, 0.1, 3600, "s"),
    retries=whole("Retries before a real server is taken out.", 1, 0, 100),
    retry_delay=number("Time between two retries.", 0.5, 0, 3600, "s"),
    warmup=number(
        "The first check is at any time within this.", None, 0, 3600, "s", "the interval, so that not all are at once"
    ),
    port=whole(
        "Port that is checked; with one, every kind is for every protocol.",
        None,
        1,
        65535,
        "",
        "that of the real server",
    ),
    **SETTINGS,
)

PERSISTENCE = table(
    "A client stays with its real server. A single number sets `timeout`.",
    None,
    "timeout",
    timeout=whole("How long after its last connection.", 300, 1, 31 * 86400, "s"),
    prefix=whole("Clients whose first bits are the same count as one.", None, 1, 128, "bits", "the whole address"),
)

SERVICE = table(
    "A virtual service: one IPVS entry for each address and port, with `together` for each address.",
    vip=text("A name in `lvs_vips`.", REQUIRED, "name"),
    ports=many("Ports of the VIP.", REQUIRED, PORT, least=1),
    together=switch(
        "A client has the same real server on all ports: they are one entry of IPVS, by a firewall mark.", False
    ),
    protocol=choice("Transport protocol.", "tcp", "tcp", "udp", "sctp"),
    scheduler=choice(
        "How IPVS selects a real server. `mh`: connections survive a failover. `wrr`: exact shares.",
        "mh",
        *SCHEDULERS,
    ),
    scheduler_flags=many(
        "Flags of `sh` and `mh`.",
        None,
        choice("", REQUIRED, *SCHEDULER_FLAGS),
        otherwise="`mh-fallback` and `mh-port` with `mh`; with `persistence` or `together` only `mh-fallback`",
    ),
    forward=choice("Forwarding method.", "dr", "dr", "nat", "tunnel"),
    pool=text("Inventory group of its real servers.", None, "group", "all real servers of the cluster"),
    weights=Field(
        "map",
        "Weights of its real servers in this service, instead of their `lvs_weight`.",
        {},
        of=whole("", REQUIRED, 0, 65535),
        form="host",
    ),
    real_port=whole(
        "Port on the real servers; a different one needs `forward: nat`.", None, 1, 65535, "", "the port of the service"
    ),
    persistence=PERSISTENCE,
    one_packet=switch("IPVS schedules each packet separately; `udp` only.", False),
    check=CHECK,
    sorry_server=Field(
        "endpoint",
        "Server that answers when no real server is available.",
        None,
        otherwise="the directors' Nginx, if it serves the port",
    ),
    quorum=whole(
        "Total weight of healthy real servers below which the sorry server answers instead of them.", 1, 1, 65535
    ),
    hysteresis=whole(
        "How far above the quorum it has to be until they answer again, and below it until they do not.", 0, 0, 65535
    ),
    inhibit_on_failure=switch("A failed check sets the weight to 0, so existing connections go on.", True),
    lower_threshold=whole("Connections below which a full real server gets new ones again.", 0, 0, 2**32 - 1),
    upper_threshold=whole("Connections at which a real server is full; 0: no limit.", 0, 0, 2**32 - 1),
)

# The same for all hosts of a cluster.
CLUSTER: dict[str, Field] = {
    "lvs_failover": choice(
        "How fast directors detect a failure: an advert every 0.1, 0.25 or 1 s.",
        "balanced",
        "fast",
        "balanced",
        "tolerant",
    ),
    "lvs_table_owner": choice(
        "Owner of the IPVS table: the only one that writes it.", "keepalived", "keepalived", "static"
    ),
    "lvs_nginx_on_directors": choice("Role of Nginx on directors.", "none", "none", "sorry", "real_server"),
    "lvs_health_path": text("Path of the health check that Nginx answers.", "/lvs-health", "url_path"),
    "lvs_vips": named("", VIP, 32),
    "lvs_virtual_services": named("", SERVICE, 48),
    "lvs_nginx_upstreams": named("", UPSTREAM),
    "lvs_nginx_sites": named("", SITE),
    "lvs_nginx_streams": named("", STREAM, 48),
    "lvs_certificates": named("Certificates with their keys; keep the keys in a vault.", CERTIFICATE),
    "lvs_tls": TLS,
    "lvs_nginx_log_formats": named("", LOG_FORMAT),
    "lvs_trusted_proxies": many(
        "Networks of proxies in front of the VIPs: what they say of a client is believed.", [], Field("network")
    ),
    "lvs_nginx_health": HEALTH,
    "lvs_nginx_limits": LIMITS,
    "lvs_nginx_status_port": whole(
        "Port of 127.0.0.1 at which Nginx tells its counters to programs of its host, at `/lvs-status`; 0: none.",
        8711,
        0,
        65535,
    ),
    "lvs_nginx_challenge_port": whole(
        "Port at which nodes ask each other for answers to a directory of ACME; only where a certificate has `acme`.",
        8712,
        1,
        65535,
    ),
    "lvs_nginx_caches": named("", CACHE_ZONE, 32),
    "lvs_nginx_users": named("Users by name; keep them in a vault.", USERS),
    "lvs_nginx_extra": many("Raw lines for Nginx at the level of `http`.", [], Field("raw")),
    "lvs_nginx_canary": Field(
        "map",
        "Shares of canaries, by SITE or SITE/ROUTE, instead of their `percent`.",
        {},
        of=Field("percent"),
        form="canary_place",
    ),
    "lvs_check_script": table(
        "The check script, with which a director checks itself.",
        {},
        enabled=switch("Whether the script runs.", None, "enabled"),
        interval=whole("Time between two runs.", 2, 1, 3600, "s"),
        timeout=whole("Time limit of a run.", 2, 1, 3600, "s"),
        fall=whole("Consecutive failures until the check counts as failed.", 2, 1, 1000),
        rise=whole("Consecutive successes until the check counts as passed again.", 2, 1, 1000),
        weight=whole(
            "0: a failure is FAULT. Otherwise it changes the priority by this value, of VIPs with one family.",
            0,
            -253,
            253,
        ),
        restart=switch("Restart a dead Nginx on the director once for each failure.", False),
    ),
    "lvs_track_scripts": named("", TRACK_SCRIPT, 48),
    "lvs_notify": table(
        "What happens at a VRRP transition, in addition to the journal and the log.",
        {},
        command=text("Program to run.", None, "file_path", "none"),
        mail=text("Mail address to notify.", None, "mail", "none"),
    ),
    "lvs_kernel": table(
        "IPVS in the kernel of directors.",
        {},
        conn_tab_bits=whole(
            "Size of the connection table (2^bits); takes effect when the module is loaded.", 20, 8, 27, "bits"
        ),
        sysctls=Field("sysctls", "Additional sysctls under `net.`.", {}),
    ),
}

# Each host's own.
HOST: dict[str, Field] = {
    "lvs_cluster": text("The cluster that the host belongs to.", "default", "name"),
    "lvs_address": Field(
        "host_address",
        "Address of the host on the service network; that of IPv4 where it has both.",
        None,
        otherwise="`ansible_host` or the inventory name, if it is an IP address",
    ),
    "lvs_address6": Field("host_address6", "Its IPv6 address there, where `lvs_address` is one of IPv4.", None),
    "lvs_interface": text(
        "Interface of the service network.", None, "interface", "the interface that has `lvs_address`"
    ),
    "lvs_state": choice("`drained`: the host gets no new connections.", "active", "active", "drained"),
    "lvs_weight": whole("Weight as a real server.", 1, 0, 65535),
    "lvs_firewall": choice(
        "The firewall of the host that is opened for the stack; `auto`: each that drops packets.",
        "auto",
        "auto",
        "none",
        "firewalld",
        "nftables",
        "iptables",
    ),
    "lvs_nginx_maintenance": switch("The host's Nginx tells the directors that it is not healthy.", False),
    "lvs_drained_services": many("Virtual services that the host is drained from.", [], text("", REQUIRED, "name")),
}

# The same for the whole inventory.
INVENTORY: dict[str, Field] = {
    "lvs_directors_group": text("Group of the directors.", "lvs_directors", "group"),
    "lvs_real_servers_group": text("Group of the real servers.", "lvs_real_servers", "group"),
}

# Variables with our prefix that are no input of the model.
ALSO_KNOWN = frozenset(
    {
        "lvs_host",
        "lvs_model",
        "lvs_os_family",
        "lvs_preview_dest",
        "lvs_preview_facts",
        "lvs_preview_live",
        "lvs_preview_request",
        "lvs_preview_request_client",
        "lvs_preview_request_headers",
    }
)
KNOWN = frozenset({*CLUSTER, *HOST, *INVENTORY, *ALSO_KNOWN})
