# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a virtual service of the model is in keepalived.conf."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._keepalived_conf.services import services_part

WEB = "lvs_virtual_services.web."


def part(changes: dict[str, Any], weights_in_files: bool = True) -> str:
    director = model_of(with_changes(changes))["hosts"]["d1"]["director"]
    return services_part(director, "/weights", weights_in_files)


def lines(changes: dict[str, Any], weights_in_files: bool = True) -> list[str]:
    return [line.strip() for line in part(changes, weights_in_files).splitlines()]


@pytest.mark.parametrize(("forward", "method"), [("dr", "DR"), ("tunnel", "TUN")])
def test_forwarding_methods_have_keepalived_s_names(forward: str, method: str) -> None:
    assert "lvs_method " + method in lines({WEB + "forward": forward})


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({WEB + "forward": "nat", "lvs_nginx_on_directors": "sorry"}, True),
        ({WEB + "forward": "nat", WEB + "sorry_server": "198.51.100.9:8080"}, False),
        ({"lvs_nginx_on_directors": "sorry"}, False),
    ],
)
def test_a_sorry_page_of_the_director_itself_is_not_translated_to(changes: dict[str, Any], found: bool) -> None:
    assert [line for line in lines(changes) if line.startswith("sorry_server ")]
    assert ("sorry_server_lvs_method DR" in lines(changes)) == found


@pytest.mark.parametrize(("prefix", "mask"), [(32, "255.255.255.255"), (24, "255.255.255.0"), (1, "128.0.0.0")])
def test_clients_of_ipv4_are_told_apart_by_a_netmask(prefix: int, mask: str) -> None:
    found = lines({WEB + "persistence": {"timeout": 300, "prefix": prefix}})
    assert found[found.index("persistence_timeout 300") + 1] == "persistence_granularity " + mask


def test_a_weight_is_in_the_file_or_in_the_configuration() -> None:
    weights = {"web1:lvs_weight": 3, "web2:lvs_weight": 0}
    wanted = {True: ["1", "1", "1", "1"], False: ["0", "0", "3", "1"]}
    for in_files, values in wanted.items():
        assert [line[7:] for line in lines(weights, in_files) if line.startswith("weight ")] == values


def test_each_real_server_watches_its_file() -> None:
    found = lines({})
    named = [line.split()[1] for line in found if line.startswith("track_file ") and line.endswith("{")]
    assert named == [line.split()[1] for line in found if line.startswith("track_file ") and not line.endswith("{")]
    assert ["file /weights/" + name for name in named] == [line for line in found if line.startswith("file ")]


def test_what_a_service_does_not_have_is_not_written() -> None:
    wanted = {"ops", "inhibit_on_failure", "persistence_timeout", "uthreshold", "lthreshold", "sorry_server"}
    changes = {WEB + "inhibit_on_failure": False, WEB + "check.type": "none"}
    first = {line.split()[0] for line in lines(changes) if line}
    assert not first & (wanted | {"HTTP_GET", "TCP_CHECK"})


def test_a_check_of_https_asks_for_its_name_where_it_has_one() -> None:
    named = part({WEB + "check": {"type": "https", "path": "/up", "host": "example.com"}})
    assert named.count("SSL_GET {\n            enable_sni\n            retry 1\n            url {\n") == 2
    assert named.count("path /up\n                status_code 200\n                virtualhost example.com\n") == 2
    assert "enable_sni" not in part({WEB + "check": "https"})


def test_a_check_of_http_asks_as_the_model_says() -> None:
    check = {"type": "http", "path": "/up", "host": "example.com", "status": 204, "retries": 3}
    text = part({WEB + "check": check})
    assert text.count("HTTP_GET {\n            retry 3\n            url {\n                path /up\n") == 2
    assert text.count("status_code 204\n                virtualhost example.com\n") == 2


BLOCKS: list[tuple[Any, str]] = [
    ("tcp", "TCP_CHECK { retry 1 }"),
    ({"type": "tcp", "port": 8080, "warmup": 0}, "TCP_CHECK { retry 1 connect_port 8080 warmup 0 }"),
    ("smtp", "SMTP_CHECK { retry 1 }"),
    ({"type": "smtp", "helo": "lb.example.com"}, "SMTP_CHECK { retry 1 helo_name lb.example.com }"),
    ("dns", "DNS_CHECK { retry 1 type SOA name . }"),
    ({"type": "dns", "query": "example.com", "record": "A"}, "DNS_CHECK { retry 1 type A name example.com }"),
    ({"type": "udp", "port": 53}, "UDP_CHECK { retry 1 connect_port 53 }"),
    (
        {"type": "udp", "port": 53, "payload": "0a00", "reply": True},
        "UDP_CHECK { retry 1 connect_port 53 payload 0a00 require_reply }",
    ),
    ("ping", "PING_CHECK { retry 1 }"),
    (
        {"type": "script", "script": "/srv/look", "timeout": 3, "user": "nobody"},
        'MISC_CHECK { retry 1 misc_path "/srv/look 198.51.100.102 80" misc_timeout 3 user nobody }',
    ),
    (
        {"type": "script", "script": "/srv/look", "port": 81, "arguments": ["a b", "-p={port}"]},
        "MISC_CHECK { retry 1 misc_path \"/srv/look 'a b' -p=81\" misc_timeout 1 }",
    ),
    (
        {"type": "http", "path": "/a", "status": ["200-299", 404], "digest": 32 * "0", "urls": [{"path": "/b"}]},
        "HTTP_GET { retry 1 url { path /a status_code 200-299 404 digest %s } url { path /b status_code 200 } }"
        % (32 * "0"),
    ),
]


@pytest.mark.parametrize(("check", "block"), BLOCKS, ids=[block for _check, block in BLOCKS])
def test_a_check_is_its_block(check: Any, block: str) -> None:
    words = " ".join(part({WEB + "check": check}).split())
    assert block in words
    assert words.count(block.partition(" ")[0]) == 2  # of each real server


def test_each_real_server_is_told_to_its_program() -> None:
    found = [one for one in lines({WEB + "check": {"type": "script", "script": "/srv/look"}}) if "misc_path" in one]
    assert found == ['misc_path "/srv/look 198.51.100.10%d 80"' % last for last in (2, 3)]
