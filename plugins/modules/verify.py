#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Judge what was seen of all hosts by the model
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Compares what M(vipstack.lvs.observe) saw of the hosts of the play with the model, all hosts together, and shows
    every deviation with what is, what should be, where to look and what to do.
  - It is an action that runs once, on the controller; no connection is made. It does not fail by what it finds; see
    RV(ok).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  observed:
    description: Name of the variable in which the observations were registered.
    type: str
    default: verify_seen
  output:
    description: What to show.
    type: str
    choices: [table, json, none]
    default: table
  result:
    description: A file on the controller that the verdict is written to, as JSON.
    type: path
  strict:
    description: Whether warnings and what is degraded count as failing, too.
    type: bool
    default: false
notes:
  - Use the playbook C(vipstack.lvs.verify).
seealso:
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: Judge what was seen of all hosts
  vipstack.lvs.verify:
    result: build/verdict.json
  register: verdict
  run_once: true

- name: Fail where a host is not as the model says
  ansible.builtin.fail:
    msg: "{{ verdict.summary }}"
  when: not verdict.ok
  run_once: true
"""

RETURN = r"""
ok:
  description: Whether nothing was found that makes a run fail.
  type: bool
  returned: always
failing:
  description: The codes of the findings that make a run fail, each once.
  type: list
  elements: str
  returned: always
  sample: [vip_on_both, vrrp_filtered]
summary:
  description: One line that names the codes.
  type: str
  returned: always
  sample: "4 hosts: 2 errors (vrrp_filtered, vip_on_both)"
counts:
  description: How many findings there are of each severity.
  type: dict
  returned: always
  sample: {error: 2, warning: 0, degraded: 0, note: 0}
hosts:
  description: The hosts that were part of the run.
  type: list
  elements: str
  returned: always
unseen:
  description: The hosts of the model that were not.
  type: list
  elements: str
  returned: always
findings:
  description: Every finding, errors first and causes before consequences.
  type: list
  elements: dict
  returned: always
  contains:
    code: {description: What kind of finding it is., type: str}
    severity: {description: "V(error), V(warning), V(degraded) or V(note).", type: str}
    host: {description: "Inventory name, or several with commas.", type: str}
    hosts: {description: "Inventory names.", type: list, elements: str}
    what_is: {description: What was seen., type: str}
    what_should_be: {description: What the model says., type: str}
    path: {description: Where that stands in the inventory., type: str}
    means: {description: What this kind of finding means., type: str}
    where_to_look: {description: A command or a place on the host., type: str}
    remedy: {description: What to do., type: str}
"""
