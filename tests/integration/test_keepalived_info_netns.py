# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keepalived (VRRP only: that needs no IPVS) in namespaces of its own, with a /tmp of its own, asked by us."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("keepalived") is None, reason="needs root and the program keepalived"
)

CONFIG = """
global_defs {
    router_id d1
    enable_script_security
    script_user nobody
}
vrrp_script fails {
    script "/bin/false"
    interval 1
    weight -20
}
vrrp_instance web {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass s3cretpw
    }
    virtual_ipaddress {
        198.51.100.200/24 dev eth0 label eth0:0
    }
    track_script {
        fails
    }
}
"""

# What runs in the namespaces: the daemon with /tmp of its own, and this process outside of that.
INSIDE = r"""
set -e
ip link set lo up
ip link add eth0 type veth peer name p0
ip link set eth0 up; ip link set p0 up
ip address add 198.51.100.100/24 dev eth0
mount -t tmpfs none /run
cp "$1/keepalived.conf" /run
unshare -m sh -c 'mount -t tmpfs none /tmp; exec keepalived --dont-fork -f /run/keepalived.conf' > /dev/null 2>&1 &
exec "$2" "$1/ask.py"
"""

ASK = r"""
import json, os, sys, threading, time
from ansible_collections.vipstack.lvs.plugins.module_utils._keepalived.ask import JSON_FILE, DATA_FILE, describe, find

def until(condition):
    end = time.monotonic() + 120
    while True:
        found = describe()
        if condition(found) or time.monotonic() > end:
            return found
        time.sleep(0.05)

results = {"early": describe()}
found = until(lambda found: found["instances"] and found["instances"][0]["state"] == "MASTER")
results["found"] = found
root = "/proc/%d/root" % found["pid"]
results["left"] = [name for name in os.listdir(root + "/tmp")]
with open(root + JSON_FILE, "w") as stream:
    stream.write("somebody else's")
results["again"] = describe()
results["kept"] = open(root + JSON_FILE).read()
results["outside"] = os.path.exists(JSON_FILE) or os.path.exists(DATA_FILE)

together = []
threads = [threading.Thread(target=lambda: together.append(describe())) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
results["together"] = [[found["errors"], [instance["name"] for instance in found["instances"]]] for found in together]
os.kill(found["pid"], 19)  # SIGSTOP: a daemon that does not answer
results["frozen"] = describe()
os.kill(found["pid"], 18)
results["thawed"] = until(lambda found: not found["errors"])  # it has had its say to the frozen question too
results["left_after_frozen"] = open(root + JSON_FILE).read()
os.kill(found["pid"], 15)
results["ended"] = until(lambda found: not found["running"])
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("keepalived")
    (directory / "keepalived.conf").write_text(CONFIG)
    (directory / "ask.py").write_text(ASK)
    arguments = ["unshare", "-n", "-m", "-p", "-f", "--mount-proc", "sh", "-c", INSIDE, "sh", str(directory)]
    collections = Path(__file__).parents[2] / ".ansible" / "collections"
    done = subprocess.run(
        [*arguments, sys.executable],
        env={**os.environ, "PYTHONPATH": str(collections)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=900,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_instance(results: dict[str, Any]) -> None:
    found = results["found"]
    assert (found["installed"], found["running"], found["errors"]) == (True, True, [])
    (instance,) = found["instances"]
    assert (instance["name"], instance["state"], instance["vrid"], instance["auth"]) == ("web", "MASTER", 51, "pass")
    assert (instance["base_priority"], instance["priority"]) == (100, 80)
    assert (instance["addresses"], instance["addresses_set"]) == (["198.51.100.200/24"], True)
    assert instance["counters"]["became_master"] == 1
    assert found["scripts"] == [{"name": "fails", "status": "BAD", "weight": -20, "instances": ["web"]}]
    assert found["pid"] in found["pids"]
    assert len(found["pids"]) == 2


def test_no_password_anywhere(results: dict[str, Any]) -> None:
    assert "s3cretpw" not in json.dumps(results)


def test_files_are_left_as_found(results: dict[str, Any]) -> None:
    assert results["left"] == []
    assert results["again"]["errors"] == []
    assert results["kept"] == "somebody else's"
    assert not results["outside"]


def test_a_daemon_that_is_just_starting_is_not_harmed(results: dict[str, Any]) -> None:
    assert results["found"]["running"]


def test_readers_at_the_same_time_each_get_the_whole(results: dict[str, Any]) -> None:
    assert results["together"] == [[[], ["web"]]] * 4


def test_a_daemon_that_does_not_answer_is_said_within_a_bound(results: dict[str, Any]) -> None:
    frozen = results["frozen"]
    assert frozen["running"]
    assert "did not write /tmp/keepalived.data within 5 s" in frozen["errors"][0]
    assert results["thawed"]["errors"] == []
    assert results["left_after_frozen"] == "somebody else's"


def test_no_daemon_is_no_error(results: dict[str, Any]) -> None:
    ended = results["ended"]
    assert (ended["running"], ended["pids"], ended["instances"], ended["errors"]) == (False, [], [], [])
