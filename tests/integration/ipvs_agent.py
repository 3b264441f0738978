# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in a container of the lab and does there what tests ask for, in network namespaces of its own.

One JSON object a line on stdin, one a line on stdout. It is pushed by ipvs_lab.py and needs the collection and
Ansible's module_utils on its path.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from typing import Any

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.run import run
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.text import lines
from ansible_collections.vipstack.lvs.plugins.modules import ipvs_info

CLONE_NEWNET = 0x40000000
LINKS = """
ip link set lo up
ip link add eth0 type dummy
ip link set eth0 up
ip address add 198.51.100.1/24 dev eth0
ip address add 2001:db8:1::1/64 dev eth0 nodad
"""

spawned: dict[int, subprocess.Popen[str]] = {}


def fresh() -> None:
    """A new network namespace; the old one ends with the last process in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for command in LINKS.strip().splitlines():
        subprocess.run(command.split(), check=True)


def apply(params: dict[str, Any], check: bool = False) -> dict[str, Any]:
    """What the module ipvs does, without starting a process for it."""
    options = dict({"purge": False, "weights": "enforce"}, **params)
    begun = time.perf_counter()
    try:
        steps = run(options, check)
    except LvsError as error:
        return {"error": error.message, "details": error.details}
    return {"seconds": time.perf_counter() - begun, "steps": lines(steps), "messages": len(steps)}


def info(counters: bool = False) -> dict[str, Any]:
    """What the module ipvs_info returns."""
    return ipvs_info.run({"counters": counters})


def sh(argv: list[str], stdin: str = "") -> dict[str, Any]:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    return {"rc": done.returncode, "out": done.stdout, "err": done.stderr}


def measure(argv: list[str], path: str = "/dev/null") -> dict[str, Any]:
    """Run a process to its end: its seconds, its peak memory (MiB), its output."""
    with open(path, encoding="utf-8") as given, open("/tmp/said", "w+", encoding="utf-8") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(argv, stdin=given, stdout=said, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return {"rc": process.returncode, "seconds": seconds, "memory": used.ru_maxrss / 1024, "out": said.read()}


def spawn(argv: list[str]) -> int:
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    spawned[process.pid] = process
    return process.pid


def signal(pid: int, number: int) -> None:
    """To a process that was spawned here, and to no other."""
    spawned[pid].send_signal(number)


def kill_at(argv: list[str], path: str, count: int) -> None:
    """Start a process and kill it when the table has ``count`` lines."""
    with open(path, encoding="utf-8") as given:
        process = subprocess.Popen(argv, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while lines_of_table() < count and process.poll() is None:
        time.sleep(0.0005)
    process.kill()
    process.wait()


def lines_of_table() -> int:
    """Services and destinations, as the kernel lists them under three lines of titles; not exact while it grows."""
    with open("/proc/net/ip_vs", encoding="ascii") as table:
        return len(table.readlines()) - 3


def wait(pid: int, seconds: float) -> dict[str, Any]:
    process = spawned.pop(pid)
    out, _err = process.communicate(timeout=seconds)
    return {"rc": process.returncode, "out": out}


def pyroute2_read() -> list[Any]:
    """The table as pyroute2 reads it: attributes by its names."""
    from pyroute2 import IPVS, IPVSService

    found = []
    with IPVS() as kernel:
        for message in kernel.service("dump"):
            attributes = dict(message.get("IPVS_CMD_ATTR_SERVICE")["attrs"])
            names = {"af": "AF", "protocol": "PROTOCOL", "addr": "ADDR", "port": "PORT", "fwmark": "FWMARK"}
            values = {name: attributes.get("IPVS_SVC_ATTR_" + key) for name, key in names.items()}
            key = IPVSService(**{name: value for name, value in values.items() if value is not None})
            dumped = kernel.dest("dump", service=key)
            found.append([attributes, [dict(entry.get("IPVS_CMD_ATTR_DEST")["attrs"]) for entry in dumped]])
    return found


def pyroute2_write(service: dict[str, Any], destinations: list[dict[str, Any]]) -> None:
    from pyroute2 import IPVS, IPVSDest, IPVSService

    with IPVS() as kernel:
        key = IPVSService(**service)
        kernel.service("add", service=key)
        for destination in destinations:
            kernel.dest("add", service=key, dest=IPVSDest(**destination))


CALLS = {
    call.__name__: call
    for call in (fresh, apply, info, sh, measure, spawn, signal, kill_at, wait, pyroute2_read, pyroute2_write)
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may write between the answers
    fresh()
    answer: dict[str, Any]
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": CALLS[request.pop("call")](**request)}
        except Exception as error:
            answer = {"raised": "%s: %s" % (type(error).__name__, error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
