# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's files say, on trees made for it; and the lock that lets one writer in."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.schedulers import (
    Schedulers,
    exclusive,
    loadable,
    module_folder,
    schedulers,
)


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


@pytest.fixture
def modules(tmp_path: Path) -> str:
    """The folder of the running kernel's modules, below the root of the test."""
    return module_folder(str(tmp_path))[len(str(tmp_path)) :] + "/kernel/net/netfilter/ipvs/"


def test_schedulers_on_the_disk_under_any_compression(tmp_path: Path, modules: str) -> None:
    files = ["ip_vs.ko", "ip_vs_rr.ko", "ip_vs_wrr.ko.xz", "ip_vs_mh.ko.zst", "ip_vs_ftp.ko", "ip_vs_pe_sip.ko"]
    touch(tmp_path, *(modules + name for name in files))
    assert schedulers(str(tmp_path)) == Schedulers(["mh", "rr", "wrr"], True)


def test_schedulers_that_are_loaded_or_built_in(tmp_path: Path) -> None:
    touch(tmp_path, "sys/module/ip_vs/x", "sys/module/ip_vs_wlc/x", "sys/module/tcp_bbr/x")
    builtin = Path(module_folder(str(tmp_path))) / "modules.builtin"
    touch(tmp_path, str(builtin)[len(str(tmp_path)) :])
    builtin.write_text("kernel/net/ipv4/tcp_cubic.ko\nkernel/net/netfilter/ipvs/ip_vs_sh.ko\n")
    assert schedulers(str(tmp_path)) == Schedulers(["sh", "wlc"], False)


def test_nothing_to_see_is_not_the_same_as_nothing_there(tmp_path: Path) -> None:
    assert schedulers(str(tmp_path)) == Schedulers([], False)


def test_ip_vs_can_be_loaded_where_its_file_is(tmp_path: Path, modules: str) -> None:
    assert not loadable(str(tmp_path))
    touch(tmp_path, modules + "ip_vs_rr.ko")
    assert not loadable(str(tmp_path))
    touch(tmp_path, modules + "ip_vs.ko.xz")
    assert loadable(str(tmp_path))


HOLD = """
import sys
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.schedulers import exclusive
with exclusive():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock until its input ends."""
    environment = {"PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_gives_up_with_a_reason(holder: subprocess.Popen[str]) -> None:
    reason = "another run is changing the IPVS table of this network namespace"
    with pytest.raises(LvsError, match=reason), exclusive(seconds=0.2):
        pytest.fail("two writers at once")


def test_a_second_writer_waits_for_the_first(holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert holder.stdin is not None
    ends = holder.stdin.close
    looks: list[float] = []

    def pause(seconds: float) -> None:
        """The first ends only after the second has found the lock taken."""
        looks.append(seconds)
        ends()
        sleep(seconds)

    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", pause)
    with exclusive(seconds=300):
        assert looks


def test_the_lock_of_a_killed_writer_is_free(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with exclusive(seconds=0):
        pass
