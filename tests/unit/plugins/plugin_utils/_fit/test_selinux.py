# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SELinux keeps the daemons from, and what to do: a table of policies and needs."""

from __future__ import annotations

from typing import Any

import pytest
from host_facts import facts
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit import selinux
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.fit import fit

Tree = dict[str, Any]
ADDRESSES = {"d1": "198.51.100.100", "web1": "198.51.100.102"}
# Enterprise Linux as it is installed.
BOOLEANS = dict.fromkeys(("httpd_can_network_connect", "httpd_can_network_relay", "keepalived_connect_any"), False)
CONNECT = (
    "the SELinux boolean httpd_can_network_connect is off, so Nginx reaches no server of an upstream;"
    " must be on: setsebool -P httpd_can_network_connect on"
)
ANY = (
    "the SELinux boolean keepalived_connect_any is off, so checks of port 5432 fail;"
    " must be on: setsebool -P keepalived_connect_any on"
)
STATUS_PORT = (
    "port 8711 is not one that SELinux lets Nginx listen on; must be of the type http_port_t:"
    " semanage port -a -t http_port_t -p tcp 8711 (-m where the port has another type)"
)
DATABASE = {"lvs_virtual_services.db": {"vip": "web", "ports": [5432], "check": "tcp"}}


def host(policy: Tree, mode: str = "enforcing", **others: Any) -> Any:
    whole = {"booleans": BOOLEANS, "permissive": [], "http_ports": [], **policy}
    return {"selinux": mode, "selinux_policy": whole, **others}


def messages(name: str, changes: Tree, others: Tree) -> list[str]:
    mine = model_of(with_changes(changes))["hosts"][name]
    return [one.message for one in fit(mine, facts(ADDRESSES[name] + "/24", **others)).problems]


def on(*names: str) -> Tree:
    return {"booleans": {**BOOLEANS, **dict.fromkeys(names, True)}}


PORT = {"http_ports": [[8700, 8720]]}
NO_STATUS: Tree = {"lvs_nginx_status_port": 0}
ELSEWHERE: Tree = {**NO_STATUS, "lvs_nginx_upstreams.app.servers": ["192.0.2.1:80", "192.0.2.2:3000"]}


@pytest.mark.parametrize(
    ("name", "changes", "others", "expected"),
    [
        ("web1", {}, host({}), [CONNECT, STATUS_PORT]),
        ("web1", {}, host({}, "permissive"), []),
        ("web1", {}, {"selinux": "enforcing"}, []),
        ("web1", {}, host({"booleans": {}}), []),
        ("web1", {}, host({"permissive": ["httpd_t"]}), []),
        ("web1", {}, host({"permissive": ["keepalived_t"]}), [CONNECT, STATUS_PORT]),
        ("web1", {}, host({**on("httpd_can_network_connect"), **PORT}), []),
        ("web1", {}, host(on("httpd_can_network_connect"), ports={"8711": "nginx"}), []),
        ("web1", {}, host({**on("httpd_can_network_relay"), **PORT}), []),
        ("web1", NO_STATUS, host(on("httpd_can_network_connect")), []),
        ("web1", ELSEWHERE, host(on("httpd_can_network_relay")), [CONNECT]),
        ("d1", {}, host({}), []),
        ("d1", DATABASE, host({}), [ANY]),
        ("d1", DATABASE, host(on("keepalived_connect_any")), []),
        ("d1", DATABASE, host({"permissive": ["keepalived_t"]}), []),
        ("d1", {**DATABASE, "lvs_virtual_services.db.check": "none"}, host({}), []),
        ("d1", {**DATABASE, "lvs_table_owner": "static"}, host({}), []),
    ],
)
def test_what_selinux_keeps_them_from(name: str, changes: Tree, others: Tree, expected: list[str]) -> None:
    assert messages(name, changes, others) == expected


@pytest.mark.parametrize(
    ("name", "others", "told"),
    [
        ("d1", host({}), True),
        ("d1", host({"permissive": ["keepalived_t"]}), False),
        ("d1", host({}, "permissive"), False),
        ("web1", host({}), False),
    ],
)
def test_what_may_be_is_a_note(name: str, others: Any, told: bool) -> None:
    notes = selinux.notes(model_of(with_changes({}))["hosts"][name], others)
    assert [one.partition(":")[0] for one in notes] == ["SELinux is enforcing"] * told
    assert all("semanage permissive -a keepalived_t" in one for one in notes)
