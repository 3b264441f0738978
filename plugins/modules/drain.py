#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drain
short_description: Drain a real server on a director by hand, or put it back
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Checks the names against the model and writes the files of M(vipstack.lvs.weights) on the director. Where Keepalived
    owns the table, new connections stop at once; where it is static, the table has to be written after this.
  - It needs the variable C(lvs_model) of the role C(topology), and has to run on every director.
extends_documentation_fragment:
  - vipstack.lvs.attributes.inner
attributes:
  check_mode:
    description: Nothing is changed in check mode.
    support: full
  diff_mode:
    description: Shows the files that change.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  host:
    description: The real server.
    type: str
    required: true
  service:
    description: One virtual service that it is drained from. All that it serves where none is given.
    type: str
    default: ""
  state:
    description: Whether it is drained or put back.
    type: str
    choices: [drained, active]
    default: drained
  force:
    description: Drain the last real server of a service, too, and one without which it is below its quorum.
    type: bool
    default: false
  scheme:
    description: As in M(vipstack.lvs.weights).
    type: str
    choices: [weights, drains]
    default: weights
notes:
  - Use the playbook C(vipstack.lvs.drain).
seealso:
  - module: vipstack.lvs.weights
  - module: vipstack.lvs.drain_wait
"""

EXAMPLES = r"""
- name: Drain web1
  vipstack.lvs.drain:
    host: web1
"""

RETURN = r"""
services:
  description: The services of this director that are meant.
  type: list
  elements: str
  returned: success
weights:
  description: The weight of each real server of each service, V(0) where it is drained.
  type: dict
  returned: success
drained:
  description: Those that are drained by hand, and since when.
  type: dict
  returned: success
changes:
  description: What was written, one line for each.
  type: list
  elements: str
  returned: success
"""
