# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that an operator may write, as data: validation, defaults and docs/model.md are all made from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping


class _Required:
    """The default of what has none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "fo", "ovf", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "twos")
SCHEDULER_FLAGS = ("sh-fallback", "sh-port", "mh-fallback", "mh-port")
# Priorities that nobody gave go down in these steps, by the directors' names.
HIGHEST_PRIORITY, PRIORITY_STEP = 254, 4
# An interface's label, interface included (IFNAMSIZ less the final zero).
LABEL_LENGTH = 15


@dataclass(frozen=True)
class Field:
    """One thing to write. ``kind`` names its reader in `read`; the rest says what that reader allows."""

    kind: str
    doc: str = ""
    # None also allows null to be written, and stays None: not given.
    default: Any = REQUIRED
    low: float = 0
    high: float = 0
    unit: str = ""
    choices: tuple[str, ...] = ()
    # A named form of text, a key of `read.FORMS`.
    form: str = ""
    # What a list holds, and what stands behind each name of a map.
    of: Field | None = None
    # The fewest items of a list; the longest name of a map.
    least: int = 0
    longest: int = 63
    fields: Mapping[str, Field] = field(default_factory=dict)
    # Where there is no default: what it is when nobody writes it.
    otherwise: str = ""
    # A shorter way to write a table: the scalar is read as this one of its fields.
    short: str = ""


def whole(doc: str, default: Any, low: int, high: int, unit: str = "", otherwise: str = "") -> Field:
    return Field("whole", doc, default, low, high, unit, otherwise=otherwise)


def number(doc: str, default: Any, low: float, high: float, unit: str = "", otherwise: str = "") -> Field:
    return Field("number", doc, default, low, high, unit, otherwise=otherwise)


def switch(doc: str, default: bool | None, otherwise: str = "") -> Field:
    return Field("switch", doc, default, otherwise=otherwise)


def choice(doc: str, default: Any, *choices: str) -> Field:
    return Field("choice", doc, default, choices=choices)


def text(doc: str, default: Any, form: str, otherwise: str = "") -> Field:
    return Field("text", doc, default, form=form, otherwise=otherwise)


def many(doc: str, default: Any, of: Field, least: int = 0, otherwise: str = "") -> Field:
    return Field("list", doc, default, of=of, least=least, otherwise=otherwise)


def named(doc: str, of: Field, longest: int = 63) -> Field:
    return Field("map", doc, {}, of=of, longest=longest)


def table(doc: str, value: Any = REQUIRED, short: str = "", /, **fields: Field) -> Field:
    return Field("table", doc, value, fields=fields, short=short)


PORT = whole("", REQUIRED, 1, 65535)

VIP = table(
    "A virtual IP address: one VRRP instance for each family.",
    addresses=many("Addresses with their prefix length.", REQUIRED, Field("vip_address"), least=1),
    vrid=whole("Virtual router id, unique on its network.", None, 1, 255, "", "the last byte of the first address"),
    interface=text("Interface that holds it.", None, "interface", "the director's `lvs_interface`"),
    labels=many(
        "One label for each IPv4 address, without the interface.", None, text("", REQUIRED, "label"), 0, "counted"
    ),
    prefer=many(
        "Directors that should hold it, the best first; the others follow by name.",
        [],
        text("", REQUIRED, "word"),
    ),
    priorities=Field(
        "map", "VRRP priority of every director, instead of `prefer`.", {}, of=whole("", REQUIRED, 1, 254), longest=253
    ),
    preempt=switch("A director with a higher priority takes the VIP back.", False),
    preempt_delay=whole("How long it waits before it does.", 0, 0, 1000, "s"),
    version=whole("VRRP version; 2 only for IPv4.", 3, 2, 3),
    advert_interval=number(
        "Time between two adverts: steps of 0.01 up to 40.95 with version 3, whole seconds with 2.",
        None,
        0.01,
        255,
        "s",
        "as `lvs_failover` says",
    ),
    auth_pass=Field("secret", "Password of VRRP version 2; keep it in a vault.", False, 1, 8),
    unicast=switch("Adverts go to the peers' addresses; false: multicast.", True),
    track=switch("The check script takes part.", True),
)

CHECK = table(
    "How keepalived checks a real server; a word alone is its `type`.",
    {},
    "type",
    type=choice(
        "`auto`: `http` where our Nginx serves the port, else `tcp`; `none` where it is not TCP.",
        "auto",
        "auto",
        "http",
        "tcp",
        "none",
    ),
    interval=number("Time between two checks.", 1, 0.1, 3600, "s"),
    timeout=number("How long an answer may take.", 1, 0.1, 3600, "s"),
    retries=whole("More tries before a real server is out.", 1, 0, 100),
    retry_delay=number("Time between two tries.", 0.5, 0, 3600, "s"),
    path=text("Path of an `http` check.", None, "url_path", "`lvs_health_path` where our Nginx answers, else `/`"),
    host=text("Host header of an `http` check.", None, "host_name", "no name"),
    status=whole("Status that an `http` check expects.", 200, 100, 599),
)

PERSISTENCE = table(
    "A client keeps its real server; a number alone is its `timeout`.",
    None,
    "timeout",
    timeout=whole("For how long after the last connection.", 300, 1, 31 * 86400, "s"),
    prefix=whole("Clients with this many bits in common count as one.", None, 1, 128, "bits", "the whole address"),
)

SERVICE = table(
    "A virtual service: one IPVS entry for each address and port.",
    vip=text("A name in `lvs_vips`.", REQUIRED, "word"),
    ports=many("Ports of the VIP.", REQUIRED, PORT, least=1),
    protocol=choice("Transport protocol.", "tcp", "tcp", "udp", "sctp"),
    scheduler=choice(
        "Which real server gets the next connection; with `mh` one outlives its director, with `wrr` shares are exact.",
        "mh",
        *SCHEDULERS,
    ),
    scheduler_flags=many(
        "Of `sh` and `mh` only.",
        None,
        choice("", REQUIRED, *SCHEDULER_FLAGS),
        otherwise="with `mh` both of its own, without `mh-port` where `persistence` is asked for",
    ),
    forward=choice("Forwarding method.", "dr", "dr", "nat", "tunnel"),
    pool=text("Group of its real servers.", None, "word", "all of the cluster"),
    real_port=whole("Port on the real servers; another one needs `nat`.", None, 1, 65535, "", "the same"),
    persistence=PERSISTENCE,
    one_packet=switch("Every packet is scheduled by itself; `udp` only.", False),
    check=CHECK,
    sorry_server=Field(
        "endpoint", "What serves when no real server can.", None, otherwise="the directors' Nginx, if it runs"
    ),
    inhibit_on_failure=switch("A failed check takes the weight to 0, so flows end by themselves.", True),
    lower_threshold=whole("Connections below which a full real server is used again.", 0, 0, 2**32 - 1),
    upper_threshold=whole("Connections at which a real server is full; 0: never.", 0, 0, 2**32 - 1),
)

UPSTREAM_SERVER = table(
    "A server behind Nginx; ADDRESS:PORT alone is enough.",
    REQUIRED,
    "endpoint",
    address=text("Where it listens.", REQUIRED, "host_name"),
    port=whole("Its port.", REQUIRED, 1, 65535),
    weight=whole("Its share of the requests.", 1, 1, 65535),
    max_fails=whole("Failures within `fail_timeout` that take it out; 0: never out.", 3, 0, 1000),
    fail_timeout=whole("Time in which failures count, and for which it is out then.", 10, 1, 3600, "s"),
    backup=switch("Serves only when the others are out.", False),
)

UPSTREAM = table(
    "An upstream: servers behind Nginx.",
    servers=many("What stands behind.", REQUIRED, UPSTREAM_SERVER, least=1),
    keepalive=whole("Idle connections that each worker keeps; 0: none.", 32, 0, 65535),
    method=choice(
        "Which server gets the next request.", "round_robin", "round_robin", "least_conn", "ip_hash", "random"
    ),
)

SITE = table(
    "A site: a server block of Nginx.",
    server_names=many("Names it answers to, `*.` or `.*` allowed at one end.", [], text("", REQUIRED, "server_name")),
    upstream=text("A name in `lvs_nginx_upstreams`.", None, "word", "only the health path is served"),
    ports=many("Ports it listens on.", None, PORT, 1, "all that TCP services bring"),
    default=switch("Answers to names that no site has.", None, "where it is alone on its ports"),
)

# The same for all hosts of a cluster.
CLUSTER: dict[str, Field] = {
    "lvs_failover": choice(
        "How soon a dead director is noticed: an advert every 0.1, 0.25 or 1 s.",
        "balanced",
        "fast",
        "balanced",
        "tolerant",
    ),
    "lvs_table_owner": choice("Who writes the IPVS table.", "keepalived", "keepalived", "static"),
    "lvs_nginx_on_directors": choice("What Nginx does on directors.", "none", "none", "sorry", "real_server"),
    "lvs_health_path": text("Where Nginx says that it is fit to serve.", "/lvs-health", "url_path"),
    "lvs_vips": named("", VIP, 32),
    "lvs_virtual_services": named("", SERVICE, 48),
    "lvs_nginx_upstreams": named("", UPSTREAM),
    "lvs_nginx_sites": named("", SITE),
    "lvs_check_script": table(
        "What a director checks about itself.",
        {},
        enabled=switch("`false`: nothing is checked.", None, "`true`"),
        interval=whole("Time between two runs.", 2, 1, 3600, "s"),
        timeout=whole("How long a run may take.", 2, 1, 3600, "s"),
        fall=whole("Failures in a row until it counts as failed.", 2, 1, 1000),
        rise=whole("Successes in a row until it counts as well.", 2, 1, 1000),
        weight=whole("0: a failure is FAULT; else the priority changes by it.", 0, -253, 253),
        restart=switch("Try one restart of a dead Nginx.", False),
    ),
    "lvs_notify": table(
        "What a transition does besides the journal and the log.",
        {},
        command=text("Program that is run.", None, "file_path", "none"),
        mail=text("Address that gets a mail.", None, "mail", "none"),
    ),
    "lvs_kernel": table(
        "IPVS in the kernel of directors.",
        {},
        conn_tab_bits=whole("Size of the connection table; takes effect when the module is loaded.", 20, 8, 27, "bits"),
        sysctls=Field("sysctls", "More sysctls under `net.`.", {}),
    ),
}

# Each host's own.
HOST: dict[str, Field] = {
    "lvs_cluster": text("The cluster that the host belongs to.", "default", "name"),
    "lvs_address": Field(
        "host_address", "Its address.", None, otherwise="`ansible_host` or the inventory name, where an IP address"
    ),
    "lvs_interface": text("Interface of the service network.", "eth0", "interface"),
    "lvs_state": choice("`drained`: gets no new connections.", "active", "active", "drained"),
    "lvs_weight": whole("Weight as a real server.", 1, 0, 65535),
    "lvs_drained_services": many("Virtual services that it is drained from.", [], text("", REQUIRED, "word")),
}

# The same for the whole inventory.
INVENTORY: dict[str, Field] = {
    "lvs_directors_group": text("Group of the directors.", "lvs_directors", "word"),
    "lvs_real_servers_group": text("Group of the real servers.", "lvs_real_servers", "word"),
}

# Variables with our prefix that are no input of the model.
ALSO_KNOWN = frozenset({"lvs_host", "lvs_model", "lvs_os_family", "lvs_preview_dest", "lvs_preview_live"})
KNOWN = frozenset({*CLUSTER, *HOST, *INVENTORY, *ALSO_KNOWN})
