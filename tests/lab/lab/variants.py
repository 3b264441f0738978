# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory in several shapes, and the directors in one of them."""

from __future__ import annotations

import base64
import json
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from lab.stack import DIRECTORS, ROOT, Stack

STAGING = ROOT / "inventories" / "staging" / "group_vars" / "all.yml"
_PLACES = (("192.168.1.", "198.51.100."), ("director1", "d1"), ("director2", "d2"))
_VIP = {"addresses": ["198.51.100.200/24"], "vrid": 51}


def reference() -> dict[str, Any]:
    """The reference deployment as it stands in staging, at the lab's addresses."""
    text = STAGING.read_text(encoding="utf-8")
    for theirs, ours in _PLACES:
        text = text.replace(theirs, ours)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


VARIANTS: dict[str, dict[str, Any]] = {
    "balanced": {},
    "preempt": {"lvs_vips": {"web": {**_VIP, "preempt": True}}},
    "in_turn": {"lvs_virtual_services": {"web": {"vip": "web", "ports": [80], "scheduler": "wrr"}}},
    "sorry": {"lvs_nginx_on_directors": "sorry"},
    "fast": {"lvs_failover": "fast"},
    "tolerant": {"lvs_failover": "tolerant"},
    "reference": reference(),
}
# What a preview writes in place of a password.
_HIDDEN, _PASSWORD = b"auth_pass ********", b"auth_pass " + VARIANTS["reference"]["vault_lvs_auth_pass"].encode()
# Replace the content of a file and keep its mode and owner. Prints its path.
_PUT = 'new=$(mktemp) && echo %s | base64 -d > "$new" && { cmp -s "$new" %s || { cat "$new" > %s && echo %s; }; }\n'


def arguments(name: str) -> list[str]:
    """The arguments of ansible-playbook for a variant."""
    return ["-e", json.dumps(VARIANTS[name])] if VARIANTS[name] else []


class Variants:
    """The directors of a lab in one variant after the other.

    The files of a variant are those that preview.yml writes. They are put in and reloaded; site.yml runs only where a
    director lacks one of them, and so may lack a package, too.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.now = "balanced"  # the lab's own inventory, which it is converged with
        self._files: dict[str, dict[str, dict[str, bytes]]] = {}

    def __call__(self, name: str) -> Stack:
        """The stack with its directors in this variant and at rest."""
        self.stack.settled()
        if self.now != name:
            if any(self._lacks(host, files) for host, files in self.files(name).items()):
                self.stack.play("site", "-l", "lvs_directors", *arguments(name))
            else:
                self._put(name)
            self.now = name
            self.stack.settled()
        return self.stack

    def converged(self) -> None:
        """Run site.yml, so that the directors match the lab's inventory again, whatever variant they had."""
        self.stack.play("site", "-l", "lvs_directors")
        self.now = "balanced"
        self.stack.settled()

    def _lacks(self, host: str, files: Iterable[str]) -> bool:
        return self.stack.run(host, "ls -d %s > /dev/null 2>&1 || echo no" % shlex.join(files)) != ""

    def _put(self, name: str) -> None:
        """The files of a variant in place of those that a director has, and a reload of whoever reads them."""
        for host, files in self.files(name).items():
            puts = ""
            for path, content in files.items():
                words = base64.b64encode(content).decode(), *[shlex.quote(path)] * 3
                puts += f"if [ -e {words[1]} ]; then {_PUT % words}fi || exit 1\n"
            changed = self.stack.run(host, puts)
            for daemon in ("nginx", "keepalived"):
                if f"/etc/{daemon}/" in changed:
                    self.stack.run(host, f"systemctl reload {daemon}.service")

    def files(self, name: str) -> dict[str, dict[str, bytes]]:
        """Director -> path -> content, as preview.yml writes them."""
        if name not in self._files:
            with tempfile.TemporaryDirectory() as folder:
                words = ("-l", "lvs_directors", "-e", f"lvs_preview_dest={folder} lvs_interface=eth0")
                self.stack.play("preview", *words, *arguments(name))
                self._files[name] = {host: _tree(Path(folder) / host) for host in DIRECTORS}
        return self._files[name]


def _tree(folder: Path) -> dict[str, bytes]:
    found = (
        path for top in ("etc/keepalived", "etc/nginx", "etc/sudoers.d", "usr") for path in (folder / top).rglob("*")
    )
    return {
        f"/{path.relative_to(folder)}": path.read_bytes().replace(_HIDDEN, _PASSWORD)
        for path in found
        if path.is_file()
    }
