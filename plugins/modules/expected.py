#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expected
short_description: What the files of a role have to be, as digests
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Takes sets of files as M(vipstack.lvs.config_tree) gets them and returns their digests, to be compared with what
    M(vipstack.lvs.inspect) finds on the host.
  - It is an action that runs on the controller; no connection is made.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.info
options:
  trees:
    description: Sets of files as M(vipstack.lvs.config_tree) gets them.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The directory that the set lives under.
        type: path
        required: true
      files:
        description: The files of the set.
        type: list
        elements: dict
        required: true
  kernel:
    description: The options of M(vipstack.lvs.kernel), for the files that it makes.
    type: dict
seealso:
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: What the file has to be is known
  vipstack.lvs.expected:
    trees:
      - path: /etc/keepalived
        files:
          - path: keepalived.conf
            content: "{{ lookup('ansible.builtin.template', 'keepalived.conf.j2') }}"
            mode: "0640"
  register: keepalived_expected
"""

RETURN = r"""
files:
  description: Each path with the digest and mode that it has to have, null for a file that has to be absent.
  type: dict
  returned: always
  sample: {/etc/keepalived/keepalived.conf: {sha256: 9f86d0…, mode: "0640"}}
"""
