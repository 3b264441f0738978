# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people wait for with large inventories: whole commands, from their start to their end. docs/bench.md has the
bounds."""

from __future__ import annotations

import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Sequence

from report import at_most, report

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, POOL = 3, 10
TOPOLOGY = ((10, 10), (200, 200), (1000, 1000))  # virtual services, real servers
GROWN = (100, 200, 400, 800)
MISTAKEN = (100, 1000)
PREVIEW = ((10, 10), (200, 200), (1000, 200))
SAMPLE_S = 0.05
Tree = dict[str, Any]


def inventory(services: int, real_servers: int) -> Tree:
    """Two directors, and real servers in pools; what all hosts share is in the group `all`."""
    pools, vips = real_servers // POOL, -(-services // 50)
    hosts: list[Tree] = [
        {"web%d" % number: {"lvs_address": "10.1.%d.%d" % divmod(number, 250)} for number in range(first, first + POOL)}
        for first in range(1, real_servers + 1, POOL)
    ]
    shared: Tree = {
        "lvs_interface": "eth0",
        "lvs_vips": {"v%d" % one: {"addresses": ["10.1.255.%d/16" % one], "vrid": one} for one in range(1, vips + 1)},
        "lvs_virtual_services": {
            "s%d" % one: {"vip": "v%d" % (one % vips + 1), "ports": [80 + one // vips], "pool": "p%d" % (one % pools)}
            for one in range(services)
        },
        "lvs_nginx_upstreams": {"app": {"servers": ["10.2.0.1:8080"]}},
        "lvs_nginx_sites": {"www": {"server_names": ["example.com"], "upstream": "app"}},
    }
    directors = {"d%d" % number: {"lvs_address": "10.1.254.%d" % number} for number in (1, 2)}
    groups = {"p%d" % number: {"hosts": pool} for number, pool in enumerate(hosts)}
    return {"all": {"vars": shared, "children": {
        "lvs_directors": {"hosts": directors}, "lvs_real_servers": {"children": groups},
    }}}  # fmt: skip


def command(folder: Path, name: str, words: Sequence[str]) -> dict[str, Any]:
    """Over an inventory in the folder, as subprocess takes it."""
    program = str(ROOT / ".venv/bin/ansible-playbook")
    return {
        "args": [program, "-i", str(folder / name), *words],
        "cwd": ROOT,
        "env": {**os.environ, "ANSIBLE_FORKS": "5"},
    }


def seconds(folder: Path, name: str, *words: str, status: int = 0) -> float:
    """Of one command over an inventory in the folder, which ends with this status."""
    begun = time.monotonic()
    done = subprocess.run(**command(folder, name, words), capture_output=True, check=False)
    assert done.returncode == status, done.stdout[-2000:]
    return time.monotonic() - begun


def peak_mb(folder: Path, name: str, *words: str) -> float:
    """What one command and its processes have in memory together, the most that was seen at one moment; MiB."""
    most = 0
    with subprocess.Popen(**command(folder, name, words), stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, resident(running.pid))
            time.sleep(SAMPLE_S)
    assert running.returncode == 0
    return most / 2**20


def resident(ancestor: int) -> int:
    """Bytes in memory of a process and of all that come from it; what they share counts for each of them."""
    parents, sizes = {}, {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            sizes[int(place.name)] = int((place / "statm").read_text().split()[1])
        except OSError:
            continue  # it has ended
    of_tree, todo = 0, [ancestor]
    while todo:
        one = todo.pop()
        of_tree += sizes.get(one, 0)
        todo += [pid for pid, parent in parents.items() if parent == one]
    return of_tree * resource.getpagesize()


def measured(folder: Path) -> dict[str, float]:
    """Medians of interleaved rounds."""
    play = [{"hosts": "all", "gather_facts": False, "roles": ["vipstack.lvs.topology"]}]
    (folder / "topology.json").write_text(json.dumps(play), encoding="utf-8")
    commands = {}
    for sizes, figure in ((TOPOLOGY, "topology"), (PREVIEW, "preview")):
        for size in sizes:
            name = "%dx%d.json" % size
            (folder / name).write_text(json.dumps(inventory(*size)), encoding="utf-8")
            dest = "lvs_preview_dest=%s" % (folder / ("preview-" + name))
            words = [str(folder / "topology.json")] if figure == "topology" else ["playbooks/preview.yml", "-e", dest]
            commands["%s_%dx%d_s" % (figure, *size)] = (name, words)
    spent: dict[str, list[float]] = {key: [] for key in commands}
    for _round in range(ROUNDS):
        for key, (name, words) in commands.items():
            spent[key].append(seconds(folder, name, *words))
    return {key: statistics.median(values) for key, values in spent.items()}


def cpu(folder: Path, name: str, *words: str) -> float:
    """CPU seconds of one command and of its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds(folder, name, *words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def growth(folder: Path, nothing: float) -> dict[str, float]:
    """Slopes of log time over log size by least squares, 1 is linear; ``nothing``: what is there in any case.

    In CPU seconds, which other work on the machine changes little.
    """
    slopes = {}
    for key, sizes in (
        ("topology_hosts_exponent", [(GROWN[0], size) for size in GROWN]),
        ("topology_services_exponent", [(size, GROWN[0]) for size in GROWN]),
    ):
        points = []
        for size in sizes:
            name = "%dx%d.json" % size
            (folder / name).write_text(json.dumps(inventory(*size)), encoding="utf-8")
            spent = [cpu(folder, name, str(folder / "topology.json")) for _round in range(ROUNDS)]
            points.append((math.log(max(size)), math.log(max(statistics.median(spent) - nothing, 0.01))))
        slopes[key] = statistics.linear_regression(*zip(*points)).slope
    return slopes


def bad_input(folder: Path) -> float:
    """A mistake on each of 1,000 hosts; some are shown, the others counted."""
    tree = inventory(*MISTAKEN)
    for pool in tree["all"]["children"]["lvs_real_servers"]["children"].values():
        for variables in pool["hosts"].values():
            variables["lvs_weight"] = -1
    (folder / "mistakes.json").write_text(json.dumps(tree), encoding="utf-8")
    return statistics.median(
        seconds(folder, "mistakes.json", str(folder / "topology.json"), status=2) for _round in range(ROUNDS)
    )


def one_director(folder: Path) -> float:
    """The files of the role keepalived for 1,000 services of 10 real servers, past the model; CPU seconds."""
    (folder / "director.json").write_text(json.dumps(inventory(1000, POOL)), encoding="utf-8")
    spent = []
    for number in range(ROUNDS):
        model = cpu(folder, "director.json", str(folder / "topology.json"))
        wanted = {"lvs_preview_dest": str(folder / ("director-%d" % number)), "lvs_roles": ["keepalived"]}
        words = ["playbooks/preview.yml", "--limit", "d1", "-e", json.dumps(wanted)]
        spent.append(cpu(folder, "director.json", *words) - model)
    return statistics.median(spent)


BOUNDS = {
    "render_1000x10_s": at_most(3),
    "mistakes_1000_s": at_most(15),
    "topology_hosts_exponent": at_most(1.15),
    "topology_services_exponent": at_most(1.15),
    "topology_200x200_s": at_most(2.5),
    "topology_1000x1000_s": at_most(10),
    "preview_200x200_s": at_most(15),
    "preview_1000x200_s": at_most(60),
    "preview_1000x200_peak_mb": at_most(1536),
}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        figures = measured(place)
        large = "%dx%d.json" % PREVIEW[-1]
        dest = "lvs_preview_dest=%s" % (place / "preview-peak")
        figures["preview_1000x200_peak_mb"] = peak_mb(place, large, "playbooks/preview.yml", "-e", dest)
        figures.update(growth(place, cpu(place, "10x10.json", str(place / "topology.json"))))
        figures["mistakes_1000_s"] = bad_input(place)
        figures["render_1000x10_s"] = one_director(place)
        return report(figures, BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
