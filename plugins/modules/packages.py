#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: packages
short_description: Install packages, with apt's lists refreshed where they are stale
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - A new host has no lists of packages, or old ones that name packages which its mirror no longer has. Where apt fails,
    its lists are refreshed once, and it is asked again. Lists that are good are left alone.
  - With dnf this is its own work.
extends_documentation_fragment:
  - vipstack.lvs.attributes.inner
attributes:
  check_mode:
    description: Lists are not refreshed. What is not in them counts as a change.
    support: full
  diff_mode:
    description: As the module of the package manager.
    support: partial
  idempotent:
    description: What is installed stays.
    support: full
options:
  name:
    description: The packages.
    type: list
    elements: str
    required: true
  state:
    description: V(latest) also upgrades them.
    type: str
    choices: [present, latest]
    default: present
  manager:
    description: The package manager of the host.
    type: str
    choices: [apt, dnf]
    required: true
seealso:
  - module: ansible.builtin.apt
  - module: ansible.builtin.dnf
"""

EXAMPLES = r"""
- name: Keepalived is installed
  vipstack.lvs.packages:
    name: [keepalived]
    manager: apt
"""

RETURN = r"""
msg:
  description: Why packages are not installed.
  type: str
  returned: where they are not
"""
