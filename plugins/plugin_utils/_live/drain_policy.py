# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a real server is drained: what the model wants, and what an operator did. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drain:
    """Who takes a real server out of a service. ``since``: when an operator did, None where nobody did."""

    by_model: bool
    since: str | None = None

    def __bool__(self) -> bool:
        return self.by_model or self.since is not None

    def weight(self, otherwise: int) -> int:
        """The weight that the table has to have."""
        return 0 if self else otherwise

    def reason(self, host: str) -> str:
        """Where the drain can be ended. The model comes first: no playbook ends what the inventory wants."""
        if self.by_model or self.since is None:
            return "lvs_state or lvs_drained_services of %s" % host
        return "drain.yml, %s" % self.since
