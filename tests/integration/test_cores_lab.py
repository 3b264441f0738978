# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of ansible-core that Debian 12's Python is too old for: site.yml, and a check with traffic."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import cores
from lab.stack import Stack

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("stack")]


def logs(version: str) -> list[Path]:
    return list((cores.work(version) / "src" / "build").glob("site-*.log"))


@pytest.mark.parametrize("version", cores.VERSIONS)
def test_it_deploys_the_stack(version: str) -> None:
    for log in logs(version):
        log.unlink()
    assert cores.enter(version, "make", "lab") == 0
    text = "".join(log.read_text() for log in logs(version))
    assert "PLAY RECAP" in text
    assert "[DEPRECATION WARNING]" not in text


def test_a_target_that_fails_is_told(stack: Stack) -> None:
    stack.run("app1", "systemctl stop lab-app.service")
    try:
        assert cores.enter(cores.VERSIONS[-1], "make", "lab") != 0
    finally:
        stack.run("app1", "systemctl start lab-app.service")
