# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of hosts that run Nginx: what follows from them, and what does not agree."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
PORTS = {"first": 20000, "last": 60999}


def limits(changes: Tree, host: str = "web1") -> Any:
    return model_of(with_changes(changes))["hosts"][host]["nginx"]["limits"]


def test_the_kernel_lets_as_many_wait_as_nginx_does() -> None:
    assert limits({}) == {
        "backlog": 4096, "sysctls": {"net.core.somaxconn": 4096, "net.ipv4.tcp_max_syn_backlog": 4096},
    }  # fmt: skip


def test_a_number_is_the_backlog() -> None:
    found = limits({"lvs_nginx_limits": 1024})
    assert (found["backlog"], set(found["sysctls"].values())) == (1024, {1024})


def test_ports_for_upstreams() -> None:
    found = limits({"lvs_nginx_limits": {"local_ports": PORTS}})
    assert found["sysctls"]["net.ipv4.ip_local_port_range"] == "20000 60999"


def test_the_sorry_page_has_them_too() -> None:
    assert limits({"lvs_nginx_on_directors": "sorry", "lvs_nginx_limits": 512}, "d1")["backlog"] == 512


def mistakes(changes: Tree) -> list[str]:
    """Without the hosts that make them."""
    return [one.message.partition(": ")[2] or one.message for one in build(with_changes(changes)).mistakes]


WRONG: dict[str, tuple[Tree, str]] = {
    "a port of a site": (
        {"lvs_virtual_services.web.ports": [30000], "lvs_nginx_sites.www.ports": [30000],
         "lvs_nginx_limits": {"local_ports": PORTS}},
        "lvs_nginx_limits.local_ports is 20000 to 60999, which has port 30000 of lvs_nginx_sites.www; must be ports of "
        "no site",
    ),
    "no room": (
        {"lvs_nginx_limits": {"local_ports": {"first": 20000, "last": 20100}}},
        "lvs_nginx_limits.local_ports is 20000 to 20100; must be at least 1024 ports, as each is for one connection to "
        "a server",
    ),
    "a sysctl of two owners": (
        {"lvs_nginx_on_directors": "sorry", "lvs_kernel": {"sysctls": {"net.core.somaxconn": 128}}},
        "lvs_kernel.sysctls has net.core.somaxconn, which directors with Nginx get from lvs_nginx_limits; must be set "
        "there",
    ),
    "counters at a site's port": (
        {"lvs_nginx_status_port": 80},
        "lvs_nginx_status_port is 80, which is a port of lvs_nginx_sites.www; must be a port of its own",
    ),
    "counters at a service's port": (
        {
            "lvs_virtual_services.web.forward": "nat",
            "lvs_virtual_services.mail": {"vip": "web", "ports": [25], "forward": "nat", "real_port": 8711},
        },
        "lvs_nginx_status_port is 8711, which lvs_virtual_services.mail brings to the real servers; must be a port of "
        "its own",
    ),
    "counters at an application's port": (
        {"lvs_nginx_upstreams.app.servers": ["localhost:8711"]},
        "lvs_nginx_status_port is 8711, at which lvs_nginx_upstreams.app has a server of 127.0.0.1; must be a port of "
        "its own",
    ),
    "counters at a port for upstreams": (
        {"lvs_nginx_status_port": 20000, "lvs_nginx_limits": {"local_ports": PORTS}},
        "lvs_nginx_limits.local_ports is 20000 to 60999, which has lvs_nginx_status_port, 20000; must be other ports",
    ),
    "too many": ({"lvs_nginx_limits": 65536}, "lvs_nginx_limits.backlog is 65536; must be 128-65535"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_agree(case: str) -> None:
    changes, message = WRONG[case]
    assert mistakes(changes) == [message]


@pytest.mark.parametrize(
    "changes",
    [
        {"lvs_kernel": {"sysctls": {"net.core.somaxconn": 128}}},
        {"lvs_nginx_on_directors": "sorry", "lvs_kernel": {"sysctls": {"net.core.rmem_max": 128}}},
        {"lvs_nginx_limits": {"local_ports": {"first": 20000, "last": 21023}}},
        {"lvs_nginx_status_port": 0, "lvs_nginx_upstreams.app.servers": ["127.0.0.1:8711"]},
        {"lvs_nginx_upstreams.app.servers": ["192.0.2.1:8711"]},
    ],
)
def test_what_agrees(changes: Tree) -> None:
    assert mistakes(changes) == []
