# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fact lvs_host of a host that is fit for its part of the model."""

from __future__ import annotations

from typing import Any

Tree = Any


def link(name: str, *addresses: str, up: bool = True, operstate: str = "up", mac: str = "02:00:00:00:00:01") -> Tree:
    """An interface with addresses as ADDRESS/LENGTH; ``lo`` is the loopback."""
    parts = [address.partition("/") for address in addresses]
    return {
        "name": name, "mac": "00:00:00:00:00:00" if name == "lo" else mac, "up": up, "operstate": operstate,
        "loopback": name == "lo",
        "addresses": [{"address": address, "prefix": int(length or 24)} for address, _sep, length in parts],
    }  # fmt: skip


def facts(*addresses: str, **others: Any) -> Tree:
    """A host with these addresses on eth0; ``others`` replace parts."""
    found = {
        "distribution": "Debian GNU/Linux 12 (bookworm)", "distribution_id": "debian", "release": 12,
        "family": "Debian", "kernel": "6.1.0-18-amd64", "user": "root", "root": True, "systemd": True,
        "selinux": "disabled", "memory_mb": 4000, "disks_mb": {"/usr": 9000, "/var": 9000},
        "firewall": {"firewalld": False, "policies": [], "closed": []},
        "links": [link("lo", "127.0.0.1/8"), link("eth0", *addresses)],
        "modules": {"ip_vs": "available", "ip_vs_mh": "available"}, "ports": {}, "paths": {}, "units": {}, "users": {},
    }  # fmt: skip
    return {**found, **others}
