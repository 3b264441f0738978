# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the package `lab` importable."""

from __future__ import annotations

import sys
from pathlib import Path

LAB = str(Path(__file__).parents[2] / "lab")
if LAB not in sys.path:
    sys.path.insert(0, LAB)
