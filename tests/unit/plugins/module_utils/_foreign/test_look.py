# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people have set up on a tree that stands for a host: found, disabled, kept."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Callable

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._foreign.look import Finding, Look, from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._foreign.takeover import diff_of, disable, fighting
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import HostFiles
from ansible_collections.vipstack.lvs.plugins.module_utils._host.foreign import ForeignRecord

VIP = "198.51.100.200"
ADD = f"#!/bin/sh\nip addr add {VIP}/32 dev lo\n"
SYSCTLS = {"net.ipv4.conf.all.arp_ignore": "1"}
EVERYTHING = {"vips": [VIP], "sysctls": SYSCTLS, "director": True, "nginx": True, "static": True}
REAL_SERVER = {"vips": [VIP], "sysctls": SYSCTLS, "nginx": True}


class Host:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def link(self, path: str, target: str) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def findings(self, options: dict[str, object]) -> list[Finding]:
        return Look(from_options(options), HostFiles(str(self.root))).findings()

    def told(self, options: dict[str, object]) -> set[tuple[str, str]]:
        return {(one.kind, one.path) for one in self.findings(options)}

    def everything(self) -> dict[str, tuple[object, ...]]:
        """Each path outside of our own folder, with its rights and content."""
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(self.root.rglob("*")):
            name = "/" + str(path.relative_to(self.root))
            if not name.startswith("/var") and not path.is_dir():
                content = os.readlink(path) if path.is_symlink() else path.read_text()
                found[name] = (stat.S_IMODE(path.lstat().st_mode), content)
        return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    (tmp_path / "etc/systemd/system/multi-user.target.wants").mkdir(parents=True)
    return Host(tmp_path)


def by_init_script(host: Host) -> str:
    host.write("/etc/init.d/bind-vip", ADD, 0o755)
    host.link("/etc/rc2.d/S01bind-vip", "../init.d/bind-vip")
    return "/etc/init.d/bind-vip"


def by_table_script(host: Host) -> str:
    host.write("/etc/init.d/lvs", "#!/bin/sh\nipvsadm -C\n", 0o755)
    host.link("/etc/rc3.d/S20lvs", "../init.d/lvs")
    return "/etc/init.d/lvs"


def by_ipvsadm(host: Host) -> str:
    host.write("/etc/init.d/ipvsadm", "#!/bin/sh\n", 0o755)
    host.write("/etc/default/ipvsadm", 'AUTO="true"\n')
    host.link("/etc/rc2.d/S01ipvsadm", "../init.d/ipvsadm")
    return "/etc/init.d/ipvsadm"


def by_ipvsadm_of_red_hat(host: Host) -> str:
    unit = "/usr/lib/systemd/system/ipvsadm.service"
    host.link("/etc/systemd/system/multi-user.target.wants/ipvsadm.service", unit)
    return unit


def by_rc_local(host: Host) -> str:
    host.write("/etc/rc.local", ADD + "exit 0\n", 0o755)
    return "/etc/rc.local"


def by_rc_local_and_a_script(host: Host) -> str:
    host.write("/usr/local/sbin/bind_vip.sh", ADD, 0o755)
    host.write("/etc/rc.local", "#!/bin/sh\n/usr/local/sbin/bind_vip.sh start\n", 0o755)
    return "/etc/rc.local"


def by_unit(host: Host) -> str:
    host.write("/usr/local/sbin/bind_vip.sh", ADD, 0o755)
    host.write("/etc/systemd/system/my-vip.service", "[Service]\nExecStart=/usr/local/sbin/bind_vip.sh start\n")
    host.link("/etc/systemd/system/multi-user.target.wants/my-vip.service", "/etc/systemd/system/my-vip.service")
    return "/etc/systemd/system/my-vip.service"


def by_ifupdown(host: Host) -> str:
    host.write("/etc/network/interfaces.d/vip", f"auto lo:0\niface lo:0 inet static\n    address {VIP}/32\n", 0o600)
    return "/etc/network/interfaces.d/vip"


def by_network_scripts(host: Host) -> str:
    host.write("/etc/sysconfig/network-scripts/ifcfg-lo:0", f"DEVICE=lo:0\nIPADDR={VIP}\nNETMASK=255.255.255.255\n")
    return "/etc/sysconfig/network-scripts/ifcfg-lo:0"


def by_sysctl(host: Host) -> str:
    host.write("/etc/sysctl.conf", "net.ipv4.conf.all.arp_ignore = 0\n")
    host.link("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf")
    return "/etc/sysctl.conf"


WAYS = [by_init_script, by_table_script, by_ipvsadm, by_ipvsadm_of_red_hat, by_rc_local, by_rc_local_and_a_script,
        by_unit, by_ifupdown, by_network_scripts, by_sysctl]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_would_fight_is_disabled_once_and_can_be_put_back(host: Host, way: Callable[[Host], str]) -> None:
    path = way(host)
    before = host.everything()
    found = fighting(host.findings(EVERYTHING))
    assert [one.path for one in found] == [path]
    assert all(diff_of(change, HostFiles(str(host.root))) for one in found for change in one.changes)
    record = ForeignRecord(root=str(host.root))
    disable(found, record, None)
    after = host.everything()
    assert after != before
    assert fighting(host.findings(EVERYTHING)) == []
    data = record.read()
    assert set(data["files"]) | set(data["made"]) == {
        name for name in {*before, *after} if before.get(name) != after.get(name)
    }
    for name in data["files"]:
        kept = Path(record.kept(name))
        content = os.readlink(kept) if kept.is_symlink() else kept.read_text()
        assert (stat.S_IMODE(kept.lstat().st_mode), content) == before[name]
    assert {name for name in after if name not in before} == set(data["made"])
    # Rights are those of before.
    assert {name: after[name][0] for name in data["files"] if name in after} == {
        name: before[name][0] for name in data["files"] if name in after
    }


def test_what_starts_at_no_boot_is_left_alone(host: Host) -> None:
    host.write("/etc/init.d/bind-vip", ADD, 0o755)  # no link
    host.write("/etc/rc.local", ADD, 0o644)  # not executable
    host.write("/etc/systemd/system/my-vip.service", f"[Service]\nExecStart=/sbin/ip addr add {VIP}/32 dev lo\n")
    host.write("/etc/default/ipvsadm", 'AUTO="false"\n')
    host.write("/etc/init.d/ipvsadm", "#!/bin/sh\nipvsadm -C\n", 0o755)
    host.link("/etc/rc2.d/S01ipvsadm", "../init.d/ipvsadm")
    host.write("/etc/sysctl.d/10-early.conf", "net.ipv4.conf.all.arp_ignore = 0\n")
    host.write("/etc/sysctl.d/99-same.conf", "net.ipv4.conf.all.arp_ignore = 1\n")
    assert fighting(host.findings(EVERYTHING)) == []


def test_a_real_server_has_no_table_to_fight_for(host: Host) -> None:
    by_ipvsadm(host)
    by_table_script(host)
    assert fighting(host.findings(REAL_SERVER)) == []


def test_files_of_the_daemons_are_replaced_and_what_they_include_goes_unread(host: Host) -> None:
    host.write("/etc/keepalived/keepalived.conf", "include conf.d/*.conf\n")
    host.write("/etc/keepalived/conf.d/a.conf", "")
    host.write("/etc/keepalived/check.sh", "#!/bin/sh\n")
    host.write(
        "/etc/nginx/nginx.conf", "include mime.types;\ninclude conf.d/*.conf;\n  include /etc/nginx/sites-enabled/*;\n"
    )
    host.write("/etc/nginx/sites-enabled/shop", "")
    host.write("/etc/nginx/conf.d/more.conf", "")
    host.write("/etc/nginx/mime.types", "")
    host.write("/etc/ipvsadm.rules", "")
    assert host.told(EVERYTHING) == {
        ("replaced", "/etc/keepalived/keepalived.conf"),
        ("replaced", "/etc/nginx/nginx.conf"),
        ("replaced", "/etc/ipvsadm.rules"),
        ("unread", "/etc/keepalived/conf.d/a.conf"),
        ("unread", "/etc/keepalived/check.sh"),
        ("unread", "/etc/nginx/sites-enabled/shop"),
    }
    assert host.told(REAL_SERVER) == {
        ("replaced", "/etc/nginx/nginx.conf"),
        ("unread", "/etc/nginx/sites-enabled/shop"),
    }
    # What a run made is nobody else's.
    files = ["keepalived.conf", "lvs-services"]
    host.write("/var/lib/vipstack-lvs/keepalived.json", json.dumps({"path": "/etc/keepalived", "files": files}))
    host.write("/var/lib/vipstack-lvs/nginx.json", json.dumps({"path": "/etc/nginx", "files": ["nginx.conf"]}))
    assert host.told({**EVERYTHING, "static": False}) == set()


def test_what_has_tools_of_its_own_is_only_told(host: Host) -> None:
    host.write("/etc/netplan/50-vip.yaml", f"addresses: [{VIP}/32]\n")
    host.write("/etc/default/keepalived", 'DAEMON_ARGS="-D -f /etc/other.conf"\n')
    host.write("/etc/systemd/system/keepalived.service.d/own.conf", "[Service]\nExecStart=\nExecStart=/opt/k\n")
    host.write("/usr/lib/sysctl.d/99-vendor.conf", "net.ipv4.conf.all.arp_ignore = 0\n")
    host.write("/etc/sysconfig/network-scripts/ifcfg-eth0", f"IPADDR=198.51.100.9\nIPADDR1={VIP}\n")
    found = host.findings(EVERYTHING)
    assert {one.kind for one in found} == {"told"}
    assert len(found) == 5
    assert not any(one.changes for one in found)


def test_a_host_of_nobody_has_nothing(host: Host) -> None:
    assert host.findings(EVERYTHING) == []
