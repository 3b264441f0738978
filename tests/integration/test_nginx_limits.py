# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many connections wait for Nginx, and how many files its workers may have."""

from __future__ import annotations

from nginx_served import Served

ONE_DEFAULT = {
    "lvs_nginx_sites.www.default": True,
    "lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app"},
}
NO_DEFAULT = {"lvs_nginx_sites.api": {"server_names": ["api.example.com"], "upstream": "app"}}


def backlogs(nginx: Served) -> set[int]:
    """Of the sockets that listen on port 80, as the kernel has them."""
    lines = nginx.host("ss", "-Hltn", "sport", "=", ":80").splitlines()
    return {int(line.split()[2]) for line in lines}


def allow(nginx: Served, backlog: int) -> None:
    nginx.host("sysctl", "-qw", "net.core.somaxconn=%d" % backlog)


def test_so_many_wait_as_the_inventory_says(nginx: Served) -> None:
    allow(nginx, 65535)
    nginx.site(ONE_DEFAULT)
    assert backlogs(nginx) == {4096}
    nginx.site({**NO_DEFAULT, "lvs_nginx_limits": 2048})
    assert backlogs(nginx) == {2048}


def test_a_reload_brings_another_number(nginx: Served) -> None:
    allow(nginx, 65535)
    nginx.site()
    nginx.site({"lvs_nginx_limits": 1024}, reload=True)
    assert backlogs(nginx) == {1024}


def test_the_kernel_cuts_what_it_does_not_allow(nginx: Served) -> None:
    """So the role sets its sysctl first."""
    allow(nginx, 256)
    nginx.site()
    assert backlogs(nginx) == {256}


def test_a_worker_has_files_for_its_connections(nginx: Served) -> None:
    nginx.site(nginx_worker_connections=200)
    limits = [nginx.host("cat", "/proc/%d/limits" % worker) for worker in nginx.workers]
    found = {line.split()[3] for text in limits for line in text.splitlines() if line.startswith("Max open files")}
    assert found == {"1424"}
