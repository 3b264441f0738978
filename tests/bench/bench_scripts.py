# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check script costs a director every two seconds. docs/bench.md has the bounds.

The script is the one of the role, run by bash; the kernel's table is a file as the kernel writes it, so IPVS is not
needed.
"""

from __future__ import annotations

import math
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/unit/helpers"), str(ROOT / ".ansible/collections")]

from inventory import good, model_of
from rendering import files
from report import at_most, report

from ansible_collections.vipstack.lvs.plugins.filter.render import proc_ip_vs_key

SIZES, DESTINATIONS, ROUNDS, RUNS = (250, 500, 1000, 2000), 10, 5, 10


def script(folder: Path) -> Path:
    """The check script with its files in the folder."""
    text = files(model_of(good()), "d1", {})["/usr/libexec/keepalived/lvs-check"]
    for theirs, ours in (("/proc/net/ip_vs", "ip_vs"), ("/etc/keepalived/lvs-services", "services")):
        assert text.count(theirs) == 1
        text = text.replace(theirs, str(folder / ours))
    path = folder / "lvs-check"
    path.write_text(text, encoding="utf-8")
    return path


def write_tables(folder: Path, services: int) -> None:
    """The kernel's table and the list, in another order."""
    keys = [
        proc_ip_vs_key({"protocol": "tcp", "address": "10.1.%d.%d" % divmod(number, 250), "port": 80})
        for number in range(services)
    ]
    destinations = "".join(
        "  -> 0A02%04X:0050      Route   1      0          0         \n" % number for number in range(DESTINATIONS)
    )
    head = "IP Virtual Server version 1.2.1 (size=1048576)\nProt LocalAddress:Port Scheduler Flags\n"
    rows = "".join("%smh (mh-fallback,mh-port)\n%s" % (key, destinations) for key in reversed(keys))
    (folder / "ip_vs").write_text(
        head + "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n" + rows, encoding="utf-8"
    )
    (folder / "services").write_text("".join(key + "\n" for key in keys), encoding="utf-8")


def cpu_ms(path: Path) -> float:
    """CPU milliseconds of one run of the script and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _run in range(RUNS):
        subprocess.run(["bash", str(path)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / RUNS


def measured(folder: Path) -> dict[str, float]:
    path = script(folder)
    spent: dict[int, list[float]] = {size: [] for size in (0, *SIZES)}
    for _round in range(ROUNDS):
        for size, values in spent.items():
            write_tables(folder, size or 1)
            values.append(cpu_ms(path))
    median = {size: statistics.median(values) for size, values in spent.items()}
    points = [(math.log(size), math.log(max(median[size] - median[0], 0.01))) for size in SIZES]
    return {
        "lvs_check_1000_ms": median[1000],
        "lvs_check_1_ms": median[0],
        "lvs_check_exponent": statistics.linear_regression(*zip(*points)).slope,
    }


BOUNDS = {"lvs_check_1000_ms": at_most(20), "lvs_check_exponent": at_most(1.15)}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        return report(measured(Path(folder)), BOUNDS)


if __name__ == "__main__":
    sys.exit(main())
