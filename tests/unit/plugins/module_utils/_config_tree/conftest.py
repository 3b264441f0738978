# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for whole runs of config_tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from config_tree_host import Host, no_exchange

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import syscalls

MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory, where there is such a place: these tests make and delete 100,000 files.

    Whole runs on a disk are among the tests of the modules and of the integration.
    """
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="vipstack-") as folder:
        yield Path(folder)


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
