# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of this collection says about check mode, diff mode and repeated runs."""

from __future__ import annotations


class ModuleDocFragment:
    """``vipstack.lvs.attributes`` for all, with ``.changes`` for what changes a host, ``.info`` for what only reads,
    ``.platform`` for Linux and ``.inner`` for inner parts."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts the changed status and touches nothing.
  diff_mode:
    description: Shows what changed, or would change in check mode, in lines for a person to read.
  idempotent:
    description: A second run with the same options, on a host that nobody else changed meanwhile, changes nothing.
"""

    # For modules that change a host and do all that is said above.
    CHANGES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    # For modules that only read; together with the first one.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: [This module only reads.]
  diff_mode:
    support: N/A
    details: [This module only reads.]
  idempotent:
    support: full
    details: [This module only reads.]
"""

    PLATFORM = r"""
options: {}
attributes:
  platform:
    description: Target systems on which the module works.
    platforms: linux
    support: full
"""

    # For modules that only the roles and playbooks of this collection use.
    INNER = r"""
options: {}
notes:
  - This module is an inner part of the collection. Its roles and playbooks use it. It may change in any release.
"""
