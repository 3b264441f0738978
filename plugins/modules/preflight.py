#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Judge all hosts before a run
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Fails with all that is wrong with the hosts of the play and with the variables of the roles, host by host. Nothing
    is changed anywhere.
  - It needs the variable C(lvs_model) of the role C(topology), and what M(vipstack.lvs.observe) registered.
  - It has to run once, for all hosts of a play.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
notes:
  - Use the playbook C(vipstack.lvs.preflight).
options:
  observed:
    description:
      - The variable that M(vipstack.lvs.observe) registered on each host, with
        O(vipstack.lvs.observe#module:purpose=preflight).
    type: str
    default: preflight_seen
  output:
    description: What to show. With V(none) the message of a failure has all of it.
    type: str
    choices: [text, json, none]
    default: text
  result:
    description: A file on the controller for the result as JSON, with the facts of the hosts.
    type: path
seealso:
  - module: vipstack.lvs.fit
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: Stop with all that is wrong
  vipstack.lvs.preflight:
    observed: preflight_seen
  run_once: true
"""

RETURN = r"""
ok:
  description: Whether every host can be set up.
  type: bool
  returned: when every host can be set up
summary:
  description: The same in words.
  type: str
  returned: when every host can be set up
hosts:
  description: The hosts that were looked at.
  type: list
  elements: str
  returned: when every host can be set up
problems:
  description: What stops a run, by host.
  type: list
  elements: dict
  returned: when every host can be set up
  contains:
    host: {description: Inventory name., type: str}
    what: {description: The variable or the part of the host., type: str}
    found: {description: What it is., type: str}
    wanted: {description: What it must be., type: str}
    message: {description: The three as a sentence., type: str}
notes:
  description: What a person should know and what stops nothing.
  type: list
  elements: dict
  returned: when every host can be set up
  contains:
    host: {description: Inventory name., type: str}
    text: {description: The note., type: str}
"""
