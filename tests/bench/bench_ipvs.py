# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of the module ipvs compared with ipvsadm, and a reload of Keepalived: ratios, on the lab's kernel.

Run it against a lab that is up. It prints a table and writes its figures into build/bench.json. Its exit status is 1 if
a bound is missed. docs/bench.md describes what is measured, and how.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/integration")]

from ipvs_lab import MODULE, Director
from report import Bound, at_most, report

SERVICES, DESTINATIONS, ROUNDS = 1000, 10, 3
EXECUTED = 200  # ipvsadm processes that are really started; the rest is extrapolated
SIZES = (100, 300, 1000, 3000, 10000)  # destinations, for the cost of each more

VIP, CLIENT = "198.51.100.200", "198.51.100.50"
POOL = {name: ["198.51.100.%d" % (first + n) for n in range(5)] for name, first in (("rs1", 11), ("rs2", 21))}

# One process on the target: what the module does, without Ansible's own start, which is measured apart, and without
# the lines of its report, which ipvsadm has none of either.
RUN = """
import json, sys
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.run import run
print(len(run(json.load(sys.stdin), False)))
"""
# The whole module, and the greatest memory of its process (KiB), which the kernel tells it.
MEMORY = (
    """
import re, runpy, sys
sys.argv = ["ipvs", "/tmp/module.json"]
try:
    runpy.run_module("%s", run_name="__main__")
except SystemExit:
    print(re.search("VmHWM:(.*)kB", open("/proc/self/status").read()).group(1), file=sys.stderr)
"""
    % MODULE
)

Options = Any


def table(services: int, destinations: int = DESTINATIONS) -> list[Options]:
    """Services as people write them: an address and a port, and real servers with weights."""
    return [
        {
            "protocol": "tcp",
            "address": "192.0.%d.%d" % divmod(number + 1, 250),
            "port": 80,
            "scheduler": "wrr",
            "destinations": [
                {"address": "10.%d.%d.%d" % (number // 250, number % 250, last), "weight": 1}
                for last in range(1, destinations + 1)
            ],
        }
        for number in range(services)
    ]


def rules(services: list[Options]) -> list[str]:
    """The same for ipvsadm."""
    found = []
    for service in services:
        name = "-t %s:80" % service["address"]
        found.append("-A %s -s wrr" % name)
        found += ["-a %s -r %s:80 -g -w %d" % (name, one["address"], one["weight"]) for one in service["destinations"]]
    return found


def arguments(services: list[Options]) -> str:
    return json.dumps({"services": services, "purge": False, "weights": "enforce"})


def seconds(director: Director, *argv: str, given: str = "/dev/null") -> float:
    """A process from its start to its end."""
    done = director.call("measure", argv=list(argv), path=given)
    assert done["rc"] == 0, done["out"]
    spent: float = done["seconds"]
    return spent


def beside_ipvsadm(director: Director) -> dict[str, float]:
    """Medians of interleaved rounds, seconds; and ratios of them."""
    services = table(SERVICES)
    director.write("/tmp/rules", "".join(line + "\n" for line in rules(services)))
    some = [line for line in rules(services) if line[:2] == "-a"][:EXECUTED]
    names = ["-A -t %s:80 -s wrr" % service["address"] for service in services[: EXECUTED // DESTINATIONS]]
    director.write("/tmp/named", "".join(line + "\n" for line in names))
    director.write("/tmp/commands", "".join("ipvsadm %s || exit 1\n" % line for line in some))
    director.write("/tmp/options.json", arguments(services))
    director.write("/tmp/none.json", json.dumps({"ANSIBLE_MODULE_ARGS": {"services": []}}))
    director.write("/tmp/empty.json", arguments([]))
    director.write("/tmp/run.py", RUN)
    rounds: dict[str, list[float]] = {}

    def measure(name: str, *argv: str, given: str = "/dev/null") -> None:
        rounds.setdefault(name, []).append(seconds(director, *argv, given=given))

    for number in range(ROUNDS + 1):
        director.fresh()
        measure("restore", "ipvsadm", "-R", given="/tmp/rules")
        measure("save", "ipvsadm", "-Sn")
        director.fresh()
        measure("start", "python3", "/tmp/run.py", given="/tmp/empty.json")
        measure("apply", "python3", "/tmp/run.py", given="/tmp/options.json")
        measure("noop", "python3", "/tmp/run.py", given="/tmp/options.json")
        measure("python", "python3", "-c", "pass")
        measure("ansible", "python3", "-c", "import socket, typing")
        measure("module", "python3", "-m", MODULE, given="/tmp/none.json")
        director.fresh()
        seconds(director, "ipvsadm", "-R", given="/tmp/named")
        measure("exec", "sh", "/tmp/commands")
        if not number:
            rounds = {}  # the first round warms the caches of files and of compiled Python
    median = {name: statistics.median(values) for name, values in rounds.items()}
    whole = median["exec"] * len(rules(services)) / EXECUTED
    # In a module Ansible's own part has imported these before ours begins; here our process does.
    for name in ("start", "apply", "noop"):
        median[name] -= median["ansible"] - median["python"]
    return {
        "ipvs_apply_speedup_over_restore": median["restore"] / median["apply"],
        "ipvs_apply_speedup_when_started": median["restore"] / (median["apply"] - median["start"]),
        "ipvs_apply_speedup_over_exec": whole / median["apply"],
        "ipvs_noop_over_save": median["noop"] / median["save"],
        "module_startup_s": median["module"],
        "process_startup_s": median["start"],
        "python_startup_s": median["python"],
        "ipvs_apply_s": median["apply"],
        "ipvs_noop_s": median["noop"],
        "ipvsadm_restore_s": median["restore"],
        "ipvsadm_save_s": median["save"],
        "ipvsadm_exec_s": whole,
    }


# --- what people wait for: a task ---------------------------------------------------------------------------------

TASKS = {
    "module": {"vipstack.lvs.ipvs": {"services": "{{ services }}"}},
    "restore": {"ansible.builtin.command": {"cmd": "ipvsadm -R", "stdin": "{{ rules }}"}},
}


def as_tasks(director: Director) -> dict[str, float]:
    """ansible-playbook with one task, from its start to its end; the table and the rules are variables of the group."""
    rounds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "group_vars").mkdir()
        services = table(SERVICES)
        variables = {"services": services, "rules": "".join(line + "\n" for line in rules(services))}
        for group, value in (("module", "services"), ("restore", "rules")):
            (folder / "group_vars" / (group + ".json")).write_text(json.dumps({value: variables[value]}))
            inventory = {group: {"hosts": {director.name: {"ansible_connection": "community.docker.docker"}}}}
            (folder / (group + "-hosts.json")).write_text(json.dumps(inventory))
            play = {"hosts": group, "gather_facts": False, "tasks": [TASKS[group]]}
            (folder / (group + ".json")).write_text(json.dumps([play]))

        def measure(key: str, group: str) -> None:
            command = ["ansible-playbook", "-i", str(folder / (group + "-hosts.json")), str(folder / (group + ".json"))]
            begun = time.monotonic()
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=director.environment)
            rounds.setdefault(key, []).append(time.monotonic() - begun)

        for number in range(ROUNDS + 1):
            director.empty()
            measure("restore", "restore")
            director.empty()
            measure("first", "module")
            measure("second", "module")
            if not number:
                rounds.clear()
    median = {key: statistics.median(values) for key, values in rounds.items()}
    return {
        "ipvs_task_over_restore_task": median["first"] / median["restore"],
        "ipvs_task_second_run_over_restore_task": median["second"] / median["restore"],
        "ipvs_task_s": median["first"],
        "ipvs_task_second_run_s": median["second"],
        "restore_task_s": median["restore"],
    }


def one_change(director: Director) -> float:
    services = table(SERVICES)
    director.fresh()
    director.ipvs(services=services)
    services[500]["destinations"][5]["weight"] = 2
    director.ipvs(services=services)
    return director.messages


def peak_memory(director: Director) -> float:
    """MiB of the module's own process, Ansible's part with it, that makes the whole table."""
    director.fresh()
    director.write("/tmp/module.json", json.dumps({"ANSIBLE_MODULE_ARGS": {"services": table(SERVICES)}}))
    director.write("/tmp/memory.py", MEMORY)
    said = director.sh("sh", "-c", "python3 /tmp/memory.py 2>&1 >/dev/null")
    assert re.fullmatch(r"\s*\d+\s*", said), said
    return int(said) / 1024


def exponent(director: Director) -> float:
    """Of the cost over the number of destinations, by least squares: 1 is linear."""
    points = []
    for size in SIZES:
        spent = []
        for _round in range(ROUNDS):
            director.fresh()
            director.ipvs(services=table(size // DESTINATIONS))
            spent.append(director.seconds)
        points.append((math.log(size), math.log(statistics.median(spent))))
    slope: float = statistics.linear_regression(*zip(*points)).slope
    return slope


# --- what users of the default owner feel: a reload of Keepalived ---------------------------------------------------

GLOBAL = (
    """
global_defs { router_id bench }
vrrp_instance bench {
    interface br0
    virtual_router_id 51
    priority 200
    advert_int 0.25
    virtual_ipaddress { %s/24 }
}
"""
    % VIP
)
WEB_SERVER = """
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words):
        pass

http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
"""
# A new connection each 20 ms until it is told to stop.
WEB_CLIENT = (
    """
import json, os, time, urllib.request

asked, failed = 0, []
while not os.path.exists("/tmp/stop"):
    asked += 1
    try:
        assert urllib.request.urlopen("http://%s/", timeout=2).read() == b"ok"
    except (OSError, AssertionError) as error:
        failed.append(repr(error))
    time.sleep(0.02)
print(json.dumps({"asked": asked, "failed": failed}))
"""
    % VIP
)


def keepalived_conf(changed: int) -> str:
    """The web service, whose real servers are there and checked, and others to make the thousand full."""
    check = "TCP_CHECK { connect_timeout 2 } "
    pools = [(VIP, [address for addresses in POOL.values() for address in addresses], check)]
    pools += [(one["address"], [rs["address"] for rs in one["destinations"]], "") for one in table(SERVICES - 1)]
    text = [GLOBAL]
    for number, (address, real_servers, check) in enumerate(pools):
        text.append("virtual_server %s 80 {\n    lvs_sched wrr\n    lvs_method DR\n    protocol TCP\n" % address)
        for place, real_server in enumerate(real_servers):
            weight = changed if (number, place) == (SERVICES - 1, 0) else 1
            text.append("    real_server %s 80 { weight %d\n %s}\n" % (real_server, weight, check))
        text.append("}\n")
    return "".join(text)


def keepalived_reload(director: Director) -> dict[str, Any]:
    """One weight of one service changes; until the kernel has it, with a client that asks all the while."""
    director.segment(CLIENT, POOL, VIP)
    director.sh("apt-get", "-qq", "install", "-y", "keepalived")
    for name, text in (("server.py", WEB_SERVER), ("client.py", WEB_CLIENT), ("keepalived.conf", keepalived_conf(1))):
        director.write("/tmp/" + name, text)
    director.sh("rm", "-f", "/tmp/stop")
    pids = [director.spawn(*director.within(name), "python3", "/tmp/server.py") for name in POOL]
    keepalived = director.spawn("sh", "-c", "exec keepalived -nl -f /tmp/keepalived.conf >/tmp/keepalived.log 2>&1")
    last = table(SERVICES - 1)[-1]
    try:
        _until(lambda: _weight(director, last) == 1 and VIP in director.sh("ip", "-o", "address", "show", "br0"), 120)
        _until(lambda: "ok" in director.sh(*_ask(director), check=False), 30)
        watch = director.spawn("ip", "monitor", "address")
        client = director.spawn(*director.within("client"), "python3", "/tmp/client.py")
        time.sleep(1)
        spent = []
        for number in range(2, ROUNDS + 2):
            director.write("/tmp/keepalived.conf", keepalived_conf(number))
            begun = time.monotonic()
            director.call("signal", pid=keepalived, number=1)
            _until(lambda wanted=number: _weight(director, last) == wanted, 120)  # type: ignore[misc]
            spent.append(time.monotonic() - begun)
            time.sleep(1)
        director.write("/tmp/stop", "")
        said = json.loads(director.call("wait", pid=client, seconds=30)["out"])
        director.call("signal", pid=watch, number=15)
        moved = VIP in director.call("wait", pid=watch, seconds=10)["out"]
    finally:
        director.call("signal", pid=keepalived, number=15)
        director.call("wait", pid=keepalived, seconds=60)
        for pid in pids:
            director.call("signal", pid=pid, number=9)
            director.call("wait", pid=pid, seconds=10)
    assert said["asked"] > 20, said
    return {
        "keepalived_reload_1000x10_s": statistics.median(spent),
        "keepalived_reload_requests": said["asked"],
        "keepalived_reload_failed_requests": len(said["failed"]),
        "keepalived_reload_vip_stayed": not moved,
    }


def _ask(director: Director) -> list[str]:
    return [*director.within("client"), "curl", "-s", "-m", "1", "http://%s/" % VIP]


def _weight(director: Director, service: Options) -> int:
    """Of the first destination of a service; 0 where there is none."""
    said = director.sh("ipvsadm", "-Ln", "-t", service["address"] + ":80", check=False)
    found = re.search(r"-> %s:80 +Route +(\d+)" % re.escape(service["destinations"][0]["address"]), said)
    return int(found.group(1)) if found else 0


def _until(true: Callable[[], bool], limit: float) -> None:
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, "it did not come within %g s" % limit
        time.sleep(0.02)


# --- the result -----------------------------------------------------------------------------------------------------

BOUNDS: dict[str, Bound] = {
    "ipvs_apply_speedup_over_restore": ("at least 8, aim 20", lambda value: value >= 8),
    "ipvs_apply_speedup_over_exec": ("at least 100", lambda value: value >= 100),
    "ipvs_noop_over_save": at_most(2, "at most 2, aim 1"),
    "ipvs_task_over_restore_task": at_most(1.2, "at most 1.2, aim 0.8"),
    "ipvs_task_second_run_over_restore_task": at_most(1.0),
    "ipvs_messages_for_one_change": ("1", lambda value: value == 1),
    "ipvs_peak_memory_mb": ("under 150", lambda value: value < 150),
    "ipvs_cost_exponent": at_most(1.1),
    "keepalived_reload_failed_requests": ("0", lambda value: value == 0),
    "keepalived_reload_vip_stayed": ("True", bool),
}


def main() -> int:
    with Director("ipvs-bench") as director:
        figures: dict[str, Any] = beside_ipvsadm(director)
        figures.update(as_tasks(director))
        figures["ipvs_messages_for_one_change"] = one_change(director)
        figures["ipvs_peak_memory_mb"] = peak_memory(director)
        figures["ipvs_cost_exponent"] = exponent(director)
        figures.update(keepalived_reload(director))
    return report(figures, BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
