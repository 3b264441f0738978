# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories drawn over the whole schema: values inside and at the limits of each field, and some others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from ring import NAMED, OWN, PLACES, REFERRED, VALUES, Path, Tree, put, whole_inventory, wrong

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.fields import Field
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.forms import FORMS
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import CLUSTER

# Names as a person gives them, and as a dynamic inventory does.
HOST_NAMES = st.one_of(
    st.sampled_from(["192.0.2.77", "2001:db8::77", "i-0abc.eu-west-1.compute.internal", "h" * 63, "h" * 128, "_"]),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}", fullmatch=True),
)
ALL = ["d1", "d2", "web1", "web2"]
V4 = st.integers(1, 250).map("198.51.100.%d".__mod__)
V6 = st.integers(1, 65000).map("2001:db8::%x".__mod__)
SITES: list[Path] = [("lvs_nginx_sites", "web"), ("lvs_nginx_sites", "web", "routes", 0)]
REFERENCES: dict[Path, list[str]] = {
    ("lvs_virtual_services", "web", "vip"): ["web", "dns"],
    ("lvs_virtual_services", "web", "pool"): ["lvs_real_servers"],
    ("lvs_nginx_upstreams", "web", "group"): ["lvs_real_servers"],
    ("lvs_nginx_sites", "web", "upstream"): ["web", "api"],
    ("lvs_nginx_sites", "web", "routes", 0, "upstream"): ["web", "api"],
    ("lvs_nginx_sites", "web", "log", "format"): ["web", "api", "combined"],
    # What a raw line may be depends on where it stands.
    ("lvs_nginx_upstreams", "web", "extra", 0): ["server 192.0.2.99:80;"],
    ("lvs_nginx_extra", 0): ["proxy_buffering off;"],
    **{(*site, "auth_request", "upstream"): ["web", "api"] for site in SITES},
    **{(*site, "basic_auth", "users"): ["web", "api"] for site in SITES},
    ("lvs_nginx_sites", "web", "tls", "certificate", 0): ["web", "api"],
    ("lvs_nginx_sites", "web", "tls", "client_certificates", "authority"): ["web", "api"],
    ("lvs_nginx_health", "upstream"): ["web", "api"],
    ("lvs_nginx_streams", "web", "upstream"): ["raw"],
    ("lvs_nginx_streams", "web", "vip"): ["web"],
    ("lvs_nginx_streams", "web", "names", "www.example.com"): ["raw"],
    ("lvs_nginx_streams", "web", "tls", "certificate", 0): ["web", "api"],
    ("lvs_nginx_streams", "web", "tls", "authority"): ["web", "api"],
    ("lvs_nginx_streams", "web", "extra", 0): ["proxy_buffer_size 32k;"],
    ("lvs_vips", "web", "track_scripts", 0): ["web"],
    ("lvs_vips", "web", "prefer", 0): ["d1", "d2"],
    ("lvs_drained_services", 0): ["web", "dns"],
}


def fitting(path: Path, field: Field) -> st.SearchStrategy[Any]:
    """Values that a field allows, its limits among them."""
    if path in REFERENCES:
        return st.sampled_from(REFERENCES[path])
    if field.kind == "whole":
        low, high = int(field.low), int(field.high)
        return st.one_of(st.sampled_from([low, high, str(high)]), st.integers(low, high))
    if field.kind == "number":
        return st.one_of(st.sampled_from([field.low, field.high]), st.integers(1, 99).map(lambda n: n / 10))
    if field.kind in VALUES and field.kind not in ("vip_address", "host_address", "host_address6", "endpoint"):
        return st.sampled_from(VALUES[field.kind])
    return {
        "switch": st.booleans(),
        "choice": st.sampled_from(field.choices or ("",)),
        "text": st.from_regex(FORMS[field.form or "name"][0], fullmatch=True),
        "secret": st.from_regex(r"[A-Za-z0-9._+=,:/^%*?-]{1,8}", fullmatch=True),
        "sysctls": st.dictionaries(
            st.from_regex(r"net(\.[a-z0-9_]{1,9}){1,3}", fullmatch=True), st.one_of(st.integers(0, 9), st.just("4 5"))
        ),
        "host_address": st.one_of(V4, V6),
        "host_address6": V6,
        "vip_address": st.one_of(V4.map("%s/24".__mod__), V4.map("%s/32".__mod__), V6.map("%s/64".__mod__)),
        "endpoint": st.one_of(V4.map("%s:8080".__mod__), V6.map("[%s]:8080".__mod__)),
    }[field.kind]


Step = tuple[str, Any, Any, Any]


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """What is other in an inventory than in the whole one: values, names of things, names of hosts."""
    found: list[Step] = []
    for path in draw(st.lists(st.sampled_from(list(PLACES)), max_size=8, unique=True)):
        field = PLACES[path]
        right = draw(st.integers(0, 11)) > 0
        found.append(("value", path, draw(fitting(path, field) if right else st.sampled_from(wrong(field))), []))
    for path in draw(st.lists(st.sampled_from(list(OWN)), max_size=2, unique=True)):
        hosts = [] if path == ("lvs_cluster",) else [draw(st.sampled_from(ALL))]
        found.append(("value", path, draw(fitting(path, OWN[path])), hosts))
    for table in draw(st.lists(st.sampled_from(NAMED), max_size=2, unique=True)):
        longest = CLUSTER[table].longest
        names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,%d}" % (longest - 1), fullmatch=True)
        found.append(("name", table, draw(st.one_of(st.just("n" * longest), names)), None))
    for host in draw(st.lists(st.sampled_from(ALL), max_size=2, unique=True)):
        found.append(("host", host, draw(HOST_NAMES), None))
    return found


def inventory_of(found: list[Step]) -> Tree:
    """The whole inventory after these steps."""
    inventory = whole_inventory()
    for what, where, value, hosts in found:
        if what == "value":
            put(inventory, where, value, hosts)
        elif what == "name":
            rename(inventory, where, value)
    return rename_hosts(inventory, {where: value for what, where, value, _rest in found if what == "host"})


def rename(inventory: Tree, table: str, name: str) -> None:
    """Another name for what is called `web`, also where another table refers to it."""
    for variables in inventory["hostvars"].values():
        entries = variables[table]
        if not isinstance(entries.get("web"), dict) or name in entries:
            continue
        entries[name] = entries.pop("web")
        if table in REFERRED:
            other, field = REFERRED[table]
            for one in variables[other].values():
                if isinstance(one, dict) and one.get(field) == "web":
                    one[field] = name


def rename_hosts(inventory: Tree, names: dict[str, str]) -> Tree:
    """The same with other names of hosts; two of one name stay as they were."""
    if len({*names.values(), *set(inventory["hostvars"]) - set(names)}) < len(inventory["hostvars"]):
        return inventory
    for variables in inventory["hostvars"].values():
        for vip in variables["lvs_vips"].values():
            if isinstance(vip, dict) and isinstance(vip.get("prefer"), list):
                vip["prefer"] = [names.get(host, host) for host in vip["prefer"] if isinstance(host, str)]
            if isinstance(vip, dict) and isinstance(vip.get("priorities"), dict):
                vip["priorities"] = {names.get(host, host): value for host, value in vip["priorities"].items()}
        for service in variables["lvs_virtual_services"].values():
            if isinstance(service, dict) and isinstance(service.get("weights"), dict):
                service["weights"] = {names.get(host, host): value for host, value in service["weights"].items()}
    groups = {name: [names.get(host, host) for host in hosts] for name, hosts in inventory["groups"].items()}
    hostvars = {names.get(host, host): variables for host, variables in inventory["hostvars"].items()}
    return {"groups": groups, "hostvars": hostvars}
