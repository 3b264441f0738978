#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fit
short_description: Stop where a host cannot be what the model says
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Asks M(vipstack.lvs.host_facts) on the host, and sets its fact C(lvs_host). What only a host can tell is taken from
    it, as the interface that has the host's address.
  - Fails with everything that is wrong with the host, before anything is changed on it.
  - It needs the variable C(lvs_model) of the role C(topology).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
attributes:
  facts:
    description: Returns C(ansible_facts).
    support: full
seealso:
  - module: vipstack.lvs.host_facts
  - module: vipstack.lvs.preflight
"""

EXAMPLES = r"""
- name: Look at the host
  vipstack.lvs.fit:
"""

RETURN = r"""
ansible_facts:
  description: The fact C(lvs_host) of M(vipstack.lvs.host_facts).
  type: dict
  returned: always
problems:
  description: All that is wrong.
  type: list
  elements: dict
  returned: when something is wrong
  contains:
    what: {description: The variable or the part of the host., type: str}
    found: {description: What it is., type: str}
    wanted: {description: What it must be., type: str}
    message: {description: The three as a sentence., type: str}
"""
