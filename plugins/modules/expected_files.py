#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expected_files
short_description: What the files of all hosts have to be, as digests
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Takes the lists of files of the roles, for each host of the play, and returns their digests, to be compared with
    what M(vipstack.lvs.inspect) finds on the host. One task does it for all hosts.
  - It is an action that runs on the controller; no connection is made.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  roles:
    description: Roles of this collection with a list of files, C(ROLE_files).
    type: list
    elements: str
    required: true
seealso:
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: Compute what the files of all hosts have to be
  vipstack.lvs.expected_files:
    roles: [real_server, nginx, director, keepalived]
  register: expected
  run_once: true
"""

RETURN = r"""
hosts:
  description:
    - For each host the family of the distribution that its files are for, and each path with the digest and mode that
      it has to have, null for a file that has to be absent.
    - The files of M(vipstack.lvs.weights) are not among them. What is drained by hand is kept in them.
  type: dict
  returned: always
  sample:
    d1:
      family: Debian
      files: {/etc/keepalived/keepalived.conf: {sha256: 9f86d0…, mode: "0640"}}
"""
