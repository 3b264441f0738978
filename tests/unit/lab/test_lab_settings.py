# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab is told by the environment, and the one line that it answers where that cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lab import tools
from lab.state import LabError, Settings, State, size

GIB = 1 << 30
GENEROUS = 120.0  # seconds for a command to end
LAB = Path(__file__).parents[2] / "lab"


def command(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The lab as a command, with nothing of our own environment that is meant for it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LAB_", "DOCKER_"))}
    return subprocess.run(
        [sys.executable, "-m", "lab", *words],
        env={**inherited, "PYTHONPATH": str(LAB), **environ}, capture_output=True, text=True, timeout=GENEROUS,
        check=False,
    )  # fmt: skip


def test_nothing_said_is_the_usual_lab() -> None:
    settings = Settings.of({})
    assert (settings.name, settings.engine, settings.mem, settings.disk, settings.cpu, settings.suite) == (
        "lab", "auto", "4G", "16G", None, None,
    )  # fmt: skip
    assert settings.own_docker_host == "unix:///var/tmp/vipstack-lab/lab/docker.sock"
    assert settings.cache == Path("/var/tmp/vipstack-lab/cache")


def test_empty_is_as_good_as_not_there() -> None:
    names = ("LAB_NAME", "LAB_DIR", "LAB_CACHE", "LAB_ENGINE", "LAB_SUITE", "LAB_MEM", "LAB_DISK", "LAB_CPU")
    assert Settings.of(dict.fromkeys((*names, "DOCKER_HOST"), "")) == Settings.of({})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LAB_NAME": "Lab"}, "LAB_NAME is 'Lab'; must be 1-16 of a-z, 0-9 and -"),
        ({"LAB_NAME": "a" * 17}, f"LAB_NAME is '{'a' * 17}'; must be 1-16 of a-z, 0-9 and -"),
        ({"LAB_NAME": "../x"}, "LAB_NAME is '../x'; must be 1-16 of a-z, 0-9 and -"),
        ({"LAB_NAME": "cache"}, "LAB_NAME is 'cache'; that folder is what all labs share: take another name"),
        ({"LAB_ENGINE": "kvm"}, "LAB_ENGINE is 'kvm'; must be one of auto, uml, docker"),
        ({"LAB_MEM": "4096"}, "LAB_MEM is '4096'; must be a number and K, M or G, such as 4G"),
        ({"LAB_MEM": "0G"}, "LAB_MEM is '0G'; must be a number and K, M or G, such as 4G"),
        ({"LAB_MEM": "512M"}, "LAB_MEM is 512M; seven hosts need 1G at least"),
        ({"LAB_DISK": "1T"}, "LAB_DISK is '1T'; must be a number and K, M or G, such as 4G"),
        ({"LAB_DISK": "2G"}, "LAB_DISK is 2G; seven hosts need 3G at least"),
        ({"LAB_CPU": "first"}, "LAB_CPU is 'first'; must be the number of a CPU"),
        ({"LAB_DIR": "/" + "x" * 100}, f"LAB_DIR is /{'x' * 100}; a unix socket in it would have too long a path"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(environ: dict[str, str], said: str) -> None:
    with pytest.raises(LabError) as error:
        Settings.of(environ)
    assert str(error.value) == said


@pytest.mark.parametrize(("text", "there"), [("3K", 3072), ("512M", 512 << 20), ("4G", 4 * GIB)])
def test_sizes(text: str, there: int) -> None:
    assert size(text) == there


def test_two_labs_of_one_name_in_two_folders_share_nothing() -> None:
    usual, other = Settings.of({}), Settings.of({"LAB_DIR": "/srv/lab"})
    assert usual.unique == "vipstack-lab"
    assert other.unique.startswith("vipstack-lab-")
    assert other.unique != Settings.of({"LAB_DIR": "/srv/lab2"}).unique


def test_what_up_decided_is_found_again(tmp_path: Path) -> None:
    settings = replace(Settings.of({}), dir=tmp_path / "lab")
    assert State.load(settings) is None
    state = State("uml", settings.own_docker_host, 1, "forky", ("d1",))
    state.save(settings)
    assert State.load(settings) == state


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"engine": "uml"}', '{"engine": "uml", "docker_host": "x", "more": 1}']
)
def test_a_broken_record_is_said(tmp_path: Path, text: str) -> None:
    settings = replace(Settings.of({}), dir=tmp_path)
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(LabError, match=r"state\.json cannot be read .*; run: lab down"):
        State.load(settings)


@pytest.mark.parametrize(
    ("shm", "memory", "disk", "said"),
    [
        (4, 4, 4, None),
        (3.9, 9, 9, "/dev/shm has 3.9 GiB free; LAB_MEM is 4G: free some or set LAB_MEM=2G"),
        (9, 1.5, 9, "memory has 1.5 GiB free; LAB_MEM is 4G: free some or set LAB_MEM=2G"),
        (9, 9, 3.5, "/x has 3.5 GiB free; the lab needs 4: free some or set LAB_DIR and LAB_CACHE"),
    ],
)
def test_room(shm: float, memory: float, disk: float, said: str | None) -> None:
    found = tools.room(Settings.of({}), int(shm * GIB), int(memory * GIB), {Path("/x"): int(disk * GIB)})
    assert found == said


def test_memory_is_what_new_processes_can_have(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  8000000 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n")
    assert tools.available_memory(tmp_path / "meminfo") == 2 << 20


def test_packages_are_named_by_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ip", "docker", "unshare", "nsenter", "taskset", "mount", "gpgv"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "KEYRING", tmp_path / "none.gpg")
    named = tools.missing()
    assert [name for name in named if name != "python3-venv"] == [
        "debian-archive-keyring", "e2fsprogs", "mmdebstrap", "socat",
    ]  # fmt: skip


def test_not_root_is_said() -> None:
    code = "import os; from lab import tools; os.geteuid() or os.setuid(65534); tools.require_root()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(LAB)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1].endswith(
        "LabError: the lab makes namespaces, mounts and containers: run it as root"
    )


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (("status",), {"LAB_ENGINE": "vmware"}, "lab: LAB_ENGINE is 'vmware'; must be one of auto, uml, docker"),
        (("exec", "d1", "--", "true"), {}, "lab: lab none is not up; run: lab up"),
        (("wire", "cut", "d1"), {}, "lab: lab none is not up; run: lab up"),
        (("reboot", "d1"), {}, "lab: lab none is not up; run: lab up"),
        (("reset", "d9"), {}, "lab: no host 'd9'; there are d1, d2, web1, web2, app1, app2, client"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(
    words: tuple[str, ...], environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = command(*words, LAB_NAME="none", LAB_DIR=str(tmp_path), **environ)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said + "\n")
