#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: observe
short_description: Look at a host, as the model has it
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Asks M(vipstack.lvs.inspect) on the host for all that can be compared with the host's part of the model.
  - A host that does not answer, or where the module fails, is an observation as well; the task does not fail.
  - It needs the variable C(lvs_model) of the role C(topology).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  purpose:
    description:
      - What the answers are for. V(status) and V(preview) ask for less, and come sooner.
      - V(family) only finds out which distribution it is, as the fact C(lvs_host) of M(vipstack.lvs.host_facts); what
        the files of a role have to be depends on it.
    type: str
    choices: [family, preflight, verify, status, preview]
    default: verify
  roles:
    description: Roles whose files are looked at; RV(observation) has what they have to be.
    type: list
    elements: str
    default: []
  expected:
    description:
      - Name of the variable in which M(vipstack.lvs.expected_files) was registered. Where the host is another one than
        the inventory lets expect, what its files have to be is computed again.
    type: str
    default: ""
  before:
    description: RV(observation) of an earlier task. A host that was not seen then is not asked again.
    type: dict
    default: {}
seealso:
  - module: vipstack.lvs.inspect
  - module: vipstack.lvs.verify
"""

EXAMPLES = r"""
- name: Look at the host
  vipstack.lvs.observe:
    purpose: status
  register: status_seen
"""

RETURN = r"""
observation:
  description: What was seen of the host.
  type: dict
  returned: always
  contains:
    status: {description: "V(seen), V(unreachable) or V(failed).", type: str}
    message: {description: Why it was not seen., type: str}
    report: {description: The result of M(vipstack.lvs.inspect)., type: dict}
    facts: {description: The fact C(lvs_host) of M(vipstack.lvs.host_facts)., type: dict}
    expected: {description: The option O(expected)., type: dict}
    asked: {description: The controller's time before the question., type: float}
    answered: {description: The controller's time after the answer., type: float}
"""
