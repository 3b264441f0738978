# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TLS of the role costs Nginx, beside that of a person, how many sessions another node resumes, and what a cache
saves. As `bench_nginx.py`, whose Nginx, application and clients these are."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from bench_nginx import REQUESTS, ROUNDS, Bench, Tree, handwritten, ours
from certificates import pair
from nginx_served import Served
from report import Bound, report

from lab.daemons import SUITES, daemon_tree
from lab.state import Settings
from lab.tools import install, install_daemons, install_load

HANDSHAKES, SESSIONS, DAY = 10_000, 1_000, 86400
OWN = pair("example.com")
# Mozilla's recommendation, as a person copies it.
HANDWRITTEN = """listen 443 ssl;
        http2 on;
        ssl_certificate /etc/nginx/own.crt;
        ssl_certificate_key /etc/nginx/own.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384;
        ssl_prefer_server_ciphers off;
        ssl_session_cache shared:SSL:10m;
        ssl_session_timeout 1d;
        ssl_session_tickets off;"""
# Begins sessions, says so, and begins them again when it is told; the sessions that the server took.
_CLIENT = """
import json, socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
def ask(session=None):
    with socket.create_connection(("127.0.0.1", 443), 60) as wire:
        with context.wrap_socket(wire, server_hostname="example.com", session=session) as spoken:
            spoken.sendall(b"GET /lvs-health HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: close\\r\\n\\r\\n")
            while spoken.recv(4096):
                pass
            return spoken.session, spoken.session_reused
sessions = [ask()[0] for _number in range(int(sys.argv[1]))]
print("begun", flush=True)
sys.stdin.readline()
print(json.dumps(sum(bool(ask(one)[1]) for one in sessions)))
"""


def site(**more: Any) -> Tree:
    """The default site of its port: ab asks for no name."""
    own = {"server_names": ["example.com"], "upstream": "app", "tls": "own", "default": True}
    return {
        **ours(), "lvs_virtual_services.web.ports": [80, 443], "lvs_nginx_sites": {"www": own},
        "lvs_certificates": {"own": OWN.both}, **more,
    }  # fmt: skip


def handshakes(bench: Bench) -> float:
    """CPU seconds for handshakes, each with one request."""
    before = bench.cpu()
    words = ("-n", str(HANDSHAKES), "-c", "8", "-H", "Host: example.com", "https://127.0.0.1/lvs-health")
    told = bench.client("ab", *words).communicate(timeout=600)[0]
    assert "Complete requests:      %d" % HANDSHAKES in told, told
    assert "Failed requests:        0" in told, told
    return bench.cpu() - before


def tls(bench: Bench) -> dict[str, Any]:
    """Medians of interleaved rounds."""
    spent: dict[str, dict[str, list[float]]] = {
        name: {"handshakes": [], "requests": []} for name in ("handwritten", "role")
    }
    for _round in range(ROUNDS):
        for name, found in spent.items():
            if name == "role":
                bench.nginx.site(site(), nginx_worker_processes=1)
            else:
                own = {"/etc/nginx/own.crt": OWN.certificate, "/etc/nginx/own.key": OWN.key}
                bench.nginx.serve({"/etc/nginx/nginx.conf": handwritten(HANDWRITTEN), **own})
            bench.application()
            found["handshakes"].append(handshakes(bench))
            found["requests"].append(bench.cost("https"))
    median = {name: {what: statistics.median(own) for what, own in found.items()} for name, found in spent.items()}
    ratios = {what: median["handwritten"][what] / median["role"][what] for what in ("handshakes", "requests")}
    return {
        "nginx_tls_over_handwritten": min(ratios.values()),
        "nginx_tls_handshakes_over_handwritten": ratios["handshakes"],
        "nginx_tls_requests_over_handwritten": ratios["requests"],
        "nginx_tls_handshake_cpu_us": 1e6 * median["role"]["handshakes"] / HANDSHAKES,
        "nginx_tls_request_cpu_us": 1e6 * median["role"]["requests"] / REQUESTS,
    }


def resumed(bench: Bench) -> float:
    """The share of sessions of one node that another one takes, whose keys have gone on by a day meanwhile."""
    changes = site(lvs_tls={"ticket_secret": "s" * 32, "ticket_days": 1})
    bench.nginx.site(changes, now=DAY)
    where = ["nsenter", "--target", str(bench.nginx.process), "--net", sys.executable, "-c", _CLIENT, str(SESSIONS)]
    with subprocess.Popen(where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        assert client.stdout.readline() == "begun\n"
        bench.nginx.site(changes, host="web2", now=2 * DAY)
        taken: int = json.loads(client.communicate("go\n", timeout=600)[0])
    return taken / SESSIONS


def cached(bench: Bench) -> dict[str, float]:
    """What of Nginx's CPU seconds a cache saves where all requests are hits."""
    spent: dict[str, list[float]] = {"proxied": [], "cached": []}
    own = {"server_names": ["example.com"], "upstream": "app"}
    keeps = {"lvs_nginx_caches": {"pages": "64m"}, "lvs_nginx_sites": {"www": {**own, "cache": _CACHE}}}
    for _round in range(ROUNDS):
        for name, found in spent.items():
            bench.nginx.site({**ours(), **(keeps if name == "cached" else {})}, nginx_worker_processes=1)
            bench.application()
            found.append(bench.cost())
    median = {name: statistics.median(found) for name, found in spent.items()}
    return {"cache_hit_gain": median["proxied"] / median["cached"]}


_CACHE = {"zone": "pages", "valid": {"200": 3600}}
BOUNDS: dict[str, Bound] = {
    "nginx_tls_over_handwritten": ("at least 0.95", lambda value: bool(value >= 0.95)),
    "tls_resumed_on_other_node": ("at least 0.99", lambda value: bool(value >= 0.99)),
    "cache_hit_gain": ("at least 1.1", lambda value: bool(value >= 1.1)),
}


def main() -> int:
    install()
    install_daemons()
    install_load()
    suite = max(SUITES)
    with Served(daemon_tree(Settings.of(os.environ), suite), SUITES[suite][1]) as nginx:
        bench = Bench(nginx)
        figures = {**tls(bench), "tls_resumed_on_other_node": resumed(bench), **cached(bench)}
    return report(figures, BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
