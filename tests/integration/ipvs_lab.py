# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A director for the tests of the IPVS modules: a container of its own on the lab's kernel, with an agent inside.

The tables of the lab's directors are not touched: IPVS has one table for each network namespace, and the agent makes
one for each test.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import IO, Any

import ansible
import pyroute2

from lab.lab import Lab
from lab.stack import ROOT

TREE = "/opt/ipvs-tests"
MODULE = "ansible_collections.vipstack.lvs.plugins.modules.ipvs"


# A segment of its own for a director, its client and its real servers, which have the VIP and are silent about it.
SEGMENT = """
link del eth0
link add br0 type bridge
link set br0 up
address add 198.51.100.1/24 dev br0
"""
MEMBER = """
netns add {name}
link add eth0 netns {name} type veth peer name to-{name}
link set to-{name} master br0 up
-n {name} link set lo up
-n {name} link set eth0 up
"""
SILENT = ("net.ipv4.conf.all.arp_ignore=1", "net.ipv4.conf.all.arp_announce=2")


class Refused(Exception):
    """The module failed; the text is its message."""


class Director:
    """One container with one agent. Use as a context manager; it is removed at the end."""

    def __init__(self, name: str) -> None:
        self._environment = dict(Lab().docker.environ)
        self._name = name
        self.messages, self.seconds = 0, 0.0  # of the last run
        self._agent: subprocess.Popen[str] | None = None

    def __enter__(self) -> Director:
        image = self._docker("inspect", "--format", "{{.Config.Image}}", "d1").stdout.decode().strip()
        self._docker("rm", "-f", self._name, check=False)
        options = ["--privileged", "--network", "none", "-v", "/lib/modules:/lib/modules:ro", "--entrypoint", "sleep"]
        self._docker("run", "-d", "--name", self._name, *options, image, "infinity")
        # The lab's image carries the packages that it offers.
        self._docker("exec", self._name, "apt-get", "-qq", "install", "-y", "ipvsadm")
        self.push()
        path = "%s:%s/pip" % (TREE, TREE)
        command = ["docker", "exec", "-i", "-e", "PYTHONPATH=" + path, self._name, "python3", "-u", TREE + "/agent.py"]
        self._agent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._agent:
            stdin, stdout = self._pipes()
            stdin.close()
            self._agent.wait(120)
            stdout.close()
        self._docker("rm", "-f", self._name, check=False)

    def _docker(self, *argv: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["docker", *argv], check=check, capture_output=True, env=self._environment, **more)

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._agent
        assert self._agent.stdin
        assert self._agent.stdout
        return self._agent.stdin, self._agent.stdout

    def push(self) -> None:
        """The collection, what its modules import of Ansible, the agent, and pyroute2 as the controller has it."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for folder in ("module_utils", "modules"):
                place = "ansible_collections/vipstack/lvs/plugins/" + folder
                tar.add(ROOT / "plugins" / folder, place, filter=_without_caches)
            core = Path(ansible.__file__).parent
            for name in ("module_utils", "release.py"):
                tar.add(core / name, "ansible/" + name, filter=_without_caches)
            tar.addfile(tarfile.TarInfo("ansible/__init__.py"))  # empty, as Ansible sends it
            for script in Path(__file__).parent.glob("ipvs_*.py"):
                tar.add(script, script.name[len("ipvs_") :])
            tar.add(Path(pyroute2.__file__).parent, "pip/pyroute2", filter=_without_caches)
        self._docker("exec", self._name, "mkdir", "-p", TREE)
        self._docker("exec", "-i", self._name, "tar", "-C", TREE, "-x", input=archive.getvalue())

    def call(self, call: str, **arguments: Any) -> Any:
        """One call of the agent. Raises RuntimeError where it raised."""
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(dict(arguments, call=call)) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline() or '{"raised": "the agent has ended"}')
        if "raised" in answer:
            raise RuntimeError(answer["raised"])
        return answer["result"]

    @property
    def name(self) -> str:
        """Of the container."""
        return self._name

    @property
    def environment(self) -> dict[str, str]:
        """With which Docker's client, and Ansible's connection, find it."""
        return self._environment

    def empty(self) -> None:
        """The table that tasks of Ansible see, which run in the container's own network namespace."""
        self._docker("exec", self._name, "ipvsadm", "-C")

    # --- what tests say

    def fresh(self) -> None:
        self.call("fresh")

    def ipvs(self, check: bool = False, **params: Any) -> list[str]:
        """The steps of a run of the module ipvs, one line each. Raises Refused."""
        answer = self.call("apply", params=params, check=check)
        if "error" in answer:
            raise Refused(answer["error"])
        self.messages, self.seconds = answer["messages"], answer["seconds"]
        steps: list[str] = answer["steps"]
        return steps

    def info(self, counters: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = self.call("info", counters=counters)
        return found

    def sh(self, *argv: str, stdin: str = "", check: bool = True) -> str:
        """The output of a command. Raises RuntimeError with its error text."""
        done = self.call("sh", argv=list(argv), stdin=stdin)
        if check and done["rc"]:
            raise RuntimeError("%s: %s" % (" ".join(argv), done["err"] or done["out"]))
        output: str = done["out"]
        return output

    def ip(self, text: str) -> None:
        """Lines of ``ip``."""
        for line in text.strip().splitlines():
            self.sh("ip", *line.split())

    def segment(self, client: str, real_servers: dict[str, list[str]], vip: str) -> None:
        """A fresh segment: this director with 198.51.100.1, the client, the real servers by name with addresses."""
        self.fresh()
        self.ip(SEGMENT)
        for name, addresses in {"client": [client], **real_servers}.items():
            self.sh("ip", "netns", "del", name, check=False)
            self.ip(MEMBER.format(name=name))
            for address in addresses:
                self.ip("-n %s address add %s/24 dev eth0" % (name, address))
        for name in real_servers:
            for setting in SILENT:
                self.sh(*self.within(name), "sysctl", "-qw", setting)
            self.ip("-n %s address add %s/32 dev lo" % (name, vip))

    @staticmethod
    def within(name: str) -> list[str]:
        """What a command begins with that runs at a member of the segment."""
        return ["ip", "netns", "exec", name]

    def spawn(self, *argv: str) -> int:
        pid: int = self.call("spawn", argv=list(argv))
        return pid

    def write(self, path: str, text: str) -> None:
        self.sh("tee", path, stdin=text)

    def module(self, params: dict[str, Any], check: bool = False, name: str = MODULE) -> dict[str, Any]:
        """The module as a process of its own, as Ansible starts it."""
        arguments = dict(params, _ansible_check_mode=check, _ansible_diff=True)
        self.write("/tmp/arguments.json", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        result: dict[str, Any] = json.loads(self.sh("python3", "-m", name, "/tmp/arguments.json", check=False))
        return result


def _without_caches(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry
