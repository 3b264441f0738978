# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports at which clients come by the PROXY protocol: who asks there, and what does not go with it."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
PROXIED: Tree = {"lvs_trusted_proxies": ["192.0.2.0/24"], "lvs_nginx_sites.www.proxy_protocol": True}
TWO: Tree = {
    **PROXIED,
    "lvs_virtual_services.web.ports": [80, 8080],
    "lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app", "ports": [8080]},
}
CHECK = "lvs_virtual_services.web.check"


def mistakes(changes: Tree) -> list[str]:
    return [one.message.partition(": ")[2] or one.message for one in build(with_changes(changes)).mistakes]


def checks(changes: Tree) -> list[tuple[int, str]]:
    model = model_of(with_changes(changes))
    return [(one["port"], one["check"]["type"]) for one in model["hosts"]["d1"]["director"]["services"]]


def test_directors_look_for_a_connection_only() -> None:
    assert checks(PROXIED) == [(80, "tcp")]
    assert checks(TWO) == [(80, "tcp"), (8080, "http")]


@pytest.mark.parametrize(("changes", "port", "proxy"), [(PROXIED, 80, True), (TWO, 8080, False)])
@pytest.mark.parametrize("mode", ["sorry", "real_server"])
def test_a_director_asks_itself_where_it_can(changes: Tree, port: int, proxy: bool, mode: str) -> None:
    model = model_of(with_changes({**changes, "lvs_nginx_on_directors": mode}))
    http = model["hosts"]["d1"]["director"]["check_script"]["http"]
    assert http == {"address": "127.0.0.1", "port": port, "path": "/lvs-health", "proxy": proxy}


@pytest.mark.parametrize(("changes", "port", "proxy"), [(PROXIED, 80, True), (TWO, 8080, False), ({}, 80, False)])
def test_verify_asks_a_node_where_it_can(changes: Tree, port: int, proxy: bool) -> None:
    (asked,) = questions(model_of(with_changes(changes)), "web1", "verify")["probes"]
    assert (asked["port"], asked.get("proxy", False)) == (port, proxy)


def test_the_sorry_page_has_the_protocol_where_the_sites_have_it() -> None:
    nginx = model_of(with_changes({**TWO, "lvs_nginx_on_directors": "sorry"}))["hosts"]["d1"]["nginx"]
    assert [(one["name"], one["ports"]) for one in nginx["sites"]] == [("sorry", [8080]), ("sorry.proxied", [80])]
    assert nginx["proxy_ports"] == [80]


WRONG: dict[str, tuple[Tree, list[str]]] = {
    "nobody is believed": (
        {"lvs_nginx_sites.www.proxy_protocol": True},
        [
            "lvs_nginx_sites.www.proxy_protocol is true, but lvs_trusted_proxies is empty; must be with the proxies "
            "that are believed"
        ],
    ),
    "two sites of a port": (
        {**PROXIED, "lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app"}},
        [
            "lvs_nginx_sites.www.proxy_protocol is true, but that of lvs_nginx_sites.api, which has port 80 as well, "
            "is false; must be the same"
        ],
    ),
    "a check that cannot speak it": (
        {**PROXIED, CHECK: "http"},
        [
            "lvs_virtual_services.web.check.type is http, but port 80 of lvs_nginx_sites.www expects the PROXY "
            "protocol, which Keepalived does not speak; must be auto or tcp or dns or udp or ping or script or none"
        ],
    ),
    "a word that is none": (
        {"lvs_nginx_sites.www.proxy_protocol": "v2"},
        ['lvs_nginx_sites.www.proxy_protocol is "v2"; must be true or false'],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_go_with_it(case: str) -> None:
    changes, messages = WRONG[case]
    assert mistakes(changes) == messages


@pytest.mark.parametrize("check", ["auto", "tcp", "none"])
def test_what_goes_with_it(check: str) -> None:
    assert mistakes({**PROXIED, CHECK: check}) == []


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            {"lvs_virtual_services.web.sorry_server": "198.51.100.9:80"},
            "lvs_virtual_services.web.sorry_server is 198.51.100.9:80, which has to take the PROXY protocol, as "
            "lvs_nginx_sites.www does",
        ),
        (
            {"web1:lvs_nginx_maintenance": True},
            "lvs_nginx_maintenance is true for web1: directors do not ask the health address on ports with "
            "proxy_protocol",
        ),
        (
            {"lvs_nginx_health": "app"},
            "lvs_nginx_health.upstream is app: directors do not ask the health address on ports with proxy_protocol",
        ),
    ],
)
def test_what_it_means_is_told(changes: Tree, warning: str) -> None:
    found = [one.partition(": ")[2] for one in build(with_changes({**PROXIED, **changes})).warnings]
    assert warning in found
