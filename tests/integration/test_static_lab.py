# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The static table: its owner changes while connections go on, it drains, and it is restored at boot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

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


@pytest.fixture(scope="module")
def static(stack: Stack) -> None:
    """From here on the table is static."""
    site(stack, *STATIC)
    stack.settled()


def test_a_change_of_the_owner_ends_no_connection(stack: Stack) -> None:
    before = transitions(stack)
    complete = {"status": 200, "bytes": flows.SIZE, "error": None}
    talk = flows.session(stack.docker)
    requests = stack.lab.probe.until_told()

    slow = flows.download(stack.docker, 30)
    site(stack, *STATIC)
    assert slow.end() == complete
    for host in DIRECTORS:
        assert "virtual_server" not in stack.run(host, "cat /etc/keepalived/keepalived.conf")
        assert stack.run(host, "ipvsadm -Sn").splitlines() == stack.run(host, "cat " + RULES).splitlines()
        stack.run(host, "systemctl is-enabled vipstack-lvs-table.service")
    stack.settled()

    slow = flows.download(stack.docker, 30)
    site(stack, *CALM)
    assert slow.end() == complete
    for host in DIRECTORS:
        gone = "ls /etc/systemd/system/*/vipstack-lvs-table.service /etc/systemd/system/vipstack-lvs-table.service %s"
        assert stack.run(host, gone % RULES + " 2>/dev/null || true") == ""
    stack.settled()

    assert talk.end()["error"] is None
    outcome = requests.end().summary
    assert outcome["failed"] == 0, outcome
    assert transitions(stack) == before


def test_keepalived_checks_what_it_took_over(stack: Stack) -> None:
    stack.run("web1", "systemctl stop nginx")
    try:
        stack.wait("weight 0", lambda: all(stack.weights(host)["web1"] == 0 for host in DIRECTORS))
    finally:
        stack.run("web1", "systemctl start nginx")
    stack.settled()


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
