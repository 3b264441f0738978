# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx is restarted on every real server, and no request fails."""

from __future__ import annotations

from lab.stack import DIRECTORS, REAL_SERVERS, Stack


def masters(stack: Stack) -> list[str]:
    return [stack.run(host, "cat /run/nginx.pid") for host in REAL_SERVERS]


def test_both_are_new_processes_and_a_drain_of_before_stays(stack: Stack) -> None:
    stack.settled()
    before = masters(stack)
    requests = stack.lab.probe.until_told()
    play = stack.play("nginx_restart", "-e", "limit=600")
    through = requests.end().summary
    assert through["failed"] == 0, through
    assert set(through["by_server"]) == {"web1", "web2"}
    after = masters(stack)
    assert not set(before) & set(after), play.output
    assert all(stack.weights(host) == {"web1": 1, "web2": 1} for host in DIRECTORS)

    stack.play("drain", "-e", "host=web2")
    try:
        stack.play("nginx_restart", "-e", "host=web2", "-e", "limit=600")
        assert masters(stack)[0] == after[0]
        assert masters(stack)[1] != after[1]
        assert all(stack.weights(host) == {"web1": 1, "web2": 0} for host in DIRECTORS)
    finally:
        stack.play("undrain", "-e", "host=web2")


def test_a_name_that_runs_no_nginx_is_refused(stack: Stack) -> None:
    play = stack.play("nginx_restart", "-e", "host=d1", check=False)
    assert play.status != 0
    words = 'host is "d1", which runs no Nginx behind a virtual service; there are: web1, web2'
    assert words in " ".join(play.output.split())
