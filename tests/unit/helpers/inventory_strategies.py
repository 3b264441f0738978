# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of any kind, drawn from the schema: most values go where they are put, some do not."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st
from inventory import good, put
from ring import PLAIN, VALUES

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.fields import REQUIRED, Field
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import CLUSTER, HOST

Tree = dict[str, Any]


def places(front: str, field: Field) -> dict[str, Field]:
    """Path -> field of everything that can be written below a field, with `web` for every name."""
    below = field.fields or ({"web": field.of} if field.kind == "map" and field.of else {})
    inside = [places("%s.%s" % (front, key), of) for key, of in below.items()]
    return {front: field, **{path: of for one in inside for path, of in one.items()}}


FIELDS = {path: of for name, field in CLUSTER.items() for path, of in places(name, field).items()}
FIELDS.update({"%s:%s" % (host, name): field for host in ("d1", "web1") for name, field in HOST.items()})
FIELDS["d2:lvs_vips.web.vrid"] = FIELDS["lvs_vips.web.vrid"]
PLACES = [*FIELDS, "lvs_vips.web.zzz", "lvs_zzz", "group:lvs_directors"]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["", "web", "app", "d1", "198.51.100.200/24", "2001:db8::200/64", "192.0.2.1:80", "/x", "http"]),
    st.lists(st.sampled_from(["d1", "d2", "web1", "mh-port", 80, 443, None, "2001:db8::1/64"]), max_size=3),
    st.dictionaries(st.sampled_from(["web", "d1", "type", "port", "weight"]), st.integers(0, 300), max_size=2),
)
# Where the one text of ring.PLAIN would leave the rules without work: names of what there is, and of several things.
TEXTS = {
    "host": ["d1", "d2", "web1"],
    "group": ["lvs_real_servers", "web"],
    "name": ["default", "blue", "web", "app"],
    "label": ["0", "1"],
    "interface": ["eth0", "eth1"],
    "url_path": ["/", "/health"],
    "host_name": ["192.0.2.1", "app.example.com"],
    "method": ["GET", "POST"],
    "header_name": ["X-Kind", "Host"],
    "canary_place": ["www", "www/0"],
    "canary_by": ["cookie", "client", "header:X-User"],
    "rate": ["10/s", "1/m"],
    "log_file": ["site.log", "access.log"],
}
FITTING = {
    "switch": st.booleans(),
    "secret": st.just("s3cret"),
    "sysctls": st.dictionaries(
        st.sampled_from(["net.core.somaxconn", "net.core.rmem_max", "net.core.wmem_max"]), st.integers(1)
    ),
    "host_address": st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
    "host_address6": st.sampled_from(["2001:db8::1", "2001:db8::2"]),
    "vip_address": st.sampled_from(["198.51.100.200/24", "203.0.113.7/32", "2001:db8::200/64"]),
    "endpoint": st.sampled_from(["192.0.2.1:80", "[2001:db8::1]:80"]),
}


def fitting(field: Field) -> st.SearchStrategy[Any]:
    """Values that a field allows."""
    if field.kind == "whole":
        return st.integers(int(field.low), min(int(field.high), 65535))
    if field.kind == "number":
        return st.integers(max(1, int(field.low)), 30)
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "text":
        return st.sampled_from(TEXTS.get(field.form) or [PLAIN[field.form]])
    if field.kind == "list" and field.of:
        return st.lists(fitting(field.of), min_size=field.least, max_size=2)
    if field.kind == "map" and field.of:
        return st.dictionaries(st.sampled_from(["web", "d1", "d2"]), fitting(field.of), max_size=2)
    if field.kind == "table":
        needed = {key: fitting(of) for key, of in field.fields.items() if of.default is REQUIRED}
        return st.fixed_dictionaries(needed)
    return FITTING[field.kind] if field.kind in FITTING else st.sampled_from(VALUES[field.kind])


@st.composite
def any_changes(draw: st.DrawFn) -> Tree:
    """Path -> value for up to four places; mostly values that go there, so that the rules have work to do."""
    paths = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True))
    strange = draw(st.integers(0, 3)) == 0
    return {path: draw(ANYTHING if strange or path not in FIELDS else fitting(FIELDS[path])) for path in paths}


CHANGES = any_changes()


def changed(changes: Tree) -> Tree:
    inventory = good()
    for path, value in changes.items():
        if path.startswith("group:"):
            value = [item for item in value if item in inventory["hostvars"]] if isinstance(value, list) else []
        try:
            put(inventory, path, value)
        except (AttributeError, TypeError):  # a change before this one took away what it is in
            continue
    return inventory


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same dicts with their keys in another order; lists keep theirs, as theirs means something."""
    if isinstance(value, dict):
        keys = list(value)
        dice.shuffle(keys)
        return {key: shuffled(value[key], dice) for key in keys}
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value
