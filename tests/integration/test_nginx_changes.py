# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of the configuration while clients come: no request fails. tests/bench/bench_nginx.py does it with 20,000."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

from nginx_served import Served

CHANGES, EACH = 20, 50
# Each request has a connection of its own. A line for each: its status and the header X-Change of its answer; or what
# went wrong. It ends when its standard input does.
CLIENT = """
import http.client, select, sys
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        client = http.client.HTTPConnection("127.0.0.1", 80)
        client.request("GET", "/", headers={"Host": "example.com"})
        answer = client.getresponse()
        answer.read()
        print(answer.status, answer.headers["X-Change"], flush=True)
        client.close()
    except Exception as error:
        print("failed", repr(error), flush=True)
"""


def changed(number: int) -> dict[str, Any]:
    """Another upstream, route and name each time."""
    ports = [9001 + (number + turn) % 4 for turn in range(1 + number % 3)]
    return {
        "lvs_nginx_upstreams.app.servers": ["127.0.0.1:%d" % port for port in ports],
        "lvs_nginx_sites.www": {
            "server_names": ["example.com", "n%d.example.com" % number],
            "upstream": "app",
            "response_headers": {"set": {"X-Change": str(number)}},
            "routes": [{"path": "/r%d" % number, "answer": 204}],
        },
    }


def test_twenty_changes_fail_no_request(nginx: Served) -> None:
    """Some requests come while Nginx reloads, and then each change serves some."""
    nginx.site(changed(0))
    where = ["nsenter", "--target", str(nginx.process), "--net"]
    with subprocess.Popen(
        [*where, sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin
        assert client.stdout
        served: Counter[str] = Counter()
        for number in range(CHANGES + 1):
            if number:
                nginx.site(changed(number), reload=True)
            while served["200 %d" % number] < EACH:
                served[client.stdout.readline().strip()] += 1
                assert all(line.startswith("200 ") for line in served), served
        client.stdin.close()
        served.update(line.strip() for line in client.stdout)
    assert set(served) == {"200 %d" % number for number in range(CHANGES + 1)}
