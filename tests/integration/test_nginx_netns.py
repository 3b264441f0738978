# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's sites in a real Nginx, in namespaces of its own: what it takes, and what an upstream is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inventory import model_of, with_changes
from rendering import files

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("nginx") is None, reason="needs root and the program nginx"
)
Tree = dict[str, Any]
PREPARE = """
set -e
ip link set lo up
cp /etc/nginx/mime.types "$1/nginx"
mount --bind "$1/nginx" /etc/nginx
mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir /var/log/nginx
shift
exec "$@"
"""
# An upstream that answers with what it was told; then a request for each Host.
ASK = """
import http.server, json, socket, subprocess, sys, threading

class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(dict(self.headers)).encode())
    def log_message(self, *words):
        pass

upstream = http.server.HTTPServer(("127.0.0.1", 9000), Echo)
threading.Thread(target=upstream.serve_forever, daemon=True).start()
subprocess.run(["nginx"], check=True)
told = []
for host in sys.argv[1:]:
    with socket.create_connection(("127.0.0.1", 8080)) as client:
        client.sendall(("GET / HTTP/1.0\\r\\nHost: %s\\r\\nX-Forwarded-Port: 1\\r\\n\\r\\n" % host).encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    told.append(json.loads(answer.partition(b"\\r\\n\\r\\n")[2]))
print(json.dumps(told))
subprocess.run(["nginx", "-s", "quit"], check=True)
"""


def run(changes: Tree, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command where /etc/nginx is what the model makes of an inventory."""
    for path, text in files(model_of(with_changes(changes)), "web1", {}).items():
        if path.startswith("/etc/nginx/"):
            place = folder / path[len("/etc/") :]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    arguments = ["unshare", "-n", "-m", "sh", "-c", PREPARE, "sh", str(folder), *command]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=300, check=False)


NAMES = {"lvs_nginx_sites.api": {"upstream": "app", "server_names": ["api.example.com"]}}
TAKEN: dict[str, Tree] = {
    "a site and an upstream": {},
    "65 servers in an upstream": {
        "lvs_nginx_upstreams.app.servers": ["198.51.100.1:%d" % port for port in range(1, 66)]
    },
    "2,000 servers in an upstream": {
        "lvs_nginx_upstreams.app.servers": [
            "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:%d" % (p + 9) for p in range(2000)
        ]
    },
    "a name of 47 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [47 * "x"]},
    "a name of 111 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [111 * "x"]},
    "a name of 253 characters": {**NAMES, "lvs_nginx_sites.www.server_names": [253 * "x"]},
    "5,000 names": {**NAMES, "lvs_nginx_sites.www.server_names": ["www%d.example.com" % n for n in range(5000)]},
    "2,000 long names": {
        **NAMES,
        "lvs_nginx_sites.www.server_names": [("%d." % n).ljust(99, "x") for n in range(2000)],
    },
    "wildcards": {
        **NAMES,
        "lvs_nginx_sites.www.server_names": ["*.%dexample.com" % n for n in range(500)]
        + ["example%d.*" % n for n in range(500)],
    },
    "a site without names beside others": {**NAMES, "lvs_nginx_sites.rest": {"upstream": "app"}},
}


@pytest.mark.parametrize("changes", TAKEN.values(), ids=TAKEN)
def test_what_the_model_accepts_nginx_takes_without_a_word(changes: Tree, tmp_path: Path) -> None:
    done = run(changes, tmp_path, "nginx", "-t", "-q", "-g", "error_log stderr warn;")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_upstream_is_told_the_port(tmp_path: Path) -> None:
    """As the client names it, and as it is connected; of what the client claims nothing is left."""
    changes = {
        "lvs_virtual_services.web.ports": [8080],
        "lvs_nginx_sites.www.ports": [8080],
        "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9000"],
    }
    hosts = ["example.com:8080", "example.com", "[2001:db8::1]:8080", "[2001:db8::1]"]
    done = run(changes, tmp_path, sys.executable, "-c", ASK, *hosts)
    told = json.loads(done.stdout)
    assert [one["Host"] for one in told] == hosts
    assert [one["X-Forwarded-Host"] for one in told] == hosts
    assert {(one["X-Forwarded-Port"], one["X-Forwarded-Proto"]) for one in told} == {("8080", "http")}
