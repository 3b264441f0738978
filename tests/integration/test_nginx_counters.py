# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nginx's counters are for its own host, and no client gets them."""

from __future__ import annotations

from nginx_served import Request, Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.nodes import counted

OTHERS = ("198.51.100.102", "10.0.0.1", "192.0.2.1")


def test_programs_of_the_host_get_them(nginx: Served) -> None:
    nginx.site()
    nginx.ask("/")
    answer = nginx.ask("/lvs-status", port=8711)
    found = counted("web1", answer.body)
    assert (answer.status, found["dropped"]) == (200, 0)
    assert found["connections"] in (1, 2), "this one, and the first where Nginx has not seen its end yet"
    assert (found["requests"] or 0) >= 2
    assert len(nginx.requests(count=1)) == 1


def test_no_other_address_has_them(nginx: Served) -> None:
    nginx.site({"lvs_trusted_proxies": ["127.0.0.0/8"]})
    asked = [Request("/lvs-status", port=8711, address=address) for address in (*OTHERS, "::1")]
    assert {one.error for one in nginx.ask_many(asked)} == {"refused"}
    claimed = nginx.ask("/lvs-status", headers=[("X-Forwarded-For", "127.0.0.1")])
    assert claimed.seen.target == "/lvs-status"


def test_nothing_else_is_there(nginx: Served) -> None:
    nginx.site()
    assert [nginx.ask(path, port=8711).status for path in ("/", "/lvs-health", "/lvs-status/")] == [404, 404, 404]


def test_there_may_be_none(nginx: Served) -> None:
    nginx.site({"lvs_nginx_status_port": 0})
    assert nginx.ask("/lvs-status", port=8711).error == "refused"


def test_the_sorry_page_counts_as_well(nginx: Served) -> None:
    nginx.site({"lvs_nginx_on_directors": "sorry"}, host="d1")
    assert nginx.ask("/lvs-status", port=8711).status == 200
