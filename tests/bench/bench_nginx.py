# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's configuration costs Nginx, beside one that a person would write, and what a reload costs clients.

Nginx of Debian 13 runs in namespaces, with an application that is Nginx as well; the clients are h2load and ab. CPU
seconds are those of the Nginx that is measured, its master and its workers. docs/bench.md has the bounds.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(ROOT / "tests/unit/helpers"), str(ROOT / "tests/integration"), str(ROOT / ".ansible/collections")
]  # fmt: skip

from converged import Hosts
from inventory import REAL_SERVERS, good, model_of, with_changes
from nginx_served import Served
from rendering import files
from report import Bound, at_most, report

from lab.daemons import SUITES, daemon_tree
from lab.state import Settings
from lab.tools import install, install_daemons, install_load

ROUNDS, REQUESTS, CLIENTS, SITES = 5, 100_000, 32, 1000
RELOADS, UNDER_LOAD = 20, 20_000
APP = "198.51.100.201:8080"
Tree = dict[str, Any]

# The application: one KiB, from memory.
APPLICATION = """
worker_processes 1;
pid /run/app.pid;
error_log /var/log/nginx/app.log;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000;
    server { listen %s; location / { return 200 "%s"; } }
}
""" % (APP, "x" * 1024)

# What a person writes who knows that connections to an upstream have to be kept.
_HANDWRITTEN = """
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { worker_connections 4096; }
http {
    include /etc/nginx/mime.types;
    sendfile on;
    keepalive_requests 1000000;
    access_log /var/log/nginx/access.log;
    upstream app { server %s; keepalive 32; }
    server {
        %s
        server_name example.com;
        location / {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"""


_APPLICATION = "cat > /run/app.conf && nginx -c /run/app.conf"
_STATS = "m=$(cat /run/nginx.pid); for p in $m $(cat /proc/$m/task/$m/children); do cat /proc/$p/stat; done"


class Bench:
    """One Nginx, its application and its client."""

    def __init__(self, nginx: Served) -> None:
        self.nginx = nginx

    def application(self) -> None:
        status, said = self.nginx.run("sh", "-c", _APPLICATION, stdin=APPLICATION)
        assert status == 0, said

    def client(self, *words: str) -> subprocess.Popen[str]:
        """A program in the network namespace of Nginx."""
        where = ["nsenter", "--target", str(self.nginx.process), "--net"]
        return subprocess.Popen([*where, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def load(self, requests: int, scheme: str = "http") -> None:
        """Requests over kept connections; every one has to be answered."""
        there = "--connect-to=127.0.0.1:%d" % {"http": 80, "https": 443}[scheme]
        words = ("--h1", there, "-n", str(requests), "-c", str(CLIENTS), "-t", "1")
        told = self.client("h2load", *words, "%s://example.com/" % scheme).communicate(timeout=600)[0]
        assert "status codes: %d 2xx" % requests in told, told

    def cpu(self) -> float:
        """CPU seconds so far of the Nginx that is measured."""
        status, text = self.nginx.run("sh", "-c", _STATS)
        assert status == 0, text
        ticks = [line.rpartition(")")[2].split()[11:13] for line in text.splitlines()]
        return sum(int(one) for pair in ticks for one in pair) / os.sysconf("SC_CLK_TCK")

    def cost(self, scheme: str = "http") -> float:
        """CPU seconds for the requests; some come before, so that all connections are there."""
        self.load(2000, scheme)
        before = self.cpu()
        self.load(REQUESTS, scheme)
        return self.cpu() - before


def handwritten(listens: str = "listen 80;") -> str:
    """An nginx.conf. ``listens``: how its server does."""
    return _HANDWRITTEN % (APP, listens)


def ours(**upstream: Any) -> Tree:
    return {"lvs_nginx_upstreams.app": {"servers": [APP], **upstream}}


def costs(bench: Bench) -> dict[str, Any]:
    """Medians of interleaved rounds."""
    spent: dict[str, list[float]] = {"handwritten": [], "role": [], "unkept": []}
    for _round in range(ROUNDS):
        for name, found in spent.items():
            if name == "handwritten":
                bench.nginx.serve({"/etc/nginx/nginx.conf": handwritten()})
            else:
                changes = ours(keepalive=0) if name == "unkept" else ours()
                bench.nginx.site(changes, nginx_worker_processes=1)
            bench.application()
            found.append(bench.cost())
    median = {name: statistics.median(found) for name, found in spent.items()}
    return {
        "nginx_role_over_handwritten": median["handwritten"] / median["role"],
        "nginx_keepalive_gain": median["unkept"] / median["role"],
        "nginx_role_cpu_us": 1e6 * median["role"] / REQUESTS,
        "nginx_handwritten_cpu_us": 1e6 * median["handwritten"] / REQUESTS,
    }


def reloads(bench: Bench) -> int:
    """Requests that fail while the configuration changes again and again."""
    bench.nginx.site(ours())
    bench.application()
    # Each request has a connection of its own: a client that has one open may send on it while Nginx closes it, which
    # no server can help.
    running = bench.client("ab", "-n", str(UNDER_LOAD), "-c", "8", "-H", "Host: example.com", "http://127.0.0.1/")
    for number in range(RELOADS):
        bench.nginx.site(ours(), nginx_node_header="X-Reload-%d" % number, reload=True)
    assert running.poll() is None, "the reloads took longer than the requests"
    told = running.communicate(timeout=600)[0]
    (complete,) = re.findall(r"^Complete requests: +([0-9]+)", told, re.MULTILINE)
    bad = re.findall(r"^(?:Failed requests|Non-2xx responses): +([0-9]+)", told, re.MULTILINE)
    return UNDER_LOAD - int(complete) + sum(map(int, bad))


def many_sites(bench: Bench) -> dict[str, float]:
    """A thousand sites of three routes each: made, and read by Nginx."""
    routes = [
        {"path": "/api", "rewrite": {"strip": True}},
        {"path": "/beta", "cookies": {"beta": "1"}},
        {"path": "/old", "redirect": "https://example.com"},
    ]
    sites = {
        "site%d" % number: {"server_names": ["site%d.example.com" % number], "upstream": "app", "routes": routes}
        for number in range(SITES)
    }
    changes = {"lvs_nginx_sites": sites, **ours()}
    model = model_of(with_changes(changes))
    begun = time.monotonic()
    files(model, "web1", {})
    rendered = time.monotonic() - begun
    bench.nginx.site(changes)
    begun = time.monotonic()
    status, said = bench.nginx.run("nginx", "-t", "-q")
    assert status == 0, said
    return {"nginx_1000_sites_render_s": rendered, "nginx_1000_sites_test_s": time.monotonic() - begun}


def second_run() -> int:
    """Tasks of a real server on which nothing is to change, those that it skips among them. The hosts are not there: a
    connection answers for them, as in bench_runs.py."""
    with tempfile.TemporaryDirectory() as folder:
        run = Hosts(Path(folder), good()).play("playbooks/site.yml")
    assert run.status == 0, run.output
    return max(run.tasks[host] for host in REAL_SERVERS)


BOUNDS: dict[str, Bound] = {
    "nginx_role_over_handwritten": ("at least 0.95", lambda value: bool(value >= 0.95)),
    "nginx_keepalive_gain": ("at least 1.05", lambda value: bool(value >= 1.05)),
    "nginx_1000_sites_render_s": at_most(3),
    "nginx_second_run_tasks": at_most(6),
    "reload_failed_requests": at_most(0),
}


def main() -> int:
    install()
    install_daemons()
    install_load()
    suite = max(SUITES)
    with Served(daemon_tree(Settings.of(os.environ), suite), SUITES[suite][1]) as nginx:
        bench = Bench(nginx)
        figures = {**costs(bench), "reload_failed_requests": reloads(bench), **many_sites(bench)}
    figures["nginx_second_run_tasks"] = second_run()
    return report(figures, BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
