#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preview
short_description: Write what a host would get into a folder
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Writes the files, addresses, sysctls and the IPVS table that a host would get below O(dest), in a folder named after
    the host.
  - It is an action that runs on the controller; no connection to the host is made, and no rights are needed.
  - The texts come from the functions that the modules use on the host.
extends_documentation_fragment:
  - vipstack.lvs.attributes.inner
attributes:
  check_mode:
    description: Predicts the changed status and touches nothing.
    support: full
  diff_mode:
    description: Shows what changed.
    support: none
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  dest:
    description: A folder on the controller. It is made when it is not there.
    type: path
    required: true
  files:
    description: The list of files of a role, C(ROLE_files).
    type: dict
    suboptions:
      sets:
        description: Sets of files as M(vipstack.lvs.config_tree) gets them.
        type: list
        elements: dict
        default: []
      kernel:
        description: The options of M(vipstack.lvs.kernel).
        type: dict
      weights:
        description: The options C(destinations) and C(scheme) of M(vipstack.lvs.weights).
        type: dict
      vips:
        description: The options of M(vipstack.lvs.real_server_vip).
        type: dict
      secrets:
        description: Values that a preview shows as V(********).
        type: list
        elements: str
        default: []
  slice:
    description: The host's part of the model, for its addresses and its IPVS table.
    type: dict
  outage:
    description:
      - Write C(outage.txt) beside the folders of the hosts, and show it. It tells the longest outage of each fault, for
        all clusters of C(lvs_model).
    type: bool
    default: false
  observed:
    description:
      - Name of the variable in which M(vipstack.lvs.observe) with O(vipstack.lvs.observe#module:purpose=preview) was
        registered for each host of the play. Write C(changes.txt) beside the folders of the hosts, and show it. It
        tells what a run would do to the live hosts.
    type: str
notes:
  - Use the playbook C(vipstack.lvs.preview).
seealso:
  - module: vipstack.lvs.topology
"""

EXAMPLES = r"""
- name: Preview the addresses and the table of this host
  vipstack.lvs.preview:
    dest: build/preview
    slice: "{{ lvs_model.hosts[inventory_hostname] }}"
"""

RETURN = r"""
files:
  description: Files that were written, below O(dest).
  type: list
  elements: str
  returned: always
  sample: [d1/etc/keepalived/keepalived.conf]
changes:
  description: What a run would do to the live hosts.
  type: dict
  returned: when O(observed) is given
  sample:
    hosts:
      d1:
        seen: true
        message: ""
        changes:
          - ~ /etc/keepalived/keepalived.conf
          - ~ tcp 198.51.100.200:80 -> 198.51.100.102:80 weight 1 => 2
        daemons: [Keepalived is reloaded]
    transitions: {default: []}
"""
