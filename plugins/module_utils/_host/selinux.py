# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux: its mode, and what an administrator has changed in its policy, by files and without its programs."""

from __future__ import annotations

import glob
import os
import re
from typing import Any

from .files import HostFiles

BOOLEANS = ("httpd_can_network_connect", "httpd_can_network_relay", "keepalived_connect_any")
_STORE = "/var/lib/selinux/*/active/"
_PORT = re.compile(r"^portcon tcp (\d+)(?:-(\d+))? \S+:\S+:http_port_t\b", re.MULTILINE)


def mode(files: HostFiles) -> str:
    """enforcing, permissive or disabled."""
    text = files.read("/sys/fs/selinux/enforce")
    if text is None:
        return "disabled"
    return "enforcing" if text.strip() == "1" else "permissive"


def policy(files: HostFiles) -> dict[str, Any]:
    """``{booleans: {NAME: bool}, permissive: [TYPE], http_ports: [[FIRST, LAST]]}``.

    Booleans that the policy has, types that `semanage permissive` let go, TCP ports that were given http_port_t.
    """
    read = {name: files.read("/sys/fs/selinux/booleans/" + name) for name in BOOLEANS}
    modules = glob.glob(files.real(_STORE + "modules/*/permissive_*"))
    texts = [open_text(path) for path in glob.glob(files.real(_STORE + "ports.local"))]
    return {
        # The value that counts, and the one to come.
        "booleans": {name: text.split()[:1] == ["1"] for name, text in read.items() if text is not None},
        "permissive": sorted({os.path.basename(path)[len("permissive_") :] for path in modules}),
        "http_ports": [[int(low), int(high or low)] for text in texts for low, high in _PORT.findall(text)],
    }


def open_text(path: str) -> str:
    return HostFiles().read(path) or ""
