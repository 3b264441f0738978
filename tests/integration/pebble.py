# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of ACME in the network of an Nginx, and its client there: Debian's pebble and certbot."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from certificates import authority, issued
from nginx_served import Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.stand_in import wish

COLLECTIONS = Path(__file__).resolve().parents[2] / ".ansible" / "collections"
URL = "https://localhost:14000/dir"
# The question of the module certificate_order, with the places of this Nginx.
_ORDER = """
import json, sys
sys.path.insert(0, sys.argv[2])
from ansible_collections.vipstack.lvs.plugins.module_utils._certificates import order
order.ACCOUNTS, order.ANSWERS = sys.argv[3], "/run/root/var/lib/nginx/lvs-acme"
print(json.dumps(order.by_directory(order.Order(*json.loads(sys.argv[1])), json.loads(sys.argv[4]))))
"""
# Runs certbot of another Debian, over whose tree are the folders of an order.
_ELSEWHERE = """
set -e
tree=$1 accounts=$2; shift 2
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cp /etc/hosts /mnt/root/etc/hosts
for folder in "$accounts" /run/root/var/lib/nginx/lvs-acme; do
    mkdir -p "/mnt/root$folder"
    mount --bind "$folder" "/mnt/root$folder"
done
exec chroot /mnt/root certbot "$@"
"""


class Answer(NamedTuple):
    """``text``: what came, empty where nothing did; ``words``: why."""

    text: str
    words: str


def within(process: int) -> list[str]:
    """What runs a command in the network of a process, with this machine's files."""
    return ["nsenter", "--target", str(process), "--net"]


def trusted() -> str:
    return authority("of the directory").certificate


@contextlib.contextmanager
def directory(process: int, folder: Path, names_at: str = "127.0.0.1:53", **more: Any) -> Iterator[None]:
    """A directory at `URL` in the network of a process, which asks at port 80 of what ``names_at`` says of a name."""
    own = issued("localhost", by=authority("of the directory"))
    (folder / "own.crt").write_text(own.certificate)
    (folder / "own.key").write_text(own.key)
    settings = {
        "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80,
        "tlsPort": 443, "certificate": str(folder / "own.crt"), "privateKey": str(folder / "own.key"), **more,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    command = [*within(process), "env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0",
               "pebble", "-config", str(folder / "pebble.json"), "-dnsserver", names_at]  # fmt: skip
    with (folder / "pebble.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            _until_it_listens(process, running, folder / "pebble.log")
            yield
        finally:
            running.kill()


def _until_it_listens(process: int, running: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        said = subprocess.run([*within(process), "ss", "-Hltn", "sport", "=", "14000"], capture_output=True, check=True)
        if said.stdout:
            return
        assert running.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError("the directory does not listen: " + log.read_text())


def of_debian(tree: Path, folder: Path) -> list[str]:
    """The client of a tree, for an order with the same ``folder``."""
    return ["unshare", "--mount", "sh", "-c", _ELSEWHERE, "sh", str(tree), str(folder / "accounts")]


def order(
    node: Served, folder: Path, *names: str, url: str = URL, config: Path = Path("/nowhere"),
    client: Sequence[str] = ("certbot",),
) -> Answer:  # fmt: skip
    """What comes of a question of a node for a certificate. ``folder``: that of the directory, which knows accounts.
    ``config``: where the client looks for what a host has set."""
    given = ["www", wish(list(names), "ecdsa").request, url, ["ops@example.com"], trusted()]
    words = [_ORDER, json.dumps(given), str(COLLECTIONS), str(folder / "accounts"), json.dumps(list(client))]
    said = node.host("env", "XDG_CONFIG_HOME=%s" % config, sys.executable, "-c", *words)
    return Answer(*json.loads(said))
