# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The static table: its owner changes while connections go on, it drains, and it is restored at boot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flows
import pytest

from lab.stack import DIRECTORS, Play, Stack

# Adverts are due every second: quicker ones a busy machine may miss, and a VIP that moves is another test.
CALM = ("-e", "lvs_failover=tolerant")
STATIC = (*CALM, "-e", "lvs_table_owner=static")
RULES = "/etc/ipvsadm.rules"


def site(stack: Stack, *arguments: str) -> Play:
    return stack.play("site", "-l", "lvs_directors", *arguments)


def edited(stack: Stack, folder: Path) -> list[str]:
    """The files that verify finds edited."""
    play = stack.play("verify", *STATIC, "-l", "lvs_directors", check=False, writes=folder / "verdict.json")
    return sorted("%s: %s" % (one["host"], one["what_is"]) for one in play.found("config_edited"))


def transitions(stack: Stack) -> list[str]:
    return [stack.run(host, "wc -l < /var/log/vipstack-lvs/transitions.log").strip() for host in DIRECTORS]


@pytest.fixture(scope="module", autouse=True)
def keepalived_owns(stack: Stack) -> Iterator[None]:
    """Before and after. A connection whose last packet met a change is soon forgotten, see docs/drain.md."""
    stack.forget(established=10)
    site(stack, *CALM)
    stack.settled()
    yield
    stack.forget()
    site(stack)
    stack.settled()


@dataclass(frozen=True)
class Seen:
    """What clients and directors saw while the owner changed."""

    download: dict[str, Any]  # it began before, and went on meanwhile
    session: dict[str, Any]  # as did this connection
    requests: dict[str, Any]
    moved: bool  # a director had another state


def change(stack: Stack, *words: str) -> Seen:
    """Run site.yml for the directors, with connections open and requests under way."""
    before = transitions(stack)
    session, requests = flows.session(stack.docker), stack.lab.probe.until_told()
    download = flows.download(stack.docker, 30)
    site(stack, *words)
    ended = download.end()
    stack.settled()
    return Seen(ended, session.end(), requests.end().summary, transitions(stack) != before)


def assert_nothing_ended(seen: Seen) -> None:
    assert seen.download == {"status": 200, "bytes": flows.SIZE, "error": None}
    assert seen.session["error"] is None
    assert seen.requests["failed"] == 0, seen.requests
    assert not seen.moved


@pytest.fixture(scope="module")
def static(stack: Stack) -> Seen:
    """From here on the table is static; how it came to be."""
    return change(stack, *STATIC)


def test_a_change_to_a_static_table_ends_no_connection(stack: Stack, static: Seen) -> None:
    assert_nothing_ended(static)
    for host in DIRECTORS:
        assert "virtual_server" not in stack.run(host, "cat /etc/keepalived/keepalived.conf")
        assert stack.run(host, "ipvsadm -Sn").splitlines() == stack.run(host, "cat " + RULES).splitlines()
        stack.run(host, "systemctl is-enabled vipstack-lvs-table.service")


@pytest.mark.usefixtures("static")
def test_a_service_comes_and_goes_without_a_transition(stack: Stack) -> None:
    """The check script asks for what there is to be, at each moment of the change."""
    before = transitions(stack)
    for ports in ([80, 81], [80]):
        www = {"server_names": ["example.com"], "upstream": "app_servers", "ports": ports}
        edit = {"lvs_virtual_services": {"web": {"vip": "web", "ports": ports}}, "lvs_nginx_sites": {"www": www}}
        site(stack, *STATIC, "-e", json.dumps(edit))
        for host in DIRECTORS:
            assert [f":{port} " in stack.table(host) for port in (80, 81)] == [True, 81 in ports]
    assert transitions(stack) == before


@pytest.mark.usefixtures("static")
def test_a_static_table_drains_lasts_and_survives_a_boot(stack: Stack, tmp_path: Path) -> None:
    stack.play("drain", *STATIC, "-e", "host=web1", "-e", "limit=600")
    drained = {"web1": 0, "web2": 1}
    assert [stack.weights(host) for host in DIRECTORS] == [drained, drained]
    assert site(stack, *STATIC).total("changed") == 0
    # The table that a boot restores has the drain, which is no edit of somebody.
    assert edited(stack, tmp_path) == []
    stack.run("d1", "echo '# by hand' >> %s; echo more >> /etc/vipstack-lvs/services" % RULES)
    assert edited(stack, tmp_path) == [
        "d1: %s has another content" % path for path in (RULES, "/etc/vipstack-lvs/services")
    ]
    site(stack, *STATIC)
    assert edited(stack, tmp_path) == []
    other = next(host for host in DIRECTORS if host != stack.holder())
    before = stack.run(other, "ipvsadm -Sn")
    stack.lab.containers.reboot(other)
    stack.wait("the table", lambda: stack.run(other, "ipvsadm -Sn", check=False) == before)
    stack.play("undrain", *STATIC, "-e", "host=web1")
    stack.settled()


@pytest.mark.usefixtures("static")
def test_a_change_back_to_keepalived_ends_no_connection(stack: Stack) -> None:
    assert_nothing_ended(change(stack, *CALM))
    for host in DIRECTORS:
        gone = "ls /etc/systemd/system/*/vipstack-lvs-table.service /etc/systemd/system/vipstack-lvs-table.service %s"
        assert stack.run(host, gone % RULES + " 2>/dev/null || true") == ""


def test_keepalived_checks_what_it_took_over(stack: Stack) -> None:
    stack.run("web1", "systemctl stop nginx")
    try:
        stack.wait("weight 0", lambda: all(stack.weights(host)["web1"] == 0 for host in DIRECTORS))
    finally:
        stack.run("web1", "systemctl start nginx")
    stack.settled()
