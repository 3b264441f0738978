# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser that is not ours reads in Nginx's files what the model says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import crossplane
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from rendering import files
from ring_strategies import Step, inventory_of, steps

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
PLACE = "/etc/nginx/"
SITES, UPSTREAMS, MAIN = "conf.d/lvs-sites.conf", "conf.d/lvs-upstreams.conf", "nginx.conf"


# Of the server in the raw lines of ring_strategies.
RAW = "192.0.2.99:80"
# Of an upstream what stands in the locations that pass requests to it.
ELSEWHERE = ("extra", "protocol", "tls", "fastcgi", "params", "resolve")
METHODS = ("least_conn", "ip_hash", "random")
KEPT = ("keepalive", "keepalive_requests", "keepalive_timeout", "keepalive_time")


def parsed(folder: Path, text: str) -> list[Tree]:
    """The directives of a file, each `{directive, args, block}`."""
    (folder / "file").write_text(text, encoding="utf-8")
    found = crossplane.parse(str(folder / "file"), single=True, check_ctx=False, check_args=False)
    assert found["errors"] == []
    read: list[Tree] = found["config"][0]["parsed"]
    return read


def args(block: list[Tree], directive: str) -> list[list[str]]:
    """A backslash in quotes is written as two; crossplane leaves that to Nginx."""
    return [[word.replace("\\\\", "\\") for word in one["args"]] for one in block if one["directive"] == directive]


def only(block: list[Tree], directive: str) -> str:
    ((word,),) = args(block, directive)
    return str(word)


def server(words: list[str]) -> Tree:
    """A server of an upstream as Nginx takes it, with Nginx's own defaults."""
    given = dict(word.split("=") for word in words[1:] if "=" in word)
    address, _colon, port = words[0].rpartition(":")
    return {
        "address": address.strip("[]"),
        "port": int(port),
        "weight": int(given.pop("weight", 1)),
        "max_fails": int(given.pop("max_fails", 1)),
        "fail_timeout": int(given.pop("fail_timeout", "10s").removesuffix("s")),
        "max_conns": int(given.pop("max_conns", 0)),
        "backup": "backup" in words,
        "down": "down" in words,
    }


def sticky(read: list[Tree], variable: str) -> Tree:
    """The cookie that selects a server: the one that a client without it gets."""
    maps = {one["args"][1]: {row["directive"]: row["args"][0] for row in one["block"]} for one in read}
    assert maps[variable][""] == "$request_id"
    flags = maps[variable.replace("__key", "__cookie")][""].split("; ")
    given = dict(word.split("=") for word in flags if "=" in word)
    name = next(iter(given))
    assert (given[name], "HttpOnly" in flags) == ("$request_id", True)
    assert maps[variable]["default"] == "$cookie_" + name.lower()
    return {
        "cookie": name,
        "path": given["Path"],
        "max_age": int(given["Max-Age"]) if "Max-Age" in given else None,
        "secure": "Secure" in flags,
        "same_site": given["SameSite"].lower(),
    }


def upstream(one: Tree, read: list[Tree]) -> Tree:
    methods = ["_".join([name, *words]) for name in METHODS for words in args(one["block"], name)]
    hashes: list[Tree] = [
        {"key": key, "consistent": flags == ["consistent"]} for key, *flags in args(one["block"], "hash")
    ]
    stays = [sticky(read, one["key"]) for one in hashes if one["key"].startswith("$lvs_upstream__")]
    kept = {name: words for name in KEPT for (words,) in args(one["block"], name)}
    ((zone, size),) = args(one["block"], "zone")
    assert zone == one["args"][0]
    return {
        "name": zone,
        "zone_kib": int(size.removesuffix("k")),
        "servers": [server(words) for words in args(one["block"], "server") if words[0] != RAW],
        "method": "sticky" if stays else "hash" if hashes else methods[0] if methods else "round_robin",
        "hash": hashes[0] if hashes and not stays else None,
        "sticky": stays[0] if stays else None,
        "keepalive": int(kept.get("keepalive", 0)),
        "keepalive_requests": int(kept["keepalive_requests"]) if "keepalive_requests" in kept else None,
        "keepalive_timeout": int(kept["keepalive_timeout"][:-1]) if "keepalive_timeout" in kept else None,
        "keepalive_time": int(kept["keepalive_time"][:-1]) if "keepalive_time" in kept else None,
    }


WAYS = ("proxy", "grpc", "fastcgi", "uwsgi")


def passed_to(word: str, values: dict[str, set[str]]) -> set[str]:
    """The upstreams that a location may send a request to."""
    name = re.sub("^(https?|grpcs?)://", "", word).removesuffix("$request_uri")
    return values.get(name, {name})


def site(one: Tree, values: dict[str, set[str]]) -> Tree:
    listens = args(one["block"], "listen")
    locations = {" ".join(part["args"]): part["block"] for part in one["block"] if part["directive"] == "location"}
    # Those inside are for no client; that of a mirror sends requests to an upstream. A directory of ACME is no client.
    locations = {
        name: block
        for name, block in locations.items()
        if not name.startswith(("= //lvs/", "^~ /.well-known/acme-challenge/")) or name.endswith("/mirror")
    }
    (names,) = args(one["block"], "server_name")
    passed = [args(block, way + "_pass") for block in locations.values() for way in WAYS]
    return {
        "names": names,
        "listens": sorted(words[0] for words in listens),
        "default": {"default_server" in words for words in listens},
        "health": [name[2:] for name in locations if name.startswith("= ") and "access_log" in str(locations[name])],
        "upstreams": {where(name) for words in passed if words for name in passed_to(words[0][0], values)},
        "certificates": [words[0] for words in args(one["block"], "ssl_certificate")],
        "tls": {words[0] for words in listens if "ssl" in words},
    }


def where(word: str) -> str:
    """The name of an upstream, whose server may be in a variable."""
    if not word.startswith("$"):
        return word
    name = word.removeprefix("$lvs_upstream__").removesuffix("__server")
    return name.replace("_2", ".").replace("_1", "-").replace("_0", "_")


def listens(model: Tree, ports: list[int]) -> list[str]:
    return sorted([str(port) for port in ports] + ["[::]:%d" % port for port in ports if model["ipv6"]])


def targets(route: Tree) -> set[str]:
    """The upstreams that the model has for a route: its own, that of its canary, that of its mirror."""
    canary, mirror = route["canary"], route["handling"].get("mirror")
    found = {route["upstream"]}
    if canary:
        listed = any(who[kind] for who in (canary, canary["never"]) for kind in ("headers", "cookies", "clients"))
        found = found if listed or canary["percent"] < 100 else set()
        found |= {canary["upstream"]} if listed or canary["percent"] else set()
    return found | ({mirror["upstream"]} if mirror and mirror["percent"] else set())


def redirects(one: Tree) -> bool:
    return bool(one["tls"] and one["tls"]["redirect"])


def heard(model: Tree, one: Tree, default: bool = True) -> Tree:
    """Where the routes of a site are served. ``default``: the server may be one."""
    plain, tls = [] if redirects(one) else one["ports"], one["tls"]
    defaults = {bool(default and one["default"])} if plain else set()
    return {
        "listens": sorted(listens(model, plain) + listens(model, tls["ports"] if tls else [])),
        "default": defaults | ({bool(default and one["default"] and tls["default"])} if tls else set()),
        "certificates": certificates(model, one),
        "tls": set(listens(model, tls["ports"] if tls else [])),
    }


def certificates(model: Tree, one: Tree) -> list[str]:
    files = {file["name"]: file["certificate"] for file in (model["tls"] or {}).get("certificates", ())}
    return [files[name] for name in one["tls"]["certificates"]] if one["tls"] else []


def to_https(model: Tree) -> list[Tree]:
    """A server of plain HTTP for each site whose requests go to HTTPS."""
    return [
        {
            "names": [*one["server_names"], *one["aliases"]] or ["_"],
            "listens": listens(model, one["ports"]),
            "default": {bool(one["default"])},
            "health": [model["health_path"]],
        }
        for one in model["sites"]
        if redirects(one) and one["ports"]
    ]


def wanted_sites(model: Tree) -> list[Tree]:
    return [
        {
            "names": one["server_names"] or ["_"],
            **heard(model, one),
            "health": [model["health_path"]],
            "upstreams": {name for route in one["routes"] if route["upstream"] for name in targets(route)},
        }
        for one in model["sites"]
    ]


def aliases(model: Tree) -> list[Tree]:
    """A server for the aliases of each site that has any."""
    return [
        {
            "names": one["aliases"],
            **heard(model, one, default=False),
            "health": [model["health_path"]],
        }
        for one in model["sites"]
        if one["aliases"]
    ]


def catch_alls(model: Tree) -> list[Tree]:
    """On each port without a default: a server that answers the health check and no name."""
    ports = {port for one in model["sites"] for port in one["ports"]}
    taken = {port for one in model["sites"] if one["default"] for port in one["ports"]}
    return [
        {"names": ["_"], "listens": listens(model, [port]), "default": {True}, "health": [model["health_path"]]}
        for port in sorted(ports - taken)
    ]


def refusals(model: Tree) -> list[Tree]:
    """On each port of HTTPS without a default: a server that shows no certificate."""
    tls = [one["tls"] for one in model["sites"] if one["tls"]]
    ports = {port for one in tls for port in one["ports"]}
    taken = {port for one in tls if one["default"] for port in one["ports"]}
    nothing = {"names": ["_"], "default": {True}, "health": [], "certificates": ["$lvs_no_certificate"]}
    heard_at = [listens(model, [port]) for port in sorted(ports - taken)]
    return [{**nothing, "listens": one, "tls": set(one)} for one in heard_at]


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(drawn=steps())
@example(
    drawn=[
        ("value", ("lvs_certificates", "web", "renew_days"), 1, []),
        ("value", ("lvs_nginx_sites", "web", "tls", "certificate", 0), "web", []),
    ]
)
def test_the_files_of_nginx_say_what_the_model_says(tmp_path: Path, drawn: list[Step]) -> None:
    inventory = inventory_of(drawn)
    model: Any = build(inventory).model
    assume(model is not None)
    for host, part in model["hosts"].items():
        nginx = part["nginx"]
        if nginx is None:
            continue
        texts = files(model, host, inventory["hostvars"][host]["lvs_vips"])
        blocks = [one for one in nginx["upstreams"] if not one["resolve"]]
        upstreams = [{key: value for key, value in one.items() if key not in ELSEWHERE} for one in blocks]
        read = parsed(tmp_path, texts[PLACE + UPSTREAMS])
        maps = [one for one in read if one["directive"] == "map"]
        assert [upstream(one, maps) for one in read if one["directive"] == "upstream"] == upstreams
        read = parsed(tmp_path, texts[PLACE + SITES])
        values = {
            one["args"][1]: {row["args"][-1] for row in one["block"] if row["args"]}
            for one in read
            if one["directive"] == "map"
        }
        # One without names is for the other nodes, in the search for an answer to a directory of ACME.
        servers = [one for one in read if one["directive"] == "server" and args(one["block"], "server_name")]
        found = [site(one, values) for one in servers]
        nothing: Tree = {"upstreams": set(), "certificates": [], "tls": set()}
        front = [{**nothing, **one} for one in to_https(nginx)]
        others = [{**nothing, **one} for one in (*aliases(nginx), *catch_alls(nginx), *refusals(nginx))]
        assert found == [*front, *wanted_sites(nginx), *others]


@pytest.mark.parametrize(
    ("name", "value", "directive", "words"),
    [
        ("nginx_worker_processes", "4", "worker_processes", ["4"]),
        ("nginx_worker_connections", "512", "worker_rlimit_nofile", ["2048"]),
        ("nginx_worker_shutdown_timeout", 60, "worker_shutdown_timeout", ["60s"]),
    ],
)
def test_a_setting_of_the_role_is_read_as_it_is(
    tmp_path: Path, name: str, value: Any, directive: str, words: list[str]
) -> None:
    model: Any = build(inventory_of([])).model
    read = parsed(tmp_path, files(model, "web1", {}, **{name: value})[PLACE + MAIN])
    assert args(read, directive) == [words]
