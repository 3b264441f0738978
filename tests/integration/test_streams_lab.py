# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of Nginx behind the VIP: the role brings the module, clients are served, and what leaves is gone."""

from __future__ import annotations

import json

from lab.hosts import VIP
from lab.stack import ADDRESSES, REAL_SERVERS, Stack

_ASKED = (
    'python3 -c \'import socket; one = socket.create_connection(("%s", 9000), 30);'
    ' one.sendall(b"GET / HTTP/1.0\\r\\nHost: example.com\\r\\n\\r\\n"); print(one.recv(12).decode())\''
)


def test_a_stream_is_served_through_the_vip(stack: Stack) -> None:
    servers = [f"{ADDRESSES[name]}:8080" for name in ("app1", "app2")]
    wanted = {
        "lvs_nginx_upstreams": {
            "app_servers": {"servers": servers},
            "apps": {"servers": servers, "protocol": "stream"},
        },
        "lvs_nginx_streams": {"apps": {"vip": "web", "ports": [9000], "upstream": "apps"}},
    }
    words = ("-e", json.dumps(wanted))
    site = stack.lab.probe.until_told()
    stack.play("site", *words)
    stack.wait("an answer of an application", lambda: "HTTP/1.1 200" in stack.run("client", _ASKED % VIP, check=False))
    for host in REAL_SERVERS:
        assert stack.run(host, "dpkg -l libnginx-mod-stream | tail -n 1").startswith("ii"), "the role brought it"
    again = stack.play("site", *words)
    assert again.total("changed") == 0, again.output
    stack.play("site")
    assert site.end().failed == [], "the site beside it"
    assert "refused" in stack.run("client", (_ASKED % VIP) + " 2>&1 || true").lower()
    assert stack.play("site").total("changed") == 0
