# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the stack keeps things on a host."""

from __future__ import annotations

STATE = "/var/lib/vipstack-lvs"
WEIGHTS = STATE + "/weights"
TRANSITION_LOG = "/var/log/vipstack-lvs/transitions.log"
