# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks against the lab with an inventory that differs from the lab's in a few places, and what they left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

import yaml
from live_lab import DIRECTORS, REAL_SERVERS, ROOT, run

HOSTS = (*DIRECTORS, *REAL_SERVERS)
INVENTORY = ROOT / "inventories/lab"
# A host as far as a run could touch it, one line a thing; without what daemons and the kernel go on writing themselves.
_STATE = r"""
find /etc /usr/libexec /usr/local /var/lib /var/log/vipstack-lvs /lib/systemd/system /run/systemd/system \
    \( -path /var/lib/systemd -o -path /var/lib/docker -o -name transitions.log \) -prune -o \
    -printf 'file %p %y %m %u %g %l\n' -type f -exec sha256sum {} + 2>/dev/null | sort
ip -o address | sed 's/ valid_lft .*//'
sysctl -a 2>/dev/null | grep -E '^net\.(ipv4|ipv6)\.(vs|conf\.(all|default|lo|eth0))\.|^net\.ipv4\.ip_' | sort
ipvsadm -Sn 2>/dev/null | sort
lsmod 2>/dev/null | grep -o '^ip_vs[^ ]*' | sort
systemctl list-units --no-legend --no-pager --plain --type=service --state=active | awk '{print $1, $2, $3}' | sort
systemctl show -p MainPID -p NRestarts -p InvocationID keepalived nginx
getent passwd; getent group
"""


def play(name: str, inventory: Path = INVENTORY, *arguments: str) -> str:
    """What a playbook of ours says; it has to succeed."""
    env = {**os.environ, "PATH": "%s:%s" % (ROOT / ".venv/bin", os.environ["PATH"]), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [str(ROOT / ".venv/bin/ansible-playbook"), "-i", str(inventory), "playbooks/%s.yml" % name, *arguments],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def edited(folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the lab's inventory; ``edit`` gets what stands below ``all`` in its hosts.yml."""
    copy = folder / "inventory"
    shutil.copytree(INVENTORY, copy)
    hosts = copy / "hosts.yml"
    found = yaml.safe_load(hosts.read_text(encoding="utf-8"))
    edit(found["all"])
    hosts.write_text(yaml.safe_dump(found), encoding="utf-8")
    return copy


def states() -> dict[str, list[str]]:
    """Each host's state, line by line, so that a difference names itself."""
    return {host: run(host, _STATE).splitlines() for host in HOSTS}


def recap(said: str) -> dict[str, dict[str, int]]:
    """Host -> ``{ok, changed, …}`` from the end of a run."""
    lines = said.partition("PLAY RECAP")[2].splitlines()[1:]
    pairs = [line.partition(":") for line in lines if " ok=" in line]
    return {
        host.strip(): {name: int(count) for name, count in (word.split("=") for word in counts.split())}
        for host, _colon, counts in pairs
    }
