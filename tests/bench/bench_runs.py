# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs the controller for a host, over 50 hosts, and what a judgement of a large inventory takes.

The hosts are not there: a connection of the benchmark's own answers from files as hosts do where nothing is to change.
So no module runs, and none of its time is in a figure; neither is any of a transport. docs/bench.md has the bounds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/unit/helpers"), str(ROOT / ".ansible/collections")]

import healthy
from converged import Hosts, Run
from inventory import model_of
from report import at_most, report

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import questions
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.judge import findings

DIRECTORS, REAL_SERVERS, ROUNDS = 2, 48, 3
LARGE = (1000, 200)  # services, hosts
Tree = dict[str, Any]


def cluster(services: int, directors: int, real_servers: int) -> Tree:
    """``{groups, hostvars}`` of one cluster whose services all have all its real servers."""
    names = {
        "lvs_directors": ["d%d" % number for number in range(1, directors + 1)],
        "lvs_real_servers": ["web%d" % number for number in range(1, real_servers + 1)],
    }
    shared = {
        "lvs_vips": {"web": {"addresses": ["10.1.255.200/16"], "vrid": 51}},
        "lvs_virtual_services": {"s%d" % port: {"vip": "web", "ports": [80 + port]} for port in range(services)},
        "lvs_nginx_upstreams": {"app": {"servers": ["10.2.0.1:8080"]}},
        "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app", "ports": [80]}},
    }
    hosts = [host for group in names.values() for host in group]
    addresses = {host: "10.1.%d.%d" % divmod(number, 250) for number, host in enumerate(hosts, 1)}
    for number, host in enumerate(hosts):
        healthy.MACS[host] = "02:00:00:00:%02x:%02x" % divmod(number, 256)
    return {"groups": names, "hostvars": {host: {"lvs_address": addresses[host], **shared} for host in hosts}}


def _play(hosts: str, tasks: list[Tree]) -> Tree:
    return {"hosts": hosts, "gather_facts": False, "tasks": tasks}


def _passed(run: Run) -> Run:
    assert run.tasks, run.output
    assert "UNREACHABLE" not in run.output, run.output
    return run


def per_host(folder: Path) -> Tree:
    """Ratios of CPU time, medians of interleaved rounds, and the most tasks of a host."""
    hosts = Hosts(folder, cluster(2, DIRECTORS, REAL_SERVERS))
    hosts.are_healthy()
    site = _passed(hosts.play("playbooks/site.yml"))
    asked = [host for host, _module in hosts.asked()]
    pings = [
        _play(group, [{"ansible.builtin.ping": {}}] * asked.count(host))
        for group, host in (("lvs_directors", "d1"), ("lvs_real_servers", "web1"))
    ]
    one = questions(hosts.model, "web1", "verify")
    runs: dict[str, Callable[[], Run]] = {
        "site": lambda: hosts.play("playbooks/site.yml"),
        "pings": lambda: hosts.play_of(pings),
        "verify": lambda: hosts.play("playbooks/verify.yml"),
        "status": lambda: hosts.play("playbooks/status.yml"),
        "inspect": lambda: hosts.play_of([_play("all", [{"vipstack.lvs.inspect": one, "register": "seen"}])]),
    }
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _round in range(ROUNDS):
        for name, run in runs.items():
            spent[name].append(_passed(run()).cpu)
    median = {name: statistics.median(values) for name, values in spent.items()}
    return {
        "site_over_pings": median["site"] / median["pings"],
        "verify_over_inspect": median["verify"] / median["inspect"],
        "status_over_inspect": median["status"] / median["inspect"],
        "site_cpu_per_host_s": median["site"] / (DIRECTORS + REAL_SERVERS),
        "site_tasks_per_host": max(site.tasks.values()),
    }


def judgement(services: int, hosts: int) -> Tree:
    """CPU seconds of the pure functions, where all is well; nothing of Ansible is in them."""
    tree = cluster(services, DIRECTORS, hosts - DIRECTORS)
    model = model_of(tree)
    seen = healthy.observations(model)
    begun = time.process_time()
    findings(model, seen)
    judged = time.process_time()
    status(model, seen)
    return {"verify_judgement_s": judged - begun, "status_judgement_s": time.process_time() - judged}


BOUNDS = {
    "site_over_pings": at_most(1.5),
    "verify_over_inspect": at_most(1.5),
    "status_over_inspect": at_most(1.5),
    "site_tasks_per_host": at_most(20),
    "verify_judgement_s": at_most(5),
    "status_judgement_s": at_most(5),
}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = per_host(Path(folder))
    return report({**figures, **judgement(*LARGE)}, BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
