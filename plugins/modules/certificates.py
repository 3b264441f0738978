#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificates
short_description: Decide which certificates are asked for
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - From what M(vipstack.lvs.certificate_files) saw on the nodes of a play. It is an action that runs on the controller;
    no connection is made.
  - It needs the variable C(lvs_model) of the role C(topology).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  seen:
    description: Name of the variable in which M(vipstack.lvs.certificate_files) was registered.
    type: str
    required: true
  ordered:
    description:
      - Name of the variable in which M(vipstack.lvs.certificate_order) was registered. With it the result is what comes
        to which node, and such a task needs C(no_log).
    type: str
  taken:
    description: Name of the variable in which M(vipstack.lvs.certificate_files) with keys was registered.
    type: str
  strict:
    description: Whether each certificate that was not renewed is a failure, and not only one that no node has.
    type: bool
    default: true
notes:
  - Use the playbook C(vipstack.lvs.certificates).
seealso:
  - module: vipstack.lvs.certificate_order
"""

EXAMPLES = r"""
- name: Decide which certificates are asked for, and where
  vipstack.lvs.certificates:
    seen: certificates_seen
  register: plan
  run_once: true
"""

RETURN = r"""
orders:
  description: Options of M(vipstack.lvs.certificate_order), by the node that asks.
  type: dict
  returned: always
copies:
  description: Names of certificates that other nodes lack, by the node that has the best one.
  type: dict
  returned: always
client:
  description: Nodes on which the client of ACME has to be installed.
  type: list
  elements: str
  returned: always
troubles:
  description: What is not asked for though it should be, and why, by name.
  type: dict
  returned: always
urgent:
  description: Certificates that no node has, or not for long.
  type: list
  elements: str
  returned: always
pairs:
  description: Certificates with their keys, by the node that gets them.
  type: dict
  returned: with O(ordered)
words:
  description: What was not done, a line each.
  type: list
  elements: str
  returned: with O(ordered)
failing:
  description: Whether the run has to fail.
  type: bool
  returned: with O(ordered)
"""
