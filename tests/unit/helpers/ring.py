# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for every field of the schema: those at and inside its limits, and every kind of wrong one.

All of it is made from the schema, so a new field brings its own.
"""

from __future__ import annotations

import copy
import functools
import itertools
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.fields import REQUIRED, Field
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import CLUSTER, HOST

Tree = dict[str, Any]
Path = tuple[Any, ...]
HOSTS = {"d1": "198.51.100.100", "d2": "198.51.100.101", "web1": "198.51.100.102", "web2": "198.51.100.103"}

# What begins a comment, ends a word or a line, runs, leaves a folder, or is cut somewhere.
PIECES = (
    "\n", "\r", "\x00", "\x1b[2J", "\x85", "\u2028", "\t", " ", '"', "'", "`id`", "$(id)", "${PATH}", "{{ 7 * 7 }}",
    "{% raw %}", "{", "}", ";", "#", "!", "\\", "%", "%s", "~", "@", "|", "&", "<", ">", "*", "?", "(", ")", "[", ",",
    "../../x", "/etc/passwd", "ä", "\u202e", "\ud800",
)  # fmt: skip
# Texts that a field of text begins with, so that only the piece is wrong.
PLAIN = {
    "group": "lvs_real_servers",
    "host": "d1",
    "name": "blue",
    "label": "a",
    "interface": "eth0",
    "url_path": "/health",
    "file_path": "/usr/local/bin/tell",
    "host_name": "app.example.com",
    "server_name": "www.example.com",
    "mail": "ops@example.com",
    "acme_name": "www.example.com",
    "https_url": "https://ca.example.com:8443/directory",
    "program_word": "/usr/local/bin/certificate",
    "method": "GET",
    "header_name": "X-Kind",
    "cookie_name": "kind",
    "argument_name": "kind",
    "param_name": "KIND",
    "variable_part": "kind",
    "canary_place": "www",
    "canary_by": "header:X-User",
    "media_type": "text/html",
    "bare_type": "text/css",
    "rate": "10/s",
    "realm": "Members only",
    "log_file": "site.log",
    "syslog_tag": "nginx",
    "digest": 32 * "a",
    "hex": "00ff",
    "dns_name": "example.com",
    "argument": "a b",
    "plain_argument": "a b",
    "unix_user": "nobody",
    "alpn": "mqtt",
}
# Values of the kinds that have no forms, each of which a field of the kind takes.
VALUES: dict[str, list[str]] = {
    "vip_address": ["198.51.100.210/24"],
    "host_address": ["198.51.100.9"],
    "host_address6": ["2001:db8::9"],
    "endpoint": ["192.0.2.1:80"],
    "expanded": ["/a b/$uri", "${arg_x}-\"'\\;{}#"],
    "sent": ["/a b/$request_uri", "${arg_x}-\"'\\;{}#"],
    "matched": ["a b", 'a$"\\;{', "~^[a;]{1,2}$"],
    "regex": ["^/a(.*)$", "\\d{2};#\"'"],
    "replaced": ["/$1/x", "/$uri"],
    "network": ["198.51.100.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32", "192.0.2.1"],
    "listed_network": ["198.51.100.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32", "192.0.2.1"],
    "percent": ["12.25", "0", "100"],
    "size": ["16m", "0"],
    "origin": ["https://www.example.com", "~https://[a-z;]{2}", "*"],
    "password_hash": ["$apr1$abcdefgh$" + 22 * "x"],
    "pem": ["/etc/ssl/web.pem", "/etc/ssl/a+b@c.pem"],
    "ticket_secret": [32 * "s", 512 * "s"],
    "status": ["200", "200-299"],
    "raw": ["proxy_buffering off;", 'if ($arg_x) { set $x "};{"; }'],
    "route_path": ["/a", '/a/{;"#$/', "~\\.php$"],
    "server_name": ["www.example.com", "*.example.com", "~^w\\d{2};$"],
}
# Names in maps that are of a form of their own.
KEYS = {"server_name": "www.example.com", "error_status": "502", "answer_status": "200"}
# What a table has to have besides what every one of its kind has.
STARTS: dict[Any, Tree] = {
    ("lvs_nginx_sites", "web", "tls"): {"certificate": ["web"]},
    ("lvs_nginx_streams", "web"): {"ports": [3306], "upstream": "raw"},
    ("lvs_nginx_streams", "web", "tls"): {"certificate": ["web"]},
    ("lvs_certificates", "web", "acme"): {"terms_agreed": True},
    ("lvs_tls",): {"ticket_secret": 32 * "s"},
    "basic_auth": {"users": "web"},
    "auth_request": {"upstream": "web"},
    "local_ports": {"first": 20000, "last": 60999},
    "cors": {"origins": ["https://www.example.com"]},
    "cache": {"zone": "web"},
}
OTHERS: tuple[Any, ...] = (
    None, True, 0, -1, 0.5, 1e-9, 1e308, float("nan"), float("inf"), 2**63, "", "no", [], [None], {}, {"a": 1}, [[]],
    "x" * 300, "9" * 400,
)  # fmt: skip


def plain(field: Field) -> str:
    """A text of the kind that a field takes."""
    if field.kind == "choice":
        return field.choices[0]
    return PLAIN.get(field.form) or VALUES.get(field.kind, ["1"])[0]


def wrong_names(text: str, turn: int | None = None) -> list[str]:
    """A text with each piece before, in and behind it, or only in one of these places, which `turn` chooses for the
    first piece and the next place for the next; nothing; a very long one."""
    made = [(piece + text, text[:1] + piece + text[1:], text + piece) for piece in PIECES]
    if turn is not None:
        return [*(places[(number + turn) % 3] for number, places in enumerate(made)), "", text * 200]
    return [*itertools.chain.from_iterable(made), "", text * 200]


def wrong(field: Field, turn: int | None = None) -> list[Any]:
    """Every kind of wrong value; some of them are right for some fields. `turn`: see wrong_names."""
    found = [*wrong_names(plain(field), turn), *OTHERS]
    if field.kind in ("whole", "number"):
        found += [field.low - 1, field.high + 1, str(field.high) + "0", "0x10", "010", "1e1"]
    if field.kind == "secret":
        found += ["a" * 9, "p" + "#", "p w"]
    return found


def _key(field: Field) -> Any:
    """A place in a list, or a name in a map."""
    if field.kind == "list":
        return 0
    return KEYS.get(field.form) or ("web" if field.of and field.of.kind in ("table", "map") else "d1")


def paths(front: Path, field: Field) -> Iterator[tuple[Path, Field]]:
    """(path, field) of every place for one value below a field, with `web` for every name."""
    if field.kind == "table":
        for key, of in field.fields.items():
            yield from paths((*front, key), of)
    elif field.of:
        yield from paths((*front, _key(field)), field.of)
    else:
        yield front, field


PLACES = dict(entry for name, field in CLUSTER.items() for entry in paths((name,), field))
OWN = {(name, *rest): of for name, field in HOST.items() for (_name, *rest), of in paths((name,), field)}


def whole_inventory() -> Tree:
    """Something of everything: VIPs of both families, every protocol, and two of each kind of name; a new copy."""
    copied: Tree = pickle.loads(_whole_inventory())  # many times quicker than a deep copy, and thousands are made
    return copied


@functools.lru_cache(maxsize=None)
def _whole_inventory() -> bytes:
    shared: Tree = {
        "lvs_vips": {
            "web": {"addresses": ["198.51.100.200/24"], "vrid": 51, "track_scripts": "web"},
            "dns": {"addresses": ["198.51.100.201/24"], "vrid": 52, "version": 2, "auth_pass": "s3cret"},
        },
        "lvs_virtual_services": {
            "web": {"vip": "web", "ports": [80, 443]},
            "sql": {"vip": "web", "ports": [3306]},
            "dns": {"vip": "dns", "ports": [53], "protocol": "udp"},
            "sip": {"vip": "dns", "ports": [5060], "protocol": "sctp", "scheduler": "rr"},
        },
        "lvs_nginx_upstreams": {
            "web": {"servers": [{"address": "192.0.2.21", "port": 8080}, {"address": "192.0.2.23", "port": 8080}]},
            "api": {"servers": [{"address": "192.0.2.22", "port": 8080}]},
            "blue": {"servers": [{"address": "192.0.2.24", "port": 8080}]},  # for fields that name an upstream
            "raw": {"servers": ["192.0.2.25:3306"], "protocol": "stream"},
        },
        "lvs_nginx_log_formats": {
            "web": {"fields": {"client": "$remote_addr", "request": "$request"}},
            "api": {"line": "$remote_addr $status"},
        },
        "lvs_nginx_sites": {
            "web": {"server_names": ["example.com"], "upstream": "web"},
            "api": {"server_names": ["api.example.com"], "upstream": "api", "tls": "api"},
        },
        "lvs_nginx_streams": {"web": {"ports": [3306], "upstream": "raw"}},
        "lvs_certificates": {name: {"certificate": "/etc/ssl/%s.pem" % name} for name in ("web", "api", "blue")},
        "lvs_nginx_caches": {"web": {"size": "1g"}, "api": {"size": "1g"}, "blue": {"size": "1g"}},
        "lvs_nginx_users": {"web": {"bob": "$apr1$abcdefgh$" + 22 * "x"}, "api": {}},
        "lvs_track_scripts": {"web": {"script": "/usr/local/bin/fit"}},
        "lvs_notify": {"command": "/usr/bin/true", "mail": "root@example.com"},
    }
    hostvars = {host: {"lvs_address": address, **copy.deepcopy(shared)} for host, address in HOSTS.items()}
    groups = {"lvs_directors": ["d1", "d2"], "lvs_real_servers": ["web1", "web2"]}
    return pickle.dumps({"groups": groups, "hostvars": hostvars})


def tables(front: Path, field: Field) -> Iterator[tuple[Path, Tree]]:
    """(path, what it has to have) of every table below a field."""
    if field.kind == "table":
        needed = {key: plain(of) for key, of in field.fields.items() if of.default is REQUIRED and not of.of}
        yield front, {**needed, **STARTS.get(front, STARTS.get(front[-1], {}))}
        for key, of in field.fields.items():
            yield from tables((*front, key), of)
    elif field.of:
        yield from tables((*front, _key(field)), field.of)


NEEDED = dict(entry for name, field in CLUSTER.items() for entry in tables((name,), field))
# What has a meaning only beside something else.
_WEB = ("lvs_nginx_upstreams", "web")
_CHECK = ("lvs_virtual_services", "web", "check")
_KINDS = {"helo": "smtp", "query": "dns", "record": "dns", "payload": "udp", "reply": "udp"}
_PROGRAM = {"type": "script", "script": "/usr/local/bin/look"}
_CERTIFICATE = ("lvs_certificates", "web")
BESIDE: dict[Path, Tree] = {
    (*_WEB, "tls"): {"protocol": "https", "tls": {"name": "app.example.com"}},
    (*_WEB, "fastcgi"): {"protocol": "fastcgi"},
    (*_WEB, "resolve"): {
        "servers": [{"address": "app.example.com", "port": 80}],
        "resolve": {"name_servers": ["192.0.2.53"]},
    },
    (*_WEB, "params"): {"protocol": "uwsgi"},
    **{(*_CHECK, name): {"type": kind, "port": 8080} for name, kind in _KINDS.items()},
    **{(*_CHECK, name): _PROGRAM for name in ("script", "arguments", "user")},
    ("lvs_nginx_sites", "web", "upstream"): {"routes": [{"answer": "404"}]},
    (*_CERTIFICATE, "acme"): {"certificate": None},
    (*_CERTIFICATE, "command"): {"certificate": None},
    (*_CERTIFICATE, "renew_days"): {"certificate": None, "acme": {"terms_agreed": True}},
}


def put(inventory: Tree, path: Path, value: Any, hosts: Iterable[str] = ()) -> None:
    """Write a value at a place, for some hosts or for all; a table that was not there has what it has to have."""
    for front, others in BESIDE.items():
        if path[: len(front)] == front:
            for key, beside in others.items():
                put_at(inventory, (*front[:-1], key), beside, hosts)
    put_at(inventory, path, value, hosts)


def put_at(inventory: Tree, path: Path, value: Any, hosts: Iterable[str] = ()) -> None:
    """The same with nothing beside it."""
    for host in hosts or inventory["hostvars"]:
        place: Any = inventory["hostvars"][host]
        for depth, (key, below) in enumerate(zip(path, path[1:]), 1):
            empty: Any = [None] if below == 0 else copy.deepcopy(NEEDED.get(path[:depth], {}))
            if isinstance(place, dict):
                place.setdefault(key, empty)
            elif place[key] is None:
                place[key] = empty
            if below == 0 and isinstance(place[key], str):
                place[key] = empty  # the one item of a list, as it may be written
            place = place[key]
        place[path[-1]] = copy.deepcopy(value)


def named(path: Path) -> str:
    """A path as a mistake has it: `lvs_nginx_upstreams.web.servers[0].port`."""
    return "".join("[0]" if key == 0 else ".%s" % key for key in path)[1:]


# Maps whose names are an operator's own, and the field of another map that refers to them.
NAMED = [name for name, field in CLUSTER.items() if field.of and field.of.kind == "table" and field.kind == "map"]
REFERRED = {
    "lvs_vips": ("lvs_virtual_services", "vip"),
    "lvs_nginx_upstreams": ("lvs_nginx_sites", "upstream"),
    "lvs_certificates": ("lvs_nginx_sites", "tls"),
    "lvs_track_scripts": ("lvs_vips", "track_scripts"),
}
