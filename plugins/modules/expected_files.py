#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expected_files
short_description: What the files of a role have to be, as digests
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Takes the list of files of a role and returns their digests, to be compared with what
    M(vipstack.lvs.inspect) finds on the host.
  - It is an action that runs on the controller; no connection is made.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  files:
    description: The list of files of a role, C(ROLE_files).
    type: dict
    required: true
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
        description: The options C(destinations) and C(scheme) of M(vipstack.lvs.weights). What is drained by
          hand is kept in its files, so there are no digests of them.
        type: dict
      vips:
        description: The options of M(vipstack.lvs.real_server_vip).
        type: dict
      secrets:
        description: Values that a preview shows as V(********).
        type: list
        elements: str
        default: []
seealso:
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: Compute what the files of Keepalived have to be
  vipstack.lvs.expected_files:
    files: "{{ keepalived_files }}"
  register: keepalived_expected
"""

RETURN = r"""
files:
  description: Each path with the digest and mode that it has to have, null for a file that has to be absent.
  type: dict
  returned: always
  sample: {/etc/keepalived/keepalived.conf: {sha256: 9f86d0…, mode: "0640"}}
"""
