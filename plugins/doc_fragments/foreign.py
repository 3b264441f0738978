# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules are asked of what other people have set up: ``QUESTION`` of ``_foreign/look.py`` as documentation."""

from __future__ import annotations


class ModuleDocFragment:
    """The option ``foreign``."""

    DOCUMENTATION = r"""
options:
  foreign:
    description: What to look for of what other people have set up, as the model of the host says.
    type: dict
    suboptions:
      vips:
        description: Addresses of VIPs.
        type: list
        elements: str
        default: []
      sysctls:
        description: Sysctls that a run sets, with their values.
        type: dict
        default: {}
      director:
        description: Whether the host is a director.
        type: bool
        default: false
      nginx:
        description: Whether the host runs Nginx.
        type: bool
        default: false
      static:
        description: Whether a run writes the table that is restored at boot.
        type: bool
        default: false
"""
