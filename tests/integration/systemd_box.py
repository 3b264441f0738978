# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running systemd in two seconds: a copy-on-write view of this very host in namespaces of its own.

It has what the host has installed, a loopback, an ``eth0`` whose other end is in the box too, and no way out. All that
it writes is gone with it. For tests that need units and a journal but no kernel of their own; whole hosts are the lab's
work.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parents[2]

_BOOT = r"""
set -eu
box=$1 repository=$2 name=vipstack-box-$$
mkdir -p "$box/layers" "$box/root" "$box/cgroup"
mount -t tmpfs tmpfs "$box/layers"
mkdir "$box/layers/upper" "$box/layers/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$box/layers/upper,workdir=$box/layers/work" "$box/root"
mount -t cgroup2 cgroup2 "$box/cgroup"
mkdir "$box/cgroup/$name"
echo $$ > "$box/cgroup/$name/cgroup.procs"
# Whatever becomes of the tests, the box ends.
timeout --signal=KILL 3600 unshare --kill-child --mount --cgroup --pid --net --uts --ipc --fork sh -c '
  cd "$1/root"
  hostname box
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys || true
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs tmpfs tmp
  mount --rbind /dev dev
  mkdir -p ".$2"
  mount --rbind "$2" ".$2"
  echo 11111111111111111111111111111111 > etc/machine-id
  rm -rf etc/systemd/system/*.wants etc/systemd/system/default.target
  ip link set lo up
  ip link add eth0 type veth peer name peer0
  ip link set peer0 up
  ip address add 198.51.100.100/24 dev eth0
  ip link set eth0 up
  mkdir -p oldroot
  pivot_root . oldroot
  umount -l /oldroot
  exec env -i container=box PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=basic.target
' sh "$box" "$repository" || true
echo $$ > "$box/cgroup/cgroup.procs"
find "$box/cgroup/$name" -depth -type d -exec rmdir {} +
"""

_MODULE = """
import importlib, json, sys
from ansible.module_utils.testing import patch_module_args
module = importlib.import_module("ansible_collections.vipstack.lvs.plugins.modules." + sys.argv[1])
with patch_module_args(json.loads(sys.argv[2])):
    module.main()
"""


def lacking() -> str:
    """Why a box cannot run here; "" if it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not os.path.exists("/lib/systemd/systemd"):
        return "systemd is not installed"
    kernel = Path("/proc/filesystems").read_text().split()
    missing = [name for name in ("overlay", "cgroup2") if name not in kernel]
    missing += [name for name in ("unshare", "nsenter", "pivot_root", "ip") if shutil.which(name) is None]
    return "not there: %s" % ", ".join(missing) if missing else ""


class Box:
    """A booted box. ``init`` is its systemd, as a process of this host."""

    def __init__(self, init: int) -> None:
        self.init = init

    def run(self, *argv: str, check: bool = True, given: str = "") -> str:
        """Run a command in the box and return its output. Raises AssertionError with the output if it fails."""
        enter = ["nsenter", "--target", str(self.init), "--all", "--root", "--wd"]
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]
        clean.append("PYTHONPATH=%s/.ansible/collections" % ROOT)
        done = subprocess.run(
            [*enter, *clean, *argv],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        assert not check or done.returncode == 0, "%s: %d\n%s" % (argv, done.returncode, done.stdout)
        return done.stdout

    def wait(self, condition: str) -> None:
        """Until a shell command succeeds, for two minutes at most."""
        loop = "for n in $(seq 1200); do if %s; then exit 0; fi; sleep 0.1; done; exit 1" % condition
        self.run("sh", "-c", loop)

    def command(self, name: str, /, check_mode: bool = False, **options: Any) -> list[str]:
        """The command that runs one of our modules; it prints the answer as JSON."""
        arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        return [sys.executable, "-c", _MODULE, name, json.dumps(arguments)]

    def module(self, name: str, /, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """The answer of one of our modules in the box."""
        said = self.run(*self.command(name, check_mode, **options), check=False)
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise AssertionError(said) from None
        return answer

    def write(self, path: str, text: str) -> None:
        """A file in the box."""
        self.run("sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path, given=text)


@contextlib.contextmanager
def booted(directory: Path) -> Iterator[Box]:
    """A box for as long as the block lasts."""
    boot = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", _BOOT, "sh", str(directory), str(ROOT)],
        stdout=subprocess.DEVNULL,
    )
    init = 0
    try:
        init = _wait_for_init(boot)
        yield Box(init)
    finally:
        with contextlib.suppress(ProcessLookupError):
            if init:
                os.kill(init, signal.SIGKILL)
            else:
                boot.kill()
        boot.wait(timeout=300)


def _wait_for_init(boot: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        time.sleep(0.1)
        assert boot.poll() is None, "the box did not boot"
        for limit in _children(boot.pid):
            for init in [init for unshare in _children(limit) for init in _children(unshare)]:
                if Path("/proc/%d/comm" % init).read_text().strip() == "systemd" and _is_up(init):
                    return init
    raise AssertionError("the box is not up after 120 s")


def _children(pid: int) -> list[int]:
    said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in said.stdout.split()]


def _is_up(init: int) -> bool:
    return Box(init).run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")
