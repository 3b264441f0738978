#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: topology
short_description: Compute the model from the inventory
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Reads the variables C(lvs_*) of every host of the groups of directors and real servers and computes what each host
    has to be. The role C(topology) registers RV(model) once for all hosts, and every role of the collection reads it as
    the variable C(lvs_model).
  - All mistakes of the inventory are reported at once, each with its path, its value and what is allowed, before any
    host is touched.
  - A value that hosts share, as those of a group do, is templated once for all of them.
  - Of more than fifty mistakes the first fifty are shown and the others counted.
  - It is an action that runs on the controller; no connection is made and no fact is read. It sees the whole inventory
    whatever the play and C(--limit) say, so every host gets the same model.
  - Secrets are not part of the model.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  canary:
    description: Shares of canaries that count instead of those of the inventory, as its C(lvs_nginx_canary).
    type: dict
    default: {}
seealso:
  - module: vipstack.lvs.preview
"""

EXAMPLES = r"""
- name: Compute the model from the inventory
  vipstack.lvs.topology:
  register: computed
  run_once: true

- name: Show what a host has to be
  ansible.builtin.debug:
    var: computed.model.hosts[inventory_hostname]
"""

RETURN = r"""
model:
  description: RV(model.clusters) by name and RV(model.hosts) by inventory name.
  type: dict
  returned: when the inventory has no mistake
  contains:
    clusters:
      description: Directors, real servers, VIPs and their worst-case outages, by cluster.
      type: dict
    hosts:
      description: The slice of each host.
      type: dict
stack:
  description: Names and places that all roles share.
  type: dict
  returned: when the inventory has no mistake
  sample: {scripts: /usr/libexec/keepalived, log: /var/log/vipstack-lvs}
mistakes:
  description: Everything that is wrong with the inventory.
  type: list
  elements: dict
  returned: when the inventory has mistakes and the playbook goes on, by C(ignore_errors) or C(rescue)
  contains:
    path:
      description: Where it stands.
      type: str
      sample: lvs_virtual_services.web.ports[1]
    message:
      description: What stands there and what is allowed.
      type: str
      sample: lvs_virtual_services.web.ports[1] is 70000; must be 1-65535
"""
