# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preview.yml against a converged lab: it reports what a run would do, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.hosts import VIP
from lab.play import INVENTORY, edited
from lab.stack import MANAGED, Stack

SERVICE = "tcp %s:80" % VIP


def changes(stack: Stack, dest: Path, inventory: Path = INVENTORY) -> list[str]:
    """What a run would change in the lab, as preview.yml prints and writes it."""
    said = stack.play("preview", "-e", "lvs_preview_dest=%s" % dest, "-e", "lvs_preview_live=true", inventory=inventory)
    written = (dest / "changes.txt").read_text(encoding="utf-8")
    assert written in said.output
    return written.splitlines()


def test_converged_hosts_stay_as_they_are(stack: Stack, tmp_path: Path) -> None:
    assert changes(stack, tmp_path) == [
        *("%s: nothing changes" % host for host in MANAGED),
        "cluster default: no VRRP transition",
    ]


def test_an_edit_is_told_and_nothing_is_done(stack: Stack, tmp_path: Path) -> None:
    def edit(everything: dict[str, Any]) -> None:
        groups, shared = everything["children"], everything["vars"]
        groups["lvs_real_servers"]["hosts"]["web1"]["lvs_weight"] = 3
        del groups["lvs_real_servers"]["hosts"]["web2"]
        shared["lvs_virtual_services"]["web"]["ports"] = [80, 8080]
        shared["lvs_nginx_sites"]["www"]["ports"] = [80, 8080]
        shared["lvs_vips"]["web"]["vrid"] = 52
        shared["lvs_nginx_upstreams"]["app_servers"]["servers"].append("198.51.100.203:8080")

    before = stack.states()
    said = changes(stack, tmp_path / "preview", edited(tmp_path, edit))
    assert stack.states() == before
    files = [line for line in said if "keepalived/" in line]
    assert files.count("  ~ /etc/keepalived/keepalived.conf") == 2
    said = [line for line in said if line not in files]
    director = [
        "  + tcp %s:8080 mh mh-fallback,mh-port" % VIP,
        "  + tcp %s:8080 -> 198.51.100.102:8080 dr weight 3" % VIP,
        "  ~ %s -> 198.51.100.102:80 weight 1 => 3" % SERVICE,
        "  - %s -> 198.51.100.103:80 dr weight 1" % SERVICE,
        "  Keepalived is reloaded",
    ]
    web = ["  ~ /etc/nginx/conf.d/lvs-sites.conf", "  ~ /etc/nginx/conf.d/lvs-upstreams.conf", "  Nginx is reloaded"]
    split = "instance web: vrid 51 => 52; until all directors have it, each may hold the VIP"
    assert said == [
        "d1", *director, "d2", *director, "web1", *web,
        "cluster default: VRRP transitions", "  d1: " + split, "  d2: " + split,
    ]  # fmt: skip


def test_a_host_that_does_not_answer_is_said(stack: Stack, tmp_path: Path) -> None:
    def edit(everything: dict[str, Any]) -> None:
        everything["children"]["lvs_real_servers"]["hosts"]["web3"] = {"lvs_address": "198.51.100.104"}

    said = changes(stack, tmp_path / "preview", edited(tmp_path, edit))
    assert "web1: nothing changes" in said
    assert [line for line in said if line.startswith("web3: not compared, it cannot be looked at: ")]
    assert "  + %s -> 198.51.100.104:80 dr weight 1" % SERVICE in said
