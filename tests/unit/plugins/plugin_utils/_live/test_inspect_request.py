# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is asked: as much as it can know."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions

Tree = dict[str, Any]
FRONT = {"lvs_vips.front": {"addresses": ["203.0.113.9/24"], "vrid": 52, "interface": "eth1"}}
ON_ETH0, ON_ETH1 = ("eth0", ["198.51.100.200"]), ("eth1", ["203.0.113.9"])
RENAMED = {"web1:lvs_interface": "ens3", "d1:lvs_interface": "bond0"}

PROBES: dict[str, tuple[Tree, str, list[Any]]] = {
    "a director asks on the service network": ({}, "d1", [ON_ETH0]),
    "nobody asks on an interface that is not known": ({"d1:lvs_interface": ...}, "d1", []),
    "a director asks for each VIP on its own network": (FRONT, "d1", [ON_ETH0, ON_ETH1]),
    "a real server asks for the VIPs of the service network": (FRONT, "web1", [ON_ETH0]),
    "a director asks by its own interface's name": (RENAMED, "d1", [("bond0", ["198.51.100.200"])]),
    "a real server asks by its own interface's name": (RENAMED, "web1", [("ens3", ["198.51.100.200"])]),
    "nobody asks for a VIP of a network that it does not know": ({"lvs_vips.web.interface": "eth1"}, "web1", []),
}


@pytest.mark.parametrize(("changes", "host", "expected"), PROBES.values(), ids=PROBES)
def test_who_has_a_vip_is_asked_where_it_is(changes: Tree, host: str, expected: list[Any]) -> None:
    model = model_of(with_changes({"lvs_interface": "eth0", **changes}))
    asked = questions(model, host, "verify").get("arp_probes", [])
    assert [(one["interface"], one["addresses"]) for one in asked] == expected


def test_a_stream_with_tls_is_asked_for_a_handshake() -> None:
    changes = {
        "lvs_virtual_services.mail": {"vip": "web", "ports": [993, 995]},
        "lvs_certificates": {"mail": "mail.pem"},
        "lvs_trusted_proxies": ["192.0.2.1"],
        "lvs_nginx_upstreams.raw": {"servers": ["192.0.2.9:143"], "protocol": "stream"},
        "lvs_nginx_streams": {
            "imap": {"ports": [993], "upstream": "raw", "tls": "mail"},
            "pop": {"ports": [995], "upstream": "raw", "tls": "mail", "proxy_protocol": True},
        },
    }
    asked = questions(model_of(with_changes(changes)), "web1", "verify")["probes"]
    common = {"address": "198.51.100.102", "tls": True, "timeout": 2.0}
    assert [one for one in asked if one["name"].startswith("tls")] == [
        {"name": "tls|stream imap", "port": 993, **common},
        {"name": "tls|stream pop", "port": 995, "proxy": True, **common},
    ]


def test_a_site_with_tls_is_asked_for_by_a_name() -> None:
    changes = {
        "lvs_virtual_services.web.ports": [80, 443],
        "lvs_certificates": {"www": "www.pem"},
        "lvs_nginx_sites": {
            "www": {"server_names": ["*.example.com", "example.org"], "upstream": "app", "tls": "www"},
            "names": {"server_names": ["~^x"], "upstream": "app", "tls": "www"},
            "rest": {"server_names": ["~^y"], "default": True, "upstream": "app", "tls": "www"},
        },
    }
    model = model_of(with_changes(changes))
    own = [one for one in questions(model, "web1", "verify")["probes"] if one["name"].startswith("tls")]
    common = {"address": "198.51.100.102", "port": 443, "path": "/lvs-health", "tls": True, "timeout": 2.0}
    assert own == [
        {"name": "tls|site rest", **common},
        {"name": "tls|site www", "host": "example.org", **common},
    ]
    asked = questions(model, "d1", "verify")["probes"]
    asked_for = [(one["port"], one.get("tls"), one.get("host")) for one in asked]
    assert asked_for == [(80, None, None)] * 2 + [(443, True, "example.org")] * 2
