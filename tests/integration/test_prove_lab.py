# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lab` fails if one of its checks fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.play import LONGEST
from lab.stack import ROOT, Stack


@pytest.fixture
def one_application_is_down(stack: Stack) -> Iterator[None]:
    """A fault that site.yml does not repair."""
    stack.run("app1", "systemctl stop lab-app.service")
    yield
    stack.run("app1", "systemctl start lab-app.service")


@pytest.mark.usefixtures("one_application_is_down")
def test_answers_of_one_application_alone_fail_the_check() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.prove"], cwd=ROOT, env={**os.environ, "PYTHONPATH": "tests/lab"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "check failed: 1000 requests through the VIP spread over nodes and applications, none fails" in done.stdout
    assert "'app2': 1000" in done.stdout
