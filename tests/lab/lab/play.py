"""Runs our playbooks against the lab: the inventory, the exit status, the output and the results."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.state import LabError

ROOT = Path(__file__).resolve().parents[3]
INVENTORY = ROOT / "inventories" / "lab"
COLLECTIONS = ROOT / ".ansible" / "collections"
LONGEST = 1800  # seconds; only what hangs takes so long
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Play:
    """One run of a playbook: its exit status, its output, how long it took in seconds, and what it wrote."""

    status: int
    output: str
    seconds: float
    result: dict[str, Any] = field(default_factory=dict)  # of verify and status; empty where nothing was written

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Host -> ``{ok, changed, …}`` from the end of the run."""
        return {
            host: {key: int(value) for key, value in (word.split("=") for word in words.split())}
            for host, words in _RECAP.findall(self.output)
        }

    def total(self, key: str) -> int:
        """ok, changed, failed … over all hosts."""
        return sum(counts[key] for counts in self.recap.values())

    @property
    def tasks_per_host(self) -> int:
        """The largest number of tasks of a host, including skipped ones."""
        return max(counts["ok"] + counts["failed"] + counts["skipped"] for counts in self.recap.values())

    @property
    def error(self) -> str:
        """The error messages of the run, shortened."""
        lines = self.output.splitlines()
        begin = next((number for number, line in enumerate(lines) if "[ERROR]" in line or "fatal:" in line), 0)
        return "\n".join(lines[begin : begin + 12])

    # -- the findings of verify

    def found(self, code: str) -> list[dict[str, Any]]:
        """The findings of one code."""
        return [one for one in self.result["findings"] if one["code"] == code]

    def codes(self, *severities: str) -> set[str]:
        """The codes of these severities, of errors where none is named."""
        wanted = severities or ("error",)
        return {one["code"] for one in self.result["findings"] if one["severity"] in wanted}

    def errors(self) -> set[tuple[str, str]]:
        """(host, code) of every error."""
        return {(one["host"], one["code"]) for one in self.result["findings"] if one["severity"] == "error"}


def ansible(
    docker_host: str, program: str, *arguments: str | Path, installed: str | None = None, log: Path | None = None
) -> Play:
    """Run a program of Ansible's to its end.

    ``installed`` is a search path of collections in place of the working tree's; it runs outside of that tree then.
    ``log`` has the output so far while it runs.
    """
    begin = time.monotonic()
    tools = Path(sys.executable).parent
    with log.open("w+b") if log else tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(
                [tools / program, *arguments],
                cwd=ROOT if installed is None else "/",
                env={**os.environ, "DOCKER_HOST": docker_host, "ANSIBLE_NOCOLOR": "1",
                     "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
                     "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS) if installed is None else installed},
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, timeout=LONGEST, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{program} {' '.join(map(str, arguments))}: no end after {LONGEST} s") from error
        seconds = time.monotonic() - begin
        said.seek(0)
        return Play(done.returncode, said.read().decode(errors="replace"), seconds)


def edited(folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the lab's inventory in ``folder``; ``edit`` gets what stands below ``all`` in its hosts.yml."""
    copy = folder / "inventory"
    shutil.copytree(INVENTORY, copy)
    hosts = copy / "hosts.yml"
    found = yaml.safe_load(hosts.read_text(encoding="utf-8"))
    edit(found["all"])
    hosts.write_text(yaml.safe_dump(found), encoding="utf-8")
    return copy


def written(path: Path) -> dict[str, Any]:
    """The JSON that a playbook wrote; empty if it wrote none."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
