# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finding can be, and how bad each kind of them is."""

from __future__ import annotations

from typing import NamedTuple

ERROR, WARNING, DEGRADED, NOTE = "error", "warning", "degraded", "note"
SEVERITIES = (ERROR, WARNING, DEGRADED, NOTE)
"""error: not as the model says. warning: will hurt one day. degraded: as designed, but a part is out.
note: wanted by the operator."""


class Kind(NamedTuple):
    """One entry of the catalogue. ``look`` is a command or a place on the host that the finding names."""

    severity: str
    means: str
    look: str
    remedy: str


SITE = "run site.yml for this host; with --check --diff first it shows what will change"
