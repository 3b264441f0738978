# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for whole runs of config_tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_tree_host import Host, no_exchange

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import syscalls


@pytest.fixture
def host(tmp_path: Path) -> Host:
    (tmp_path / "etc").mkdir()
    return Host(tmp_path)


@pytest.fixture(params=["exchange", "file by file"])
def any_swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to swap: the second is what a kernel or file system without the first leaves."""
    if request.param == "file by file":
        monkeypatch.setattr(syscalls, "exchange", no_exchange)
    return str(request.param)
