# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check may be: each way in which it does not fit, and what follows from one that does."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import V6_ONLY, V6_TOO, model_of, with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.checks import CHECKS

CHECK = "lvs_virtual_services.web.check"
LONG = "2001:db8:1111:2222:3333:4444:5555:6666"
PROGRAM: dict[str, Any] = {"type": "script", "script": "/srv/look"}
MESSAGES: list[tuple[dict[str, Any], str]] = [
    *(
        (
            {"type": "dns", "port": 53, "query": query},
            '.query is "%s"; must be a name of DNS without a dot at the end or behind its first character, or . for '
            "the root" % query,
        )
        for query in ("example.com.", "x.example.com")
    ),
    ({"type": "tcp", "script": "/srv/look"}, ".script is given, but type is tcp; must be script"),
    ({"script": "/srv/look"}, ".script is given, but type is auto; must be script"),
    ({"type": "tcp", "status": 204}, ".status is given, but type is tcp; must be http or https"),
    ({"type": "http", "reply": True}, ".reply is given, but type is http; must be udp"),
    ({"type": "ping", "record": "A"}, ".record is given, but type is ping; must be dns"),
    ({"type": "script"}, ".script is missing, as type is script"),
    ({**PROGRAM, "timeout": 1.5}, ".timeout is 1.5; must be whole seconds, as type is script"),
    (
        {**PROGRAM, "arguments": 9 * ["x" * 60]},
        ".arguments have too many characters with the script; must be at most 500 in all",
    ),
    ({"type": "none", "port": 80}, ".port is 80, but type is none, which looks at nothing"),
    ({"type": "ping", "port": 80}, ".port is 80, but type is ping, which has no port"),
    (
        {"type": "smtp", "port": 8443},
        ".type is smtp, but on port 8443 servers speak TLS; must be https, tcp, dns, udp, ping, script or none",
    ),
    ({"type": "http", "status": 600}, ".status[0] is 600; must be a status 100-599, or a range like 200-299"),
    (
        {"type": "http", "status": "299-200"},
        '.status[0] is "299-200"; must be a status 100-599, or a range like 200-299',
    ),
    ({"type": "http", "status": True}, ".status[0] is true; must be a status 100-599, or a range like 200-299"),
    ({"type": "http", "status": []}, ".status is empty"),
    ({"type": "http", "urls": [{"status": 200}]}, ".urls[0].path is missing"),
    (
        {"type": "http", "digest": "A" * 32},
        '.digest is "%s"; must be 32 hexadecimal digits in small letters' % ("A" * 32),
    ),
    (
        {"type": "udp", "port": 53, "payload": "00ff"},
        '.payload is "00ff"; must be 1-200 pairs of hexadecimal digits, the last not ff, which Keepalived 2.2 does '
        "not take",
    ),
    ({**PROGRAM, "user": "0"}, '.user is "0"; must be the name of a user: 1-31 small letters, digits or _ -'),
]


@pytest.mark.parametrize(("check", "message"), MESSAGES, ids=[message for _check, message in MESSAGES])
def test_a_check_that_does_not_fit_is_refused(check: dict[str, Any], message: str) -> None:
    assert [one.message for one in build(with_changes({CHECK: check})).mistakes] == [CHECK + message]


@pytest.mark.parametrize(
    "argument", ["@a", "a @b", "$(id)", "`id`", "a;b", "a|b", "a'b", 'a"b', "a\\b", " a", "a ", "", "{host}", "a\nb"]
)
def test_an_argument_is_one_word_for_whoever_reads_it(argument: str) -> None:
    found = build(with_changes({CHECK: {**PROGRAM, "arguments": [argument]}})).mistakes
    assert [one.path for one in found] == [CHECK + ".arguments[0]"]


def test_an_address_has_its_own_length_in_the_arguments() -> None:
    """What the model takes, the writer takes with the longest address of the family."""
    many = {"lvs_vips.web": {"addresses": ["2001:db8::200/64"]}, **V6_ONLY, "web1:lvs_address": LONG}
    short, long = ({**PROGRAM, "arguments": count * ["{address}" * 12]} for count in (1, 2))
    inventory = with_changes({CHECK: short, **many})
    assert 12 * LONG in files(model_of(inventory), "d1", {})["/etc/keepalived/keepalived.conf"]
    message = ".arguments have too many characters with the script; must be at most 500 in all"
    assert [one.message for one in build(with_changes({CHECK: long, **many})).mistakes] == [CHECK + message]
    assert build(with_changes({CHECK: long})).mistakes == []


def service(check: Any, **others: Any) -> Any:
    return model_of(with_changes({CHECK: check, **others}))["hosts"]["d1"]["director"]["services"][0]


@pytest.mark.parametrize("kind", [name for name, one in CHECKS.items() if "udp" not in one.protocols])
def test_with_a_port_of_its_own_a_check_is_for_any_protocol(kind: str) -> None:
    udp = {"lvs_virtual_services.web.protocol": "udp", "lvs_nginx_sites": {}}
    assert service({"type": kind, "port": 8080}, **udp)["check"]["type"] == kind


def test_a_port_alone_is_connected_to() -> None:
    udp = {"lvs_virtual_services.web.protocol": "udp", "lvs_nginx_sites": {}}
    assert [service(check, **udp)["check"]["type"] for check in ({}, {"port": 8080})] == ["none", "tcp"]


def test_a_check_of_our_own_nginx_is_known_by_the_port_that_is_checked() -> None:
    assert service({"port": 80})["check"]["path"] == "/lvs-health"
    assert service({"type": "http", "port": 81})["check"]["path"] == "/"


def test_each_of_several_paths_is_asked_once_in_a_round() -> None:
    """One second between two, and one for the answer of the other, beside what one path needs: 1 + 2 * 1 + 0.5 s."""
    one, two = ({"type": "http", "urls": urls} for urls in ([], [{"path": "/b"}]))
    assert (service(one)["detection_ms"], service(two)["detection_ms"]) == (3500, 5500)


@pytest.mark.parametrize(
    ("status", "answers"),
    [("204", {204: "", 200: "status 200"}), (["200-299", 404], {200: "", 299: "", 404: "", 300: "status 300"})],
)
def test_a_status_is_good_where_it_is_in_the_list(status: Any, answers: dict[int, str]) -> None:
    check = service({"type": "http", "status": status})["check"]
    assert {one: CHECKS["http"].fault(check, {"status": one}) for one in answers} == answers


OPENINGS: list[tuple[Any, dict[str, Any], list[Any]]] = [
    ("tcp", {}, [("tcp", [80])]),
    ({"type": "tcp", "port": 8080}, {}, [("tcp", [8080])]),
    ({"type": "dns", "port": 53}, {}, [("udp", [53])]),
    ("ping", {}, [("echo", [])]),
    (PROGRAM, {}, [("tcp", [80])]),
    ({"type": "tcp", "port": 8080}, {"lvs_virtual_services.web.forward": "nat"}, [("tcp", [8080])]),
    ("tcp", {"lvs_virtual_services.web.forward": "nat"}, []),
    ("ping", {"lvs_virtual_services.web.forward": "nat"}, [("echo", [])]),
    ("none", {"lvs_virtual_services.web.protocol": "udp", "lvs_nginx_sites": {}}, []),
    ("udp", {"lvs_virtual_services.web.protocol": "udp", "lvs_nginx_sites": {}}, [("udp", [80])]),
]


@pytest.mark.parametrize(("check", "others", "wanted"), OPENINGS)
def test_a_real_server_lets_in_what_directors_ask(check: Any, others: dict[str, Any], wanted: list[Any]) -> None:
    openings = model_of(with_changes({CHECK: check, **others}))["hosts"]["web1"]["firewall"]["openings"]
    checks = [one for one in openings if one["why"] == "checks of the directors"]
    assert [(one["protocol"], one["ports"]) for one in checks] == wanted
    assert all(one["sources"] == ["198.51.100.100", "198.51.100.101"] for one in checks)


def test_both_families_are_pinged() -> None:
    vip = {"lvs_vips.web": {"addresses": ["198.51.100.200/24", "2001:db8::200/64"]}}
    openings = model_of(with_changes({CHECK: "ping", **V6_TOO, **vip}))["hosts"]["web1"]["firewall"]["openings"]
    assert [one["family"] for one in openings if one["protocol"] == "echo"] == ["inet", "inet6"]
