# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two clusters that have a certificate of the same name: who is asked where, and what is said of it."""

from __future__ import annotations

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import controller
from certificates import DAY, authority, issued
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.action.certificates import ActionModule

Tree = dict[str, Any]
SITE = {"server_names": ["example.com"], "tls": "www", "static": "/srv"}


def asked(directory: str) -> Tree:
    return {
        "www": {"acme": {"terms_agreed": True, "directory": directory, "trusted": authority(directory).certificate}}
    }


def two_clusters() -> Tree:
    """The hosts of the second one are `x` before the names of the first one's; directors have no certificates."""
    shared = {"lvs_virtual_services.web.ports": [80, 443], "lvs_nginx_sites": {"www": SITE}}
    found = with_changes(shared)
    for host, variables in list(found["hostvars"].items()):
        other = copy.deepcopy(variables)
        other.update(lvs_cluster="other", lvs_address=variables["lvs_address"].replace("198.51.100.", "203.0.113."))
        other["lvs_vips"]["web"].update(addresses=["203.0.113.200/24"], vrid=52)
        found["hostvars"]["x" + host] = other
        if host.startswith("web"):
            variables["lvs_certificates"] = asked("https://a.example/")
            other["lvs_certificates"] = asked("https://b.example/")
    for hosts in found["groups"].values():
        hosts += ["x" + host for host in hosts]
    return found


def run(tmp_path: Path, seen: Tree, **more: Any) -> Tree:
    """The answer of the action on the first host. ``seen``: what is on a node, of nodes that have something."""
    inventory = two_clusters()
    model = model_of(inventory)
    nothing = {"chain": "", "source": "", "fits": False, "tried": []}
    for host, variables in inventory["hostvars"].items():
        variables["lvs_model"] = model
        if "web" in host:
            variables["seen"] = {"client": True, "certificates": {"www": seen.get(host, nothing)}}
        variables.update({name: hosts[host] for name, hosts in more.items() if host in hosts})
    args = {"seen": "seen", **{name: name for name in more}, "strict": False}
    return controller.run(ActionModule, inventory, args, tmp_path, "d1")


def there(directory: str, left: int = 60) -> Tree:
    own = issued("example.com", by=authority(), begin=(left - 90) * DAY, end=left * DAY + timedelta(hours=1))
    return {"chain": own.certificate, "source": "acme %s ecdsa\n" % directory, "fits": True, "tried": []}


def test_a_directory_is_trusted_as_the_node_that_asks_says(tmp_path: Path) -> None:
    orders = run(tmp_path, {})["orders"]
    assert {host: [one["directory"] for one in found] for host, found in orders.items()} == {
        "web1": ["https://a.example/"], "xweb1": ["https://b.example/"],
    }  # fmt: skip
    trusted = {host: found[0]["trusted"] for host, found in orders.items()}
    assert trusted == {one: authority(orders[one][0]["directory"]).certificate for one in orders}


def test_the_trouble_of_one_cluster_is_not_that_of_the_other(tmp_path: Path) -> None:
    """The first one's is refused, and has time; the second one's is there."""
    late = there("https://a.example/", 29)
    both = dict.fromkeys(("web1", "web2"), late)
    refused = {"web1": {"results": [{"name": "www", "trouble": "no"}]}}
    found = run(tmp_path, both, ordered=refused)
    assert found["words"] == ["certificate www of cluster default: no"]
    assert not found["failing"]
    # Nobody has one.
    assert run(tmp_path, {}, ordered=refused)["failing"]


def test_who_lacks_one_gets_the_old_one_where_no_new_one_comes(tmp_path: Path) -> None:
    late, good = there("https://a.example/", 29), there("https://b.example/")
    seen = {"web1": late, "xweb1": good, "xweb2": good}
    planned = run(tmp_path, seen)
    assert (list(planned["orders"]), planned["copies"]) == (["web1"], {"web1": ["www"]})
    taken = {"web1": {"certificates": {"www": {**late, "key": "old"}}}}
    for answer, key in (({"trouble": "no"}, "old"), ({"pair": {**late, "name": "www", "key": "new"}}, "new")):
        ordered = {"web1": {"results": [{"name": "www", **answer}]}}
        found = run(tmp_path, seen, ordered=ordered, taken=taken)
        assert {host: pairs[-1]["key"] for host, pairs in found["pairs"].items()} == {"web1": key, "web2": key}
