# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_tree_host import Host


@pytest.fixture
def managed(tmp_path: Path) -> Host:
    (tmp_path / "etc").mkdir()
    return Host(tmp_path)
