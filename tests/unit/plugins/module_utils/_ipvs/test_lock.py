# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writers of the table: one at a time, and a killed one keeps nobody out."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Iterator

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.lock import exclusive

HOLD = """
import sys
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.lock import exclusive
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
