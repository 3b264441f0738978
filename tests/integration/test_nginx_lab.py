# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration that Nginx accepts but cannot serve is rolled back, and no request fails."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import pytest

from lab.stack import Stack

PORT = 8088
ANOTHER_PORT = {
    "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app_servers", "ports": [80, PORT]}},
    "lvs_virtual_services": {"web": {"vip": "web", "ports": [80, PORT]}},
}
SITES = "/etc/nginx/conf.d/lvs-sites.conf"


# Like an Nginx that somebody started by hand: a look at the host cannot tell it from ours.
_SQUATTER = (
    "import runpy; open('/proc/self/comm', 'w').write('nginx'); runpy.run_module('http.server', run_name='__main__')"
)


@pytest.fixture
def a_port_is_taken(stack: Stack) -> Iterator[None]:
    stack.run("web1", f"systemd-run --unit=squatter python3 -c {shlex.quote(_SQUATTER)} {PORT} --bind 0.0.0.0")
    stack.wait("the squatter", lambda: f":{PORT} " in stack.run("web1", "ss -ltn"))
    yield
    stack.run("web1", "systemctl stop squatter.service")


@pytest.mark.usefixtures("a_port_is_taken")
def test_a_port_that_somebody_else_has_brings_the_old_set_back(stack: Stack) -> None:
    """Also right after a start, when the workers that go on are young."""
    before = stack.run("web1", f"cat {SITES}")
    stack.run("web1", "systemctl restart nginx.service")
    edit = json.dumps(ANOTHER_PORT)
    play = stack.play("site", "-e", edit, "--limit", "web1", check=False)
    assert play.status != 0
    assert f"bind() to 0.0.0.0:{PORT} failed" in play.output
    assert stack.run("web1", f"cat {SITES}") == before
    load = stack.lab.probe.load(100, 2).summary
    assert (load["failed"], set(load["by_server"])) == (0, {"web1", "web2"})


def test_an_edit_that_serves_stays(stack: Stack) -> None:
    edit = json.dumps(ANOTHER_PORT)
    try:
        stack.play("site", "-e", edit, "--limit", "web1")
        answer = stack.run("client", f"curl -sS -m 2 -o /dev/null -w '%{{http_code}}' http://198.51.100.102:{PORT}/")
        assert answer == "200"
    finally:
        stack.play("site", "--limit", "web1")
